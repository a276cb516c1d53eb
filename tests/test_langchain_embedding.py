"""第 3 章第 11 篇：三种相似度、向量的来历、缓存、发出去的请求。"""

import doctest
import importlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.embeddings import Embeddings

from book import UserError
from LangChain import leaflets, vectors
from LangChain.models import EndpointEmbeddings
from LangChain.recorder import Recorder
from LangChain.vectors import CachedEmbeddings, EmbeddingSpec, cosine, current_spec, dot, l2

lab = importlib.import_module("LangChain.11_embedding")
pytestmark = [
    pytest.mark.filterwarnings("error::DeprecationWarning"),
    pytest.mark.filterwarnings("error::langchain_core._api.LangChainDeprecationWarning"),
]
many = settings(max_examples=60, deadline=None)
SPEC = EmbeddingSpec("m", "query: ", "passage: ", 3)
numbers = st.floats(-10, 10).filter(lambda x: abs(x) > 1e-3)
triples = st.tuples(numbers, numbers, numbers)


class Counting(Embeddings):
    """查询与段落给不同的向量，记下收到了什么。"""

    def __init__(self):
        self.seen = []

    def vector(self, text, kind):
        self.seen.append((kind, text))
        return [float(len(text)), float(sum(map(ord, text)) % 97), float(kind == "query")]

    def embed_documents(self, texts):
        return [self.vector(text, "passage") for text in texts]

    def embed_query(self, text):
        return self.vector(text, "query")


def opened(tmp_path, inner, spec=SPEC):
    return CachedEmbeddings(inner, spec, tmp_path / "vectors.db")


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(vectors).failed == 0
    assert doctest.testmod(leaflets).failed == 0


@many
@given(triples, triples)
def test_the_plain_measures_equal_numpy(a, b):
    x, y = np.array(a), np.array(b)
    assert dot(a, b) == pytest.approx(x @ y)
    assert l2(a, b) == pytest.approx(np.linalg.norm(x - y))
    assert cosine(a, b) == pytest.approx(x @ y / np.linalg.norm(x) / np.linalg.norm(y))


@many
@given(triples, triples, st.floats(0.1, 10))
def test_cosine_ignores_length_and_dot_does_not(a, b, factor):
    scaled = [factor * x for x in b]
    assert cosine(a, scaled) == pytest.approx(cosine(a, b))
    assert dot(a, scaled) == pytest.approx(factor * dot(a, b))


@many
@given(triples, st.lists(triples, min_size=2, max_size=6))
def test_on_unit_vectors_the_three_measures_are_one(query, others):
    def unit(v):
        return [x / dot(v, v) ** 0.5 for x in v]

    query, others = unit(query), [unit(v) for v in others]
    for other in others:
        assert dot(query, other) == pytest.approx(cosine(query, other))
        assert l2(query, other) ** 2 == pytest.approx(2 - 2 * cosine(query, other), abs=1e-9)


def test_a_zero_vector_has_no_cosine():
    with pytest.raises(ValueError, match="零向量"):
        cosine([0, 0], [1, 1])


@many
@given(st.lists(st.tuples(st.booleans(), st.text(max_size=4)), max_size=12))
def test_the_cache_gives_exactly_what_the_model_gives(asks):
    inner, plain = Counting(), Counting()
    cached = CachedEmbeddings(inner, SPEC, ":memory:")
    for is_query, text in asks:
        if is_query:
            assert cached.embed_query(text) == plain.embed_query(text)
        else:
            assert cached.embed_documents([text, text]) == plain.embed_documents([text, text])
    assert len(inner.seen) == len(set(inner.seen)) == cached.misses


def test_the_cache_survives_a_restart_and_knows_its_spec(tmp_path):
    first = Counting()
    opened(tmp_path, first).embed_documents(["甲", "乙", "甲"])
    second = Counting()
    again = opened(tmp_path, second)
    again.embed_documents(["乙", "丙"])
    assert (first.seen, second.seen) == ([("passage", "甲"), ("passage", "乙")], [("passage", "丙")])
    assert (again.hits, again.misses) == (1, 1)
    other = Counting()
    opened(tmp_path, other, EmbeddingSpec("m", "", "", 3)).embed_documents(["甲"])
    assert other.seen == [("passage", "甲")]  # 前缀换了，旧的不能用


def test_the_cache_works_from_many_threads(tmp_path):
    inner = Counting()
    cached = opened(tmp_path, inner)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(cached.embed_query, ["甲", "乙"] * 20))
    assert found == [Counting().embed_query(text) for text in ["甲", "乙"] * 20]
    assert len(inner.seen) == 2


def test_a_failing_model_leaves_nothing_in_the_cache(tmp_path):
    class Broken(Counting):
        def embed_documents(self, texts):
            raise RuntimeError("断了")

    with pytest.raises(RuntimeError):
        opened(tmp_path, Broken()).embed_documents(["甲"])
    inner = Counting()
    opened(tmp_path, inner).embed_documents(["甲"])
    assert inner.seen == [("passage", "甲")]


@pytest.mark.parametrize(
    ("field", "value"), [("model", "n"), ("query_prefix", ""), ("passage_prefix", ""), ("dimension", 4)]
)
def test_every_field_of_the_spec_is_checked(field, value):
    stored = json.loads(SPEC.to_json()) | {field: value}
    with pytest.raises(UserError, match=field):
        SPEC.check(json.dumps(stored), "索引")
    SPEC.check(SPEC.to_json(), "索引")


@pytest.mark.parametrize("stored", ["", "[]", "{}", "null", "不是 JSON"])
def test_an_index_without_a_spec_is_refused(stored):
    with pytest.raises(UserError, match="来历"):
        SPEC.check(stored, "索引")


def reply(count):
    data = [{"object": "embedding", "index": i, "embedding": [1.0, 0.0]} for i in range(count)]
    return {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def test_the_request_carries_the_prefix_and_plain_text(monkeypatch):
    with Recorder([reply(2), reply(1)]) as recorder:
        for name, value in (("BASE_URL", recorder.base_url), ("API_KEY", "x"), ("MODEL", "m")):
            monkeypatch.setenv(f"EMBEDDING_{name}", value)
        monkeypatch.setenv("EMBEDDING_QUERY_PREFIX", "query: ")
        monkeypatch.setenv("EMBEDDING_PASSAGE_PREFIX", "passage: ")
        model = EndpointEmbeddings()
        model.embed_documents(["甲", "乙"])
        assert current_spec(model) == EmbeddingSpec("m", "query: ", "passage: ", 2)
    sent = [exchange.request["input"] for exchange in recorder.exchanges]
    assert sent == [["passage: 甲", "passage: 乙"], ["query: 维数"]]
    assert {exchange.path for exchange in recorder.exchanges} == {"/embeddings"}


def test_uneven_lengths_hurt_dot_and_l2_but_not_cosine():
    generator = np.random.default_rng(0)
    passages = generator.normal(size=(30, 8))
    passages /= np.linalg.norm(passages, axis=1, keepdims=True)
    ids = [str(i) for i in range(30)]
    rows = lab.measure_lengths(passages, passages, ids, [(one,) for one in ids], 0)
    first = {row["measure"]: row["first"] for row in rows}
    assert first["余弦"] == 30 > max(first["点积"], first["L2"])


def test_the_evaluation_set_is_consistent():
    passages = {row["id"] for row in leaflets.read_json("leaflets")}
    halves = [leaflets.load_questions(half) for half in leaflets.HALVES]
    questions = [question for half in halves for question in half]
    assert len(passages) == 40
    assert [len(half) for half in halves] == [16, 16]
    assert [sum(not q.relevant for q in half) for half in halves] == [3, 3]
    assert len({q.text for q in questions}) == 32
    assert {one for q in questions for one in q.relevant} <= passages


def test_the_smoke_run_embeds_with_the_local_model(local_endpoint, tmp_path):
    result = lab.main(["--smoke", "--out", str(tmp_path)])
    assert result["dimension"] == 384
    assert result["requests"] == {"texts": 8, "one_by_one": 8, "batch": 1, "again": 0, "hits": 8, "misses": 8}
    assert result["margins"]["wrong_over_half"] == 1.0  # 0.5 的门槛什么都拦不住


def test_no_key_is_written_into_the_record():
    for path in Path(lab.__file__).parent.glob("results/1[12]_*.json"):
        assert "API_KEY" not in path.read_text(encoding="utf-8")
