"""两个向量库：自己用 faiss 写的 `FaissStore`（一个文件夹），与 Milvus（一个文件或一台服务，只差地址）。

教什么：向量库只做三件事：存、找最近的、记住向量的来历；来历不同就拒绝打开。
  LangChain 的 `VectorStore` 只要实现 `add_texts`、`similarity_search`、`from_texts`，检索器就是现成的。
不教什么：近似索引（第 6 章）；`langchain_community` 的 FAISS（`community_faiss.py`）。
不是脚本，由 `12_retriever.py` 导入。对应笔记：`12_retriever.md`。
"""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore
from langchain_core.vectorstores.utils import maximal_marginal_relevance

from book import UserError, atomic_write
from LangChain.vectors import EmbeddingSpec, current_spec


def unit(vectors: list[list[float]]) -> np.ndarray:
    """(N, D) -> (N, D)，每行长度 1：点积就是余弦。"""
    array = np.asarray(vectors, np.float32)
    return array / np.linalg.norm(array, axis=1, keepdims=True)


class FaissStore(VectorStore):
    """faiss 的 IndexFlatIP（逐个比，不近似）加一个文档列表；分数是余弦，越大越近，相同的先存的在前。"""

    def __init__(self, embedding: Embeddings, spec: EmbeddingSpec):
        import faiss

        self.embedding, self.spec = embedding, spec
        self.index, self.documents = faiss.IndexFlatIP(spec.dimension), []

    @property
    def embeddings(self) -> Embeddings:
        return self.embedding

    @classmethod
    def from_texts(cls, texts, embedding, metadatas=None, *, ids=None, spec=None, **kwargs) -> "FaissStore":
        store = cls(embedding, spec or current_spec(embedding))
        store.add_texts(texts, metadatas, ids=ids)
        return store

    def add_texts(self, texts: Iterable[str], metadatas=None, *, ids=None, **kwargs) -> list[str]:
        """存；编号已经有了就抛 ValueError，不悄悄存两份。"""
        texts = list(texts)
        ids = [str(one) for one in ids or range(len(self.documents), len(self.documents) + len(texts))]
        taken = {document.id for document in self.documents} & set(ids)
        if taken or len(set(ids)) != len(ids):
            raise ValueError(f"编号重复：{sorted(taken) or ids}；一个编号一段文字")
        if texts:
            vectors = unit(self.embedding.embed_documents(texts))
            if vectors.shape[1] != self.spec.dimension:
                raise UserError(f"向量是 {vectors.shape[1]} 维，这个索引是 {self.spec.dimension} 维；换了模型就重新建")
            self.index.add(vectors)
        rows = zip(texts, metadatas or [{} for _ in texts], ids, strict=True)
        self.documents += [Document(text, metadata=metadata, id=one) for text, metadata, one in rows]
        return ids

    def ranked(self, query: str, keep: Callable[[dict], bool] | None) -> tuple[np.ndarray, list[tuple[int, float]]]:
        """问题的向量 (D,)，与从近到远的 (下标, 分数)；先按元数据筛，再取前几个，筛掉的不占名额。"""
        vector = unit([self.embedding.embed_query(query)])
        if not self.documents:
            return vector[0], []
        scores, order = self.index.search(vector, len(self.documents))
        pairs = sorted(zip(order[0].tolist(), scores[0].tolist()), key=lambda pair: (-pair[1], pair[0]))
        return vector[0], [pair for pair in pairs if keep is None or keep(self.documents[pair[0]].metadata)]

    def similarity_search_with_score(self, query: str, k: int = 4, filter=None, **kwargs) -> list:
        return [(self.documents[i], score) for i, score in self.ranked(query, filter)[1][:k]]

    def similarity_search(self, query: str, k: int = 4, filter=None, **kwargs) -> list[Document]:
        return [document for document, _ in self.similarity_search_with_score(query, k, filter)]

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        """`similarity_score_threshold` 用的分数要在 0 与 1 之间；余弦原样用，门槛才与你量的是同一个数。"""
        return lambda score: min(1.0, max(0.0, score))

    def max_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, filter=None, **kwargs
    ) -> list[Document]:
        vector, pairs = self.ranked(query, filter)
        order = [i for i, _ in pairs[:fetch_k]]
        vectors = [self.index.reconstruct(i) for i in order]
        return [self.documents[order[i]] for i in maximal_marginal_relevance(vector, vectors, lambda_mult, k)]

    def save(self, folder: Path) -> None:
        """向量、文档、来历三个文件；来历最后写，有它才算存完。没有 pickle，打开别人的也不会执行代码。"""
        import faiss

        folder.mkdir(parents=True, exist_ok=True)
        rows = [{"id": d.id, "text": d.page_content, "metadata": d.metadata} for d in self.documents]
        atomic_write(folder / "vectors.faiss", faiss.serialize_index(self.index).tobytes())
        atomic_write(folder / "documents.json", json.dumps(rows, ensure_ascii=False).encode())
        atomic_write(folder / "spec.json", self.spec.to_json().encode())

    @classmethod
    def load(cls, folder: Path, embedding: Embeddings, spec: EmbeddingSpec) -> "FaissStore":
        """打开；来历不同、文件缺了、条数对不上，都抛 UserError。"""
        import faiss

        try:
            stored = (folder / "spec.json").read_text(encoding="utf-8")
            rows = json.loads((folder / "documents.json").read_text(encoding="utf-8"))
            raw = np.frombuffer((folder / "vectors.faiss").read_bytes(), np.uint8)
        except (OSError, ValueError):
            raise UserError(f"{folder} 里没有完整的索引；重新建") from None
        spec.check(stored, str(folder))
        store = cls(embedding, spec)
        store.index = faiss.deserialize_index(raw)
        store.documents = [Document(row["text"], metadata=row["metadata"], id=row["id"]) for row in rows]
        if (store.index.ntotal, store.index.d) != (len(rows), spec.dimension):
            raise UserError(f"{folder} 里有 {store.index.ntotal} 个向量、{len(rows)} 段文字，对不上；重新建")
        return store


def open_milvus(name: str, embedding: Embeddings, spec: EmbeddingSpec, uri: str):
    """Milvus 的一个集合；`uri` 是一个 `.db` 文件（Milvus Lite，在本进程里）或一台服务的地址。

    服务的令牌在 `MILVUS_TOKEN`。来历写在集合的属性里（说明 `description` 会被 Lite 悄悄丢掉）；
    已经有这个集合而来历不同，就抛 UserError。
    """
    from langchain_milvus import Milvus
    from pymilvus import MilvusClient

    client = MilvusClient(uri, token=os.environ.get("MILVUS_TOKEN", ""))
    if client.has_collection(name):
        spec.check(client.describe_collection(name)["properties"].get("spec", ""), f"{uri} 里的集合 {name}")
    client.close()
    return Milvus(
        embedding_function=embedding,
        collection_name=name,
        collection_properties={"spec": spec.to_json()},
        connection_args={"uri": uri, "token": os.environ.get("MILVUS_TOKEN", "")},
        index_params={"index_type": "FLAT", "metric_type": "COSINE", "params": {}},
        search_params={"metric_type": "COSINE", "params": {}},
        auto_id=False,
        enable_dynamic_field=True,
        consistency_level="Strong",
    )


def put_milvus(milvus, documents: list[Document]) -> None:
    """存进集合，编号相同的换掉；集合还没有就建（`upsert` 不会建，`add_documents` 不会换）。"""
    ids = [document.id for document in documents]
    if milvus.client.has_collection(milvus.collection_name):
        milvus.upsert(ids=ids, documents=documents)
    else:
        milvus.add_documents(documents, ids=ids)
