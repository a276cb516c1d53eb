"""任务：中文的用药问题 -> 意图与槽位的 JSON。有种子的生成器与评分。

教什么：三个集合的药名不同、问法也不同；槽位都是问题里原样的一段；键的次序固定，没有的不写。
不教什么：怎样训练（`compare.py`）。
不是脚本；`from TrainAndFinetune.task import make_rows, score`。对应笔记：`8_compare.md`。
"""

import json
import random
import re

from book import UserError
from TrainAndFinetune.task import names
from TrainAndFinetune.task.phrases_held_out import DEV, TEST
from TrainAndFinetune.task.phrases_train import TRAIN

# 意图就是说明书里该看的那一节
TOPICS = {
    "dosage": "用法用量", "timing": "服药时间", "duration": "疗程", "interaction": "药物相互作用",
    "side_effect": "不良反应", "indication": "适应症", "contraindication": "禁忌", "missed_dose": "漏服",
    "overdose": "药物过量", "storage": "贮藏", "food": "饮食", "substitute": "替代药",
}  # fmt: skip
# 模板里的槽位 -> JSON 的键；键的次序：意图，然后这六个
CALLED = {
    "drug": "药名", "other": "另一种药", "person": "服药的人", "symptom": "症状", "dose": "吃的量", "food": "食物",
}  # fmt: skip
INTENTS, SLOTS, INTENT = tuple(TOPICS.values()), tuple(CALLED.values()), "意图"
PHRASES = {"train": TRAIN, "dev": DEV, "test": TEST}
OPENERS = {
    "train": ("", "", "", "医生，", "请问", "你好，", "麻烦问一下，", "大夫您好，", "想咨询一下，", "求助，", "问下"),
    "dev": ("", "您好医生，", "打扰了，", "咨询："),
    "test": ("", "药师你好，", "我想了解一下，", "急，", "帮忙看看，"),
}
CLOSERS = {
    "train": ("", "", "？", "？", "?", "，谢谢", "？谢谢医生", "，急", "。", "？麻烦了"),
    "dev": ("？", "，多谢", "?谢谢"),
    "test": ("？", "", "，求解答", "？辛苦了", "，在线等"),
}
CHOICE = re.compile(r"\[([^\[\]]*)\]")
PLACE = re.compile(r"\{(\w+)(\?)?\}")
WORDS = {"eat": ("吃", "吃", "服", "用", "服用"), "form": ("", "", "片", "胶囊", "颗粒")}


def fill(template: str, split: str, generator: random.Random) -> tuple[str, dict[str, str]]:
    """一句模板 -> (问题, 槽位)；先选 `[甲|乙]`，再填 `{}`。"""
    chosen = CHOICE.sub(lambda match: generator.choice(match[1].split("|")), template)
    slots: dict[str, str] = {}
    food = generator.choice(list(names.FOODS))

    def replace(match: re.Match) -> str:
        name, optional = match[1], match[2]
        if name == "have":
            return names.FOODS[food]
        if name in WORDS:
            return generator.choice(WORDS[name])
        if optional and generator.random() < 0.5:
            return ""
        key = "symptom" if name == "disease" else name
        slots[key] = food if name == "food" else value(name, split, slots, generator)
        return slots[key]

    return PLACE.sub(replace, chosen), slots


def value(name: str, split: str, slots: dict, generator: random.Random) -> str:
    """一个槽位的值；两个药名不相同。"""
    if name in ("drug", "other"):
        taken = set(slots.values())
        return generator.choice([drug for drug in DRUGS[split] if drug not in taken])
    if name == "disease":
        return generator.choice(names.DISEASES)
    return {"person": names.person, "symptom": names.symptom, "dose": names.dose}[name](generator)


DRUGS = {split: names.drugs(split) for split in names.SPLITS}


def answer(intent: str, slots: dict[str, str]) -> str:
    """意图与槽位 -> 紧凑的 JSON，键的次序固定。

    >>> answer("dosage", {"person": "我妈", "drug": "岚舒宁"})
    '{"意图":"用法用量","药名":"岚舒宁","服药的人":"我妈"}'
    """
    ordered = {INTENT: TOPICS[intent]} | {name: slots[key] for key, name in CALLED.items() if key in slots}
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"))


def make_rows(split: str, n: int, seed: int = 0) -> list[dict]:
    """split（train、dev、test）的 n 行，各不相同；每行 {"messages": [user, assistant]}，同样的参数同样的行。

    >>> make_rows("train", 1)[0]["messages"][1]["role"]
    'assistant'
    """
    if split not in PHRASES:
        raise UserError(f"split={split!r}，只有 {'、'.join(PHRASES)}")
    generator, rows = random.Random(f"{split} {seed}"), {}
    for i in range(100 * n):
        if len(rows) == n:
            break
        intent = list(TOPICS)[i % len(TOPICS)]  # 各个意图一样多
        core, slots = fill(generator.choice(PHRASES[split][intent]), split, generator)
        question = generator.choice(OPENERS[split]) + core + generator.choice(CLOSERS[split])
        rows.setdefault(question, answer(intent, slots))
    generator.shuffle(order := list(rows.items()))
    return [
        {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": text}]}
        for question, text in order
    ]


def score(answer_text: str, row: dict) -> bool:
    """整个 JSON 都对才算对：能解析、键与值全部相同；空格与键的次序不算。

    >>> row = make_rows("dev", 1)[0]
    >>> score(row["messages"][1]["content"], row), score("{}", row), score("好的", row)
    (True, False, False)
    """
    try:
        return json.loads(answer_text) == json.loads(row["messages"][1]["content"])
    except ValueError:
        return False
