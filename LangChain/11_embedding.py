"""向量：前缀用错、长度不一、缓存的键少一项，各坏多少；分数挤在一起，差距有多薄；一批要几次请求。

教什么：每一种错都不报错，只是检索变差，所以要量。
不教什么：存成索引再检索（`12_retriever.py`）。
怎么跑：
  python LangChain/11_embedding.py          两核 1 分钟，只用向量模型，不生成
  python LangChain/11_embedding.py --smoke  10 秒
对应笔记：`11_embedding.md`。
"""

import os
import statistics
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
from langchain_openai import OpenAIEmbeddings

from book import Parser, common_options, emit_result, run
from LangChain.leaflets import load_leaflets, load_questions, reciprocal_rank
from LangChain.models import EndpointEmbeddings, endpoint_errors
from LangChain.recorder import Recorder
from LangChain.vectors import CachedEmbeddings, current_spec
from TrainAndFinetune.endpoint import connect


def embed(texts: list[str], prefix: str) -> np.ndarray:
    """文字加前缀 -> (N, D)，float32，长度都是 1。"""
    model = OpenAIEmbeddings(
        model=os.environ["EMBEDDING_MODEL"],
        base_url=os.environ["EMBEDDING_BASE_URL"],
        api_key=os.environ["EMBEDDING_API_KEY"],
        check_embedding_ctx_length=False,
        timeout=300,
    )
    vectors = np.asarray(model.embed_documents([prefix + text for text in texts]), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def ranking(scores: np.ndarray, ids: list[str]) -> list[str]:
    """分数从大到小；相同的按编号的次序。"""
    return [ids[i] for i in np.argsort(-scores, kind="stable")]


def grade(scores: np.ndarray, ids: list[str], answers: list[tuple[str, ...]]) -> dict:
    """(Q, N) 的分数 -> 第一个就对的有几个，MRR。"""
    ranks = [reciprocal_rank(ranking(row, ids), relevant) for row, relevant in zip(scores, answers)]
    return {"first": sum(rank == 1 for rank in ranks), "mrr": statistics.mean(ranks)}


def measure_prefixes(vectors: dict, ids: list[str], answers: list) -> list[dict]:
    """查询与段落各用哪个前缀：四种搭配，再加一个索引里混用两种的。"""
    rows = []
    for question, passage in (("query", "passage"), ("query", "query"), ("passage", "passage"), ("passage", "query")):
        scores = vectors["question", question] @ vectors["passage", passage].T  # (Q, D) (D, N) -> (Q, N)
        rows.append({"question": question, "passage": passage, **grade(scores, ids, answers)})
        print(f"  问题用 {question:7}  段落用 {passage:7}  第一个就对 {rows[-1]['first']} / {len(answers)}")
    mixed = np.where(np.arange(len(ids))[:, None] % 2, vectors["passage", "query"], vectors["passage", "passage"])
    rows.append(
        {"question": "query", "passage": "一半一半", **grade(vectors["question", "query"] @ mixed.T, ids, answers)}
    )
    return rows


def measure_lengths(
    questions: np.ndarray, passages: np.ndarray, ids: list[str], answers: list, seed: int
) -> list[dict]:
    """假如模型给的向量长短不一（在 0.5 与 2 之间）：点积、L2、余弦各对几个。"""
    factors = np.random.default_rng(seed).uniform(0.5, 2, len(passages)).astype(np.float32)
    uneven = passages * factors[:, None]
    lengths = np.linalg.norm(uneven, axis=1)
    distances = np.linalg.norm(questions[:, None] - uneven[None], axis=2)  # (Q, 1, D) - (1, N, D) -> (Q, N)
    scores = {"点积": questions @ uneven.T, "L2": -distances, "余弦": questions @ uneven.T / lengths}
    return [{"measure": name, **grade(value, ids, answers)} for name, value in scores.items()]


def measure_margins(scores: np.ndarray, ids: list[str], answers: list) -> dict:
    """分数落在哪里：对的、不对的；第一与第二差多少。"""
    right = np.array([[one in relevant for one in ids] for relevant in answers])
    best = np.sort(scores, axis=1)[:, ::-1]
    return {
        "right": float(scores[right].mean()),
        "wrong": float(scores[~right].mean()),
        "lowest": float(scores.min()),
        "highest": float(scores.max()),
        "margin": float(np.median(best[:, 0] - best[:, 1])),
        "wrong_over_half": float((scores[~right] > 0.5).mean()),
    }


def measure_requests(texts: list[str]) -> dict:
    """一段一次、一批一次、缓存过之后再来一次：各几次请求；录音机转发，数得清。"""
    upstream = os.environ["EMBEDDING_BASE_URL"]
    with Recorder(upstream=upstream) as recorder, TemporaryDirectory() as folder:
        with patch.dict(os.environ, EMBEDDING_BASE_URL=recorder.base_url):
            model = EndpointEmbeddings()
        counts = {}
        spec = current_spec(model)
        cached = CachedEmbeddings(model, spec, Path(folder) / "vectors.db")
        jobs = {
            "one_by_one": lambda: [model.embed_documents([text]) for text in texts],
            "batch": lambda: cached.embed_documents(texts),
            "again": lambda: cached.embed_documents(texts),
        }
        for name, job in jobs.items():
            before = len(recorder.exchanges)
            job()
            counts[name] = len(recorder.exchanges) - before
        cached.close()
    return {"texts": len(texts), **counts, "hits": cached.hits, "misses": cached.misses}


@endpoint_errors()
def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    leaflets, questions = load_leaflets(), [one for one in load_questions("open") if one.relevant]
    if args.smoke:
        leaflets, questions = leaflets[:8], questions[:2]
    print(f"段落 {len(leaflets)}  问题 {len(questions)}  种子 {args.seed}  设备 由端点决定")
    endpoint = connect()
    print(f"向量 {endpoint.embedding_model}  前缀 {endpoint.query_prefix!r} {endpoint.passage_prefix!r}")
    ids, answers = [one.metadata["id"] for one in leaflets], [one.relevant for one in questions]
    texts = {"question": [one.text for one in questions], "passage": [one.page_content for one in leaflets]}
    prefixes = {"query": endpoint.query_prefix, "passage": endpoint.passage_prefix}
    vectors = {(side, name): embed(texts[side], prefix) for side in texts for name, prefix in prefixes.items()}
    asked, passages = vectors["question", "query"], vectors["passage", "passage"]
    return emit_result(
        {
            "model": endpoint.embedding_model,
            "dimension": asked.shape[1],
            "questions": len(questions),
            "prefixes": measure_prefixes(vectors, ids, answers),
            "lengths": measure_lengths(asked, passages, ids, answers, args.seed),
            "margins": measure_margins(asked @ passages.T, ids, answers),
            "requests": measure_requests(texts["passage"][:8]),
        }
    )


if __name__ == "__main__":
    run(main)
