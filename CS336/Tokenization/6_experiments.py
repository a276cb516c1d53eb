"""分词的实验：语言与词表的大小，用错了语言的分词器，中文的词元，词表里用不上的，语料的大小，同样意思的中英文。

教什么：每个词元几个字节随词表怎样变；英语的分词器切中文要多付多少；半个字的词元；词表越大，练得着的越少。
不教什么：分词器对模型的损失有什么影响（训练的实验在 `CS336/experiments.py`）。
怎么跑：`python CS336/Tokenization/6_experiments.py`（约 1 分钟），`--smoke`（约 2 秒）。
对应笔记：`6_experiments.md`。
"""

from collections import Counter

from tqdm import tqdm

from book import Parser, common_options, emit_result, output_dir, run
from CS336.Tokenization.corpus import cut_bytes
from CS336.Tokenization.counting import count_tokens, cut, token_counts
from CS336.Tokenization.naive import Pair
from CS336.Tokenization.pretokenize import count_words, pretokenize
from CS336.Tokenization.printing import print_results
from CS336.Tokenization.texts import NAMES, digest, text_of, train_and_test
from CS336.Tokenization.training import Learner

SIZES = (300, 512, 1024, 2048, 4096, 8192)
RARE = 10  # 训练文字里出现不到这么多次的词元算少见
# region pairs
PAIRS = (  # 同样的意思，为本书写的
    ("今天下午三点在会议室开会，别迟到。", "We meet in the conference room at three this afternoon; do not be late."),
    ("这台机器没有显卡，训练要两个小时。", "This machine has no graphics card, so training takes two hours."),
    ("把词切成字节，就没有不认识的字了。", "Cut words into bytes and there are no unknown characters left."),
    (
        "天气预报说明天有雨，出门记得带伞。",
        "The forecast says it will rain tomorrow, so take an umbrella when you go out.",
    ),
    ("这个函数返回两个值，第二个常被忽略。", "This function returns two values, and the second is often ignored."),
    ("文件太大，内存装不下，只好分块读。", "The file is too large for memory, so it has to be read in chunks."),
    ("她把钥匙忘在办公室，又走回去拿。", "She left her keys in the office and walked back to get them."),
    (
        "模型学得很慢，多半是学习率太小。",
        "The model learns slowly, most likely because the learning rate is too small.",
    ),
)
# endregion
EXAMPLES = (
    "The function returns a new list of words.",
    "这个函数返回一个新的列表。",
    "    return [word for word in words]",
)


def kind_of(token: bytes) -> str:
    r"""一个词元是什么：ascii、one（一个字符）、many（几个完整的字符）、head（从字的开头起，没写完）、inside（从字的中间起）。

    >>> [kind_of(token) for token in (b"ab", "的".encode(), "我们".encode(), b"\xe4\xb8", b"\x80")]
    ['ascii', 'one', 'many', 'head', 'inside']
    """
    if token.isascii():
        return "ascii"
    if 0x80 <= token[0] < 0xC0:
        return "inside"
    try:
        return "one" if len(token.decode("utf-8")) == 1 else "many"
    except UnicodeDecodeError:
        return "head"


def show(token: bytes) -> str:
    """给人看的词元：完整的写文字（空格写成 ␣），不完整的写十六进制。"""
    if kind_of(token) in ("head", "inside"):
        return token.hex(" ")
    return token.decode("utf-8").replace(" ", "␣").replace("\n", "⏎")


def per_token(text: str, merges: list[Pair], sizes: list[int]) -> list[float]:
    """词表是 sizes 里的每个大小时，text 每个词元几个字节。小词表的合并就是大词表的开头一段，重做一遍就够。"""
    counts = count_tokens(pretokenize(text), merges)
    return [len(text.encode("utf-8")) / counts[min(size - 256, len(merges))] for size in sizes]


def part_languages(learned: dict, data: dict, sizes: list[int]) -> dict:
    """四个分词器切三种没见过的文字，每个词元几个字节；行是词表的大小。"""
    curves = {
        trained: {name: per_token(data[name][1], merges, sizes) for name in NAMES}
        for trained, merges in learned.items()
    }
    rows = [
        {"trained_on": trained, "vocab_size": size} | {name: curve[name][i] for name in NAMES}
        for trained, curve in curves.items()
        for i, size in enumerate(sizes)
    ]
    own = [
        {"vocab_size": size}
        | {f"{name}_train": per_token(data[name][0], learned[name], sizes)[i] for name in NAMES}
        | {f"{name}_test": curves[name][name][i] for name in NAMES}
        for i, size in enumerate(sizes)
    ]
    return {"languages": rows, "own": own}


def part_chinese(merges: list[Pair], text: str, sizes: list[int]) -> dict:
    """中文的词表里各类词元几个，多少个汉字自己是一个词元；没见过的中文切成的词元里，各类占多少。"""
    rows, characters = [], len(text)
    words = pretokenize(text)
    for size in sizes:
        used = merges[: size - 256]
        kinds = Counter(kind_of(token) for token in {a + b for a, b in used})
        counts = token_counts(words, used)
        written, total = Counter(), counts.total()
        for token, count in counts.items():
            written[kind_of(token)] += count
        row = {"vocab_size": size} | {kind: kinds[kind] for kind in ("ascii", "one", "many", "head", "inside")}
        row |= {"partial_written": (written["head"] + written["inside"]) / total}
        rows.append(row | {"characters_per_token": characters / total})
    return {"chinese": rows}


def part_rare(learned: dict, data: dict, sizes: list[int]) -> dict:
    """词表里有多少词元，在训练文字里一次也没有（被更长的吃掉了）、不到 RARE 次，在没见过的文字里一次也没有。"""
    rows = []
    for name in NAMES:
        words, new = pretokenize(data[name][0]), pretokenize(data[name][1])
        for size in sizes:
            merges = learned[name][: size - 256]
            vocabulary = {a + b for a, b in merges}
            seen, unseen = token_counts(words, merges), token_counts(new, merges)
            row = {"text": name, "vocab_size": size}
            row["never"] = sum(not seen[token] for token in vocabulary) / len(vocabulary)
            row["rare"] = sum(seen[token] < RARE for token in vocabulary) / len(vocabulary)
            row["unused_on_test"] = sum(not unseen[token] for token in vocabulary) / len(vocabulary)
            rows.append(row)
    return {"rare": rows}


def part_longest(learned: dict) -> dict:
    """每个分词器最长的六个词元（按字节）。"""
    longest = {
        name: sorted({a + b for a, b in merges}, key=lambda t: (-len(t), t))[:6] for name, merges in learned.items()
    }
    return {
        "longest": [{"trained_on": name, "tokens": " ".join(map(show, tokens))} for name, tokens in longest.items()]
    }


def part_meaning(learned: dict, size: int) -> dict:
    """同样意思的中英文：字符、字节，四个分词器各切成几个词元，中文是英语的几倍。"""
    rows = []
    texts = [[pair[i] for pair in PAIRS] for i in (0, 1)]
    characters = [sum(map(len, side)) for side in texts]
    rows.append({"unit": "character", "chinese": characters[0], "english": characters[1]})
    sizes = [sum(len(text.encode("utf-8")) for text in side) for side in texts]
    rows.append({"unit": "byte", "chinese": sizes[0], "english": sizes[1]})
    for name, merges in learned.items():
        used = merges[: size - 256]
        counts = [sum(count_tokens(pretokenize(text), used)[-1] for text in side) for side in texts]
        rows.append({"unit": f"token, {name}", "chinese": counts[0], "english": counts[1]})
    return {"meaning": [row | {"ratio": row["chinese"] / row["english"]} for row in rows]}


def part_examples(learned: dict, size: int) -> dict:
    """同样的三段文字，四个分词器怎样切。"""
    rows = []
    for text in EXAMPLES:
        for name, merges in learned.items():
            tokens = [token for word in pretokenize(text) for token in cut(word, merges[: size - 256])]
            rows.append({"trained_on": name, "tokens": len(tokens), "cut": " ".join(map(show, tokens))})
    return {"examples": rows}


def part_corpus_size(train: int, test: int, corpora: list[int], sizes: list[int]) -> dict:
    """英语：没见过的文字不变，训练的文字从小到大；大的含有小的。"""
    whole = text_of("english", max(corpora) + test)
    first = cut_bytes(whole, train)
    new = cut_bytes(whole[len(first) :], test)
    rest = whole[len(first) + len(new) :]
    rows = []
    for size in corpora:
        seen = cut_bytes(first + rest, size)
        merges = Learner(count_words([seen])).run(max(sizes))
        values = per_token(new, merges, sizes)
        rows.append({"bytes": size} | {str(vocab): value for vocab, value in zip(sizes, values)})
    return {"corpus_size": rows}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    args = parser.parse_args(argv)
    output_dir(args.out)
    train, test, sizes = (6000, 1000, [300, 400]) if args.smoke else (160_000, 40_000, list(SIZES))
    corpora = [3000, 6000] if args.smoke else [20_000, 80_000, 160_000, 500_000, 1_000_000]
    print(
        f"文字：{'、'.join(NAMES)}，各 {train:,} 个字节训练、{test:,} 个字节没见过；词表 {sizes}；只用 CPU，没有随机数"
    )
    data = {name: train_and_test(name, train, test) for name in NAMES}
    corpus = {name: data[name][0] for name in NAMES}
    corpus["mixed"] = "\n\n".join(cut_bytes(text, train // 3) for text in corpus.values())  # 三种各三分之一，总量相同
    learned = {}
    for name, text in tqdm(corpus.items(), desc="训练", leave=False, disable=None):
        learned[name] = Learner(count_words([text])).run(sizes[-1])
    results = {"train_bytes": train, "test_bytes": test, "digests": {name: digest(t) for name, t in corpus.items()}}
    results["merges"] = {name: len(merges) for name, merges in learned.items()}
    parts = [
        lambda: part_languages(learned, data, sizes),
        lambda: part_chinese(learned["chinese"], data["chinese"][1], sizes),
        lambda: part_rare(learned, data, sizes),
        lambda: part_longest(learned),
        lambda: part_meaning(learned, sizes[-1]),
        lambda: part_examples(learned, sizes[-1]),
        lambda: part_corpus_size(train, test, corpora, sizes),
    ]
    for part in parts:
        results |= part()
    print_results(results)
    return emit_result(results)


if __name__ == "__main__":
    run(main)
