"""ex03 编码与解码：按学到的次序合并；先接起字节再解码；一块一块来的文字，编码与整段的一样。自己写一遍。

级别：手算 + 补全 + 扩展。先读：`5_encoding.md`（在 `CS336/Tokenization/`）。
检查：`pytest CS336/exercises/check_ex03.py`

约定：一个词元是一段 bytes；merges 是学到的合并，每条 (左, 右)，先学到的在前，它的下标叫名次。
"""

# ruff: noqa: F401  做题时用得到的导入
import re
from collections.abc import Iterable, Iterator

Pair = tuple[bytes, bytes]

# 预分词，与 ex02 的相同：`WORD.findall(text)` 是全部的词，接起来恰是原文
WORD = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def encode_word(word: str, merges: list[Pair]) -> list[bytes]:
    """手算 + 补全：一个词 -> 词元。开始时一个字节一个词元，然后反复做：

        在相邻的对里找名次最小（最先学到）的一对，从左到右合并它的每一处；一对也不在 merges 里了就停

    先在纸上做 lowest，merges 依次是 s t、e st、o w、l ow、low e：low 与 est 先成，轮到 low e 时 e 已经不在了。

    >>> encode_word("lowest", [(b"s", b"t"), (b"e", b"st"), (b"o", b"w"), (b"l", b"ow"), (b"low", b"e")])
    [b'low', b'est']
    """
    raise NotImplementedError


def decode(ids: list[int], vocab: dict[int, bytes]) -> str:
    r"""手算 + 补全：编号 -> 文字。vocab 是 {编号: 词元}。不合法的 UTF-8 字节显示成 U+FFFD（�），不抛异常。

    先在纸上想：「你」是 e4 bd a0 三个字节，分在两个词元里，单独解码哪一个？

    >>> decode([7, 3], {3: b"\xbd\xa0", 7: b"\xe4"})
    '你'
    """
    raise NotImplementedError


def encode_stream(chunks: Iterable[str], merges: list[Pair]) -> Iterator[bytes]:
    """扩展：文字一块一块地来，逐个交出词元，与整段一起编码的完全一样，不管在哪里切的块。

    整段一起编码是：WORD.findall 切成词，每个词 encode_word。块的边上，一个词可能只来了一半。
    文件可以比内存大：能定下来的词就先交出去（用 yield），不要等全部的块都到齐。

    >>> list(encode_stream(["lo", "w lo", "w"], [(b"l", b"o"), (b"lo", b"w"), (b" ", b"low")]))
    [b'low', b' low']
    """
    raise NotImplementedError
