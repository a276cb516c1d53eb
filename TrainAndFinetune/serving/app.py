"""外层的 HTTP 服务（Starlette）：一个地址上既有对话也有向量，补上 llama.cpp 没有做的几件事。

教什么：OpenAI 接口的对话、流式、向量、模型列表各是什么样；代理要处理的几件事——密钥、模型名、指名工具、客户端中途走掉。
不教什么：推理（`engine.py`）、向量（`embeddings.py`）。请求与回答的正文从不写进日志。
对应笔记：`2_serve.md`。
"""

import asyncio
import contextlib
import hmac
import json

import httpx
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from TrainAndFinetune.models import EMBEDDED
from TrainAndFinetune.serving import embeddings, errors, tool_choice
from TrainAndFinetune.serving.engine import MEAN_POOLING, Engine
from TrainAndFinetune.serving.errors import ApiError
from TrainAndFinetune.serving.lifetime import Lifetime

LARGEST_BODY = 8 * 2**20
DEFAULT_TOKENS = 512  # 没说 max_tokens 时：基座模型不会自己停，不能让一个请求占满整个上下文
PASSED = ("/v1/completions", "/tokenize", "/detokenize", "/apply-template")  # 原样转给 llama.cpp


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

    def check_key(self, request: Request) -> None:
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
        except ValueError as error:
            raise errors.bad_json(error) from None
        if not isinstance(parsed, dict):
            raise ApiError(400, "invalid_json", f"请求体应当是 JSON 对象，收到 {type(parsed).__name__}")
        return parsed

    async def chat(self, request: Request) -> Response:
        body = self.prepare(await self.read_json(request))
        tools = tool_choice.forced_tools(body)
        if tools is None:
            return await self.forward(request, "/v1/chat/completions", body)
        forced = tool_choice.force(body, tools)
        answer = tool_choice.unpack(await self.ask(request, "/v1/chat/completions", forced))
        if not body.get("stream"):
            return JSONResponse(answer)
        with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        lines = [
            f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n" for chunk in tool_choice.as_chunks(answer, with_usage)
        ]
        return StreamingResponse(iter([*lines, "data: [DONE]\n\n"]), media_type="text/event-stream")

    def prepare(self, body: dict) -> dict:
        """检查模型名与消息，补上默认的 max_tokens；`parallel_tool_calls: false` 变成停止串。"""
        model = body.get("model", self.engine.config.name)
        if model not in self.chat_models:
            raise errors.unknown_model(model, self.known_models())
        if not isinstance(body.get("messages"), list) or not body["messages"]:
            raise ApiError(400, "invalid_messages", "messages 应当是不空的列表")
        body = {**body, "model": model}
        if model != self.engine.config.name:
            body["lora"] = [{"id": 0, "scale": 0.0}]
        if body.get("max_tokens") is None and body.get("max_completion_tokens") is None:
            body["max_tokens"] = DEFAULT_TOKENS
        if body.get("tools") and body.get("parallel_tool_calls") is False:
            stop = body.get("stop") or []
            body["stop"] = [*([stop] if isinstance(stop, str) else stop), tool_choice.CLOSE]
        return body

    async def ask(self, request: Request, path: str, body: dict) -> dict:
        """问引擎，等完整的回答；客户端先走了就取消，不让引擎白算。"""
        asking = asyncio.ensure_future(self.client.post(path, json=body))
        leaving = asyncio.ensure_future(left(request))
        try:
            await asyncio.wait((asking, leaving), return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise ClientDisconnect
            response = asking.result()
        finally:
            asking.cancel()
            leaving.cancel()
        return self.checked(response.status_code, response.content)

    def checked(self, status: int, content: bytes) -> dict:
        answer = json.loads(content or b"{}")
        if status != 200:
            raise errors.from_upstream(status, answer)
        return answer

    async def forward(self, request: Request, path: str, body: dict) -> Response:
        """转给引擎；要流式就一块一块地转。"""
        if not body.get("stream"):
            return JSONResponse(await self.ask(request, path, body))
        upstream = await self.client.send(self.client.build_request("POST", path, json=body), stream=True)
        if upstream.status_code != 200:
            content = await upstream.aread()
            await upstream.aclose()
            self.checked(upstream.status_code, content)
        return StreamingResponse(self.relay(upstream), media_type="text/event-stream")

    async def relay(self, upstream: httpx.Response):
        """逐块转；客户端断开时 Starlette 取消这个生成器，关掉上游，llama.cpp 随之停下。"""
        self.lifetime.busy += 1
        try:
            async for block in upstream.aiter_raw():
                yield block
        finally:
            self.lifetime.busy -= 1
            with contextlib.suppress(Exception):
                await upstream.aclose()

    async def passed(self, request: Request) -> Response:
        return await self.forward(request, request.url.path, await self.read_json(request))

    async def embed(self, request: Request) -> Response:
        body = await self.read_json(request)
        if (model := body.get("model", self.embedding_name)) != self.embedding_name:
            raise errors.unknown_model(model, self.known_models())
        texts = embeddings.texts_of(body)
        if self.embedder is None:  # 没有 E5 的平台：llama.cpp 给对话模型的平均池化
            return JSONResponse({**await self.ask(request, "/v1/embeddings", {**body, "input": texts}), "model": model})
        vectors, tokens = await run_in_threadpool(self.embedder.embed, texts)
        return JSONResponse(embeddings.reply(body, model, vectors, tokens))

    async def models(self, request: Request) -> Response:
        data = [{"id": name, "object": "model", "owned_by": "llm-learning-book"} for name in self.known_models()]
        return JSONResponse({"object": "list", "data": data})

    async def health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok", "instance": self.instance})

    async def lease(self, request: Request) -> Response:
        return StreamingResponse(self.lifetime.lease(), media_type="text/plain")

    async def shutdown(self, request: Request) -> Response:
        self.shut_down()
        return JSONResponse({"status": "stopping"})


async def left(request: Request) -> None:
    """等到客户端断开。"""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def guarded(gateway: Gateway, handler, counted: bool = True):
    """每个路由的外壳：核对密钥，记着有请求在算，错误变成 OpenAI 的格式。"""

    async def endpoint(request: Request) -> Response:
        gateway.lifetime.busy += counted
        try:
            gateway.check_key(request)
            return await handler(request)
        except ApiError as error:
            return error.response()
        except ClientDisconnect:
            return Response(status_code=499)
        except httpx.HTTPError as error:
            return ApiError(502, "engine_down", f"推理引擎没有回答（{type(error).__name__}）；重新启动服务").response()
        finally:
            gateway.lifetime.busy -= counted

    return endpoint


def build_app(gateway: Gateway, hosts: list[str]) -> Starlette:
    """路由表。`hosts` 之外的 Host 头一律拒绝：网页可以让域名指到 127.0.0.1，借浏览器来打本机的服务。"""
    routes = [
        Route("/health", gateway.health),
        Route("/v1/models", guarded(gateway, gateway.models)),
        Route("/v1/chat/completions", guarded(gateway, gateway.chat), methods=["POST"]),
        Route("/v1/embeddings", guarded(gateway, gateway.embed), methods=["POST"]),
        *(Route(path, guarded(gateway, gateway.passed), methods=["POST"]) for path in PASSED),
        Route("/lease", guarded(gateway, gateway.lease, counted=False)),
        Route("/shutdown", guarded(gateway, gateway.shutdown), methods=["POST"]),
    ]

    @contextlib.asynccontextmanager
    async def lifespan(app):
        watching = asyncio.create_task(gateway.lifetime.watch())
        yield
        watching.cancel()
        await gateway.client.aclose()

    async def missing(request: Request, error) -> Response:
        return ApiError(error.status_code, "not_found", f"没有这个地址：{request.method} {request.url.path}").response()

    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
        exception_handlers={404: missing, 405: missing},
    )
