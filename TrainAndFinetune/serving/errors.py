"""OpenAI 格式的错误：客户端库靠 HTTP 状态与 `error.code` 认出是哪一种。

教什么：哪些错误是调用者的（4xx，说清收到了什么、规则、试试什么），llama.cpp 的报错怎么换成这个格式。
对应笔记：`2_serve.md`。
"""

from starlette.responses import JSONResponse


class ApiError(Exception):
    """要回给客户端的错误。"""

    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self) -> JSONResponse:
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        body = {"error": {"message": self.message, "type": kind, "param": None, "code": self.code}}
        return JSONResponse(body, self.status)


def bad_json(error) -> ApiError:
    return ApiError(400, "invalid_json", f"请求体不是 JSON：{error}")


def wrong_key() -> ApiError:
    return ApiError(401, "invalid_api_key", "密钥不对；请求头 Authorization: Bearer 后面应当是启动服务时的密钥")


def unknown_model(name, known: list[str]) -> ApiError:
    return ApiError(404, "model_not_found", f"没有模型 {name}；这个服务有 {'、'.join(known)}")


def from_upstream(status: int, body: dict) -> ApiError:
    """llama.cpp 的错误变成我们的：提示词太长、schema 写错，都是调用者的错。"""
    error = body.get("error", {})
    message, kind = str(error.get("message", "")), error.get("type", "")
    if kind == "exceed_context_size_error":
        found, most = error.get("n_prompt_tokens"), error.get("n_ctx")
        return ApiError(400, "context_length_exceeded", f"提示词有 {found} 个词元，上限 {most}；缩短它，或少给几段资料")
    if "JSON schema" in message:
        return ApiError(400, "invalid_schema", f"schema 有错：{message.split('failed: ')[-1]}")
    return ApiError(status, kind or "upstream_error", message or "推理引擎出错")
