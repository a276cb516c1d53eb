"""把一个词编码成词元：取最长的、与前一个分得开的词元，走不通就退一步；算过的词记住。

教什么：两个相邻的词元「分得开」怎样倒着查；每一对都分得开的切法只有一种，就是 BPE 的结果；
      合并表不守规矩时老实合并，堆上 O(n log n)；有界的缓存。
不教什么：特殊词元与预分词（`tokenizer.py`、`pretokenize.py`）。
对应笔记：`5_encoding.md`。
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush

from CS336.Tokenization.naive import Pair
from CS336.Tokenization.reading import InputError

NEVER = 1 << 30  # 不在合并里的一对的名次
KEY = 3  # 按前三个字节找候选：一个汉字正好三个字节
WIDEST = 64  # 至多这么多字符的词才记住
GENERATION = 1 << 15  # 一代记住几个，共两代


class Merger:
    """合并的名次表，与按它编码的几种办法。一个词元写成一个字符：字节 b 是 chr(b)，合并出来的接着往后排。

    >>> merger = Merger([(b"a", b"a"), (b"aa", b"aa"), (b"aa", b"b")])
    >>> [[merger.tokens[ord(c)] for c in merger.merge(text)] for text in ("aaaaa", "aaab")]
    [[b'aaaa', b'a'], [b'aa', b'a', b'b']]
    """

    def __init__(self, merges: Iterable[Pair]):
        self.tokens = [bytes([byte]) for byte in range(256)]
        self.ranks: dict[str, int] = {}  # 一对 -> 名次
        self.joined: dict[str, str] = {}  # 一对 -> 合并成的词元
        self.born: list[int] = [-1] * 256  # 词元 -> 造出它的合并的名次；字节本来就有
        self.halves: list[str] = [""] * 256  # 词元 -> 造出它的那一对
        self.symbols = {chr(byte): chr(byte) for byte in range(256)}  # 字节（写成 latin-1 的字符串）-> 词元
        self.regular = True
        for rank, pair in enumerate(merges):
            self.add(rank, *pair)
        self.lengths, self.separate = lengths_of(self.symbols), Remembering(self.apart)

    def add(self, rank: int, left: bytes, right: bytes) -> None:
        try:
            pair = self.symbols[left.decode("latin-1")] + self.symbols[right.decode("latin-1")]
        except KeyError:
            rule = f"第 {rank} 条合并 {left!r} {right!r} 用了前面没有造出来的词元"
            raise InputError(f"{rule}；合并要按学到的次序排") from None
        except AttributeError:
            raise InputError(f"第 {rank} 条合并 {left!r} {right!r} 要是两段 bytes，例如 (b's', b't')") from None
        text = (left + right).decode("latin-1")
        if text in self.symbols:  # 两条合并拼出同样的字节：从词元看不出走的是哪一条
            self.regular = False
        else:
            self.symbols[text] = chr(len(self.tokens))
            self.tokens.append(left + right)
            self.born.append(rank)
            self.halves.append(pair)
            self.regular = self.regular and self.apart(pair, rank)  # 这个词元单独写，编码出来就是它自己
        self.ranks.setdefault(pair, rank)
        self.joined[pair] = self.symbols[text]

    def rank(self, pair: str) -> int:
        return self.ranks.get(pair, NEVER)

    def apart(self, pair: str, before: int = NEVER) -> bool:
        """两个词元写在一起，编码出来还是它们两个吗？（只看名次小于 before 的合并）

        倒着放电影：后造出来的那个先拆开，每拆一次看交界处的一对，它的合并要是更早，就早已跨过去了。
        名次相同时左边的先合并：拆左边的，同名次的跨不过去；拆右边的，同名次的已经跨过去了。

        >>> merger = Merger([(b"a", b"b"), (b"b", b"c"), (b"bc", b"d")])
        >>> a_bcd = merger.symbols["a"] + merger.symbols["bcd"]
        >>> merger.apart(a_bcd)  # ab 先合并，轮不到 bc
        False
        """
        (left, right), ranks, born = pair, self.ranks, self.born
        while ranks.get(left + right, NEVER) >= before:
            i, j = ord(left), ord(right)
            if born[i] > born[j]:
                left, before = self.halves[i][1], born[i]
            elif born[j] >= 0:
                right, before = self.halves[j][0], born[j] + 1
            else:
                return True  # 都拆到字节了
        return False

    def merge(self, text: str) -> str:
        """一个词 -> 词元（一个词元一个字符）。"""
        raw = text if text.isascii() else text.encode("utf-8").decode("latin-1")
        if not self.regular:
            return self.merge_all(raw)
        return self.symbols.get(raw) or self.walk(raw)

    def walk(self, raw: str) -> str:
        """每次取最长的、与前一个分得开的词元，走不通就退一步换短的。

        走到头就是答案：处处分得开的切法只有一种。到一个位置为止的切法也只有一种，所以退过的位置不会再来。
        """
        symbols, lengths, separate = self.symbols, self.lengths, self.separate
        out, sizes, last, i, n = [], [], "", 0, len(raw)
        limit = n + 1
        while i < n:
            for length in lengths[raw[i : i + KEY]]:
                symbol = symbols.get(raw[i : i + length])  # 长过词尾的取到剩下的全部：取得成就到头了
                if symbol and (not last or separate[last + symbol]) and length < limit:
                    out.append(symbol)
                    sizes.append(length)
                    last, i, limit = symbol, i + length, n + 1
                    break
            else:
                out.pop()
                limit = sizes.pop()  # 换一个比它短的
                last, i = out[-1] if out else "", i - limit
        return "".join(out)

    def merge_all(self, raw: str) -> str:
        """老实合并：双向链表加堆，每次合并只添两对，O(n log n)。名次相同的，左边的先合并。"""
        symbols, n = [*raw], len(raw)
        following, previous = list(range(1, n + 1)), list(range(-1, n - 1))
        pairs = enumerate(map(str.__add__, raw, raw[1:]))
        heap = [(self.ranks[pair], i, pair) for i, pair in pairs if pair in self.ranks]
        heapify(heap)
        while heap:
            _, i, pair = heappop(heap)
            j = following[i]
            if j >= n or symbols[i] + symbols[j] != pair:  # 过时了：其中一个已经并进别的词元
                continue
            symbols[i], symbols[j] = self.joined[pair], ""
            following[i] = after = following[j]
            if after < n:
                previous[after] = i
            for left, right in ((previous[i], i), (i, after)):
                if left >= 0 and right < n and (pair := symbols[left] + symbols[right]) in self.ranks:
                    heappush(heap, (self.ranks[pair], left, pair))
        return "".join(symbols)


class Remembering(dict):
    """缺的现算、算过的记住。有界：新的一代满了就成旧的一代，还用得到的抄回来，用不到的随旧的一代丢掉。"""

    def __init__(self, compute: Callable[[str], object]):
        self.compute = compute
        self.old: dict[str, object] = {}

    def __missing__(self, key: str):
        found = self.old.get(key)
        if found is None:
            found = self.compute(key)
        if len(key) <= WIDEST:
            if len(self) >= GENERATION:
                self.old = dict(self)
                self.clear()
            self[key] = found
        return found


def lengths_of(symbols: dict[str, str]) -> Remembering:
    """一段文字的前三个字节 -> 从这里起的词元可能有几个字节，长的在前。

    >>> lengths_of({"a": "0", "b": "1", "ab": "2", "abab": "3"})["aba"]
    (4, 2, 1)
    """
    long = defaultdict(set)
    for text in symbols:
        long[text[:KEY]].add(len(text))

    def compute(key: str) -> tuple[int, ...]:
        short = {n for n in range(1, len(key)) if key[:n] in symbols}
        return tuple(sorted(short | long.get(key, set()), reverse=True))

    return Remembering(compute)


class WordEncoder:
    """词 -> 编号：`words[词]`，见过的词不再算。"""

    def __init__(self, merges: list[Pair], ids: dict[bytes, int]):
        self.merger = Merger(merges)
        self.symbol_ids = [ids.get(token) for token in self.merger.tokens]  # 词元的字符 -> 编号
        self.words = Remembering(self.encode_word)

    def encode_word(self, word: str) -> tuple[int, ...]:
        ids = tuple(map(self.symbol_ids.__getitem__, map(ord, self.merger.merge(word))))
        if None in ids:
            raise InputError(f"{word!r} 里有词表没有的字节；字节级的词表要有全部 256 个字节")
        return ids
