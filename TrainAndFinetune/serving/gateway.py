"""外层服务的各个路由做什么：一个地址上既有对话也有向量，补上 llama.cpp 没有做的几件事。

教什么：OpenAI 接口的对话、流式、向量、模型列表各是什么样；代理要处理的几件事——密钥、模型名、指名工具、客户端中途走掉。
不教什么：推理（`engine.py`）、向量（`embeddings.py`）、路由表与报错的外壳（`app.py`）。请求与回答的正文从不写进日志。
对应笔记：`2_serve.md`。
"""

import asyncio
import contextlib
import hmac
import json
from urllib.parse import urlsplit

import httpx
import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from TrainAndFinetune.models import EMBEDDED
from TrainAndFinetune.serving import checks, embeddings, errors, grammar, streams, tool_choice
from TrainAndFinetune.serving.engine import MEAN_POOLING, Engine
from TrainAndFinetune.serving.errors import ApiError
from TrainAndFinetune.serving.lifetime import Lifetime

LARGEST_BODY = 8 * 2**20
DEFAULT_TOKENS = 512  # 没说 max_tokens 时：基座模型不会自己停，不能让一个请求占满整个上下文
CHAT = "/v1/chat/completions"


class Gateway:
    """外层服务的状态与各个路由。"""

    def __init__(self, engine: Engine, embedder, api_key: str, instance: str, lifetime: Lifetime, shut_down):
        self.engine, self.embedder, self.api_key = engine, embedder, api_key
        self.instance, self.lifetime, self.shut_down = instance, lifetime, shut_down
        self.client = httpx.AsyncClient(base_url=engine.url, headers=engine.headers, timeout=None, trust_env=False)

    @property
    def chat_models(self) -> list[str]:
        """带适配器时，基座也可以单独用：把适配器的强度设成 0。"""
        config = self.engine.config
        return [config.name, EMBEDDED] if config.adapter else [config.name]

    def known_models(self) -> list[str]:
        return [*self.chat_models, self.embedding_name]

    @property
    def embedding_name(self) -> str:
        return self.embedder.name if self.embedder else MEAN_POOLING

    def check_caller(self, request: Request) -> None:
        """密钥；以及不许别的网站的网页经浏览器来用（浏览器会带上 Origin，别的客户端不带）。"""
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).hostname != request.url.hostname:
            raise ApiError(403, "foreign_origin", f"不接受来自网页 {origin} 的请求")
        given = request.headers.get("authorization", "").removeprefix("Bearer ").encode()
        if self.api_key and not hmac.compare_digest(given, self.api_key.encode()):
            raise errors.wrong_key()

    async def read_json(self, request: Request) -> dict:
        """请求体；太大、不是 JSON、不是对象都是调用者的错。"""
        body = bytearray()
        async for block in request.stream():
            body += block
            if len(body) > LARGEST_BODY:
                raise ApiError(413, "body_too_large", f"请求体超过 {LARGEST_BODY // 2**20} MB")
        try:
            parsed = json.loads(bytes(body))
            if b"\\ud" in body.lower():  # 不成对的代理字符是合法的 JSON，但不是文字，编不成 UTF-8
                json.dumps(parsed, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise errors.bad_json(error) from None
        if not isinstance(parsed, dict):
            raise ApiError(400, "invalid_json", f"请求体应当是 JSON 对象，收到 {type(parsed).__name__}")
        return parsed

    async def chat(self, request: Request) -> Response:
        body = self.prepare(await self.read_json(request))
        schema = tool_choice.wanted_schema(body)
        tools = tool_choice.callable_tools(body, schema)
        if schema is None and not tools:
            return await self.forward(request, CHAT, body)
        await self.check_schemas(request, tools, schema)
        constrained = tool_choice.constrain(body, tools, schema)
        if not tools:
            return await self.forward(request, CHAT, constrained)
        answer = tool_choice.unpack(await attended(request, self.collect(CHAT, constrained)))
        if not body.get("stream"):
            return JSONResponse(answer)
        with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        return event_stream(streams.write_chunks(streams.as_chunks(answer, with_usage)))

    async def check_schemas(self, request: Request, tools: list[dict], schema: dict | None) -> None:
        """文法不合时 llama.cpp 只是不约束，不报错；让它按自己的办法先读一遍 schema，不合就是 400。"""
        for found in [*map(grammar.parameters_of, tools), *([schema] if schema is not None else [])]:
            wanted = {"type": "json_schema", "json_schema": {"schema": found}}
            question = {"messages": [{"role": "user", "content": ""}], "response_format": wanted}
            await self.ask(request, "/apply-template", question)

    def prepare(self, body: dict) -> dict:
        """检查请求，补上默认的 max_tokens；`parallel_tool_calls: false` 变成停止串。"""
        body = self.with_defaults(body)
        checks.check_chat(body)
        body["tools"] = [tool_choice.complete_tool(tool) for tool in body.get("tools") or []]
        if body["tools"] and body.get("parallel_tool_calls") is False:
            stop = body.get("stop") or []
            body["stop"] = [*([stop] if isinstance(stop, str) else stop), grammar.CLOSE]
        return body

    def with_defaults(self, body: dict) -> dict:
        """模型名要认识；没有说写多长，就有个上限。"""
        model = body.get("model", self.engine.config.name)
        if model not in self.chat_models:
            raise errors.unknown_model(model, self.known_models())
        body = {**body, "model": model}
        if model != self.engine.config.name:
            body["lora"] = [{"id": 0, "scale": 0.0}]
        if body.get("max_tokens") is None and body.get("max_completion_tokens") is None:
            body["max_tokens"] = DEFAULT_TOKENS
        return body

    async def ask(self, request: Request, path: str, body: dict) -> dict:
        """问引擎，等完整的回答。"""
        response = await attended(request, self.client.post(path, json=body))
        return self.checked(response.status_code, response.content)

    def checked(self, status: int, content: bytes) -> dict:
        answer = json.loads(content or b"{}")
        if status != 200:
            raise errors.from_upstream(status, answer)
        return answer

    async def collect(self, path: str, body: dict) -> dict:
        """一个完整的回答。也向引擎要流式的，再拼起来：llama.cpp 往外写的时候才发现对方走了，不流式就一直算完。"""
        body = {**body, "stream": True, "stream_options": {"include_usage": True}}
        async with self.client.stream("POST", path, json=body) as upstream:
            if upstream.status_code != 200:
                self.checked(upstream.status_code, await upstream.aread())
            chunks = [chunk async for chunk in streams.read_chunks(upstream.aiter_bytes())]
        return streams.merge(chunks, "chat.completion" if path == CHAT else "text_completion")

    async def forward(self, request: Request, path: str, body: dict) -> Response:
        """转给引擎；要流式就一块一块地转。"""
        if not body.get("stream") and body.get("tools") and body.get("logprobs"):  # 流式时 llama.cpp 不给
            return JSONResponse(await self.ask(request, path, body))
        if not body.get("stream"):
            return JSONResponse(await attended(request, self.collect(path, body)))
        asking = self.client.send(self.client.build_request("POST", path, json=body), stream=True)
        upstream = await attended(request, asking)
        if upstream.status_code != 200:
            content = await upstream.aread()
            await upstream.aclose()
            self.checked(upstream.status_code, content)
        return event_stream(self.relay(upstream))

    async def relay(self, upstream: httpx.Response):
        """逐块转；客户端断开时 Starlette 取消这个生成器，关掉上游，llama.cpp 随之停下。"""
        self.lifetime.busy += 1
        try:
            async for block in upstream.aiter_bytes():
                yield block
        finally:
            self.lifetime.busy -= 1
            with contextlib.suppress(Exception):
                await upstream.aclose()

    async def complete(self, request: Request) -> Response:
        return await self.forward(request, "/v1/completions", self.with_defaults(await self.read_json(request)))

    async def passed(self, request: Request) -> Response:
        return JSONResponse(await self.ask(request, request.url.path, await self.read_json(request)))

    async def embed(self, request: Request) -> Response:
        body = await self.read_json(request)
        if (model := body.get("model", self.embedding_name)) != self.embedding_name:
            raise errors.unknown_model(model, self.known_models())
        texts = embeddings.texts_of(body)
        if self.embedder and body.get("dimensions") not in (None, self.embedder.model.dim):
            raise ApiError(
                400, "invalid_input", f"dimensions 收到 {body['dimensions']}；这个模型只有 {self.embedder.model.dim} 维"
            )
        if self.embedder is None:  # 没有 E5 的平台：llama.cpp 给对话模型的平均池化
            return JSONResponse({**await self.ask(request, "/v1/embeddings", {**body, "input": texts}), "model": model})
        vectors, tokens = await attended(request, self.embed_in_batches(texts))
        return JSONResponse(embeddings.reply(body, model, vectors, tokens))

    async def embed_in_batches(self, texts: list[str]) -> tuple[np.ndarray, int]:
        """先全部检查，再一小批一小批地算：几个客户端轮流，走掉的客户端只白算一小批。"""
        parts = await run_in_threadpool(self.embedder.split, texts)
        starts = range(0, len(parts), embeddings.BATCH)
        done = [await run_in_threadpool(self.embedder.encode, parts[i : i + embeddings.BATCH]) for i in starts]
        return np.concatenate(done), sum(part.tokens for part in parts)

    async def models(self, request: Request) -> Response:
        data = [{"id": name, "object": "model", "owned_by": "llm-learning-book"} for name in self.known_models()]
        return JSONResponse({"object": "list", "data": data})

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok", "instance": self.instance})

    async def lease(self, request: Request) -> Response:
        return StreamingResponse(self.lifetime.lease(left(request)), media_type="text/plain")

    async def shutdown(self, request: Request) -> Response:
        self.shut_down()
        return JSONResponse({"status": "stopping"})


def event_stream(blocks) -> StreamingResponse:
    return StreamingResponse(blocks, media_type="text/event-stream")


async def attended(request: Request, work):
    """等 work 的结果；客户端先走了就取消它，不让引擎白算。"""
    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def left(request: Request) -> None:
    """等到客户端断开。"""
    while (await request.receive())["type"] != "http.disconnect":
        pass
