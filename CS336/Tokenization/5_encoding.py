"""编码怎样变快：四种办法各查几次表，词很长时呢；记住的词省下多少；写错的各错多少。

教什么：重做合并、找名次最前的一对、堆、接龙，各查几次表；要退步的词有多少；缓存；流式编码手里留多少。
不教什么：与 tiktoken 比快慢（`bench.py`）。
怎么跑：`python CS336/Tokenization/5_encoding.py`（约 1 分钟），`--smoke`（约 2 秒）。
对应笔记：`5_encoding.md`。
"""

import random
from collections import Counter

from tqdm import tqdm

from book import Parser, common_options, emit_result, output_dir, run
from CS336.Tokenization import BPETokenizer, merging
from CS336.Tokenization.merging import Merger
from CS336.Tokenization.naive import Pair, encode_naive
from CS336.Tokenization.pretokenize import count_words, pretokenize, safe_blocks
from CS336.Tokenization.texts import digest, train_and_test
from CS336.Tokenization.training import Learner

SIZES = {"english": (1_000_000, 200_000), "chinese": (150_000, 60_000)}  # 训练的与没见过的，字节


class Counting(dict):
    """查一次记一次。"""

    def __init__(self, table: dict, tally: Counter, name: str):
        super().__init__(table)
        self.tally, self.name = tally, name

    def get(self, key, default=None):
        self.tally[self.name] += 1
        return super().get(key, default)

    def __contains__(self, key) -> bool:
        self.tally[self.name] += 1
        return super().__contains__(key)


class CountedMerger(Merger):
    """与 Merger 相同，另外记下查了几次名次与词元。"""

    def __init__(self, merges: list[Pair]):
        super().__init__(merges)
        self.tally: Counter = Counter()
        self.ranks = Counting(self.ranks, self.tally, "ranks")
        self.symbols = Counting(self.symbols, self.tally, "symbols")

    def rescan(self, raw: str) -> str:
        """反复找名次最前的一对，全部换掉：n 个字节、M 条合并，要看至多 n·min(n, M) 对。"""
        word = raw
        while len(word) > 1:
            pair = min(map(str.__add__, word, word[1:]), key=lambda pair: self.ranks.get(pair, merging.NEVER))
            if dict.get(self.ranks, pair) is None:
                break
            word = word.replace(pair, self.joined[pair])
        return word

    def replay(self, raw: str) -> str:
        """按次序把每条合并试一遍。"""
        word = raw
        for pair in dict.keys(self.ranks):
            self.tally["ranks"] += 1
            word = word.replace(pair, self.joined[pair])
        return word


METHODS = ("replay", "rescan", "merge_all", "walk")


def to_raw(word: str) -> str:
    return word.encode("utf-8").decode("latin-1")


def part_methods(merges: list[Pair], words: dict[str, int]) -> dict:
    """没见过的文字里每个不同的词编码一次：平均一个字节查几次表；结果要相同。"""
    size, results, rows = sum(len(word.encode("utf-8")) for word in words), {}, []
    for method in METHODS:
        merger = CountedMerger(merges)
        some = list(words)[:500] if method == "replay" else list(words)
        results[method] = [getattr(merger, method)(to_raw(word)) for word in some]
        share = sum(len(word.encode("utf-8")) for word in some) / size
        rows.append({"method": method, "looks": sum(merger.tally.values()) / (share * size)})
    expected = results["merge_all"]
    same = all(found == expected[: len(found)] for found in results.values())
    merger = Merger(merges)
    stuck = sum(forward_only(merger, to_raw(word)) is None for word in words) / len(words)
    return {"methods": rows, "same": same, "stepped_back": stuck}


def forward_only(merger: Merger, raw: str) -> str | None:
    """只往前走：取最长的、与前一个分得开的；走不通就是 None。"""
    out, last, i = [], "", 0
    while i < len(raw):
        for length in merger.lengths[raw[i : i + merging.KEY]]:
            symbol = merger.symbols.get(raw[i : i + length])
            if symbol and (not last or merger.separate[last + symbol]):
                break
        else:
            return None
        out.append(symbol)
        last, i = symbol, i + length
    return "".join(out)


def part_long_words(merges: list[Pair], lengths: tuple[int, ...], characters: str, seed: int) -> list[dict]:
    """很长的词：全是减号，或没有空格与标点的随机的字母、汉字；一共查几次表。"""
    rows, rng = [], random.Random(seed)
    for kind, text in (("same", "-" * max(lengths)), ("random", "".join(rng.choices(characters, k=max(lengths))))):
        for length in lengths:
            raw, row = to_raw(text[:length]), {"kind": kind, "length": length, "bytes": len(text[:length].encode())}
            for method in METHODS[1:]:
                if method == "rescan" and length > 4000:  # 一轮一轮地重看，再长就等不起
                    continue
                merger = CountedMerger(merges)
                getattr(merger, method)(raw)
                row[method] = sum(merger.tally.values())
            rows.append(row)
    return rows


def part_cache(merges: list[Pair], text: str, generations: tuple[int, ...]) -> list[dict]:
    """一代记住几个词，几成的词不必重算。"""
    words, rows, usual = pretokenize(text), [], merging.GENERATION
    for generation in generations:
        merging.GENERATION = generation
        misses = Counter()
        cache = merging.Remembering(lambda word, misses=misses: misses.update([word]) or (0,))
        for word in words:
            cache[word]
        rows.append({"generation": generation, "hit": 1 - sum(misses.values()) / len(words), "words": len(words)})
    merging.GENERATION = usual
    return rows


def part_streaming(text: str, sizes: tuple[int, ...]) -> list[dict]:
    """每次来 size 个字符，手里最多留几个字符。"""
    rows = []
    for size in sizes:
        held = worst = 0

        def chunks(size=size):
            nonlocal held, worst
            for i in range(0, len(text), size):
                held += len(text[i : i + size])
                worst = max(worst, held)
                yield text[i : i + size]

        for block in safe_blocks(chunks()):
            held -= len(block)
        rows.append({"size": size, "most_held": worst})
    return rows


# ---------------------------------------------------------------- 写错的


def reverse_encode(merger: Merger, raw: str) -> str:
    """反复找名次最前的一对，从右往左换。"""
    word = raw
    while len(word) > 1:
        pair = min(map(str.__add__, word, word[1:]), key=merger.rank)
        if pair not in merger.ranks:
            break
        word = merger.joined[pair].join(part[::-1] for part in reversed(word[::-1].split(pair[::-1])))
    return word


# region unchecked
def encode_unchecked(merger: Merger, raw: str) -> str:
    """写错的贪心：取最长的，不核对与前一个分不分得开。"""
    out, i = "", 0
    while i < len(raw):
        length = next(n for n in merger.lengths[raw[i : i + merging.KEY]] if raw[i : i + n] in merger.symbols)
        out += merger.symbols[raw[i : i + length]]
        i += length
    return out


# endregion


def part_wrong(merges: list[Pair], text: str) -> list[dict]:
    """写错的编码：多少词不同，词元多几成。"""
    merger, words = Merger(merges), count_words([text])
    swapped = Merger(merges)
    swapped.ranks = {pair: -rank for pair, rank in merger.ranks.items()}
    wrong = {
        "unchecked": lambda raw: encode_unchecked(merger, raw),
        "right_first": lambda raw: reverse_encode(merger, raw),
        "latest_first": swapped.merge_all,
    }
    right, rows = {word: merger.merge(word) for word in words}, []
    for name, encode in wrong.items():
        found = {word: encode(to_raw(word)) for word in words}
        differ = sum(n for word, n in words.items() if found[word] != right[word]) / sum(words.values())
        tokens = sum(n * len(found[word]) for word, n in words.items())
        rows.append({"name": name, "differ": differ})
        rows[-1]["tokens"] = tokens / sum(n * len(right[word]) for word, n in words.items())
    return rows


def study(name: str, sizes: tuple[int, int], num_merges: int, args) -> dict:
    """一种文字的全部实验。"""
    train, test = train_and_test(name, *sizes)
    merges = Learner(count_words([train])).run(256 + num_merges)
    words = count_words([test])
    lengths = (250, 500, 1000) if args.smoke else (1000, 2000, 4000, 8000, 16000)
    low, high = ("a", "z") if name == "english" else ("\u4e00", "\u9fff")
    characters = "".join(sorted({char for char in train if low <= char <= high}))
    tokenizer = BPETokenizer(dict(enumerate(Merger(merges).tokens)), merges)
    sample = list(words)[:200]
    naive = [len(encode_naive(word, merges)) for word in sample]
    return {
        "digest": digest(test),
        "merges": len(merges),
        "equals_naive": [len(tokenizer.encode(word)) for word in sample] == naive,
        **part_methods(merges, words),
        "long_words": part_long_words(merges, lengths, characters, args.seed),
        "cache": part_cache(merges, train, (16, 256) if args.smoke else (256, 1024, 4096, 32768)),
        "streaming": part_streaming(test, (1, 16, 256, 4096)),
        "wrong": part_wrong(merges, test),
    }


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    output_dir(args.out)
    sizes = dict.fromkeys(SIZES, (8000, 3000)) if args.smoke else SIZES
    num_merges = 200 if args.smoke else 4000
    print(f"语料 {sizes}（训练的与没见过的，字节），{num_merges} 条合并，只用 CPU")
    bar = tqdm(sizes.items(), desc="文字", leave=False, disable=None)
    results = {name: study(name, size, num_merges, args) for name, size in bar}
    for name, found in results.items():
        looks = "，".join(f"{row['method']} {row['looks']:.1f}" for row in found["methods"])
        print(f"  {name:8s} 一个字节查几次表：{looks}；要退步的词 {found['stepped_back']:.1%}")
    return emit_result({"merges": num_merges, "sizes": {name: list(size) for name, size in sizes.items()}} | results)


if __name__ == "__main__":
    run(main)
