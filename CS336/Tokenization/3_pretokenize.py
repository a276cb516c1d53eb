"""预分词：正则的每一支切出多少，词重复得有多厉害，没有边界、没有特殊词元、切断文字时各损失多少。

教什么：先数词再数对，省下几倍；合并越过词的边界，词表装进多少「dog.」「dog!」这样的变体；特殊词元被拆开学进合并；
  按固定的长度切文字再分词，错多少个切口。
不教什么：怎样练得快（`training.py`，这里只拿来用）。
怎么跑：`python CS336/Tokenization/3_pretokenize.py`（约 1 分钟），`--smoke`（约 2 秒）。
对应笔记：`3_pretokenize.md`。
"""

import re
from collections import Counter, defaultdict

import regex
from tqdm import tqdm

from book import Parser, common_options, emit_result, output_dir, run
from CS336.Tokenization.corpus import cut_bytes
from CS336.Tokenization.counting import count_tokens
from CS336.Tokenization.naive import Pair
from CS336.Tokenization.pretokenize import PATTERN, count_words, pretokenize, safe_blocks, split_specials
from CS336.Tokenization.printing import print_results
from CS336.Tokenization.texts import NAMES, digest, text_of, train_and_test
from CS336.Tokenization.training import Learner

END = "<|endoftext|>"
# region branches
BRANCHES = {  # GPT-2 的正则拆成六支，从左到右试，先成功的算
    "contraction": r"'(?:[sdmt]|ll|ve|re)",
    "letters": r" ?\p{L}+",
    "numbers": r" ?\p{N}+",
    "symbols": r" ?[^\s\p{L}\p{N}]+",
    "space_before": r"\s+(?!\S)",
    "space": r"\s+",
}
# endregion
GPT4 = (  # cl100k_base（tiktoken 的 openai_public.py）：缩写不分大小写，数字至多三位，换行跟着符号
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)
SIZES = (10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000)


def part_pieces(size: int) -> dict:
    """三种文字：六支各切出百分之几的词；一个词平均、最长几个字符；GPT-4 的正则切成几个。"""
    named = regex.compile("|".join(f"(?P<{name}>{branch})" for name, branch in BRANCHES.items()))
    assert "|".join(BRANCHES.values()) == PATTERN
    rows = {}
    for name in NAMES:
        text = text_of(name, size)
        kinds = Counter(match.lastgroup for match in named.finditer(text))
        words = pretokenize(text)
        rows[name] = {kind: kinds[kind] / len(words) for kind in BRANCHES}
        rows[name] |= {
            "digest": digest(text),
            "words": len(words),
            "gpt4_words": len(regex.findall(GPT4, text)),
            "mean": len(text) / len(words),
            "longest": max(map(len, words)),
        }
    return {"pieces": rows}


def part_repeats(sizes: dict[str, list[int]]) -> dict:
    """数对的时候，看每个位置要看几处，看每个不同的词要看几处，差几倍：随文字的大小变。"""
    rows = []
    for name, wanted in sizes.items():
        whole = text_of(name, wanted[-1])
        for size in wanted:
            counts = count_words([cut_bytes(whole, size)])
            positions = sum(n * (len(word.encode("utf-8")) - 1) for word, n in counts.items())
            distinct = sum(len(word.encode("utf-8")) - 1 for word in counts)
            rows.append({"text": name, "bytes": size, "words": counts.total(), "distinct_words": len(counts)})
            rows[-1] |= {"positions": positions, "distinct_positions": distinct, "gain": positions / distinct}
            rows[-1]["once"] = sum(n == 1 for n in counts.values()) / len(counts)
    return {"repeats": rows}


# ---------------------------------------------------------------- 没有边界


def stem(token: bytes) -> str:
    """一个词元去掉空白与标点、变成小写以后的样子：dog、dog.、Dog、「 dog」都是 dog。

    >>> stem(b" Dog.")
    'dog'
    """
    return re.sub(r"[\W_]+", "", token.decode("utf-8", errors="ignore")).lower()


def variants(merges: list[Pair]) -> dict:
    """合并出的词元：含几个「词加标点」的、中间有空白的；同一个词（至少 3 个字母）不同写法的词元有几个。"""
    tokens = [(a + b).decode("utf-8", errors="ignore") for a, b in merges]
    groups = defaultdict(set)
    for token in tokens:
        if re.fullmatch(r"\W*[A-Za-z]{3,}\W*", token):
            groups[stem(token.encode())].add(token)
    return {
        "word_and_mark": sum(bool(re.search(r"\w[^\w\s]|[^\w\s]\w", token)) for token in tokens),
        "inner_space": sum(bool(re.search(r"\S\s+\S", token)) for token in tokens),
        "words": len(groups),
        "spellings": sum(map(len, groups.values())),
    }


def part_boundary(train: int, test: int, num_merges: int) -> dict:
    """同样多的合并，词里面合并与整段一起合并：词表里有什么，没见过的文字每个词元几个字节。"""
    rows, curves = [], {}
    for name in ("english", "chinese"):
        seen, new = train_and_test(name, train, test)
        size, code = len(new.encode("utf-8")), text_of("code", test)
        for boundary, split in (("yes", pretokenize), ("no", lambda text: [text])):
            learner = Learner(Counter(split(seen)))
            merges = learner.run(256 + num_merges)
            counts = count_tokens(split(new), merges)
            curves[f"{name}_{boundary}"] = [size / counts[step] for step in steps(len(merges))]
            rows.append({"text": name, "boundary": boundary, "bytes_per_token": size / counts[-1]})
            rows[-1]["on_code"] = test / count_tokens(split(code), merges)[-1]  # 换一种文字
            rows[-1] |= variants(merges)
            longest = max((a + b for a, b in merges), key=len, default=b"")
            rows[-1]["longest"] = longest.decode("utf-8", errors="replace")[:40]
    return {"boundary": rows, "boundary_steps": steps(num_merges), "boundary_curves": curves}


def steps(num_merges: int) -> list[int]:
    """画曲线的点：0、50、100、200 …，不超过合并的条数。"""
    return [step for step in (0, 50, 100, 200, 500, 1000, 2000, 5000) if step < num_merges] + [num_merges]


# ---------------------------------------------------------------- 特殊词元与切口


def part_specials(size: int, num_merges: int) -> dict:
    """文档之间放 <|endoftext|>：先在它那里切开，与不管它，合并表差几条，它自己要几个词元。"""
    documents = [text for text in text_of("english", size).split("\n\n") if text]
    text = END.join(documents)
    right = Learner(count_words([text], [END])).run(256 + num_merges)
    wrong = Learner(count_words([text])).run(256 + num_merges)
    unsplit = Learner({text: 1}).run(256 + num_merges)
    pieces = split_specials(END, [END])
    return {
        "documents": len(documents),
        "merges": num_merges,
        "special_tokens_right": len(pieces) // 2,
        "special_tokens_wrong": count_tokens(pretokenize(END), wrong)[-1],
        "special_tokens_untrained": count_tokens(pretokenize(END), right)[-1],
        "wasted": len(set(wrong) - set(right)),
        "fragments": [(a + b).decode() for a, b in wrong if a + b in END.encode() and (a, b) not in set(right)],
        "across": sum(b"|>" in (a + b)[:-2] or b"<|" in (a + b)[1:] for a, b in unsplit),
    }


def part_cuts(size: int, lengths: tuple[int, ...]) -> dict:
    """每几个字符切一段各自分词：切口两边的词与不切时不同的占多少；safe_blocks 切的都相同。"""
    rows = []
    for name in NAMES:
        text = text_of(name, size)
        boundaries, position = {0}, 0
        for word in pretokenize(text):
            position += len(word)
            boundaries.add(position)
        for length in lengths:
            chunks = [text[i : i + length] for i in range(0, len(text), length)]
            broken = sum(pretokenize(a) + pretokenize(b) != pretokenize(a + b) for a, b in zip(chunks, chunks[1:]))
            inside = sum(i not in boundaries for i in range(length, len(text), length))
            safe = [word for block in safe_blocks(chunks) for word in pretokenize(block)]
            rows.append({"text": name, "chunk": length, "cuts": len(chunks) - 1})
            rows[-1] |= {"broken": broken / (len(chunks) - 1), "inside_a_word": inside / (len(chunks) - 1)}
            rows[-1]["safe_equal"] = safe == pretokenize(text)
    return {"cuts": rows}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    args = parser.parse_args(argv)
    output_dir(args.out)
    train, test, num_merges = (4000, 1000, 50) if args.smoke else (160_000, 40_000, 2000)
    largest = (
        {"english": 10**6, "chinese": train + test, "code": 10**6} if not args.smoke else dict.fromkeys(NAMES, 10**4)
    )
    print(f"文字：{'、'.join(NAMES)}；{num_merges} 条合并；只用 CPU，没有随机数")
    results = {"train_bytes": train, "test_bytes": test}
    parts = [
        lambda: part_pieces(train + test),
        lambda: part_repeats({name: [size for size in SIZES if size <= most] for name, most in largest.items()}),
        lambda: part_boundary(train, test, num_merges),
        lambda: {"specials": part_specials(train, num_merges)},
        lambda: part_cuts(train, (100, 1000)),
    ]
    for part in tqdm(parts, desc="实验", leave=False, disable=None):
        results |= part()
    shown = [row | {"longest": repr(row["longest"])} for row in results["boundary"]]  # 最长的里有换行
    print_results(results | {"boundary": shown})
    return emit_result(results)


if __name__ == "__main__":
    run(main)
