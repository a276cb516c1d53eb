"""资料与问题里的小值：数量、时间、日期、金额、症状、食物……以及调用工具时“话里怎么说、参数怎么写”的成对的值。

教什么：同一个数有几种写法（3、三、3 个），参数只有一种。
不教什么：名字（`entities.py`）。
不是脚本。对应笔记：`assistant.md`。
"""

import random

from TrainAndFinetune.assistant import entities

DIGITS = "零一二三四五六七八九"
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
LISTS = {
    "unit": ("片", "粒", "袋", "支"),
    "symptom": (
        *("头痛", "发热", "咳嗽", "鼻塞", "牙痛", "失眠", "便秘", "腹泻", "皮疹", "恶心", "口干", "头晕", "乏力"),
        *("心悸", "嗜睡", "胃部不适", "关节痛", "流鼻涕", "咽痛", "眼干", "瘙痒", "反酸", "腹胀", "耳鸣"),
    ),
    "disease": ("青光眼", "胃溃疡", "严重肾病", "甲亢", "哮喘", "癫痫", "痛风", "严重肝病", "心力衰竭", "凝血障碍"),
    "food": ("牛奶", "柚子", "浓茶", "咖啡", "豆浆", "海鲜", "果汁", "酸奶", "菠菜", "蜂蜜"),
    "medclass": ("抗酸药", "安眠药", "利尿药", "降糖药", "含钙制剂", "铁剂", "抗凝药", "止咳糖浆", "维生素片"),
    "herb": ("苦参碱", "青苇素", "禾叶油", "松节醇", "荻花提取物", "银叶酸", "霁草苷", "榆皮多糖"),
    "weekday": WEEKDAYS,
    "season": ("春天", "秋天", "四五月", "九月到十月", "冬天", "六月", "十一月初"),
    "colour": ("红灯", "蓝灯", "黄灯", "白灯", "绿灯"),
    "fault": ("电量不足", "没有连上网", "滤网要换", "水箱空了", "正在升级", "温度过高", "尘盒没装好"),
    "defect": ("电池过热", "漏水", "外壳开裂", "线路短路", "按键失灵", "接口松动", "焊点脱落"),
    "part": ("滤网", "尘盒", "水箱", "内胆", "刷头", "充电触点", "出风口", "镜头"),
    "cleaner": ("清水冲洗后晾干", "干布擦拭", "湿布擦净", "软毛刷清理", "中性洗涤剂清洗"),
    "button": ("电源键", "复位孔", "模式键", "音量减键", "顶部按钮"),
    "boss": ("部门主管", "项目经理", "人事专员", "财务主管", "总监", "组长"),
    "system": ("办公系统", "报销平台", "邮件", "前台登记表", "人事系统"),
    "spice": ("八角", "生抽", "料酒", "白糖", "姜片", "花椒", "蚝油", "米醋", "桂皮", "盐"),
    "job": ("采购主管", "前端工程师", "档案员", "实验室主任", "仓库管理员", "讲师", "馆员", "测试工程师", "会计"),
    "licence": ("Apache 2.0", "MIT", "仅限研究使用", "CC BY 4.0", "自有许可，商用需申请"),
    "exam": ("闭卷考试", "课程论文", "小组项目", "平时作业加期末考试", "口头报告", "上机考试"),
    "transit": ("3路公交", "地铁2号线", "旅游专线", "15路公交", "城际列车", "轮渡"),
    "colourword": ("白色", "黑色", "浅蓝", "墨绿", "米色"),
}
MONEY = (5, 8, 12, 15, 20, 25, 30, 35, 45, 50, 60, 80, 100, 120, 150, 180, 200, 260, 300, 350, 400, 480, 600, 800)


def chinese_number(n: int) -> str:
    """1 到 99 的中文写法。

    >>> [chinese_number(n) for n in (2, 10, 12, 30, 45)]
    ['二', '十', '十二', '三十', '四十五']
    """
    tens, ones = divmod(n, 10)
    head = "" if tens == 0 else "十" if tens == 1 else DIGITS[tens] + "十"
    return head + (DIGITS[ones] if ones or not tens else "")


def date_pair(generator: random.Random) -> tuple[str, str]:
    """一个日期的（说法，ISO 写法）。"""
    year, month, day = generator.choice((2025, 2026, 2027)), generator.randrange(1, 13), generator.randrange(1, 29)
    iso = f"{year}-{month:02d}-{day:02d}"
    return generator.choice((f"{year}年{month}月{day}日", iso, f"{year}/{month}/{day}", f"{year}.{month}.{day}")), iso


def clock_pair(generator: random.Random) -> tuple[str, str]:
    """一个时刻的（说法，HH:MM）。"""
    hour, minute = generator.randrange(6, 23), generator.choice((0, 0, 15, 30, 45, 20))
    exact = f"{hour:02d}:{minute:02d}"
    if hour < 12 and minute in (0, 30):
        spoken = f"早上{chinese_number(hour)}点" + ("半" if minute else "")
    elif hour >= 13 and minute in (0, 30):
        spoken = ("下午" if hour < 18 else "晚上") + chinese_number(hour - 12).replace("二", "两", hour == 14)
        spoken += "点" + ("半" if minute else "")
    else:
        spoken = f"{hour}点{minute or ''}{'分' if minute else ''}"
    return generator.choice((exact, f"{hour}:{minute:02d}", spoken)), exact


def count_pair(generator: random.Random, low: int, high: int) -> tuple[str, int]:
    """一个整数的（说法，值）：3、三；量词前的二说“两”。"""
    n = generator.randrange(low, high)
    spoken = "两" if n == 2 else chinese_number(n)
    return (str(n) if n > 99 or generator.random() < 0.6 else spoken), n


def small_value(base: str, split: str, generator: random.Random) -> str:
    """资料里的一个小值，名字见下面的表。"""
    if base in LISTS:
        return generator.choice(LISTS[base])
    pick = generator.choice
    year, month, day = pick((2024, 2025, 2026)), generator.randrange(1, 13), generator.randrange(1, 29)
    hour = generator.randrange(7, 12)
    made = {
        "n": lambda: str(pick((1, 2, 3, 4))),
        "many": lambda: str(generator.randrange(2, 16)),
        "mg": lambda: str(pick((5, 10, 20, 25, 50, 75, 100, 150, 200, 250, 300, 400, 500))),
        "h": lambda: str(pick((2, 3, 4, 5, 6, 8, 10, 12))),
        "minutes": lambda: str(pick((5, 8, 10, 12, 15, 20, 25, 30, 35, 40, 45, 50, 90))),
        "d": lambda: str(pick((2, 3, 5, 7, 10, 14, 15, 20, 21, 28, 30, 45, 60))),
        "months": lambda: str(pick((3, 6, 12, 18, 24, 36))),
        "years": lambda: str(pick((1, 2, 3, 5))),
        "money": lambda: str(pick(MONEY)),
        "price": lambda: str(generator.randrange(8, 400) * 10 - 1),
        "pct": lambda: str(pick((5, 10, 15, 20, 25, 30, 40, 50, 60, 70))),
        "age": lambda: str(pick((2, 3, 4, 6, 8, 12, 14, 18))),
        "kg": lambda: f"{generator.randrange(3, 90) / 10:.1f}",
        "clock": lambda: f"{hour}:{pick(('00', '30'))}",
        "late": lambda: f"{generator.randrange(16, 23)}:{pick(('00', '30'))}",
        "date": lambda: f"{year}年{month}月{day}日",
        "md": lambda: f"{month}月{day}日",
        "room": lambda: f"{pick('ABCD')}{generator.randrange(1, 8)}{generator.randrange(1, 30):02d}",
        "phone": lambda: str(generator.randrange(2000, 9000)),
        "temp": lambda: str(pick((20, 25, 30))),
        "oven": lambda: str(pick((150, 160, 170, 180, 200, 220))),
        "gram": lambda: str(pick((100, 150, 200, 250, 300, 400, 500, 600, 800))),
        "db": lambda: str(generator.randrange(28, 70)),
        "ip": lambda: f"IPX{generator.randrange(4, 9)}",
        "count": lambda: str(pick((20, 30, 40, 50, 60, 80, 100, 120, 150, 200))),
        "layers": lambda: str(pick((6, 8, 12, 16, 18, 24, 28, 32, 40))),
        "context": lambda: str(pick((1024, 2048, 4096, 8192, 32768, 131072))),
        "vocab": lambda: str(generator.randrange(16, 262) * 1000),
        "lr": lambda: pick(("1e-3", "3e-4", "2e-4", "1e-4", "5e-5", "6e-4", "1.5e-4")),
        "tokens": lambda: f"{pick((2, 6, 15, 40, 80, 120, 300))}{pick(('0 亿', ' 万亿', '00 亿'))}",
        "person": lambda: entities.pick_name("person", split, generator),
        "drug": lambda: entities.pick_name("drug", split, generator),
        "place": lambda: entities.pick_name("place", split, generator),
        "company": lambda: entities.pick_name("company", split, generator),
        "dish": lambda: entities.pick_name("dish", split, generator),
        "course": lambda: entities.pick_name("course", split, generator),
        "title": lambda: entities.pick_name("title", split, generator),
        "brand": lambda: entities.pick_name("brand", split, generator),
        "good": lambda: pick(entities.GOODS),
    }
    if base not in made:
        raise ValueError(f"没有槽位 {base}；有 {'、'.join([*LISTS, *made])}")
    return made[base]()
