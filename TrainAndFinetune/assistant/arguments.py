"""工具的参数：话里怎么说（三个人、明年的 2027年1月3日、摄氏度），JSON 里怎么写（3、"2027-01-03"、"celsius"）。

教什么：抄和换算是两件事：名字照抄，日期、数、选项要换成 schema 要的写法。
不教什么：有哪些工具（`catalogue.py`）。
不是脚本。对应笔记：`assistant.md`。
"""

import datetime
import random
from dataclasses import dataclass

from TrainAndFinetune.assistant import entities, slots

TOPICS = (
    *("学习率预热", "梯度裁剪", "注意力掩码", "词表大小", "残差连接", "束搜索", "温度采样", "位置编码", "权重衰减"),
    *("低秩适配", "向量检索", "倒排索引", "提示词注入", "工具调用", "早停", "数据去重", "混合精度", "缓存命中"),
    *("年假规定", "报销流程", "退货政策", "门禁卡补办", "停车月卡", "打印机驱动", "会议纪要模板", "体检安排"),
)
MESSAGES = (
    *("会议改到三点", "资料放在桌上了", "今晚不回来吃饭", "车已经到楼下", "合同签好了", "请回个电话", "明天带身份证"),
    *("快递放在前台", "记得关窗", "钥匙在抽屉里", "我晚十分钟到", "发票已经寄出", "样品做好了", "周报发我一份"),
)
TODOS = ("买牛奶", "交电费", "给花浇水", "写周报", "订生日蛋糕", "换滤网", "还书", "取快递", "备份照片", "预约体检")
TODOS += ("修自行车", "寄合同", "整理书架", "买火车票", "擦窗户", "续签门禁")
SENTENCES = ("早上好", "谢谢你的帮助", "会议取消了", "这本书很有意思", "我在路上", "天黑得早", "请稍等", "门没有锁")
SENTENCES += ("他明天出发", "茶凉了", "雨停了", "路上小心")
FILES = ("周报", "销量", "名单", "预算", "日志", "笔记", "合同", "清单", "成绩", "照片说明")
SUFFIXES = ("txt", "csv", "md", "json", "xlsx")
FOLDERS = ("", "", "数据/", "文档/", "归档/", "2026/")
OPERATORS = (("加", "+"), ("减", "-"), ("乘以", "*"), ("除以", "/"), ("乘", "*"), ("+", "+"), ("×", "*"), ("-", "-"))


@dataclass(frozen=True)
class Param:
    """一个参数。key 与 about 各有几种写法（用 | 分开），一段对话里随机用一种：模型要看 schema，不能背名字。"""

    key: str
    about: str
    kind: str  # 见 `value`；choice 时用 choices
    required: bool = True
    choices: tuple = ()  # (值, 几种说法用 | 分开)

    @property
    def slot(self) -> str:
        """问法里的槽位名：第一种写法。"""
        return self.key.split("|")[0]


TYPES = dict.fromkeys(("count", "minutes", "days", "price", "degree"), "integer")
TYPES |= dict.fromkeys(("decimal", "height", "weight"), "number") | {"drugs": "array"}


def schema(param: Param, about: str) -> dict:
    """一个参数的 JSON schema。

    >>> schema(Param("n", "份数", "count"), "份数")
    {'type': 'integer', 'description': '份数'}
    """
    if param.kind == "choice":
        values = [value for value, _ in param.choices]
        if all(isinstance(value, bool) for value in values):
            return {"type": "boolean"} | ({"description": about} if about else {})
        return {"type": "string", "enum": values} | ({"description": about} if about else {})
    made = {"type": TYPES.get(param.kind, "string")} | ({"description": about} if about else {})
    return made | ({"items": {"type": "string"}} if made["type"] == "array" else {})


def expression(generator: random.Random) -> tuple[str, str]:
    """一个算式的（说法，写法）：12乘以34 -> 12*34；一半的时候有第三个数。"""
    word, sign = generator.choice(OPERATORS)
    a, b = generator.randrange(2, 1000), generator.randrange(2, 100)
    if generator.random() < 0.3:
        a = a + generator.randrange(1, 100) / 100
    spoken, written = f"{a}{word}{b}", f"{a}{sign}{b}"
    if generator.random() < 0.4:
        word, sign = generator.choice(OPERATORS[:3])
        c = generator.randrange(2, 60)
        return f"{spoken}再{word}{c}", f"({written}){sign}{c}"
    return spoken, written


def value(param: Param, split: str, generator: random.Random, today: datetime.date | None = None) -> tuple[str, object]:
    """一个参数的（说法，值）；给了 today，日期多半说“明天”。"""
    if param.kind == "date" and today and generator.random() < 0.6:
        days, word = generator.choice(((0, "今天"), (1, "明天"), (1, "明天"), (2, "后天")))
        return word, (today + datetime.timedelta(days)).isoformat()
    pick = generator.choice
    if param.kind == "choice":
        found, spoken = pick(param.choices)
        return pick(spoken.split("|")), found
    same = {
        "city": lambda: entities.pick_name("place", split, generator) + pick(("", "", "市", "镇")),
        "topic": lambda: pick(TOPICS),
        "message": lambda: pick(MESSAGES),
        "todo": lambda: pick(TODOS),
        "sentence": lambda: pick(SENTENCES),
        "path": lambda: f"{pick(FOLDERS)}{pick(FILES)}{generator.randrange(1, 13)}.{pick(SUFFIXES)}",
        "code": lambda: f"{pick(entities.LETTERS)}{pick(entities.LETTERS)}{generator.randrange(10000, 99999)}",
        "number": lambda: str(generator.randrange(100000, 999999)),
        "room": lambda: slots.small_value("room", split, generator),
        "product": lambda: entities.pick_name("brand", split, generator) + pick(entities.GOODS),
        "url": lambda: f"https://{pick(('docs', 'wiki', 'news'))}.example.org/{generator.randrange(10, 999)}",
    }
    if param.kind in same:
        text = same[param.kind]()
        return text, text
    if param.kind in entities.SPACES:
        text = entities.pick_name(param.kind, split, generator)
        return text, text
    return converted(param.kind, split, generator)


def converted(kind: str, split: str, generator: random.Random) -> tuple[str, object]:
    """说法与写法不同的那些。"""
    if kind == "drugs":
        names = generator.sample(entities.names("drug", split), generator.choice((2, 2, 3)))
        return "、".join(names[:-1]) + generator.choice(("和", "跟", "、")) + names[-1], names
    if kind == "month":
        year, month = generator.choice((2025, 2026)), generator.randrange(1, 13)
        return generator.choice((f"{year}年{month}月", f"{year}-{month:02d}")), f"{year}-{month:02d}"
    if kind == "decimal":
        tenths = generator.choice((generator.randrange(2, 200) * 10, generator.randrange(11, 999)))
        number = tenths // 10 if tenths % 10 == 0 else tenths / 10  # 写 4，不写 4.0
        return str(number), number
    if kind == "price":
        number = generator.randrange(3, 60) * 10
        return str(number), number
    if kind in ("height", "weight"):
        number = generator.randrange(150, 196) if kind == "height" else generator.randrange(40, 95)
        return str(number), number
    if kind == "degree":
        number = generator.randrange(16, 31)
        return str(number), number
    made = {
        "date": lambda: slots.date_pair(generator),
        "time": lambda: slots.clock_pair(generator),
        "expression": lambda: expression(generator),
        "count": lambda: slots.count_pair(generator, 1, 13),
        "days": lambda: slots.count_pair(generator, 1, 15),
        "minutes": lambda: slots.count_pair(generator, 3, 91),
    }
    if kind not in made:
        raise ValueError(f"没有参数种类 {kind}")
    return made[kind]()


def fits(made: dict, found) -> bool:
    """一个值合不合参数的 schema；只认本文件写得出来的那几种。

    >>> fits({"type": "integer"}, 3), fits({"type": "integer"}, "3")
    (True, False)
    """
    kinds = {"string": str, "integer": int, "number": (int, float), "array": list, "boolean": bool}
    if not isinstance(found, kinds[made["type"]]) or (made["type"] != "boolean" and isinstance(found, bool)):
        return False
    if made["type"] == "array" and not all(isinstance(item, str) for item in found):
        return False
    return found in made.get("enum", [found])
