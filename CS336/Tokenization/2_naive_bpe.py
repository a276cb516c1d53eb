"""朴素的字节级 BPE：手算的那个例子，压缩多少、要看多少对，次序与平手的规则有什么用，中文的合并长什么样。

教什么：每一轮的计数表；合并越多词元越少；训练看过的对的个数；编码写错的三种办法；哪些词元是半个汉字。
不教什么：预分词（`3_pretokenize.py`）；怎样练得快、编得快（`training.py`、`tokenizer.py`）。
怎么跑：`python CS336/Tokenization/2_naive_bpe.py`（约 30 秒），`--smoke`（约 2 秒）。
对应笔记：`2_naive_bpe.md`。
"""

import random
from collections import Counter
from collections.abc import Callable

from tqdm import tqdm

from book import Parser, common_options, emit_result, output_dir, run
from CS336.Tokenization.naive import Pair, count_pairs, encode_naive, merge_pair, split_bytes, train_naive
from CS336.Tokenization.printing import print_results
from CS336.Tokenization.texts import digest, train_and_test

HANDOUT = {"low": 5, "lower": 2, "widest": 3, "newest": 6}  # CS336 作业 1，2.4 节
LANGUAGES = ("english", "chinese")
STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 300)
RULES: dict[str, Callable] = {  # 平手时取哪一对；(次数, 对) 的排序键，first 不看对：谁先出现取谁
    "greatest": lambda pairs: max(pairs, key=lambda pair: (pairs[pair], pair)),
    "smallest": lambda pairs: min(pairs, key=lambda pair: (-pairs[pair], pair)),
    "first": lambda pairs: max(pairs, key=pairs.__getitem__),
}


def part_handout() -> dict:
    """讲义的语料，一轮一轮：合并前最多的五对，合并后的词。"""
    split, rounds = {word: split_bytes(word) for word in HANDOUT}, []
    for pair in train_naive(HANDOUT, 12):
        pairs = count_pairs(split, HANDOUT)
        top = sorted(pairs, key=lambda pair: (pairs[pair], pair), reverse=True)[:5]
        split = {word: merge_pair(tokens, pair) for word, tokens in split.items()}
        rounds.append(
            {
                "round": len(rounds) + 1,
                "pairs": len(pairs),
                "top": "，".join(f"{a.decode()}+{b.decode()} {pairs[a, b]}" for a, b in top),
                "merge": " + ".join(token.decode() for token in pair),
                "words": " / ".join(" ".join(token.decode() for token in tokens) for tokens in split.values()),
            }
        )
    return {"handout": rounds}


# ---------------------------------------------------------------- 压缩与代价


def token_counts(text: str, merges: list[Pair]) -> list[int]:
    """做完第 0、1、2 … 条合并，text 各是几个词元。"""
    tokens = split_bytes(text)
    counts = [len(tokens)]
    for pair in merges:
        tokens = merge_pair(tokens, pair)
        counts.append(len(tokens))
    return counts


def part_compression(learned: dict, data: dict) -> dict:
    """每个词元几个字节，训练的与没见过的文字；训练一共看过几对。"""
    rows, visits = [], {}
    counts = {(name, which): token_counts(data[name][which], learned[name]) for name in LANGUAGES for which in (0, 1)}
    for step in [s for s in STEPS if s < len(learned["english"])] + [len(learned["english"])]:
        row = {"merges": step}
        for name in LANGUAGES:
            for which, label in enumerate(("train", "test")):
                row[f"{name}_{label}"] = len(data[name][which].encode("utf-8")) / counts[name, which][step]
        rows.append(row)
    for name in LANGUAGES:
        visits[name] = sum(count - 1 for count in counts[name, 0][:-1])  # 每一轮看一遍相邻的对
    return {"compression": rows, "visits": visits}


# ---------------------------------------------------------------- 写错的训练与编码


def train_by(words: dict[str, int], num_merges: int, rule: str) -> tuple[list[Pair], int]:
    """(合并, 有几轮平手)：平手时按 rule 取。"""
    split, merges, ties = {word: split_bytes(word) for word in words}, [], 0
    for _ in range(num_merges):
        pairs = count_pairs(split, words)
        best = RULES[rule](pairs)
        ties += list(pairs.values()).count(pairs[best]) > 1
        merges.append(best)
        split = {word: merge_pair(tokens, best) for word, tokens in split.items()}
    return merges, ties


def part_ties(text: str, num_merges: int, seed: int) -> dict:
    """三条平手的规则；词换一个次序再练一次，合并变了几条。"""
    words = Counter(text.split())
    shuffled = list(words.items())
    random.Random(seed).shuffle(shuffled)
    rows = {}
    for rule in RULES:
        merges, ties = train_by(words, num_merges, rule)
        again, _ = train_by(dict(shuffled), num_merges, rule)
        changed = sum(a != b for a, b in zip(merges, again))
        missing = len(set(merges) - set(again))
        rows[rule] = {"ties": ties, "moved_when_shuffled": changed, "missing_when_shuffled": missing}
        rows[rule]["tokens"] = sum(n * len(encode_naive(word, merges)) for word, n in words.items())
    return {"ties": rows}


# region greedy
def encode_greedy(word: str, merges: list[Pair]) -> list[bytes]:
    """写错的编码：从左到右，每次取词表里最长的一个。"""
    vocabulary, data, tokens = {a + b for a, b in merges}, word.encode("utf-8"), []
    longest = max(map(len, vocabulary), default=1)
    while data:
        size = next((n for n in range(longest, 1, -1) if data[:n] in vocabulary), 1)
        tokens.append(data[:size])
        data = data[size:]
    return tokens


# endregion


def part_encoders(learned: dict, data: dict, seed: int) -> dict:
    """没见过的文字按空白切成词，三种编码：重做合并；最长匹配；合并的次序打乱。多少词不同，一共几个词元。"""
    rows = []
    for name in LANGUAGES:
        merges, words = learned[name], Counter(data[name][1].split())
        shuffled = random.Random(seed).sample(merges, len(merges))
        right = {word: encode_naive(word, merges) for word in words}
        total = sum(words.values())
        tokens = sum(n * len(right[word]) for word, n in words.items())
        for encoder, encode, used in (("greedy", encode_greedy, merges), ("shuffled", encode_naive, shuffled)):
            wrong = {word: encode(word, used) for word in words}
            differ = sum(n for word, n in words.items() if wrong[word] != right[word])
            count = sum(n * len(wrong[word]) for word, n in words.items())
            rows.append({"text": name, "encoder": encoder, "words_that_differ": differ / total})
            rows[-1]["tokens"] = count / tokens
    return {"encoders": rows}


# ---------------------------------------------------------------- 中文的合并


def kind_of(token: bytes) -> str:
    r"""一个词元是什么：ascii、chars（完整的字符）、head（从字符开头起，没写完）、inside（从字符中间起）。

    >>> [kind_of(token) for token in (b"ab", "的".encode(), b"\xe4\xb8", b"\x80\x82")]
    ['ascii', 'chars', 'head', 'inside']
    """
    if token.isascii():
        return "ascii"
    if 0x80 <= token[0] < 0xC0:  # 后续字节
        return "inside"
    try:
        token.decode("utf-8")
    except UnicodeDecodeError:
        return "head"
    return "chars"


def show(token: bytes) -> str:
    """给人看的词元：完整的写文字，不完整的写十六进制。"""
    return token.decode("utf-8") if kind_of(token) in ("ascii", "chars") else token.hex(" ")


def first_chinese(merges: list[Pair], count: int = 16) -> list[dict]:
    """最先学到的 count 条不是 ASCII 的合并。"""
    found = [(rank, a, b) for rank, (a, b) in enumerate(merges, 1) if kind_of(a + b) != "ascii"]
    return [
        {"rank": rank, "left": show(a), "right": show(b), "token": (a + b).hex(" "), "kind": kind_of(a + b)}
        | {"text": show(a + b) if kind_of(a + b) == "chars" else "—"}
        for rank, a, b in found[:count]
    ]


def part_halves(merges: list[Pair], text: str) -> dict:
    """中文的合并：先学到哪些，各类多少；没见过的中文逐词元解码，丢了的字符占多少。"""
    tokens, damage = split_bytes(text), []
    for step in range(len(merges) + 1):
        if step in STEPS or step == len(merges):
            kept = sum(len(t.decode("utf-8", "replace")) - t.decode("utf-8", "replace").count("\ufffd") for t in tokens)
            broken = sum(kind_of(token) in ("head", "inside") for token in tokens) / len(tokens)
            damage.append({"merges": step, "lost": 1 - kept / len(text), "partial_tokens": broken})
        if step < len(merges):
            tokens = merge_pair(tokens, merges[step])
    kinds = Counter(kind_of(a + b) for a, b in merges)
    return {
        "first_chinese": first_chinese(merges),
        "kinds": {kind: kinds[kind] for kind in ("ascii", "chars", "head", "inside")},
        "decoded_one_by_one": damage,
    }


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    args = parser.parse_args(argv)
    output_dir(args.out)
    train, test, num_merges = (2000, 1000, 20) if args.smoke else (30_000, 10_000, 300)
    print(
        f"文字：{'、'.join(LANGUAGES)}，各 {train:,} 个字节训练、{test:,} 个字节没见过；{num_merges} 条合并；只用 CPU"
    )
    data = {name: train_and_test(name, train, test) for name in LANGUAGES}
    learned = {}
    for name in tqdm(LANGUAGES, desc="训练", leave=False, disable=None):
        learned[name] = train_naive({data[name][0]: 1}, num_merges)  # 不分词：整段是一个词
    results = {"train_bytes": train, "test_bytes": test, "merges": num_merges}
    results["digests"] = {name: digest(data[name][0]) for name in LANGUAGES}
    parts = [
        part_handout,
        lambda: part_compression(learned, data),
        lambda: part_ties(data["english"][0], num_merges, args.seed),
        lambda: part_encoders(learned, data, args.seed),
        lambda: part_halves(learned["chinese"], data["chinese"][1]),
    ]
    for part in parts:
        results |= part()
    print_results(results)
    return emit_result(results)


if __name__ == "__main__":
    run(main)
