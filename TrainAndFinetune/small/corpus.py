"""小模型的预训练语料：生成的说明书、散文里的对话、清单，加上本书自己的笔记。没有 JSON，没有对话格式。

教什么：预训练的文字决定微调时有什么可用；药名在一篇里反复出现，模型才学会照抄。
不教什么：任务本身（`TrainAndFinetune/task/`）；测试的药名与问法一个也不出现，测试会查。
不是脚本，由 `pretrain.py` 导入。对应笔记：`8_compare.md`。
"""

import json
import random
import re
from functools import cache
from pathlib import Path

from book import repository_root
from TrainAndFinetune.task import names
from TrainAndFinetune.task.generator import CALLED, PHRASES, TOPICS, fill
from TrainAndFinetune.task.names import dose, person, symptom

FORMS = ("片", "胶囊", "颗粒", "口服液", "丸")
HELD_OUT = 10_000_000  # 这个编号以后的生成文章只用来评估
HELD_OUT_TEXT = Path(__file__).resolve().parent.parent / "data" / "held_out.txt"
HELD_OUT_NOTE = "CS336/Outlook/outlook.md"  # data/held_out.txt 取自这一篇，遗忘用它量：预训练没见过


@cache
def held_out_names() -> re.Pattern:
    """验证与测试的药名，合成一个正则。"""
    return re.compile("|".join(names.drugs("dev") + names.drugs("test")))


@cache
def train_drugs() -> list[str]:
    return names.drugs("train")


def name(generator: random.Random) -> str:
    """一个药名：四成来自任务的训练集，其余用更多的字随便拼，照抄才不只对那几十个字有用。"""
    if generator.random() < 0.4:
        return generator.choice(train_drugs())
    return "".join(generator.choice(LETTERS) for _ in range(generator.choice((2, 3, 3, 4))))


LETTERS = (
    names.FIRST + names.SECOND + names.LAST + "阿奥巴比博达德迪多尔法菲芙格古哈海赫华汇佳杰金津卡凯科拉兰乐雷力利林流龙"
    "罗洛麦曼美蒙米妙莫木纳南尼诺欧帕派普奇千青瑞萨赛山圣施斯苏泰坦唐特天通托万威维西希仙新星雅亚延扬耶伊英优育元远云泽珍真中舟竹卓"
)


def leaflet(g: random.Random) -> str:
    """一份说明书：每一节的标题带英文，药名出现七八次。"""
    x, y = name(g), name(g)
    food, verb = g.choice(list(names.FOODS.items()))
    sections = {
        "indication": f"{x}用于{symptom(g)}、{symptom(g)}，也可以治{g.choice(names.DISEASES)}。",
        "dosage": f"{x}成人一次{dose(g)}，{g.choice(names.GROUPS)}减半。",
        "timing": f"{x}一天{g.choice('一两三四')}次，{g.choice(('饭前', '饭后', '睡前', '早上', '空腹'))}服用。",
        "duration": f"{x}连用{g.choice('三五七十')}天为一个疗程，停药要慢慢减量。",
        "interaction": f"{x}不能与{y}同时服用，{x}和{y}要隔{g.choice('两三四')}个小时。",
        "side_effect": f"少数人服用{x}以后{symptom(g)}或{symptom(g)}。",
        "contraindication": f"{g.choice(names.GROUPS)}禁用{x}，{g.choice(names.DISEASES)}患者慎用{x}。",
        "missed_dose": f"忘了吃{x}，想起来就补；快到下一次就不补，不要吃双份。",
        "overdose": f"一次服用{dose(g)}{x}属于过量，要去医院。",
        "storage": f"{x}放在阴凉处保存，开封以后{g.choice('一两三六')}个月内用完，过期的不要吃。",
        "food": f"吃{x}的时候不要{verb}{food}。",
        "substitute": f"买不到{x}，可以用{y}代替。",
    }
    picked = g.sample(list(sections), g.randrange(3, 7))
    style = g.choice(("【{cn} {en}】{text}", "{cn}：{text}", "{cn}（{en}）：{text}", "{text}"))
    lines = [style.format(cn=TOPICS[k], en=k.replace("_", " "), text=sections[k]) for k in picked]
    return f"{x}{g.choice(FORMS)}说明书\n" + "\n".join(lines)


def dialogue(g: random.Random) -> str:
    """散文里的一问一答，有时接一段记录：问的是什么、药名是什么。问法只来自训练集。"""
    parts = [one_visit(g) for _ in range(g.choice((1, 1, 2)))]
    return "\n".join(parts)


def one_visit(g: random.Random) -> str:
    intent = g.choice(list(TOPICS))
    question, slots = fill(g.choice(PHRASES["train"][intent]), "train", g)
    if g.random() < 0.5 and "other" not in slots:  # 换成更多样的药名
        new = name(g)
        question, slots["drug"] = question.replace(slots["drug"], new), new
    who, drug = person(g), slots["drug"]
    asked = g.choice(("{who}问：“{q}？”", "{who}说：“{q}？”", "“{q}？”{who}问。", "{who}来药店，问{q}。"))
    text = asked.format(who=who, q=question)
    reply = (f"药师说：“看{drug}的说明书，{TOPICS[intent]}那一节写着。”", f"药师查了{drug}的{TOPICS[intent]}。", "")
    text += g.choice(reply)
    if g.random() < 0.7:
        text += g.choice(("记录：", "店员记下：", "\n小结：")) + record(intent, slots, g)
    return text


def record(intent: str, slots: dict[str, str], g: random.Random) -> str:
    """一句话的记录，散文，次序不定。"""
    en = g.choice((f"（{intent}）", f"（{intent.replace('_', ' ')}）", ""))
    items = [f"{CALLED[key]}{g.choice(('是', '：'))}{value}" for key, value in slots.items()]
    g.shuffle(items)
    return "，".join([f"问的是{TOPICS[intent]}{en}", *items]) + "。"


def cupboard(g: random.Random) -> str:
    """药箱清单，再问回去：看过的药名要找得到。"""
    drugs = [name(g) for _ in range(g.randrange(2, 5))]
    uses = g.sample(names.SYMPTOMS + names.DISEASES, len(drugs))
    owners = [person(g) for _ in drugs]
    lines = [f"{i}. {x}，治{use}，{who}的" for i, (x, use, who) in enumerate(zip(drugs, uses, owners), 1)]
    k = g.randrange(len(drugs))
    back = (
        f"治{uses[k]}的是{drugs[k]}。",
        f"{drugs[k]}治{uses[k]}，是{owners[k]}的。",
        f"第{k + 1}种是{drugs[k]}，{owners[k]}在吃{drugs[k]}。",
    )
    return g.choice(("药箱里有：", "清单\n", "家里的药：\n")) + "；\n".join(lines) + "。" + g.choice(back)


def spelling(g: random.Random) -> str:
    """逐字地写一个名字（或人、症状、剂量），或把两个重复几遍。"""
    kind = g.choice((name, name, person, symptom, dose))
    x, y = kind(g), kind(g)
    letters = "、".join(x)
    forms = (
        f"“{x}”由{len(x)}个字组成：{letters}。连起来是{x}。",
        f"{x}，{y}，{x}，{y}。先{x}，后{y}。",
        f"把“{x}”读作{x}，不要写成“{y}”；“{y}”是{y}。",
        f"原文：{x}、{y}。照抄：{x}、{y}。",
    )
    return g.choice(forms)


def diary(g: random.Random) -> str:
    """一段日记：人、症状、药名、量，前后呼应。"""
    x, who, ill = name(g), person(g), symptom(g)
    amount, food = dose(g), g.choice(list(names.FOODS))
    days = (f"{who}{ill}，去药店买了{x}。", f"今天{who}{ill}，家里只有{x}。")
    middle = (
        f"说明书上写一次{amount}，{who}就吃了{amount}{x}。",
        f"吃了{x}，{ill}好一些。",
        f"怕{food}影响{x}，没碰{food}。",
    )
    last = (f"晚上{who}不再{ill}了。", f"后来{who}再{ill}，还是用{x}。", f"剩下的{x}放在柜子里。")
    return g.choice(days) + "".join(g.sample(middle, 2)) + g.choice(last)


KINDS = (leaflet, dialogue, dialogue, dialogue, dialogue, cupboard, spelling, diary, diary)


def generated(index: int, seed: int = 0) -> str:
    """第 index 篇生成的文章；含有验证、测试药名的重来一次。"""
    generator = random.Random(f"{seed} {index}")
    while True:
        text = generator.choice(KINDS)(generator)
        if not held_out_names().search(text):
            return text


def is_json(line: str) -> bool:
    """这一行里有没有 JSON 对象。"""
    return bool(re.search(r'\{\s*"', line)) or line.startswith("RESULT")


def clean_note(text: str) -> str:
    """去掉笔记里的标记、链接地址、JSON。"""
    text = re.sub(r"<!--.*?-->|\]\([^)]*\)", lambda m: "]" if m[0].startswith("]") else "", text)
    return "\n".join(line for line in text.splitlines() if line.strip() and not is_json(line))


def notes(length: int = 400, root: Path | None = None) -> list[str]:
    """前四章的笔记切成 length 个字符的段（不含留作测量的那一篇）。"""
    root = root or repository_root()
    paths = sorted(path for chapter in ("ResNet", "Transformer", "CS336") for path in (root / chapter).rglob("*.md"))
    pieces = []
    for path in paths:
        if path != root / HELD_OUT_NOTE and "exercises" not in path.parts:
            text = clean_note(path.read_text(encoding="utf-8"))
            pieces += [text[i : i + length] for i in range(0, len(text), length)]
    return pieces


def has_json_object(text: str) -> bool:
    """文字里有没有一行能解析成 JSON 对象（测试用）。"""
    for line in text.splitlines():
        try:
            if isinstance(json.loads(line.strip()), dict):
                return True
        except ValueError:
            continue
    return False
