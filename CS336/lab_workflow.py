"""工作流程的几个数：困惑度与比特怎样换算、没去重时验证集漏了多少、MFU 的分子。

教什么：`workflow.md` 里手算的每个数；先分训练与验证、后去重（或不去重）会怎样。
不教什么：训练（`run.py`）。
怎么跑：`python CS336/lab_workflow.py`（5 秒）。
对应笔记：`workflow.md`。
"""

import math

from book import Parser, common_options, emit_result, run
from CS336.cleaning import SHORTEST, clean, normalise
from CS336.config import config_for
from CS336.corpora import python_documents
from CS336.evaluation import scores


def paragraphs(documents: list[str]) -> list[str]:
    """够长的段落，按出现的次序，重复的也在。"""
    return [p for text in documents for p in text.split("\n\n") if len(p) >= SHORTEST]


def leaked_share(documents: list[str]) -> float:
    """每十篇留一篇作验证：验证的段落里，有多大一部分（按字符）在训练部分一字不差地出现过。"""
    valid = paragraphs(documents[9::10])
    train = set(paragraphs([text for i, text in enumerate(documents) if i % 10 != 9]))
    return sum(len(p) for p in valid if p in train) / max(1, sum(map(len, valid)))


def conversions() -> dict:
    """每词 2 nat 的两个模型：词长 2 个字符与 4 个字符。"""
    short, long = (scores(2.0, tokens=1000 // width, characters=1000, utf8_bytes=1000) for width in (2, 4))
    print(f"每词 2 nat：困惑度 {short['perplexity']:.3f}")
    print(f"词长 2 个字符：每字符 {short['bits_per_char']:.4f} 比特；词长 4 个字符：{long['bits_per_char']:.4f} 比特")
    return {"perplexity": short["perplexity"], "short": short["bits_per_char"], "long": long["bits_per_char"]}


def arithmetic() -> dict:
    """默认设定一步的浮点运算，与 6 × 参数 × 词数 的估计。"""
    config = config_for("docs")
    flops, tokens = config.flops_per_step(config.vocab_size), config.batch_size * config.context_length
    C, V, F = config.d_model, config.vocab_size, config.width
    matrices = config.num_layers * (4 * C * C + 3 * C * F) + V * C  # 词向量是查表，不是矩阵乘
    print(f"一步 {tokens} 个词，{flops / 1e9:.2f} GFLOPs；6ND 的估计 {6 * matrices * tokens / 1e9:.2f} GFLOPs")
    return {"tokens_per_step": tokens, "gflops_per_step": flops / 1e9, "estimate": 6 * matrices * tokens / 1e9}


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.parse_args(argv)
    result = {**conversions(), **arithmetic()}
    raw = [text for text in map(normalise, python_documents()) if text]
    kept, sizes = clean(raw)
    result |= {"leaked_raw": leaked_share(raw), "leaked_clean": leaked_share(kept)}
    result |= {"duplicate_share": 1 - sizes["deduplicated"] / sizes["normalised"]}
    result |= {"nat_in_bits": 1 / math.log(2)}
    print(f"去重丢掉 {result['duplicate_share']:.1%} 的字符")
    print(f"验证的文字在训练里出现过：不去重 {result['leaked_raw']:.1%}，去重后 {result['leaked_clean']:.1%}")
    return emit_result(result)


if __name__ == "__main__":
    run(main)
