"""第 3 章第 12 篇：向量库、名次的合并、门槛、父文档、筛选、带出处的链。"""

import doctest
import importlib
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import InMemoryVectorStore
from langchain_core.vectorstores.utils import maximal_marginal_relevance
from langchain_openai import ChatOpenAI

from book import UserError
from LangChain import grounded, retrieval
from LangChain.grounded import REFUSAL, grounded_chain
from LangChain.leaflets import Question, evaluate, load_leaflets
from LangChain.recorder import Recorder, message_reply
from LangChain.retrieval import (
    BM25,
    above,
    choose_threshold,
    compress,
    fused,
    mmr,
    multi_query,
    named_drugs,
    parent_search,
    rrf,
    self_query,
    sentences,
    split_children,
)
from LangChain.vector_store import FaissStore, open_milvus, put_milvus
from LangChain.vectors import EmbeddingSpec
from TrainAndFinetune import prompts

lab = importlib.import_module("LangChain.12_retriever")
pytestmark = [
    pytest.mark.filterwarnings("error::DeprecationWarning"),
    pytest.mark.filterwarnings("error::langchain_core._api.LangChainDeprecationWarning"),
]
many = settings(max_examples=60, deadline=None)
SPEC = EmbeddingSpec("m", "query: ", "passage: ", 8)
FAKE = DeterministicFakeEmbedding(size=8)
LEAFLETS = load_leaflets()
ids = st.lists(st.sampled_from("abcdef"), unique=True, max_size=6)


def store_of(documents):
    return FaissStore.from_documents(documents, FAKE, spec=SPEC)


def names(documents):
    return [document.id for document in documents]


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(retrieval).failed == 0
    assert doctest.testmod(grounded).failed == 0


def test_the_prompts_are_those_of_the_contract():
    for name in ("GROUNDED_SYSTEM", "GROUNDED_USER", "PASSAGE", "REFUSAL"):
        assert getattr(grounded, name) == getattr(prompts, name)


def test_our_store_ranks_like_the_one_in_langchain_core():
    theirs = InMemoryVectorStore.from_documents(LEAFLETS, FAKE)
    ours = store_of(LEAFLETS)
    for query in ("发烧", "脚肿", LEAFLETS[3].page_content):
        assert names(ours.similarity_search(query, k=10)) == names(theirs.similarity_search(query, k=10))


def test_a_filter_never_costs_places():
    ours = store_of(LEAFLETS)
    found = ours.similarity_search("随便", k=5, filter=lambda m: m["drug"] == "敏朔片")
    assert [d.metadata["drug"] for d in found] == ["敏朔片"] * 5


def test_the_retrievers_of_the_framework_work_on_our_store():
    ours = store_of(LEAFLETS)
    text = LEAFLETS[7].page_content
    options = {"score_threshold": 0.999, "k": 5}
    strict = ours.as_retriever(search_type="similarity_score_threshold", search_kwargs=options)
    assert names(strict.invoke(text)) == [LEAFLETS[7].id]
    diverse = ours.as_retriever(search_type="mmr", search_kwargs={"k": 4}).invoke(text)
    assert len(set(names(diverse))) == 4
    assert diverse[0].id == LEAFLETS[7].id


def test_a_saved_index_opens_with_the_same_answers_and_without_pickle(tmp_path):
    ours = store_of(LEAFLETS)
    ours.save(tmp_path)
    again = FaissStore.load(tmp_path, FAKE, SPEC)
    for query in ("发烧", "脚肿"):
        assert again.similarity_search_with_score(query) == ours.similarity_search_with_score(query)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["documents.json", "spec.json", "vectors.faiss"]


@pytest.mark.parametrize(
    "changed", [("n", "query: ", "passage: ", 8), ("m", "", "passage: ", 8), ("m", "query: ", "passage: ", 9)]
)
def test_an_index_of_other_vectors_is_refused(tmp_path, changed):
    store_of(LEAFLETS[:2]).save(tmp_path)
    with pytest.raises(UserError, match="别的向量"):
        FaissStore.load(tmp_path, FAKE, EmbeddingSpec(*changed))


def test_a_half_written_index_is_refused(tmp_path):
    store_of(LEAFLETS[:2]).save(tmp_path)
    (tmp_path / "documents.json").write_text("[]", encoding="utf-8")
    with pytest.raises(UserError, match="对不上"):
        FaissStore.load(tmp_path, FAKE, SPEC)
    (tmp_path / "spec.json").unlink()
    with pytest.raises(UserError, match="完整的索引"):
        FaissStore.load(tmp_path, FAKE, SPEC)


def test_the_same_id_is_not_stored_twice():
    ours = store_of(LEAFLETS[:2])
    with pytest.raises(ValueError, match="编号重复"):
        ours.add_documents(LEAFLETS[:1])
    assert len(ours.documents) == ours.index.ntotal == 2
    assert store_of([]).similarity_search("空的也不出错") == []


def test_milvus_finds_the_same_and_refuses_other_vectors(tmp_path):
    documents, uri = LEAFLETS[:10], str(tmp_path / "x.db")
    milvus = open_milvus("leaflets", FAKE, SPEC, uri)
    for _ in range(2):  # 再存一遍：换掉，不是多一份
        put_milvus(milvus, documents)
    found = [d.metadata["id"] for d in milvus.similarity_search("发烧", k=10)]
    assert found == names(store_of(documents).similarity_search("发烧", k=10))
    milvus.client.close()
    with pytest.raises(UserError, match="model"):
        open_milvus("leaflets", FAKE, EmbeddingSpec("n", "query: ", "passage: ", 8), uri)


def test_the_old_store_gives_distances_and_its_import_warns():
    from LangChain.community_faiss import community_faiss

    text = LEAFLETS[4].page_content
    old = community_faiss(LEAFLETS[:8], FAKE).similarity_search_with_score(text, k=8)
    new = store_of(LEAFLETS[:8]).similarity_search_with_score(text, k=8)
    assert old[0][0].id == new[0][0].id == LEAFLETS[4].id
    assert old[0][1] < old[-1][1]
    assert new[0][1] > new[-1][1]
    command = [sys.executable, "-W", "error", "-c", "import langchain_community"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert "being sunset" in done.stderr


@many
@given(st.lists(ids, max_size=4))
def test_rrf_keeps_everything_once_and_is_the_formula(rankings):
    merged = rrf(rankings)
    assert sorted(merged) == sorted({one for ranking in rankings for one in ranking})
    scores = {one: sum(1 / (61 + ranking.index(one)) for ranking in rankings if one in ranking) for one in merged}
    assert all(scores[a] >= scores[b] - 1e-12 for a, b in zip(merged, merged[1:]))


@many
@given(ids)
def test_merging_a_ranking_with_itself_changes_nothing(ranking):
    assert rrf([ranking, ranking]) == ranking


@many
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.3, 0.5, 1.0]), st.integers(1, 8))
def test_our_mmr_equals_the_one_in_langchain_core(seed, balance, k):
    vectors = np.random.default_rng(seed).normal(size=(7, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert mmr(vectors[0], vectors[1:], k, balance) == maximal_marginal_relevance(
        vectors[0], list(vectors[1:]), balance, k
    )


def test_splitting_chinese_on_spaces_finds_nothing():
    assert BM25(LEAFLETS, tokenize=str.split).search("脚踝浮肿怎么办") == []
    assert BM25(LEAFLETS).search("脚踝浮肿怎么办")[0].id == "A3"


def test_multi_query_asks_the_original_too_and_skips_empty_rewrites():
    asked = []

    def search(query):
        asked.append(query)
        return LEAFLETS[:2]

    found = multi_query(search, lambda q: ["", " 换个说法 ", q])("原话")
    assert asked == ["原话", "换个说法"]
    assert names(found) == ["A1", "A2"]


def test_the_parent_appears_once_at_the_place_of_its_best_child():
    children = split_children(LEAFLETS)
    assert all("".join(sentences(p.page_content.partition("：")[2])) for p in LEAFLETS)
    chosen = [c for c in children if c.metadata["parent"] in ("B2", "A1")]
    found = parent_search(lambda query: [chosen[-1], *chosen], LEAFLETS)("随便")
    assert names(found) == ["B2", "A1"]


def test_a_named_drug_limits_the_search_and_no_name_does_not():
    drugs = [d.metadata["drug"] for d in LEAFLETS]
    search = self_query(store_of(LEAFLETS), drugs, k=40)
    assert {d.metadata["drug"] for d in search("澜泊平和节砺一起吃")} == {"澜泊平片", "节砺缓释片"}
    assert len(search("头疼")) == 40
    assert named_drugs("眠岑片怎么吃", drugs) == ["眠岑片"]


def test_compression_keeps_the_nearest_sentence_and_the_source():
    document = Document("一。二二。三。", id="x", metadata={"id": "x"})
    kept = compress("问", [document], lambda query, parts: [len(part) for part in parts])
    assert (kept[0].page_content, kept[0].id, kept[0].metadata) == ("二二。", "x", {"id": "x"})


scores = st.lists(st.sampled_from([0.81, 0.83, 0.85, 0.87, 0.9]), max_size=6)


@many
@given(scores.filter(bool), scores)
def test_no_threshold_is_better_than_the_chosen_one(yes, no):
    def right(threshold):
        return sum(s >= threshold for s in yes) + sum(s < threshold for s in no)

    assert right(choose_threshold(yes, no)) == max(right(t) for t in (0, 0.82, 0.84, 0.86, 0.88, 1))


def test_below_the_threshold_there_is_nothing():
    ours = store_of(LEAFLETS)
    text = LEAFLETS[0].page_content
    assert names(above(ours, 0.999)(text)) == ["A1"]
    assert above(ours, 1.1)(text) == []


def scripted(recorder):
    return ChatOpenAI(model="m", base_url=recorder.base_url, api_key="x", max_retries=0)


def test_the_chain_sends_numbered_passages_and_checks_the_sources():
    with Recorder([message_reply("一天一片[2]。也可以[9]。")]) as recorder:
        result = grounded_chain(lambda query: LEAFLETS[:3], scripted(recorder)).invoke("吃几片？")
    system, user = recorder.exchanges[0].request["messages"]
    assert (system["role"], system["content"]) == ("system", prompts.GROUNDED_SYSTEM)
    lines = [f"[{n}] {d.page_content}" for n, d in enumerate(LEAFLETS[:3], 1)]
    assert user["content"] == "资料：\n" + "\n".join(lines) + "\n\n问题：吃几片？"
    assert (result["sources"], result["unknown"]) == (["A2"], [9])


def test_braces_in_a_passage_and_newlines_stay_text():
    documents = [Document("{x}\n{question}", id="x")]
    with Recorder([message_reply("好[1]。")]) as recorder:
        grounded_chain(lambda query: documents, scripted(recorder)).invoke("{y}？")
    assert recorder.exchanges[0].request["messages"][1]["content"] == "资料：\n[1] {x} {question}\n\n问题：{y}？"


def test_without_passages_the_model_is_not_asked():
    with Recorder([message_reply("不该问到我")]) as recorder:
        result = grounded_chain(lambda query: [], scripted(recorder)).invoke("多少钱？")
    assert (result["answer"], result["sources"], recorder.exchanges) == (REFUSAL, [], [])


def test_the_grades_are_the_hand_counted_ones():
    asked = [Question("一", ("A1",)), Question("二", ("A2", "A3")), Question("没有", ())]
    graded = evaluate(lambda query: LEAFLETS[:2], asked, k=2)
    assert graded == {"questions": 2, "first": 0.5, "mrr": 0.75, "recall": 0.75}


def test_the_fused_search_returns_each_document_once():
    search = fused([lambda q: LEAFLETS[:3], lambda q: LEAFLETS[1:4]])
    assert names(search("随便")) == ["A2", "A3", "A1", "A4"]


def test_the_smoke_run_goes_through_everything(local_endpoint, tmp_path, monkeypatch):
    monkeypatch.delenv("MILVUS_URI", raising=False)
    result = lab.main(["--smoke", "--out", str(tmp_path)])
    assert [row["way"] for row in result["searches"]][:2] == ["向量", "BM25 两字一词"]
    assert result["milvus"]["same"] == result["milvus"]["questions"] == 2
    assert result["threshold"]["rows"][0]["passed"] == result["threshold"]["rows"][0]["answerable"]
    assert json.dumps(result, ensure_ascii=False)


def test_langchain_community_is_imported_in_one_module_only():
    from book import repository_root

    found = [
        p.name
        for p in (repository_root() / "LangChain").glob("*.py")
        if "from langchain_community" in p.read_text("utf-8")
    ]
    assert found == ["community_faiss.py"]
