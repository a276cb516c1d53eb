"""录音机：本机上的一个 HTTP 服务，记下客户端真的发了什么、收到什么。

教什么：框架的每个对象，最后都是一个 HTTP 请求；请求长什么样，录下来看，不必猜。
  转发  `Recorder(upstream=地址)`：转给真的端点，回答原样带回
  按脚本  `Recorder([...])`：照着写好的回答，测试与笔记里的片段用它，不需要模型
不教什么：HTTP 怎样解析（标准库的 `http.server`）。
不是脚本，由本章的脚本与测试导入。对应笔记：`1_prompt.md`「底下发生了什么」。
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

FORWARDED = ("content-type", "authorization", "accept")  # 转发这几个请求头；密钥只经手，不记


@dataclass(frozen=True)
class Reply:
    """按脚本的一次回答；后三项用来模拟坏掉的端点。"""

    body: dict | list | str  # dict：JSON；list：一个个 SSE 事件；str：原样
    status: int = 200
    delay: float = 0.0  # 回答之前等几秒
    cut: int | None = None  # 写到第几个字节就断开
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def content_type(self) -> str:
        return "text/event-stream" if isinstance(self.body, list) else "application/json"

    def encode(self) -> bytes:
        """正文的字节。"""
        if isinstance(self.body, str):
            return self.body.encode()
        if isinstance(self.body, dict):
            return json.dumps(self.body, ensure_ascii=False).encode()
        events = [json.dumps(event, ensure_ascii=False) for event in self.body] + ["[DONE]"]
        return "".join(f"data: {event}\n\n" for event in events).encode()


@dataclass
class Exchange:
    """录到的一次：路径、请求的 JSON、状态、回答的字节。"""

    path: str
    request: dict
    status: int = 0
    raw: bytes = b""

    @property
    def response(self) -> dict | list[dict]:
        """回答的 JSON；流式的是一串事件。"""
        text = self.raw.decode()
        if not text.startswith("data:"):
            return json.loads(text)
        events = [line.removeprefix("data:").strip() for line in text.splitlines() if line.startswith("data:")]
        return [json.loads(event) for event in events if event != "[DONE]"]


def message_reply(text: str = "", calls: list[dict] | None = None, finish: str | None = None) -> dict:
    """一个非流式的回答。`calls` 是 [{"name": ..., "arguments": {...}}]。"""
    message = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call_{i}",
                "type": "function",
                "function": {"name": c["name"], "arguments": json.dumps(c["arguments"], ensure_ascii=False)},
            }
            for i, c in enumerate(calls)
        ]
    choice = {"index": 0, "message": message, "finish_reason": finish or ("tool_calls" if calls else "stop")}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}


def stream_reply(pieces: list[str]) -> list[dict]:
    """一个流式的回答：每片文字一个事件，最后一个说为什么停。"""
    common = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    deltas = [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces)]
    events = [{**common, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    return [*events, {**common, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]


class Recorder:
    """`with Recorder(...) as recorder:` 把 `base_url=recorder.base_url` 交给客户端，之后看 `recorder.exchanges`。

    >>> with Recorder([Reply(message_reply("你好"))]) as recorder:
    ...     answer = httpx.post(recorder.base_url + "/chat/completions", json={"model": "m"}, trust_env=False).json()
    >>> answer["choices"][0]["message"]["content"], recorder.exchanges[0].request
    ('你好', {'model': 'm'})
    """

    def __init__(self, replies: list[Reply | dict | list] = (), upstream: str | None = None):
        self.replies = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]
        self.upstream = upstream.rstrip("/") if upstream else None
        self.exchanges: list[Exchange] = []
        self.lock = threading.Lock()

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self.server.shutdown()
        self.server.server_close()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1"

    def next_reply(self) -> Reply:
        """脚本里的下一个；念完了就一直用最后一个。"""
        with self.lock:
            return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def scripted(reply: Reply) -> Iterator[bytes | dict]:
    """先给状态与头，再一片片给正文。"""
    time.sleep(reply.delay)
    content = reply.encode()
    length = {"content-length": str(len(content))}  # 断开的也说全长：客户端才知道没收完
    yield {"status": reply.status, "headers": {"content-type": reply.content_type, **length, **reply.headers}}
    yield content[: reply.cut]


def forwarded(url: str, headers: dict, body: bytes) -> Iterator[bytes | dict]:
    """转给真的端点，收到一片就带回一片。"""
    with httpx.stream("POST", url, content=body, headers=headers, timeout=600, trust_env=False) as response:
        yield {"status": response.status_code, "headers": {"content-type": response.headers["content-type"]}}
        yield from response.iter_bytes()


def handler(recorder: Recorder) -> type[BaseHTTPRequestHandler]:
    """记录每个 POST 的处理器。"""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            exchange = Exchange(self.path.removeprefix("/v1"), json.loads(body))
            with recorder.lock:
                recorder.exchanges.append(exchange)
            if recorder.upstream is None:
                parts = scripted(recorder.next_reply())
            else:
                headers = {key: value for key, value in self.headers.items() if key.lower() in FORWARDED}
                parts = forwarded(recorder.upstream + exchange.path, headers, body)
            start = next(parts)
            exchange.status = start["status"]
            self.send_response(start["status"])
            for name, value in start["headers"].items():
                self.send_header(name, value)
            self.end_headers()
            for part in parts:
                exchange.raw += part
                self.wfile.write(part)
                self.wfile.flush()

        def log_message(self, *args) -> None:
            """不往屏幕上写。"""

    return Handler
