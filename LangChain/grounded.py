"""带出处的问答：检索 -> 编号的资料 -> 模型 -> 答案与它真的引用了哪几段。

教什么：RAG 的链就是一个提示词加一个检索；出处由程序核对，没有的编号不算；一段也没有检索到，就不问模型。
不教什么：答得好不好怎样评（第 6 章）。提示词照第 5 章的契约逐字写，测试比较。
不是脚本，由 `12_retriever.py` 导入。对应笔记：`12_retriever.md`。
"""

import re
from collections.abc import Callable, Sequence

from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableBranch, RunnableLambda, RunnablePassthrough

GROUNDED_SYSTEM = "只根据资料回答，每句话末尾用 [n] 标明出处；资料里没有答案，就只回答：资料中没有"
GROUNDED_USER = "资料：\n{passages}\n\n问题：{question}"
PASSAGE = "[{n}] {text}"
REFUSAL = "资料中没有"
MOST = 5  # 契约：1 到 5 段


def numbered(documents: Sequence[Document]) -> str:
    """一段一行，n 从 1 开始；段落里的换行变成空格，一行还是一段。"""
    rows = [PASSAGE.format(n=n, text=" ".join(d.page_content.split())) for n, d in enumerate(documents, 1)]
    return "\n".join(rows)


def cited(answer: str, documents: Sequence[Document]) -> tuple[list[Document], list[int]]:
    """答案引用的段落（按第一次出现的次序），与资料里没有的编号。

    >>> documents = [Document("甲", id="A"), Document("乙", id="B")]
    >>> [d.id for d in cited("是乙[2]。也是丙[7]。", documents)[0]], cited("丙[7]", documents)[1]
    (['B'], [7])
    """
    numbers = [int(n) for n in dict.fromkeys(re.findall(r"\[(\d+)\]", answer))]
    known = [documents[n - 1] for n in numbers if 1 <= n <= len(documents)]
    return known, [n for n in numbers if not 1 <= n <= len(documents)]


def with_sources(state: dict) -> dict:
    """最后一步：答案里的编号换成段落。"""
    sources, unknown = cited(state["answer"], state["documents"])
    return {**state, "sources": [document.id for document in sources], "unknown": unknown}


def grounded_chain(search: Callable[[str], list[Document]], model: Runnable) -> Runnable:
    """问题 -> {question, documents, answer, sources, unknown}。"""
    prompt = ChatPromptTemplate([("system", GROUNDED_SYSTEM), ("human", GROUNDED_USER)])
    fill = RunnableLambda(lambda s: {"passages": numbered(s["documents"]), "question": s["question"]})
    answer = RunnableBranch(
        (lambda state: not state["documents"], RunnableLambda(lambda state: REFUSAL)),
        fill | prompt | model | StrOutputParser() | str.strip,
    )
    return (
        {"question": RunnablePassthrough(), "documents": RunnableLambda(lambda question: search(question)[:MOST])}
        | RunnablePassthrough.assign(answer=answer)
        | with_sources
    )
