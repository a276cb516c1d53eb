"""踪迹：一个回调处理器，数词元、量时间、一步一行写进文件；读回来画成一棵树。

教什么：每一步有自己的编号与上一层的编号，凭它们还原出树；用量在模型那一步的结尾；处理器会被几个线程同时调用。
不教什么：把踪迹发到网上（LangSmith、OpenTelemetry）。
不是脚本，由本章的脚本与测试导入。对应笔记：`13_callbacks.md`。
"""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler


@dataclass
class Span:
    """一步：从开始到结束。正文不记，只记多少个字符。"""

    id: str
    parent: str | None
    name: str
    kind: str  # chain model tool retriever
    start: float  # 从处理器建好算起的秒数
    seconds: float = 0.0
    input_characters: int = 0
    output_characters: int = 0
    input_tokens: int | None = None  # None：服务没有说
    output_tokens: int | None = None
    pieces: int = 0  # 流式收到几片
    error: str | None = None  # 只记类型：异常的话里可能有用户的内容


def characters(value) -> int:
    """一份输入或输出里文字的多少；只看字符串、消息与装着它们的容器。

    >>> characters({"question": "首都？", "history": ["你好"]})
    5
    """
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(characters(item) for item in value.values())
    if isinstance(value, list | tuple):
        return sum(characters(item) for item in value)
    if hasattr(value, "to_messages"):  # 提示模板的结果
        return characters(value.to_messages())
    return len(value.text) if isinstance(getattr(value, "text", None), str) else 0


class Tracer(BaseCallbackHandler):
    """`chain.invoke(value, {"callbacks": [Tracer(path)]})`；一步结束写一行 JSON。path 不给就只留在内存里。"""

    def __init__(self, path: Path | None = None, clock=time.perf_counter):
        self.spans: list[Span] = []  # 按结束的次序
        self.open: dict[UUID, Span] = {}
        self.path, self.clock, self.origin = path, clock, clock()
        self.lock = threading.Lock()  # batch 里几个线程同时开始与结束

    def begin(self, run_id: UUID, parent: UUID | None, name: str, kind: str, value) -> None:
        span = Span(str(run_id), parent and str(parent), name, kind, self.clock() - self.origin)
        span.input_characters = characters(value)
        with self.lock:
            self.open[run_id] = span

    def finish(self, run_id: UUID, value=None, error: BaseException | None = None) -> None:
        with self.lock:
            span = self.open.pop(run_id)
            span.seconds = self.clock() - self.origin - span.start
            span.output_characters = characters(value)
            span.error = error and type(error).__name__
            self.spans.append(span)
            if self.path:  # 一行一个，写完就关：进程中途死了，前面的还在
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(span), ensure_ascii=False) + "\n")

    # region handlers
    def on_chain_start(self, serialized, inputs, *, run_id, parent_run_id=None, name=None, **kwargs):
        self.begin(run_id, parent_run_id, name or "chain", "chain", inputs)

    def on_chat_model_start(self, serialized, messages, *, run_id, parent_run_id=None, name=None, **kwargs):
        model = kwargs.get("invocation_params", {}).get("model", "model")
        self.begin(run_id, parent_run_id, name or model, "model", messages)

    def on_llm_new_token(self, token, *, run_id, **kwargs):
        with self.lock:
            self.open[run_id].pieces += 1

    def on_llm_end(self, response, *, run_id, **kwargs):
        message = response.generations[0][0].message
        usage = message.usage_metadata or {}
        with self.lock:
            span = self.open[run_id]
            span.input_tokens, span.output_tokens = usage.get("input_tokens"), usage.get("output_tokens")
        self.finish(run_id, message)

    def on_chain_end(self, outputs, *, run_id, inputs=None, **kwargs):
        with self.lock:  # 流式的一步，开始时还没有收齐输入，结束时才给
            self.open[run_id].input_characters = self.open[run_id].input_characters or characters(inputs)
        self.finish(run_id, outputs)

    def on_chain_error(self, error, *, run_id, **kwargs):
        self.finish(run_id, error=error)

    on_llm_error = on_tool_error = on_retriever_error = on_chain_error
    # endregion

    def on_tool_start(self, serialized, input_str, *, run_id, parent_run_id=None, name=None, **kwargs):
        self.begin(run_id, parent_run_id, name or (serialized or {}).get("name", "tool"), "tool", input_str)

    def on_tool_end(self, output, *, run_id, **kwargs):
        self.finish(run_id, getattr(output, "content", output))

    def on_retriever_start(self, serialized, query, *, run_id, parent_run_id=None, name=None, **kwargs):
        self.begin(run_id, parent_run_id, name or "retriever", "retriever", query)

    def on_retriever_end(self, documents, *, run_id, **kwargs):
        self.finish(run_id, [document.page_content for document in documents])


def totals(spans: Sequence[Span]) -> dict:
    """模型的请求数、词元数；没有说用量的单独数，不当作 0。"""
    models = [span for span in spans if span.kind == "model"]
    known = [span for span in models if span.input_tokens is not None]
    return {
        "model_calls": len(models),
        "unknown": len(models) - len(known),
        "input_tokens": sum(span.input_tokens for span in known),
        "output_tokens": sum(span.output_tokens or 0 for span in known),
        "errors": sum(span.error is not None for span in spans),
    }


def read_trace(path: Path) -> list[Span]:
    """读回踪迹文件；最后半行（进程正写着就死了）丢掉。"""
    text = Path(path).read_text(encoding="utf-8")
    return [Span(**json.loads(line)) for line in text.split("\n")[:-1]]


def tree(spans: Sequence[Span]) -> list[str]:
    """每步一行，按开始的次序，缩进是层数；上一层不在里面的当作根。

    >>> outer = Span("1", None, "问答", "chain", start=0.0)
    >>> inner = Span("2", "1", "m", "model", start=0.1, input_tokens=9, output_tokens=3)
    >>> print("\\n".join(tree([inner, outer])))
    问答
      m  9 + 3 词元
    """
    known = {span.id for span in spans}
    children: dict[str | None, list[Span]] = {}
    for span in sorted(spans, key=lambda span: span.start):
        children.setdefault(span.parent if span.parent in known else None, []).append(span)

    def lines(parent: str | None, depth: int):
        for span in children.get(parent, ()):
            tokens = f"  {span.input_tokens} + {span.output_tokens} 词元" if span.input_tokens is not None else ""
            yield "  " * depth + span.name + tokens + (f"  {span.error}" if span.error else "")
            yield from lines(span.id, depth + 1)

    return list(lines(None, 0))
