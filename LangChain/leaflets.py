"""说明书：40 段为本书写的、药名虚构的说明书，与带标注的 32 个问题；检索的指标。

教什么：评估检索要一份带标注的集合；一半公开（调参数用），一半封着（最后只用一次）；有的问题没有答案。
不教什么：检索（`retrieval.py`）。
不是脚本，由 `11_embedding.py`、`12_retriever.py` 导入。对应笔记：`12_retriever.md`「怎么知道写对了」。
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from langchain_core.documents import Document

from book import repository_root

HALVES = ("open", "closed")


@dataclass(frozen=True)
class Question:
    """一个问题与能回答它的段落的编号；`relevant` 是空的，资料里就没有答案。"""

    text: str
    relevant: tuple[str, ...]


def read_json(name: str) -> list[dict]:
    return json.loads((repository_root() / "LangChain" / "data" / f"{name}.json").read_text(encoding="utf-8"))


def load_leaflets() -> list[Document]:
    """40 段；正文前面写上药名与小节，段落离开了说明书也知道说的是哪种药。"""
    return [
        Document(
            f"{row['drug']} {row['section']}：{row['text']}",
            id=row["id"],
            metadata={"id": row["id"], "drug": row["drug"], "section": row["section"]},
        )
        for row in read_json("leaflets")
    ]


def load_questions(half: str) -> list[Question]:
    """`open` 或 `closed`。"""
    return [Question(row["question"], tuple(row["relevant"])) for row in read_json(f"questions_{half}")]


def reciprocal_rank(found: Sequence[str], relevant: Sequence[str]) -> float:
    """第一个对的排在第几，取倒数；没有对的是 0。

    >>> reciprocal_rank(["a", "b", "c"], ["b"])
    0.5
    """
    return next((1 / rank for rank, one in enumerate(found, 1) if one in relevant), 0.0)


def recall(found: Sequence[str], relevant: Sequence[str]) -> float:
    """该找出的里面找出了几成。

    >>> recall(["a", "b"], ["b", "c"])
    0.5
    """
    return len(set(found) & set(relevant)) / len(set(relevant))


def evaluate(search: Callable[[str], list[Document]], questions: Sequence[Question], k: int = 3) -> dict:
    """有答案的问题上：第一个就对的比例、MRR、前 k 个的查全率。"""
    asked = [question for question in questions if question.relevant]
    found = [[document.metadata["id"] for document in search(question.text)] for question in asked]
    pairs = [(ids, question.relevant) for ids, question in zip(found, asked)]
    return {
        "questions": len(asked),
        "first": sum(ids[:1] != [] and ids[0] in relevant for ids, relevant in pairs) / len(pairs),
        "mrr": sum(reciprocal_rank(ids, relevant) for ids, relevant in pairs) / len(pairs),
        "recall": sum(recall(ids[:k], relevant) for ids, relevant in pairs) / len(pairs),
    }
