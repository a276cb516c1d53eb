"""训练怎样变快：一次合并要看多少对，哪些可以不看；四种写法的合并逐条相同。

教什么：从头数、只重数含有那一对的词、只改左右邻居，各看多少对；从最多的一对怎样取；三种写错各坏多少。
不教什么：与 HF tokenizers 比快慢（`bench.py`）。
怎么跑：`python CS336/Tokenization/4_training.py`（约 1 分钟），`--smoke`（约 1 秒）。
对应笔记：`4_training.md`。
"""

import gc
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from heapq import heapify, heappop, heappush

from tqdm import tqdm

from book import Parser, common_options, emit_result, output_dir, run
from CS336.Tokenization.corpus import mixed
from CS336.Tokenization.counting import count_tokens
from CS336.Tokenization.naive import Pair, train_naive
from CS336.Tokenization.pretokenize import count_words
from CS336.Tokenization.texts import digest, text_of
from CS336.Tokenization.training import Learner, PairQueue, without_gc

SIZES = {"english": 1_000_000, "chinese": 200_000}
CURVE = 60  # 曲线取几个点


# ---------------------------------------------------------------- 数一数看了多少对


class CountingLearner(Learner):
    """与 Learner 相同，另外记下每次合并：碰了几个词，其中几个是过时的记录，换了几处，碰到的词里有几对。"""

    def __init__(self, words: dict[str, int]):
        super().__init__(words)
        self.rows: list[dict] = []

    def merge(self, pair: str) -> None:
        distinct = set(self.where[pair])
        held = [i for i in distinct if pair in self.words[i]]
        row = {
            "all": sum(map(len, self.words)) - len(self.words),  # 从头数：全部不同的词里的对
            "live_pairs": sum(count > 0 for count in self.counts.values()),  # 从头比：还有次数的对
            "recounted": sum(len(self.words[i]) - 1 for i in held),  # 只重数含有 pair 的词
            "occurrences": sum(self.words[i].count(pair) for i in held),
            "stale": len(distinct) - len(held),
        }
        before = len(self.counts)
        super().merge(pair)
        self.rows.append(row | {"new_pairs": len(self.counts) - before})


class CountingQueue(PairQueue):
    """另外记下：放进来几次，几次进的是正在取的那一桶，看过几次，其中几次已经过时（次数变小了，或者是 0）。"""

    def __init__(self, counts, order):
        self.tally = Counter()
        super().__init__(counts, order)

    def push(self, pair: str) -> None:
        self.tally["pushed"] += 1
        self.tally["sorted"] += self.counts[pair] == self.level
        super().push(pair)

    def is_current(self, pair: str) -> bool:
        self.tally["looked"] += 1
        current = super().is_current(pair)
        self.tally["moved"] += not current
        return current


def visits(words: dict[str, int], num_merges: int) -> dict:
    """一份语料：每种写法一共看几对，以及随合并的名次怎样变。"""
    learner = CountingLearner(words)
    learner.queue = CountingQueue(learner.counts, learner.spell)
    learner.run(256 + num_merges)
    rows = learner.rows
    totals = {key: sum(row[key] for row in rows) for key in rows[0]}
    step = max(1, len(rows) // CURVE)
    curve = [
        {key: sum(row[key] for row in part) / len(part) for key in ("all", "live_pairs", "recounted", "occurrences")}
        | {"merge": i + len(part) / 2}
        for i in range(0, len(rows), step)
        if (part := rows[i : i + step])
    ]
    tally = learner.queue.tally
    top = {"merges": len(rows), "distinct_words": len(words), "pairs_at_end": len(learner.counts)}
    return top | totals | {"neighbours": 4 * totals["occurrences"]} | dict(tally) | {"curve": curve}


# ---------------------------------------------------------------- 四种写法，合并相同


class ScanQueue:
    """不排队：每次从全部的对里找最大的。"""

    def __init__(self, counts: dict[str, int], order: Callable[[str], tuple]):
        self.counts, self.order = counts, order

    def push(self, pair: str) -> None:
        pass

    def pop(self) -> str | None:
        best = max(self.counts, key=lambda pair: (self.counts[pair], self.order(pair)), default=None)
        return best if best and self.counts[best] > 0 else None


class HeapQueue:
    """一个大堆，次数取负；较大的字节要先出，所以字节取反，末尾补一个比什么都大的：短的排在它的延长之后。"""

    def __init__(self, counts: dict[str, int], order: Callable[[str], tuple]):
        self.counts, self.order = counts, order
        self.heap = [self.entry(pair) for pair in counts]
        heapify(self.heap)

    def entry(self, pair: str) -> tuple:
        return -self.counts[pair], *([255 - b for b in token] + [256] for token in self.order(pair)), pair

    def push(self, pair: str) -> None:
        heappush(self.heap, self.entry(pair))

    def pop(self) -> str | None:
        while self.heap:
            count, *_, pair = heappop(self.heap)
            if -count == self.counts[pair]:
                return pair
            if self.counts[pair] > 0:  # 过时了：按现在的次数放回去
                self.push(pair)
        return None


def train_with(words: dict[str, int], num_merges: int, queue) -> list[Pair]:
    learner = Learner(words)
    learner.queue = queue(learner.counts, learner.spell)
    return learner.run(256 + num_merges)


def part_versions(words: dict[str, int], num_merges: int, naive_merges: int) -> dict:
    """各用几秒（CPU 时间），一次运行；朴素的只学前 naive_merges 条。"""

    def timed(train: Callable) -> tuple[list[Pair], float]:
        start = time.process_time()
        with without_gc():
            return train(), time.process_time() - start

    versions = {
        "naive": (lambda: train_naive(words, naive_merges), naive_merges),
        "scan": (lambda: train_with(words, naive_merges, ScanQueue), naive_merges),
        "buckets_short": (lambda: train_with(words, naive_merges, PairQueue), naive_merges),
        "heap": (lambda: train_with(words, num_merges, HeapQueue), num_merges),
        "buckets": (lambda: train_with(words, num_merges, PairQueue), num_merges),
    }
    results = {
        name: timed(train) for name, (train, _) in tqdm(versions.items(), desc="写法", leave=False, disable=None)
    }
    expected = results["buckets"][0]
    same = {name: found == expected[: len(found)] for name, (found, _) in results.items()}
    seconds = {name: {"seconds": s, "merges": versions[name][1]} for name, (_, s) in results.items()}
    return {"versions": seconds, "same_merges": all(same.values())}


def part_gc(words: dict[str, int], num_merges: int, pairs: int) -> dict:
    """开着垃圾回收是关着的几倍：交错地各跑 pairs 次，取 CPU 时间之比的中位数。"""
    ratios = []
    for _ in range(pairs):
        seconds = []
        for disabled in (False, True):
            start = time.process_time()
            if disabled:
                with without_gc():
                    Learner(words).run(256 + num_merges)
            else:
                Learner(words).run(256 + num_merges)
            seconds.append(time.process_time() - start)
            gc.collect()
        ratios.append(seconds[0] / seconds[1])
    return {"gc_ratio": sorted(ratios)[len(ratios) // 2]}


# ---------------------------------------------------------------- 写错的


class NeverChecked(PairQueue):
    """取出来不核对：次数早已变小的也照样合并。"""

    def is_current(self, pair: str) -> bool:
        return True


class SmallestFirst(PairQueue):
    """一样多时取字节较小的：堆里直接放 (-次数, 对)。"""

    def __init__(self, counts, order):
        super().__init__(counts, lambda pair: tuple([-b for b in token] + [1] for token in order(pair)))


class WithoutWeights(Learner):
    """每个不同的词只算一次，忘了乘它出现的次数。"""

    def total(self, words: list[int]) -> int:
        return len(words)


def part_wrong(words: dict[str, int], num_merges: int) -> dict:
    """写错的合并与正确的有多少条相同，从第几条起不同，训练的文字多了几个词元。"""
    right = Learner(words).run(256 + num_merges)

    by_count = defaultdict(list)
    for word, count in words.items():
        by_count[count].append(word)

    def tokens(merges: list[Pair]) -> int:
        return sum(count * count_tokens(group, merges)[-1] for count, group in by_count.items())

    best, rows = tokens(right), []
    wrong = {"never_checked": (Learner, NeverChecked), "smallest_first": (Learner, SmallestFirst)}
    wrong |= {"without_weights": (WithoutWeights, PairQueue)}
    for name, (learner_class, queue) in wrong.items():
        learner = learner_class(words)
        learner.queue = queue(learner.counts, learner.spell)
        merges = learner.run(256 + num_merges)
        first = next((i for i, (a, b) in enumerate(zip(right, merges)) if a != b), len(right))
        rows.append({"name": name, "common": len(set(right) & set(merges)) / len(right), "first": first + 1})
        rows[-1] |= {"useless": sum(n == 0 for n in uses(words, merges)), "tokens": tokens(merges) / best}
    return {"wrong": rows}


def uses(words: dict[str, int], merges: list[Pair]) -> list[int]:
    """每条合并在训练的词里换了几处。"""
    counts = count_tokens(list(words), merges)
    return [before - after for before, after in zip(counts, counts[1:])]


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    output_dir(args.out)
    sizes = dict.fromkeys(SIZES, 6000) if args.smoke else SIZES
    num_merges, naive_merges, pairs = (60, 20, 1) if args.smoke else (4000, 200, 3)
    texts = {name: text_of(name, size) for name, size in sizes.items()}
    words = {name: count_words([text]) for name, text in texts.items()}
    print(f"语料 {sizes}（字节），{num_merges} 条合并，只用 CPU")
    results = {"merges": num_merges, "sizes": sizes, "digests": {name: digest(text) for name, text in texts.items()}}
    bar = tqdm(texts, desc="数看过的对", leave=False, disable=None)
    results["visits"] = {name: visits(words[name], num_merges) for name in bar}
    results |= part_versions(words["chinese"], num_merges, naive_merges)
    results |= part_gc(count_words([mixed(5 * sizes["english"], args.seed)]), 5 * num_merges // 2, pairs)
    results |= part_wrong(words["english"], min(num_merges, 1000))
    for name, row in results["visits"].items():
        print(f"  {name:8s} 从头数 {row['all']:,} 对，只重数 {row['recounted']:,}，只改邻居 {row['neighbours']:,}")
    for name, row in results["versions"].items():
        print(f"  {name:14s} {row['merges']} 条合并 {row['seconds']:.2f} 秒")
    print(f"  大五倍的混合语料，垃圾回收开着是关着的 {results['gc_ratio']:.2f} 倍")
    for row in results["wrong"]:
        print(f"  {row['name']} 相同 {row['common']:.1%}，从第 {row['first']} 条起不同，词元 {row['tokens']:.3f} 倍")
    return emit_result(results)


if __name__ == "__main__":
    run(main)
