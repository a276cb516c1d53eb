"""笔记 1 的图：四个字符的每一位；字节切成一段一段各自解码，丢多少字符。

怎么跑：`python CS336/Tokenization/figures_unicode.py`（约 2 秒，写进 CS336/Tokenization/figures/）。
第二张画的是 CS336/Tokenization/results/1_unicode.json 里记录的结果，第一张当场算。
图内文字用英文：不依赖机器上有没有中文字体。
"""

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from book import run
from CS336.Tokenization.drawing import draw_figures, recorded
from CS336.Tokenization.utf8 import encode_code_point

EXAMPLES = (0x41, 0xE9, 0x4F60, 0x1F600)  # A é 你 😀
PREFIX, PAYLOAD = "#f2b8a0", "#bcd7ee"


def prefix_length(byte: int) -> int:
    """一个字节开头有几位是前缀：0 -> 1，10 -> 2，110 -> 3，1110 -> 4，11110 -> 5。"""
    return next(i for i in range(8) if not byte >> (7 - i) & 1) + 1


def bits() -> Figure:
    """四行四个字符；橙色是前缀，蓝色是码点的位，从高到低。"""
    figure = Figure(figsize=(9.5, 2.9), layout="constrained")
    axis = figure.subplots()
    for row, code in enumerate(EXAMPLES):
        axis.text(-0.6, row + 0.36, f"U+{code:04X}", ha="right", va="center", family="monospace")
        for i, byte in enumerate(encode_code_point(code)):
            left = i * 8.6
            axis.text(left + 4, row - 0.06, f"{byte:02x}", ha="center", va="bottom", family="monospace", fontsize=8)
            for bit in range(8):
                color = PREFIX if bit < prefix_length(byte) else PAYLOAD
                axis.add_patch(Rectangle((left + bit, row), 1, 0.7, facecolor=color, edgecolor="white"))
                value = str(byte >> (7 - bit) & 1)
                axis.text(left + bit + 0.5, row + 0.36, value, ha="center", va="center", family="monospace", fontsize=9)
    axis.set(xlim=(-4.5, 34.2), ylim=(len(EXAMPLES), -0.5))
    axis.axis("off")
    axis.set_title("orange: prefix bits, blue: bits of the code point", fontsize=10)
    return figure


def chunks() -> Figure:
    """段越短，切坏的字符越多；英语与代码几乎不受影响，所以只用英语测试看不出来。"""
    rows = recorded("1_unicode")["chunks"]
    figure = Figure(figsize=(6.5, 3.2), layout="constrained")
    axis = figure.subplots()
    for name, style in (("chinese", "o-"), ("english", "s-"), ("code", "^-")):
        axis.plot([row["chunk"] for row in rows], [row[name] for row in rows], style, ms=4, label=name)
    axis.set(xlabel="bytes per chunk, decoded on its own", ylabel="characters lost", xscale="log")
    axis.legend()
    return figure


def main(argv=None) -> dict:
    return draw_figures(__doc__, __file__, {"1_bits": bits, "1_chunks": chunks}, argv)


if __name__ == "__main__":
    run(main)
