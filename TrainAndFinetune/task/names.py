"""虚构的药名与问题里的词：药名按哈希分进三个集合，人、症状、剂量由小表拼成。

教什么：按实体划分，测试集的药名在训练里没出现过。不教什么：问法（`phrases_train.py`）。
药名全是编的，与真的药无关。不是脚本。对应笔记：`8_compare.md`。
"""

import hashlib
import random

SPLITS = ("train", "dev", "test")
FIRST = "柏岚珂芮澜禾屿棠翎砚蓼琅泓霁槿榆珀笙箬缇菡葭黎漪"
SECOND = "络舒愈宜畅润平康清和息绵固芙衡泽"
LAST = "灵宁丹定乐欣芬"
SURNAMES = "王李张刘陈杨赵周吴徐孙马朱胡林郭何高罗郑"
TITLES = ("阿姨", "大爷", "老师", "大姐", "奶奶", "师傅")
RELATIONS = ("妈", "爸", "妈妈", "爸爸", "外婆", "爷爷", "奶奶", "老公", "爱人", "弟弟", "表姐", "同事", "室友", "婆婆")
AGES = ("三岁", "五岁", "八岁", "六个月", "十二岁", "两岁半", "七岁", "一岁", "十岁", "四岁")
CHILDREN = ("孩子", "女儿", "儿子", "宝宝", "外孙", "侄女", "小孩")
GROUPS = ("孕妇", "老人", "婴儿", "哺乳期的妈妈", "备孕的人", "司机", "运动员", "青少年", "刚做完手术的人")
PLACES = ("肚子", "膝盖", "后背", "嗓子", "眼睛", "胃", "手指", "脖子", "小腿", "腰", "肩膀", "耳朵", "鼻子", "胸口")
FEELINGS = ("疼", "发麻", "发酸", "难受", "发胀", "痒", "发热", "不舒服")
SYMPTOMS = (
    *("头疼", "头晕", "发烧", "咳嗽", "拉肚子", "睡不着", "牙疼", "流鼻涕", "便秘", "恶心", "心慌", "没胃口"),
    *("反酸", "打喷嚏", "耳鸣", "抽筋", "口干", "起疹子", "出虚汗", "犯困", "呕吐", "怕冷", "咳痰", "乏力"),
)
DISEASES = (
    *("高血压", "糖尿病", "胃溃疡", "哮喘", "痛风", "青光眼", "肝炎", "肾结石", "贫血", "甲亢", "癫痫", "冠心病"),
    *("鼻炎", "脂肪肝", "关节炎", "前列腺炎"),
)
FOODS = {
    **dict.fromkeys(
        ("酒", "牛奶", "咖啡", "浓茶", "豆浆", "果汁", "绿茶", "啤酒", "酸奶", "可乐", "白酒", "蜂蜜水"), "喝"
    ),
    **dict.fromkeys(
        ("柚子", "海鲜", "辣椒", "香蕉", "羊肉", "鸡蛋", "大蒜", "火锅", "西瓜", "螃蟹", "菠菜", "豆腐"), "吃"
    ),
}
NUMBERS = ("一", "两", "三", "四", "五", "六", "八", "十", "十二", "二十", "半")
UNITS = ("片", "粒", "袋", "支", "瓶", "勺")
AMOUNTS = (5, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 250, 300, 400, 500)


def split_of(name: str) -> str:
    """药名属于哪个集合：哈希的第一个字节，六成训练，两成验证，两成测试。"""
    byte = hashlib.sha256(name.encode()).digest()[0]
    return "train" if byte < 154 else "dev" if byte < 205 else "test"


def all_drugs() -> list[str]:
    """全部药名：两个字、三个字的。"""
    short = [a + c for a in FIRST for c in LAST]
    return short + [a + b + c for a in FIRST for b in SECOND for c in LAST if b != c]


def drugs(split: str) -> list[str]:
    """一个集合的药名。

    >>> len(set(drugs("train")) & set(drugs("test")))
    0
    """
    return [name for name in all_drugs() if split_of(name) == split]


def person(generator: random.Random) -> str:
    """一个人：王阿姨、我妈、五岁的女儿、孕妇。"""
    kind = generator.randrange(4)
    if kind == 0:
        return generator.choice(SURNAMES) + generator.choice(TITLES)
    if kind == 1:
        return "我" + generator.choice(RELATIONS)
    if kind == 2:
        return f"{generator.choice(AGES)}的{generator.choice(CHILDREN)}"
    return generator.choice(GROUPS)


def symptom(generator: random.Random) -> str:
    """一个症状：一半是常见的词，一半是部位加感觉。"""
    if generator.random() < 0.5:
        return generator.choice(SYMPTOMS)
    return generator.choice(PLACES) + generator.choice(FEELINGS)


def dose(generator: random.Random) -> str:
    """一个剂量：三片、半瓶、50毫克、10 ml。"""
    if generator.random() < 0.6:
        return generator.choice(NUMBERS) + generator.choice(UNITS)
    return f"{generator.choice(AMOUNTS)}{generator.choice(('毫克', 'mg', '毫升', 'ml'))}"
