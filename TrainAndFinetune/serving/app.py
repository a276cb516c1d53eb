"""外层的 HTTP 服务（Starlette）：路由表，和每个路由的外壳——核对密钥、记着有请求在算、错误变成 OpenAI 的格式。

教什么：为什么要看 Host 头；哪些异常变成哪种错误。请求与回答的正文从不写进日志。
不教什么：各个路由做什么（`gateway.py`）。
对应笔记：`2_serve.md`。
"""

import asyncio
import contextlib

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from TrainAndFinetune.serving.errors import ApiError
from TrainAndFinetune.serving.gateway import CHAT, Gateway

PASSED = ("/tokenize", "/detokenize", "/apply-template")  # 原样转给 llama.cpp


def guarded(gateway: Gateway, handler, counted: bool = True):
    """每个路由的外壳：核对密钥，记着有请求在算，错误变成 OpenAI 的格式。"""

    async def endpoint(request: Request) -> Response:
        gateway.lifetime.busy += counted
        try:
            gateway.check_caller(request)
            return await handler(request)
        except ApiError as error:
            return error.response()
        except ClientDisconnect:
            return Response(status_code=499)
        except httpx.HTTPError as error:
            return ApiError(502, "engine_down", f"推理引擎没有回答（{type(error).__name__}）；重新启动服务").response()
        finally:
            gateway.lifetime.busy -= counted
            gateway.lifetime.touch()

    return endpoint


def build_app(gateway: Gateway, hosts: list[str]) -> Starlette:
    """路由表。`hosts` 之外的 Host 头一律拒绝：网页可以让域名指到 127.0.0.1，借浏览器来打本机的服务。"""
    routes = [
        Route("/health", gateway.health),
        Route("/v1/models", guarded(gateway, gateway.models)),
        Route(CHAT, guarded(gateway, gateway.chat), methods=["POST"]),
        Route("/v1/completions", guarded(gateway, gateway.complete), methods=["POST"]),
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

    known = {route.path for route in routes}

    async def missing(request: Request, error) -> Response:
        path = request.url.path
        hint = "；OPENAI_BASE_URL 要以 /v1 结尾" if f"/v1{path}" in known else ""
        return ApiError(error.status_code, "not_found", f"没有这个地址：{request.method} {path}{hint}").response()

    async def broken(request: Request, error) -> Response:
        return ApiError(500, "server_bug", f"服务自己出错（{type(error).__name__}），记在日志里").response()

    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
        exception_handlers={404: missing, 405: missing, 500: broken},
    )
