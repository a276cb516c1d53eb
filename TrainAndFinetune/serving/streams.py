"""流式的回答（server-sent events）：读成一块一块的 JSON、拼成完整的回答、把完整的回答拆成块。

教什么：流式接口在网络上的样子——一块一行 `data: {json}`，空行隔开，最后是 `data: [DONE]`；每块只有新增的部分（delta）。
不教什么：谁在什么时候用（`gateway.py`）。
对应笔记：`2_serve.md`。
"""

import json
from collections.abc import AsyncIterator, Iterator

from TrainAndFinetune.serving import errors

MARK, LAST = b"data: ", b"[DONE]"


async def read_chunks(blocks: AsyncIterator[bytes]) -> AsyncIterator[dict]:
    """字节流 -> 一块一块的 JSON；引擎中途出错就抛 ApiError。

    只在换行符处断开：str.splitlines 还会在 U+2028 处断，而 JSON 的字符串里可以有它。
    """
    rest = b""
    async for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            data = line.removeprefix(MARK).strip()
            if line.startswith(MARK) and data != LAST:
                chunk = json.loads(data)
                if "error" in chunk:
                    raise errors.from_upstream(chunk["error"].get("code", 500), chunk)
                yield chunk


def merge(chunks: list[dict], kind: str = "chat.completion") -> dict:
    """一串块 -> 完整的回答；同一个 index 的文字、工具参数、对数概率依次接起来。"""
    whole, choices = {}, {}
    for chunk in chunks:
        whole |= {key: value for key, value in chunk.items() if key not in ("choices", "object")}
        for new in chunk["choices"]:
            add(choices.setdefault(new["index"], {"index": new["index"], "finish_reason": None}), new)
    for choice in choices.values():
        if "message" in choice and choice["message"].get("tool_calls") and not choice["message"]["content"]:
            choice["message"]["content"] = None
    return {**whole, "object": kind, "choices": [choices[index] for index in sorted(choices)]}


def add(choice: dict, new: dict) -> None:
    """把一块里的新增部分加进 choice。"""
    choice["finish_reason"] = new.get("finish_reason") or choice["finish_reason"]
    if new.get("logprobs"):
        choice.setdefault("logprobs", {"content": []})["content"] += new["logprobs"]["content"]
    if "text" in new:  # /v1/completions
        choice["text"] = choice.get("text", "") + new["text"]
        return
    message = choice.setdefault("message", {"role": "assistant", "content": ""})
    message["content"] += new["delta"].get("content") or ""
    for part in new["delta"].get("tool_calls") or ():
        calls = message.setdefault("tool_calls", [])
        while len(calls) <= part["index"]:
            calls.append({"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
        call, function = calls[part["index"]], part.get("function") or {}
        call["id"] = part.get("id") or call["id"]
        call["function"]["name"] += function.get("name") or ""
        call["function"]["arguments"] += function.get("arguments") or ""


def as_chunks(response: dict, with_usage: bool) -> list[dict]:
    """一个完整的回答拆成流式的块：先是内容，再是结束的原因，最后（要的话）是用量。"""
    head = {key: response[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    chunks = []
    for choice in response["choices"]:
        message, index = choice["message"], choice["index"]
        calls = [{"index": i, **call} for i, call in enumerate(message.get("tool_calls") or [])]
        delta = {"role": "assistant", "content": message.get("content")} | ({"tool_calls": calls} if calls else {})
        chunks.append({**head, "choices": [{"index": index, "delta": delta, "finish_reason": None}]})
        end = {"index": index, "delta": {}, "finish_reason": choice["finish_reason"]}
        chunks.append({**head, "choices": [end]})
    return chunks + ([{**head, "choices": [], "usage": response["usage"]}] if with_usage else [])


def write_chunks(chunks: list[dict]) -> Iterator[str]:
    """块 -> 网络上的文字。"""
    for chunk in chunks:
        yield f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"
    yield "data: [DONE]\n\n"
