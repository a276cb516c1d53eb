"""ex01 合并：字节级 BPE 怎样训练。数相邻的对，挑最多的，合并它，再从头来，自己写一遍。

级别：手算 + 补全。先读：`2_naive_bpe.md`（在 `CS336/Tokenization/`）。
检查：`pytest CS336/exercises/check_ex01.py`

约定：一个词元是一段 bytes；一个词是词元的 tuple；一对 pair 是相邻的两个词元 (左, 右)。
"""

Pair = tuple[bytes, bytes]
Word = tuple[bytes, ...]


def count_pairs(words: dict[Word, int]) -> dict[Pair, int]:
    """手算 + 补全：每一对相邻的词元出现了几次。words 是 {词: 它出现的次数}。

    笔记的 count_pairs 收两个字典（词 -> 词元的列表，词 -> 次数）；这里合成一个，键是词元的 tuple：列表不能当键。
    一个词出现 n 次，它里面的对就各算 n 次。每个相邻的位置都算：aaaa 里有三处 (a, a)。
    对只在一个词里面找。没出现过的对不在结果里。

    先在纸上数 lo 5 次、lol 2 次：(l, o) 是 5 + 2，(o, l) 是 2。

    >>> count_pairs({(b"l", b"o"): 5, (b"l", b"o", b"l"): 2}) == {(b"l", b"o"): 7, (b"o", b"l"): 2}
    True
    """
    raise NotImplementedError


def best_pair(counts: dict[Pair, int]) -> Pair:
    """手算 + 补全：次数最多的一对。一样多时取较大的一对：先比左边的 bytes，相同再比右边的（Python 比 tuple 就是这样）。

    先在纸上比：(a, bc) 与 (ab, a) 一样多，取哪个？

    >>> best_pair({(b"e", b"s"): 9, (b"s", b"t"): 9, (b"w", b"e"): 8})
    (b's', b't')
    """
    raise NotImplementedError


def merge_word(word: Word, pair: Pair) -> Word:
    """补全：从左到右，把 word 里的每一处 pair 换成接起来的一个词元。合并过的词元不再参加这一次的合并。

    >>> merge_word((b"s", b"t", b"e", b"s", b"t"), (b"s", b"t"))
    (b'st', b'e', b'st')
    >>> merge_word((b"a", b"a", b"a"), (b"a", b"a"))
    (b'aa', b'a')
    """
    raise NotImplementedError


def train_merges(words: dict[str, int], num_merges: int) -> list[Pair]:
    """手算 + 补全：从 {词: 次数} 学 num_merges 条合并，按学到的次序返回。没有对可以合并了就提前停。

    开始时一个字节一个词元（UTF-8）。每一轮：数对，挑最好的，在每个词里合并它。words 不要改动。

    先在纸上做两轮：第一轮 (e, s)、(s, t) 都是 9 次；合并之后，s 还在吗？

    >>> train_merges({"low": 5, "lower": 2, "widest": 3, "newest": 6}, 3)
    [(b's', b't'), (b'e', b'st'), (b'o', b'w')]
    """
    raise NotImplementedError
