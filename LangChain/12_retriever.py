"""检索：七种做法在同一份带标注的问题上各对多少；门槛在公开的一半上定，在封着的一半上只用一次；再接上模型作答。

教什么：每个花样都要在一份标注过的集合上与最简单的比；没有变好就不用。
不教什么：向量是什么（`11_embedding.py`），近似索引、重排、更大的评估（第 6 章）。
怎么跑：
  python LangChain/12_retriever.py            两核 3 分钟
  python LangChain/12_retriever.py --search   两核 1 分钟，只检索，不用对话模型
  python LangChain/12_retriever.py --smoke    10 秒
对应笔记：`12_retriever.md`。
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from langchain_core.documents import Document
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.runnables import Runnable

from book import Parser, common_options, emit_result, run
from LangChain.grounded import REFUSAL, grounded_chain
from LangChain.leaflets import HALVES, Question, evaluate, load_leaflets, load_questions
from LangChain.models import EndpointEmbeddings, chat_model, endpoint_errors
from LangChain.retrieval import (
    BM25,
    Search,
    choose_threshold,
    compress,
    fused,
    multi_query,
    parent_search,
    self_query,
    split_children,
)
from LangChain.vector_store import FaissStore, open_milvus, put_milvus
from LangChain.vectors import CachedEmbeddings, current_spec
from TrainAndFinetune.endpoint import connect

REWRITE = "把问题换两种说法，意思不变，一行一个，只写问题。"


def rewriter(model: Runnable):
    """让模型换两种说法；坏了的行（空的、太长的）不要。"""

    def rewrite(question: str) -> list[str]:
        text = model.invoke([SystemMessage(REWRITE), HumanMessage(question)]).text
        return [line.strip() for line in text.splitlines() if 0 < len(line.strip()) <= 60][:2]

    return rewrite


def build_searches(leaflets: list[Document], store: FaissStore, children: FaissStore) -> dict[str, Search]:
    """每种做法：问题 -> 从好到坏的文档。"""
    drugs = [one.metadata["drug"] for one in leaflets]
    dense, literal = (lambda query: store.similarity_search(query, k=10)), BM25(leaflets).search
    return {
        "向量": dense,
        "BM25 两字一词": literal,
        "BM25 按空格切": BM25(leaflets, tokenize=str.split).search,
        "RRF 合并": fused([dense, literal]),
        "MMR": lambda query: store.max_marginal_relevance_search(query, k=10, fetch_k=20),
        "父文档": parent_search(lambda query: children.similarity_search(query, k=20), leaflets),
        "先按药名筛": self_query(store, drugs),
    }


def measure_searches(searches: dict[str, Search], halves: dict[str, list[Question]]) -> list[dict]:
    """每种做法 × 两半。"""
    rows = []
    for name, search in searches.items():
        graded = {half: evaluate(search, questions) for half, questions in halves.items()}
        rows.append({"way": name, **{f"{half}_{key}": v for half, row in graded.items() for key, v in row.items()}})
        print(
            "  " + name + "  " + "  ".join(f"{half} MRR {row['mrr']:.3f}" for half, row in graded.items()), flush=True
        )
    return rows


def best_scores(store: FaissStore, questions: list[Question]) -> tuple[list[float], list[float]]:
    """第一名的分数：有答案的问题、没有答案的问题。"""
    found = [(one.relevant != (), store.similarity_search_with_score(one.text, k=1)[0][1]) for one in questions]
    return [score for yes, score in found if yes], [score for yes, score in found if not yes]


def measure_threshold(store: FaissStore, halves: dict[str, list[Question]]) -> dict:
    """门槛只看公开的一半；两半各放行、拒绝对几个。0.5 是教程里常见的数。"""
    threshold = choose_threshold(*best_scores(store, halves["open"]))
    rows = []
    for half, questions in halves.items():
        yes, no = best_scores(store, questions)
        for name, limit in (("0.5", 0.5), ("公开的一半上选的", threshold)):
            passed, refused = sum(s >= limit for s in yes), sum(s < limit for s in no)
            rows.append({"half": half, "threshold": name, "passed": passed, "answerable": len(yes)})
            rows[-1] |= {"refused": refused, "unanswerable": len(no)}
    return {"value": threshold, "rows": rows}


def similarity(embeddings: CachedEmbeddings):
    """问题与几句话的余弦。"""

    def scores(query: str, texts: list[str]) -> list[float]:
        return (np.array(embeddings.embed_documents(texts)) @ np.array(embeddings.embed_query(query))).tolist()

    return scores


def measure_compression(store: FaissStore, questions: list[Question], embeddings: CachedEmbeddings) -> dict:
    """前 3 段各留一句：剩下多少字。答案还在不在，要人看，这里不量。"""
    before = after = 0
    for question in questions:
        found = store.similarity_search(question.text, k=3)
        before += sum(len(one.page_content) for one in found)
        after += sum(len(one.page_content) for one in compress(question.text, found, similarity(embeddings)))
    return {"before": before, "after": after}


def measure_milvus(leaflets: list[Document], store: FaissStore, questions: list[Question], uri: str) -> dict:
    """同样的段落存进 Milvus：前 3 名与 faiss 相同的问题有几个。"""
    milvus = open_milvus("leaflets", store.embedding, store.spec, uri)
    put_milvus(milvus, leaflets)
    ids = [(milvus.similarity_search(q.text, k=3), store.similarity_search(q.text, k=3)) for q in questions]
    same = sum([d.metadata["id"] for d in a] == [d.metadata["id"] for d in b] for a, b in ids)
    milvus.client.close()
    return {"questions": len(questions), "same": same}


def measure_answers(search: Search, questions: list[Question], max_tokens: int) -> dict:
    """整条链：有答案的，引用了对的段落吗；没答案的，拒绝了吗。"""
    chain, rows = grounded_chain(search, chat_model(max_tokens=max_tokens)), []
    for question in questions:
        result = chain.invoke(question.text)
        print(f"  {question.text}  {result['answer']!r}  出处 {result['sources']}", flush=True)
        rows.append((question.relevant, result))
    yes, no = [r for r in rows if r[0]], [r for r in rows if not r[0]]
    return {
        "answerable": len(yes),
        "cited": sum(bool(set(result["sources"]) & set(relevant)) for relevant, result in yes),
        "refused_wrongly": sum(result["answer"] == REFUSAL for _, result in yes),
        "unanswerable": len(no),
        "refused": sum(result["answer"] == REFUSAL for _, result in no),
        "unknown": sum(bool(result["unknown"]) for _, result in rows),
    }


@endpoint_errors()
def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.add_argument("--search", action="store_true", help="只检索，不用对话模型")
    args = parser.parse_args(argv)
    leaflets, halves = load_leaflets(), {half: load_questions(half) for half in HALVES}
    if args.smoke:
        leaflets, halves = leaflets[:5], {half: [q[0], q[-1]] for half, q in halves.items()}
    print(f"段落 {len(leaflets)}  问题 {' + '.join(str(len(q)) for q in halves.values())}  设备 由端点决定")
    endpoint = connect()
    print(f"模型 {endpoint.chat_model}  向量 {endpoint.embedding_model}")
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder, spec = Path(name), current_spec(EndpointEmbeddings())
        embeddings = CachedEmbeddings(EndpointEmbeddings(), spec, folder / "vectors.db")
        FaissStore.from_documents(leaflets, embeddings, spec=spec).save(folder / "index")
        store = FaissStore.load(folder / "index", embeddings, spec)
        children = FaissStore.from_documents(split_children(leaflets), embeddings, spec=spec)
        searches = build_searches(leaflets, store, children)
        result = {"dimension": spec.dimension, "searches": measure_searches(searches, halves)}
        result |= {"threshold": measure_threshold(store, halves)}
        result |= {"compression": measure_compression(store, halves["open"], embeddings)}
        uri = os.environ.get("MILVUS_URI", str(folder / "leaflets.db"))
        result |= {"milvus": measure_milvus(leaflets, store, halves["open"], uri)}
        if not args.search:
            result |= measure_with_model(searches, halves, args.smoke) | {"model": endpoint.chat_model}
        embeddings.close()
    return emit_result(result)


def measure_with_model(searches: dict[str, Search], halves: dict, smoke: bool) -> dict:
    """要对话模型的两个：改写之后再查，带出处的问答。"""
    tokens, questions = (12, halves["open"][:1]) if smoke else (48, [*halves["open"], *halves["closed"]])
    base = searches["RRF 合并"]
    rewritten = multi_query(base, rewriter(chat_model(max_tokens=tokens)))
    return {
        "multi_query": evaluate(rewritten, questions[:8]),
        "without_rewrite": evaluate(base, questions[:8]),
        "answers": measure_answers(lambda query: base(query)[:3], questions, tokens),
    }


if __name__ == "__main__":
    run(main)
