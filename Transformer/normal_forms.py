"""默认任务的数据：中文的日期、时间、数字，写成标准形式。由种子生成，不用下载。

    二〇二六年十一月二十三号   -> 2026-11-23
    下午三点一刻               -> 15:15
    一百二十万零三             -> 1200003

教什么：一个能自己出题的任务，怎样把训练集与测试集按「值」分开：同一个值的任何写法只在一边出现。
不教什么：真实的翻译数据（`corpus.py`）。
怎么跑：`python Transformer/normal_forms.py` 打印每类几个例子（1 秒）。
对应笔记：`5_training.md`。
"""

import hashlib
import random
from datetime import date

from book import Parser, emit_result, run

DIGITS = "零一二三四五六七八九"
FORMAL = dict(zip("零一二三四五六七八九十百千万亿", "零壹贰叁肆伍陆柒捌玖拾佰仟万亿"))
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
WEEKDAYS = "一二三四五六日"


def read_section(n: int) -> str:
    """1..9999 的读法。

    >>> [read_section(n) for n in (10, 105, 1023, 2200)]
    ['一十', '一百零五', '一千零二十三', '二千二百']
    """
    text, gap = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, n = divmod(n, size)
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + unit
        gap = digit == 0  # 中间隔着几个 0 都只读一个零
    return text


def read_integer(n: int) -> str:
    """0 以上、一万亿以下的整数的标准读法。

    >>> [read_integer(n) for n in (0, 15, 20, 1200003, 100000000)]
    ['零', '十五', '二十', '一百二十万零三', '一亿']
    """
    text, gap = "", False
    for unit, size in (("亿", 10**8), ("万", 10**4), ("", 1)):
        section, n = divmod(n, size)
        if section:
            text += ("零" if text and (gap or section < 1000) else "") + read_section(section) + unit
        gap = section == 0
    return text.removeprefix("一") if text.startswith("一十") else text or "零"


def with_liang(text: str) -> str:
    """口语把百、千、万前面的二读成两。

    >>> with_liang("二千二百二十二")
    '两千两百二十二'
    """
    for unit in "百千万亿":
        text = text.replace("二" + unit, "两" + unit)
    return text.replace("十两万", "十二万").replace("十两亿", "十二亿")


def shortened(n: int) -> str | None:
    """省掉最后一个单位的口语：35000 -> 三万五，120 -> 一百二；不能省就返回 None。"""
    for unit, size in (("万", 10**4), ("千", 1000), ("百", 100)):
        head, rest = divmod(n, size)
        if 1 <= head <= 9 and rest and rest % (size // 10) == 0:
            return DIGITS[head] + unit + DIGITS[rest // (size // 10)]
    return None


def write_number(rng: random.Random, n: int) -> str:
    """整数 n 的一种随机写法。"""
    reading = read_integer(n)
    formal = "".join(FORMAL.get(c, c) for c in ("一" + reading if reading.startswith("十") else reading))
    spelled = "".join(DIGITS[int(d)] for d in str(n)).replace("零", rng.choice("零〇"))
    choices = [reading, reading, with_liang(reading), formal, spelled, str(n), f"{n:,}", str(n).translate(WIDE)]
    if shortened(n):
        choices += [shortened(n), with_liang(shortened(n))]
    if n >= 10**4 and n % 100 == 0:
        choices.append(f"{n / 10**4:g}万" if n < 10**8 else f"{n // 10**4}万")
    if n >= 10**4 and n % 10**4 >= 1000 and n % 1000 == 0:
        choices.append(f"{n // 10**4}万{n % 10**4 // 1000}千")
    return rng.choice(choices)


def write_small(rng: random.Random, n: int, zero: bool = False) -> str:
    """两位以内的数：三、3、03、３；zero 时一位数前面读出零（三点零五）。"""
    chinese = ("零" if zero and n < 10 else "") + read_integer(n)
    two = f"{n:02d}"
    return rng.choice([chinese, chinese, chinese, two if zero else str(n), two, two.translate(WIDE)])


def write_date(rng: random.Random, day: date) -> str:
    """日期的一种随机写法。"""
    year = "".join(DIGITS[int(d)] for d in str(day.year)).replace("零", rng.choice("零〇"))
    year = rng.choice([year, year, str(day.year), str(day.year).translate(WIDE)])
    month, number = write_small(rng, day.month), write_small(rng, day.day)
    if 21 <= day.day <= 29 and rng.random() < 0.2:
        number = "廿" + DIGITS[day.day - 20]
    plain = f"{month}月{number}{rng.choice('日号')}"
    week = rng.choice(["星期", "周", "礼拜"]) + WEEKDAYS[day.weekday()]
    separator = rng.choice("-/.")
    forms = [
        f"{year}年{plain}",
        f"{year}年{plain}",
        f"公元{year}年{plain}",
        f"{year}年{plain}{week}",
        f"{year}年的{plain}",
        f"{plain}，{year}年",  # 次序颠倒：注意力不能只沿对角线走
        f"{week}，{plain}，{year}年",
        f"{day.year}{separator}{day.month}{separator}{day.day}",
    ]
    return rng.choice(forms)


def day_part(rng: random.Random, hour: int) -> tuple[str, int]:
    """时段词与它后面说的钟点：15 -> ("下午", 3)。"""
    names = {range(0, 5): "凌晨 半夜", range(5, 9): "早上 清晨", range(9, 12): "上午", range(12, 13): "中午",
             range(13, 18): "下午", range(18, 24): "晚上"}  # fmt: skip
    words = next(words for hours, words in names.items() if hour in hours)
    return rng.choice(words.split()), hour if hour <= 12 else hour - 12


def write_time(rng: random.Random, hour: int, minute: int) -> str:
    """时间的一种随机写法。"""
    if rng.random() < 0.25:
        return rng.choice([f"{hour:02d}:{minute:02d}", f"{hour}：{minute:02d}", f"{hour}点{minute:02d}分"])
    if minute >= 50 and rng.random() < 0.4:  # 差五分八点：要借位
        part, spoken = day_part(rng, (hour + 1) % 24)
        return f"{part}差{read_integer(60 - minute)}分{clock(rng, spoken)}点"
    part, spoken = rng.choice([day_part(rng, hour), ("", hour)])
    word = rng.choice("点时") if minute else "点"
    tail = {0: rng.choice(["整", ""]), 15: "一刻", 30: "半", 45: "三刻"}.get(minute)
    if tail is None or (minute and rng.random() < 0.3):
        tail, word = write_small(rng, minute, zero=True) + rng.choice(["分", "分", ""]), word
    return part + clock(rng, spoken) + ("点" if tail in ("整", "", "一刻", "半", "三刻") else word) + tail


def clock(rng: random.Random, hour: int) -> str:
    """钟点：两点不说二点。"""
    return rng.choice(["两", "2"]) if hour == 2 else rng.choice([read_integer(hour)] * 2 + [str(hour)])


def random_date(rng: random.Random) -> date:
    """1900 到 2099 年的任一天。"""
    return date.fromordinal(rng.randint(date(1900, 1, 1).toordinal(), date(2099, 12, 31).toordinal()))


def random_pair(rng: random.Random, kind: str) -> tuple[str, str]:
    """一对 (写法, 标准形式)。"""
    day, hour, minute = random_date(rng), rng.randrange(24), rng.choice([0, 15, 30, 45] + list(range(60)))
    if kind == "number":
        n = rng.randrange(10 ** rng.randint(1, 8))
        if rng.random() < 0.3:  # 末尾是零的整数：口语的省略都在这里
            n -= n % 10 ** rng.randint(1, 4)
        return write_number(rng, n), str(n)
    if kind == "date":
        return write_date(rng, day), day.isoformat()
    if kind == "late":
        minute = rng.randrange(50, 60)
    if kind in ("time", "late"):
        return write_time(rng, hour, minute), f"{hour:02d}:{minute:02d}"
    text = write_date(rng, day) + rng.choice(["", " ", "，"]) + write_time(rng, hour, minute)
    return text, f"{day.isoformat()} {hour:02d}:{minute:02d}"


KINDS = ("date", "time", "number", "datetime")
# 训练时难的多练：日期最容易，数字最难；late 是整点前的十分钟，「差几分」在这里。验证与测试仍是四类轮流
PRACTICE = ("number", "late", "number", "date", "number", "time", "number", "late", "number", "datetime")


def split_of(value: str) -> str:
    """这个值属于哪一边：由值的哈希决定，与种子、次序、写法都无关。十分之八训练，各十分之一验证与测试。"""
    tenth = int.from_bytes(hashlib.sha256(value.encode()).digest()[:4], "big") % 10
    return {0: "test", 1: "valid"}.get(tenth, "train")


def generate(count: int, seed: int, split: str) -> list[tuple[str, str]]:
    """split 这一边的 count 对例子：训练按 PRACTICE 轮流，验证与测试四类各四分之一。

    >>> generate(1, seed=0, split="test") == generate(1, seed=0, split="test")
    True
    """
    rng, pairs = random.Random(f"{seed}-{split}"), []
    kinds = PRACTICE if split == "train" else KINDS
    while len(pairs) < count:
        pair = random_pair(rng, kinds[len(pairs) % len(kinds)])
        if split_of(pair[1]) == split:
            pairs.append(pair)
    return pairs


def main(argv=None) -> dict:
    Parser(__doc__).parse_args(argv)
    for source, target in generate(24, seed=0, split="train"):
        print(f"{source}  ->  {target}")
    return emit_result({"kinds": len(KINDS)})


if __name__ == "__main__":
    run(main)
