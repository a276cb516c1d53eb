"""训练得快的字节级 BPE：次数增量更新，最多的一对从按次数分的桶里取，合并是一次 str.split。

教什么：一次合并只影响含有那一对的词；一个词元写成一个字符，找与换就都由 C 完成；次数先放着，取出来时再核对。
不教什么：预分词（`pretokenize.py`）。与 `naive.py` 的合并逐条相同，次数相同时也一样。
对应笔记：`4_training.md`；与 HF tokenizers 的速度比较见 `bench.py`。
"""

import gc
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from heapq import heappop, heappush
from pathlib import Path

from CS336.Tokenization.naive import Pair
from CS336.Tokenization.pretokenize import check_specials, count_words
from CS336.Tokenization.reading import InputError, read_chunks

BYTES = [bytes([byte]) for byte in range(256)]


class PairQueue:
    """最常见的一对先出；一样多时字节较大的先出。一对的次数变小了不必告诉它，取的时候再核对。

    桶：次数 -> 那么多次的对。多数的对次数很少，到结束也轮不到，放进桶里只是一次 append；轮到的那一桶才排序。
    新的一对不会比刚合并的更多，所以只往下走。
    """

    def __init__(self, counts: dict[str, int], order: Callable[[str], tuple]):
        self.counts, self.order = counts, order
        self.buckets: dict[int, list[str]] = {}
        self.levels: list[int] = []  # 有桶的次数（取负）的堆
        self.level, self.tied = 0, []  # 正在取的那一桶，从小到大排好
        for pair in counts:
            self.push(pair)

    def push(self, pair: str) -> None:
        count = self.counts[pair]
        if count == self.level:
            insort(self.tied, pair, key=self.order)
        elif count in self.buckets:
            self.buckets[count].append(pair)
        else:
            self.buckets[count] = [pair]
            heappush(self.levels, -count)

    def pop(self) -> str | None:
        """取出最常见的一对；没有了就是 None。"""
        while self.tied or self.levels:
            if not self.tied:
                self.level = -heappop(self.levels)
                self.tied = sorted(filter(self.is_current, self.buckets.pop(self.level)), key=self.order)
            elif self.is_current(pair := self.tied.pop()):
                return pair
        return None

    def is_current(self, pair: str) -> bool:
        """次数还是这一桶的吗？变小了的换到它现在的桶里。"""
        count = self.counts[pair]
        if 0 < count < self.level:
            self.push(pair)
        return count == self.level


class Learner:
    """训练的全部状态。一个词元写成一个字符 chr(编号)，一个词就是一个字符串，一对就是两个字符的字符串。

    编号 0..255 是字节，之后是合并；特殊词元在外面加。

    >>> learner = Learner({"low": 5, "lower": 2, "widest": 3, "newest": 6})
    >>> learner.run(256 + 4)
    [(b's', b't'), (b'e', b'st'), (b'o', b'w'), (b'l', b'ow')]
    """

    def __init__(self, words: dict[str, int]):
        self.tokens = list(BYTES)  # 编号 -> 字节
        self.words = [word.encode("utf-8").decode("latin-1") for word in words]  # latin-1：字节 b 就是 chr(b)
        self.weights = list(words.values())
        self.where: dict[str, list[int]] = defaultdict(list)  # 一对 -> 它在哪些词里；出现几次就记几次，会过时
        for i, word in enumerate(self.words):
            for pair in map(str.__add__, word, word[1:]):
                self.where[pair].append(i)
        self.counts = {pair: self.total(where) for pair, where in self.where.items()}
        self.queue = PairQueue(self.counts, self.spell)

    def total(self, words: list[int]) -> int:
        return sum(map(self.weights.__getitem__, words))

    def spell(self, pair: str) -> Pair:
        """一对字符 -> 它们的字节。"""
        return self.tokens[ord(pair[0])], self.tokens[ord(pair[1])]

    def run(self, num_tokens: int, progress: Callable[[int], None] | None = None) -> list[Pair]:
        """合并到有 num_tokens 个词元，或没有对可合并。"""
        merges: list[Pair] = []
        while len(self.tokens) < num_tokens and (pair := self.queue.pop()):
            merges.append(self.spell(pair))
            self.merge(pair)
            if progress:
                progress(len(self.tokens))
        return merges

    def merge(self, pair: str) -> None:
        """把所有的 pair 换成一个新词元，更新受影响的对的次数。"""
        (a, b), new = pair, chr(len(self.tokens))
        self.tokens.append(b"".join(self.spell(pair)))  # 与已有的词元都不同，理由见笔记
        left, right, between = self.replace(pair, new)
        for x, words in left.items():  # x a b -> x new
            self.move(x + a, x + new, words)
        for y, words in right.items():  # a b y -> new y
            self.move(b + y, new + y, words)
        if between:  # a b a b -> new new
            self.move(b + a, new + new, between)
        self.counts[pair] = 0  # 放在最后：pair 是 aa 时，"aaa" 里与它重叠的那一个也减过它

    def replace(self, pair: str, new: str) -> tuple[dict[str, list[int]], dict[str, list[int]], list[int]]:
        """改写含有 pair 的词；返回它左邻、右邻的字符 -> 词（出现几次就几个），以及两个 pair 紧挨着的词。"""
        left, right, between = defaultdict(list), defaultdict(list), []
        words = self.words
        for i in self.where.pop(pair):
            first, *rest = words[i].split(pair)  # 从左到右、不重叠，正是合并的次序
            if not rest:  # 过时的记录：这个词里已经没有 pair 了
                continue
            words[i] = new.join((first, *rest))
            if first:
                left[first[-1]].append(i)
            last = rest.pop()
            for middle in rest:
                if middle:
                    right[middle[0]].append(i)
                    left[middle[-1]].append(i)
                else:
                    between.append(i)
            if last:
                right[last[0]].append(i)
        return left, right, between

    def move(self, old: str, new: str, words: list[int]) -> None:
        """words 里的 old 都成了 new；new 含新词元，以前没有过。"""
        self.where[new] = words
        self.counts[new] = count = self.total(words)
        self.counts[old] -= count
        self.queue.push(new)


@contextmanager
def without_gc():
    """训练造出几十万个列表，没有循环引用；垃圾回收却每隔一阵把它们都看一遍。关掉省下多少见笔记。"""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def check_vocab_size(vocab_size: int, special_tokens: Iterable[str]) -> tuple[str, ...]:
    """去掉重复的特殊词元；词表装不下 256 个字节与特殊词元就报错。"""
    special_tokens = check_specials(special_tokens)
    least = 256 + len(special_tokens)
    if vocab_size < least:
        raise InputError(f"词表大小收到 {vocab_size}，至少 {least}：256 个字节加 {len(special_tokens)} 个特殊词元")
    return special_tokens


def train_bpe(
    input_path: str | Path,
    vocab_size: int,
    special_tokens: Iterable[str] = (),
    *,
    num_workers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> tuple[dict[int, bytes], list[Pair]]:
    """在一个 UTF-8 文件上训练字节级 BPE，返回 (词表 {编号: 字节}, 合并 [(字节, 字节)])。

    编号：特殊词元，256 个字节，合并的词元；没有对可合并了就提前停。一样多时取字节较大的一对。
    num_workers：几个进程一起预分词，结果与一个进程的相同。progress(词元数)：每合并一次叫一次。
    空文件、坏的 UTF-8、词表太小是 InputError（也是 ValueError）。

    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "corpus.txt"
    >>> _ = path.write_text("low " * 5 + "lower " * 2 + "widest " * 3 + "newest " * 6)
    >>> vocab, merges = train_bpe(path, 260, ["<|end|>"])
    >>> vocab[0], vocab[257], merges
    (b'<|end|>', b'st', [(b's', b't'), (b'e', b'st'), (b'o', b'w')])
    """
    special_tokens = check_vocab_size(vocab_size, special_tokens)
    with without_gc():
        words = count_words(read_chunks(input_path), special_tokens, num_workers)
        if not words and not Path(input_path).stat().st_size:
            raise InputError(f"{input_path} 是空的；训练至少要有一些文字")
        learner = Learner(words)
        merges = learner.run(vocab_size - len(special_tokens), progress)
    tokens = [special.encode("utf-8") for special in special_tokens] + learner.tokens
    return dict(enumerate(tokens)), merges
