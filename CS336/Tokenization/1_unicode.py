"""字符、码点、字节：三种文字各要几个字节，以字符、词、字节为词元各有什么代价，逐字节解码丢多少。

教什么：UTF-8 的宽度；没见过的字符与词占多少；切在字符中间再解码的损失；丢一个字节，三种编码各坏多少；é 的两种写法。
不教什么：从零写的编码与解码在 `utf8.py`；BPE 在 `2_naive_bpe.py`。
怎么跑：`python CS336/Tokenization/1_unicode.py`（约 5 秒），`--smoke`（约 2 秒）。
对应笔记：`1_unicode.md`。
"""

import re
import unicodedata
from collections import Counter

from book import Parser, common_options, emit_result, output_dir, run
from CS336.Tokenization.printing import print_results
from CS336.Tokenization.texts import NAMES, digest, text_of, train_and_test

ACCENTED = "Un élève français a mangé des crêpes près de la forêt, où le garçon naïf fêtait Noël à l'hôtel."
CHUNKS = (1, 2, 3, 4, 5, 8, 16, 64, 256, 1024, 4096)


def part_widths(size: int) -> dict:
    """三种文字各 size 个字节：几个字符，每个字符几个字节，1 到 4 字节的字符各占多少，几种字符。"""
    rows = {}
    for name in NAMES:
        text = text_of(name, size)
        widths = Counter(len(char.encode("utf-8")) for char in text)
        rows[name] = {
            "digest": digest(text),
            "characters": len(text),
            "bytes_per_character": len(text.encode("utf-8")) / len(text),
            "utf16_per_character": len(text.encode("utf-16-le")) / len(text),
            "kinds": len(set(text)),
            "bytes_used": len(set(text.encode("utf-8"))),
            "three_bytes": widths[3] / len(text),
        }
    return {"widths": rows}


def part_unicode() -> dict:
    """这个版本的 Python 认得的 Unicode：多少个码点有字符，其中几个字节的各有多少。"""
    assigned = [code for code in range(0x110000) if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")]
    widths = Counter(len(chr(code).encode("utf-8")) for code in assigned)
    return {
        "unicode_version": unicodedata.unidata_version,
        "assigned": len(assigned),
        "assigned_widths": {str(width): count for width, count in sorted(widths.items())},
    }


def split_words(text: str) -> list[str]:
    """按空白与标点切：英语的「词」大致如此；中文没有空格，一个分句成了一个「词」。"""
    return re.findall(r"\w+", text)


def part_unknown(train: int, test: int) -> dict:
    """词表取训练文字里出现过的全部：没见过的文字里，有多少字符、词、字节不在词表里。"""
    rows = {}
    for name in NAMES:
        seen, new = train_and_test(name, train, test)
        row = {}
        for unit, split in (("character", list), ("word", split_words), ("byte", lambda text: text.encode("utf-8"))):
            vocabulary, tokens = set(split(seen)), split(new)
            row[f"{unit}_vocabulary"] = 256 if unit == "byte" else len(vocabulary)
            unknown = 0 if unit == "byte" else sum(token not in vocabulary for token in tokens)
            row[f"{unit}_unknown"] = unknown / len(tokens)
        rows[name] = row
    return {"unknown": rows}


# region damage
def lost_in_chunks(text: str, size: int) -> float:
    """字节每 size 个切一段、各段单独解码：丢了的字符占多少。"""
    data = text.encode("utf-8")
    pieces = [data[i : i + size].decode("utf-8", errors="replace") for i in range(0, len(data), size)]
    kept = sum(len(piece) - piece.count("\ufffd") for piece in pieces)  # 切不坏的字符原样留下
    return 1 - kept / len(text)


# endregion


def part_chunks(size: int) -> dict:
    """三种文字，一段几个字节，丢多少。"""
    texts = {name: text_of(name, size).replace("\ufffd", "") for name in NAMES}  # 文字里本来就有的不算
    rows = [{"chunk": n} | {name: lost_in_chunks(text, n) for name, text in texts.items()} for n in CHUNKS]
    return {"chunks": rows}


def damaged(text: str, encoding: str, position: int) -> int:
    """编码以后删掉第 position 个字节，再解码：从头、从尾两边对上的都不算，中间坏了几个字符。"""
    data = text.encode(encoding)
    result = (data[:position] + data[position + 1 :]).decode(encoding, errors="replace")
    return len(text) - common_prefix(text, result) - common_prefix(text[::-1], result[::-1])


def common_prefix(a: str, b: str) -> int:
    """开头有几个字符相同。"""
    return next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))


def part_resync(length: int) -> dict:
    """一段中文，丢掉任何一个字节（每个位置都试）：平均、最多坏几个字符。"""
    text = "".join(re.findall(r"[\u4e00-\u9fff，。]", text_of("chinese", 20 * length)))[:length]
    rows = {}
    for encoding in ("utf-8", "utf-16-le", "gbk"):
        counts = [damaged(text, encoding, i) for i in range(len(text.encode(encoding)))]
        rows[encoding] = {"bytes": len(counts), "mean": sum(counts) / len(counts), "worst": max(counts)}
    return {"resync_characters": len(text), "resync": rows}


def part_forms() -> dict:
    """同一句法语的两种写法：合成的（NFC）与分开的（NFD）。"""
    composed, separate = (unicodedata.normalize(form, ACCENTED) for form in ("NFC", "NFD"))
    return {
        "nfc_characters": len(composed),
        "nfd_characters": len(separate),
        "nfc_bytes": len(composed.encode("utf-8")),
        "nfd_bytes": len(separate.encode("utf-8")),
        "words_that_differ": sum(a != b for a, b in zip(composed.split(), separate.split())),
        "words": len(composed.split()),
    }


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    args = parser.parse_args(argv)
    output_dir(args.out)
    train, test, length = (4000, 1000, 50) if args.smoke else (160_000, 40_000, 500)
    print(f"文字：{'、'.join(NAMES)}，各 {train + test:,} 个字节；只用 CPU，没有参数，没有随机数")
    results = {"train_bytes": train, "test_bytes": test}
    parts = [
        lambda: part_widths(train + test),
        part_unicode,
        lambda: part_unknown(train, test),
        lambda: part_chunks(train + test),
        lambda: part_resync(length),
        part_forms,
    ]
    for part in parts:
        results |= part()
    print_results(results)
    return emit_result(results)


if __name__ == "__main__":
    run(main)
