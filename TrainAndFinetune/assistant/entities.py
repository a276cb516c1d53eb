"""虚构的名字：药、产品、公司、人、地方、课程、书、菜、模型。由音节和词表拼成，按哈希分进三个集合。

教什么：按实体划分。测试集的名字一个也没在训练里出现过；名字的空间要大，模型才学会抄，而不是背。
不教什么：问法怎样划分（`phrases_*`）。
名字全是编的，与真的药、品牌、公司无关；人名由常见的姓与字拼成。不是脚本。对应笔记：`assistant.md`。
"""

import hashlib
import random
from collections.abc import Callable
from functools import cache
from itertools import product

from book import UserError

SPLITS = ("train", "dev", "test")
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
GIVEN = "文明建华志强丽秀芳敏静海涛晓雨雪梅兰平安宁远航思琪子轩一凡若溪书瑶景行清和知秋云舒亦辰嘉木"
DRUG_A = "岚芮泓榆砚棠禾珂柏澜霁槿珀箬缇菡黎漪青白松云石木江月星秋川鹿桐苇荻沐昭"
DRUG_B = "络舒愈宜畅润平康清和息绵固芙衡泽安复利通达元维"
DRUG_C = "灵宁丹定乐欣芬林平素净坦"
FORMS = {
    "片": "片",
    "胶囊": "粒",
    "颗粒": "袋",
    "口服液": "支",
    "缓释片": "片",
    "咀嚼片": "片",
    "糖浆": "毫升",
    "丸": "丸",
    "": "片",
}
BRAND_A = "岚木山鹿青云北澜禾星石白松溪南秋"
BRAND_B = "途鹊屿舟野禾桥谷芒原枝鲸帆岸"
GOODS = (
    *("扫地机", "电饭煲", "空气净化器", "加湿器", "耳机", "台灯", "路由器", "打印机", "体重秤", "咖啡机", "电动牙刷"),
    *("手表", "投影仪", "音箱", "吸尘器", "电水壶", "键盘", "门锁", "摄像头", "电风扇", "烤箱", "行车记录仪"),
)
LETTERS = "ABCDEFGHKLMPRSTVWX"
TRADES = (
    "科技",
    "物流",
    "医疗",
    "食品",
    "文化",
    "设计",
    "能源",
    "建筑",
    "教育",
    "软件",
    "仪器",
    "贸易",
    "传媒",
    "农业",
)
PLACE_A = "柏青云白石松南北望清临荷落桃镜沙梅枫芦银"
PLACE_B = "川砚荻屿湾桥溪峰渡原泉陵浦塘岭洲"
PLACE_C = ("市", "镇", "县", "古镇", "湖", "山", "岛", "湿地")
COURSE_A = (
    "数据结构",
    "机器学习",
    "线性代数",
    "概率论",
    "编译原理",
    "操作系统",
    "计算机网络",
    "数据库",
    "自然语言处理",
)
COURSE_A += ("图像处理", "密码学", "统计学", "信息检索", "软件测试", "博弈论", "生物化学", "药理学", "宏观经济", "摄影")
COURSE_B = ("导论", "基础", "实验", "进阶", "专题", "讲座", "实践", "案例")
TOPICS = ("潮汐", "灯塔", "苔藓", "纸桥", "候鸟", "盐", "钟表", "竹器", "雨林", "旧信", "沙漏", "星图", "山路", "渡口")
TOPICS += ("影子", "蜂巢", "炉火", "石阶", "风铃", "薄雾", "麦田", "书签", "河湾", "剪纸")
TITLES = ("{a}与{b}", "{a}的{b}", "{a}{b}记", "{a}之后", "寻找{a}", "{a}手册", "{a}小史", "{a}里的{b}")
MAIN = ("牛腩", "鸡翅", "豆腐", "排骨", "虾仁", "茄子", "土豆", "南瓜", "鲈鱼", "羊肉", "香菇", "莲藕", "鸭腿", "山药")
SIDE = ("番茄", "青椒", "板栗", "萝卜", "玉米", "酸菜", "洋葱", "木耳", "蒜蓉", "咖喱", "豆豉", "冬瓜", "笋干", "话梅")
WAYS = ("炖", "焖", "烧", "蒸", "炒", "煮", "烤", "煨")
MODEL_A = "鹿星河云石松青山雁鲸竹萤"
MODEL_B = "鸣语言舟桥声歌林灯翼"
SIZES = ("60M", "120M", "270M", "350M", "0.5B", "1B", "1.5B", "3B", "7B", "8B", "13B", "32B")
LATIN_A = ("Vel", "Nor", "Cal", "Tri", "Mel", "Sor", "Pal", "Zen", "Lum", "Fer", "Ald", "Bre")
LATIN_B = ("ota", "ami", "exi", "ori", "ulo", "ina", "eva", "iso")
LATIN_C = ("n", "x", "l", "ra", "min", "tec", "don")


def split_of(name: str) -> str:
    """名字属于哪个集合：哈希的第一个字节，约七成训练、一成半开发、一成半测试。"""
    byte = hashlib.sha256(name.encode()).digest()[0]
    return "train" if byte < 180 else "dev" if byte < 218 else "test"


def check_split(split: str) -> None:
    if split not in SPLITS:
        raise UserError(f"split={split!r}，只有 {'、'.join(SPLITS)}")


def drug_roots() -> list[str]:
    """药名去掉剂型：三个字的、两个字的、少数拉丁字母的。"""
    names = ["".join(p) for p in product(DRUG_A, DRUG_B, DRUG_C) if p[1] != p[2]]
    names += [a + c for a, c in product(DRUG_A, DRUG_C)]
    return names + ["".join(p) for p in product(LATIN_A, LATIN_B, LATIN_C)]


def brands() -> list[str]:
    return [a + b for a, b in product(BRAND_A, BRAND_B) if a != b]


def people() -> list[str]:
    pairs = [a + b for a, b in product(GIVEN, GIVEN) if a != b]
    return [s + g for s in SURNAMES for g in (*GIVEN, *pairs[::7])]


def titles() -> list[str]:
    return sorted({form.format(a=a, b=b) for form in TITLES for a, b in product(TOPICS, TOPICS) if a != b})


def model_names() -> list[str]:
    return [f"{a}{b}-{size}" for a, b, size in product(MODEL_A, MODEL_B, SIZES)]


# 每一种名字的全部可能；按“根”划分的（药、品牌、地方），同一个根带不同的后缀也不会跨集合
SPACES: dict[str, Callable[[], list[str]]] = {
    "drug": drug_roots,
    "brand": brands,
    "person": people,
    "company": lambda: [a + b + t for a, b, t in product(BRAND_A, PLACE_B, TRADES)],
    "place": lambda: [a + b for a, b in product(PLACE_A, PLACE_B) if a != b],
    "course": lambda: [a + b for a, b in product(COURSE_A, COURSE_B)],
    "title": titles,
    "dish": lambda: [a + w + b for a, w, b in product(SIDE, WAYS, MAIN)],
    "model": model_names,
}


@cache
def names(kind: str, split: str) -> tuple[str, ...]:
    """一个集合里这一种的全部名字。

    >>> set(names("drug", "train")) & set(names("drug", "test"))
    set()
    """
    check_split(split)
    return tuple(name for name in dict.fromkeys(SPACES[kind]()) if split_of(name) == split)


def pick_name(kind: str, split: str, generator: random.Random) -> str:
    """一个名字：(全称, 简称) 相同的那些种类用它。"""
    return generator.choice(names(kind, split))


def entity(kind: str, split: str, generator: random.Random) -> tuple[str, str]:
    """一个实体的 (全称, 简称)：资料里写全称，问题里两种都有。

    >>> entity("book", "train", random.Random(1))[0][0]
    '《'
    """
    if kind == "drug":
        root = pick_name("drug", split, generator)
        return root + generator.choice(tuple(FORMS)), root
    if kind == "product":
        brand, good = pick_name("brand", split, generator), generator.choice(GOODS)
        code = generator.choice(LETTERS) + generator.choice(("", "-")) + str(generator.randrange(2, 99) * 10)
        return f"{brand}{generator.choice(('', ' '))}{code}{good}", f"{brand}{good}"
    if kind == "place":
        root = pick_name("place", split, generator)
        return root + generator.choice(PLACE_C), root
    if kind == "book":
        title = pick_name("title", split, generator)
        return f"《{title}》", f"《{title}》"
    if kind == "company":
        root = pick_name("company", split, generator)
        return root + generator.choice(("公司", "有限公司", "")), root
    if kind == "library":
        root = pick_name("place", split, generator)
        return root + generator.choice(("图书馆", "市图书馆", "大学图书馆")), root + "图书馆"
    if kind == "event":
        title = pick_name("title", split, generator) + generator.choice(("讲座", "分享会", "工作坊", "读书会"))
        return f"“{title}”", title
    name = pick_name(kind, split, generator)
    return name, name


def alike(a: str, b: str) -> int:
    """两个名字有几个位置上的字相同。"""
    return sum(x == y for x, y in zip(a, b))


def other_entity(kind: str, split: str, taken: list[tuple[str, str]], generator: random.Random) -> tuple[str, str]:
    """与 taken 都不同的实体；一半的时候长得像第一个（同样的开头或结尾）。任何一个的简称都不在另一个的全称里。"""
    want_alike, best = generator.random() < 0.5, None
    for _ in range(60):
        new = entity(kind, split, generator)
        if any(new[1] in old[0] or old[1] in new[0] or new[1] == old[1] for old in taken):
            continue
        best = best or new
        if not want_alike:
            return new
        if alike(new[1], taken[0][1]) > alike(best[1], taken[0][1]):
            best = new
    if best is None:
        raise ValueError(f"{kind} 的名字不够用：已有 {taken}")
    return best
