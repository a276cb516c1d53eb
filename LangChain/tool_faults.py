"""模型与工具会犯的错，各排成一段照脚本的回答：看一个 agent 遇到它是答完、中断，还是停不下来。

教什么：`create_agent` 默认替你挡住哪些错，挡不住的用哪个中间件。
不教什么：模型多久犯一次（`5_tools.py` 在真的模型上量）。
不是脚本，由 `5_tools.py` 与测试导入。对应笔记：`5_tools.md`「常见错误」。
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware, ToolErrorMiddleware, wrap_model_call
from langchain.messages import HumanMessage
from langchain_openai import ChatOpenAI

from LangChain.recorder import Recorder, message_reply
from LangChain.tool_loop import as_object, run_tools, schema_of

MOST = 5
QUESTION = "北京后天的天气？"
DONE = message_reply("多云。")


def weather(city: str, days: int = 1) -> str:
    """查询一个城市今后几天的天气。"""
    return f"{city}{days} 天都是多云"


def broken(city: str) -> str:
    """查询一个城市的空气质量。"""
    raise ConnectionError("空气质量的服务没有开")


@dataclass(frozen=True)
class Fault:
    """一种错：模型照脚本的回答。最后一个回答会一直重复。"""

    name: str
    replies: tuple[dict, ...]


def asking(name: str, arguments: dict | str) -> dict:
    """一次工具调用的回答；arguments 是文字时原样放进去（可以是坏的 JSON）。"""
    reply = message_reply(calls=[{"name": name, "arguments": {}}])
    function = reply["choices"][0]["message"]["tool_calls"][0]["function"]
    function["arguments"] = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return reply


FAULTS = (
    Fault("没有错", (asking("weather", {"city": "北京"}), DONE)),
    Fault("叫错工具的名字", (asking("wether", {"city": "北京"}), DONE)),
    Fault("少一个参数", (asking("weather", {"days": 2}), DONE)),
    Fault("参数的类型不对", (asking("weather", {"city": "北京", "days": "后天"}), DONE)),
    Fault("参数断在半截", (asking("weather", '{"city": "北'), DONE)),
    Fault("工具抛异常", (asking("broken", {"city": "北京"}), DONE)),
    Fault("一直要工具", (asking("weather", {"city": "北京"}),)),
)


@wrap_model_call
def ask_again(request, handler):
    """参数不是完整的 JSON：那条消息不进历史，说清楚，再问一次。"""
    response = handler(request)
    if not response.result[-1].invalid_tool_calls:
        return response
    hint = HumanMessage("工具的参数不是完整的 JSON。重新写一次，写短一点。")
    return handler(request.override(messages=[*request.messages, hint]))


def say_what_failed(error: Exception, request) -> str:
    """工具的异常 -> 给模型看的一句话。只写自己愿意让用户看到的。"""
    return f"错误：{request.tool_call['name']} 失败了，{error}"


GUARDS = (ModelCallLimitMiddleware(run_limit=MOST), ToolErrorMiddleware(say_what_failed), ask_again)


def run_framework(fault: Fault, middleware: tuple = ()) -> dict:
    """让 `create_agent` 遇到这种错；为了能停，最多 12 次请求。"""
    with Recorder(list(fault.replies)) as recorder:
        model = ChatOpenAI(model="m", base_url=recorder.base_url, api_key="not-needed", max_retries=0)
        agent = create_agent(model, [weather, broken], middleware=middleware)
        try:
            text = agent.invoke({"messages": QUESTION}, {"recursion_limit": 24})["messages"][-1].text
            outcome = "到上限停下" if text.startswith("Model call limit") else "答完" if text else "空的回答"
        except Exception as error:
            outcome = "停不下来" if "recursion" in type(error).__name__.lower() else f"中断：{type(error).__name__}"
        return summary(outcome, recorder)


def summary(outcome: str, recorder: Recorder) -> dict:
    """结局、几次请求、每次发出去的历史是不是都收得下（参数是完整的 JSON）。"""
    messages = [message for exchange in recorder.exchanges for message in exchange.request["messages"]]
    arguments = [call["function"]["arguments"] for m in messages for call in m.get("tool_calls") or ()]
    valid = all(as_object(text) == text for text in arguments)
    return {"outcome": outcome, "requests": len(recorder.exchanges), "valid": valid}


def run_ours(fault: Fault) -> dict:
    """让普通 Python 的循环遇到这种错。"""
    with Recorder(list(fault.replies)) as recorder:
        history = run_tools(asker(recorder.base_url), [{"role": "user", "content": QUESTION}], TOOLS, MOST)
        last = history[-1]
        outcome = "答完" if last["role"] == "assistant" and last["content"] else "到上限停下"
        return summary(outcome, recorder)


TOOLS = {function.__name__: function for function in (weather, broken)}


def asker(base_url: str) -> Callable[[list[dict]], dict]:
    """一次请求：历史与工具发出去，收回一条消息。"""
    schemas = [schema_of(function) for function in TOOLS.values()]

    def ask(messages: list[dict]) -> dict:
        body = {"model": "m", "messages": messages, "tools": schemas}
        return httpx.post(f"{base_url}/chat/completions", json=body, trust_env=False).json()["choices"][0]["message"]

    return ask
