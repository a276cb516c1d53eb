"""旧教程里的 FAISS：`langchain_community.vectorstores.FAISS`。全书只有这里导入 langchain-community。

为什么留着：你会在别人的代码里碰到它。为什么只在这里：这个包已经停止维护，一导入就报 DeprecationWarning
  （langchain-community 的第 674 号 issue，2026 年 5 月），存盘用 pickle。新代码用 `vector_store.py` 的 `FaissStore`。
不是脚本。对应笔记：`12_retriever.md`「旧教程里的写法」。
"""

import warnings

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings


def community_faiss(documents: list[Document], embedding: Embeddings, inner_product: bool = False):
    """它的默认是 L2 的平方，分数越小越近；`inner_product=True` 才与余弦的次序、方向相同。"""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 例外：包自己的停止维护警告
        from langchain_community.vectorstores import FAISS
        from langchain_community.vectorstores.utils import DistanceStrategy
    strategy = DistanceStrategy.MAX_INNER_PRODUCT if inner_product else DistanceStrategy.EUCLIDEAN_DISTANCE
    return FAISS.from_documents(documents, embedding, distance_strategy=strategy)
