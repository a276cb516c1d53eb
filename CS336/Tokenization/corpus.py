"""训练与计时用的文字：Python 的文档字符串、本书的笔记、按种子生成的中英混合。

教什么：语料从哪来要写清楚：同一台机器上每次相同，不靠下载。
不教什么：清洗与去重（`CS336/Outlook/`）。
怎么跑：`python CS336/Tokenization/corpus.py mixed --size 5000000`（写出一个文本文件，约 5 秒）。
对应笔记：`4_training.md`。
"""

import ast
import random
import re
import sysconfig
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from book import Parser, atomic_write, common_options, emit_result, output_dir, positive_int, repository_root, run

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
HAN = re.compile(r"[\u4e00-\u9fff]")


def cut_bytes(text: str, size: int) -> str:
    """text 的前 size 个字节；切在字符中间就少取一个字符。

    >>> cut_bytes("你好", 5)
    '你'
    """
    return text.encode("utf-8")[:size].decode("utf-8", errors="ignore")


def find_docstrings(source: str) -> Iterator[str]:
    """一个源文件里的全部文档字符串，按出现的次序。"""
    nodes = [ast.parse(source)]
    for node in nodes:
        if text := ast.get_docstring(node):
            yield text
        nodes += [child for child in node.body if isinstance(child, DOCUMENTED)]


def docstrings(size: int) -> str:
    """标准库，再是装好的包的文档字符串，按路径的次序，共 size 个字节（装得少就只有那么多）。

    装的包与 Python 的版本决定内容：换一个环境就换了语料，所以结果里记摘要。
    """
    paths = sysconfig.get_paths()
    installed = Path(paths["purelib"])
    standard = [p for p in sorted(Path(paths["stdlib"]).rglob("*.py")) if "site-packages" not in p.parts]
    pieces, length = [], 0
    for path in [*standard, *sorted(installed.rglob("*.py"))]:
        try:
            found = list(find_docstrings(path.read_text(encoding="utf-8")))
        except (OSError, SyntaxError, ValueError):  # 标准库的测试里有故意写错的文件
            continue
        pieces += found
        length += sum(len(text.encode("utf-8", "ignore")) + 2 for text in found)
        if length >= size:
            break
    return cut_bytes("\n\n".join(pieces).encode("utf-8", "ignore").decode("utf-8"), size)


def notes() -> str:
    """本书的全部笔记，按路径的次序。"""
    root = repository_root()
    paths = [*sorted(root.glob("*.md")), *sorted(root.glob("*/*.md")), *sorted(root.glob("*/*/*.md"))]
    chapters = {path.parent.name for path in root.glob("*/__init__.py")} | {root.name, "CS336"}
    kept = [p for p in paths if p.parent == root or p.relative_to(root).parts[0] in chapters]
    return "\n\n".join(path.read_text(encoding="utf-8") for path in kept)


def zipf_words(rng: random.Random, count: int, letters: list[str], sizes: list[int]) -> list[str]:
    """count 个不同的词，字母按 Zipf 的权重取，长度从 sizes 里取；第 r 个词以后按 1/r 的权重出现。"""
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(letters))))
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(rng.choices(letters, cum_weights=weights, k=rng.choice(sizes)))] = None
    return list(words)


def mixed(size: int, seed: int = 0) -> str:
    """本书的笔记，接上按种子生成的中英混合的句子，共 size 个字节。

    生成的句子七成是中文：词由笔记里的汉字拼成，词与词之间没有空格，逗号、句号才断开；词频服从 Zipf 定律。
    """
    own, rng = notes(), random.Random(seed)
    common = [char for char, _ in sorted(Counter(HAN.findall(own)).items(), key=lambda item: (-item[1], item[0]))]
    chinese = zipf_words(rng, 8000, common, [1, 2, 2, 2, 3, 4])
    english = zipf_words(rng, 8000, list("etaoinshrdlucmfwypvbgkjqxz"), [2, 3, 4, 5, 6, 7, 8, 10])
    weights = list(accumulate(1 / (rank + 1) for rank in range(8000)))
    pieces, length = [own], len(own.encode("utf-8"))
    while length < size:
        if rng.random() < 0.7:
            text = "".join(rng.choices(chinese, cum_weights=weights, k=rng.randint(2, 5))) + rng.choice("，，。；\n")
        else:
            text = " ".join(rng.choices(english, cum_weights=weights, k=rng.randint(4, 12))) + rng.choice(", . \n")
        pieces.append(text)
        length += len(text.encode("utf-8"))
    return cut_bytes("".join(pieces), size)


def build(name: str, size: int, seed: int = 0) -> str:
    """按名字造语料：docstrings、notes、mixed，至多 size 个字节。"""
    if name == "docstrings":
        return docstrings(size)
    return cut_bytes(notes(), size) if name == "notes" else mixed(size, seed)


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    parser.add_argument("name", nargs="?", default="notes", choices=["docstrings", "notes", "mixed"], help="哪个语料")
    parser.add_argument("--size", type=positive_int, default=5_000_000, metavar="N", help="至多几个字节")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    text = build(args.name, min(args.size, 100_000) if args.smoke else args.size, args.seed)
    path = output_dir(args.out) / f"{args.name}.txt"
    atomic_write(path, text.encode("utf-8"))
    print(f"写在 {path}")
    return emit_result({"corpus": args.name, "characters": len(text), "bytes": len(text.encode("utf-8"))})


if __name__ == "__main__":
    run(main)
