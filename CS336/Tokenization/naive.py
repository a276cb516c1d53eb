"""最朴素的字节级 BPE：一屏代码，每一步都从头数一遍，慢，但一眼看得出对。

教什么：训练就是反复「数相邻的对 -> 合并最多的那一对」；编码是把学到的合并按次序重做一遍；解码先接起字节再解码。
不教什么：预分词与特殊词元（`pretokenize.py`），怎样不从头数（`training.py`）、怎样编码得快（`tokenizer.py`）。
用处：快的版本都与它逐条比较，见 `tests/test_cs336_tokenization.py`。
对应笔记：`2_naive_bpe.md`。
"""

from collections import Counter

Pair = tuple[bytes, bytes]


def split_bytes(text: str) -> list[bytes]:
    r"""一段文字 -> 它的 UTF-8 字节，一个字节一个词元。

    >>> split_bytes("é!")
    [b'\xc3', b'\xa9', b'!']
    """
    return [bytes([byte]) for byte in text.encode("utf-8")]


def count_pairs(split: dict[str, list[bytes]], words: dict[str, int]) -> Counter[Pair]:
    """相邻的一对出现了几次；一个词出现 n 次，它里面的对就各算 n 次。

    >>> count_pairs({"low": [b"l", b"ow"]}, {"low": 5})
    Counter({(b'l', b'ow'): 5})
    """
    pairs: Counter[Pair] = Counter()
    for word, tokens in split.items():
        for pair in zip(tokens, tokens[1:]):
            pairs[pair] += words[word]
    return pairs


def merge_pair(tokens: list[bytes], pair: Pair) -> list[bytes]:
    """把 tokens 里的每个 pair 换成接起来的一个词元；从左到右，合并过的不再参加。

    >>> merge_pair([b"a", b"a", b"a", b"b"], (b"a", b"a"))
    [b'aa', b'a', b'b']
    """
    merged: list[bytes] = []
    i = 0
    while i < len(tokens):
        if tuple(tokens[i : i + 2]) == pair:
            merged.append(tokens[i] + tokens[i + 1])
            i += 2
        else:
            merged.append(tokens[i])
            i += 1
    return merged


def train_naive(words: dict[str, int], num_merges: int) -> list[Pair]:
    """从 {词: 次数} 学 num_merges 条合并；没有对可合并了就提前停。一样多时取较大的一对（按字节比较）。

    不分词，就把整段文字当一个词：`train_naive({text: 1}, n)`。

    >>> train_naive({"low": 5, "lower": 2, "widest": 3, "newest": 6}, 4)
    [(b's', b't'), (b'e', b'st'), (b'o', b'w'), (b'l', b'ow')]
    """
    split = {word: split_bytes(word) for word in words}
    merges: list[Pair] = []
    while len(merges) < num_merges:
        pairs = count_pairs(split, words)
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))  # 先比次数，一样多再比字节：结果与次序无关
        merges.append(best)
        split = {word: merge_pair(tokens, best) for word, tokens in split.items()}
    return merges


def encode_naive(word: str, merges: list[Pair]) -> list[bytes]:
    """一个词 -> 词元：把训练时的合并按学到的次序重做一遍。

    >>> encode_naive("lowest", [(b"s", b"t"), (b"e", b"st"), (b"o", b"w"), (b"l", b"ow")])
    [b'low', b'est']
    """
    tokens = split_bytes(word)
    for pair in merges:
        tokens = merge_pair(tokens, pair)
    return tokens


def decode_naive(tokens: list[bytes]) -> str:
    r"""先接起全部字节再解码：一个汉字的三个字节可能分在两个词元里。不合法的字节显示 U+FFFD。

    >>> decode_naive([b"\xe4\xbd", b"\xa0"])
    '你'
    """
    return b"".join(tokens).decode("utf-8", errors="replace")
