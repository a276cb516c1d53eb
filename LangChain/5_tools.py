"""工具：七种错各把 agent 怎么样；小模型选对工具、填对参数的有几题，自由地选与必须调用各多少。

教什么：`create_agent` 挡得住哪些错、挡不住的用哪个中间件；`tool_choice` 两种写法的成功率。
不教什么：审批、PII、MCP（笔记里的片段，不要模型）；几步的任务（第 7 章）。
怎么跑：
  python LangChain/5_tools.py            两核 2 分钟
  python LangChain/5_tools.py --offline  十几秒，只做不要模型的那一半
  python LangChain/5_tools.py --smoke    10 秒
对应笔记：`5_tools.md`。
"""

from dataclasses import dataclass, field
from typing import Literal

from langchain.messages import AIMessage, HumanMessage, SystemMessage
from langchain.tools import tool

from book import Parser, common_options, emit_result, run
from LangChain.models import chat_model, endpoint_errors
from LangChain.tool_faults import FAULTS, GUARDS, Fault, run_framework, run_ours
from TrainAndFinetune.endpoint import connect

CHAT_SYSTEM = "你是《LLM 学习之书》的助手，用中文简短地回答。"


@tool
def get_weather(city: str, day: Literal["今天", "明天", "后天"] = "今天") -> str:
    """查询一个城市的天气。"""
    return f"{city}{day}多云"


@tool
def find_leaflet(drug: str) -> str:
    """查找一种药的说明书。"""
    return f"{drug}：一次一片，一日两次"


@tool
def multiply(a: int, b: int) -> int:
    """算两个整数的乘积。"""
    return a * b


@tool
def set_reminder(time: str, text: str) -> str:
    """在某个时间提醒用户一件事。"""
    return f"{time} 会提醒你：{text}"


TOOLS = [get_weather, find_leaflet, multiply, set_reminder]


@dataclass(frozen=True)
class Task:
    """一道题：该用哪个工具、哪些参数；不该用工具的，name 是 None。"""

    question: str
    name: str | None = None
    arguments: dict = field(default_factory=dict)


TASKS = (
    Task("北京今天的天气怎么样？", "get_weather", {"city": "北京"}),
    Task("后天去杭州，那边会下雨吗？", "get_weather", {"city": "杭州", "day": "后天"}),
    Task("成都明天冷不冷？", "get_weather", {"city": "成都", "day": "明天"}),
    Task("帮我查一下布洛芬的说明书。", "find_leaflet", {"drug": "布洛芬"}),
    Task("阿司匹林的说明书上怎么写的？", "find_leaflet", {"drug": "阿司匹林"}),
    Task("我想看蒙脱石散的说明书", "find_leaflet", {"drug": "蒙脱石散"}),
    Task("37 乘以 24 是多少？", "multiply", {"a": 37, "b": 24}),
    Task("一盒 28 片，买 13 盒，一共多少片？算一下 28 乘 13。", "multiply", {"a": 28, "b": 13}),
    Task("125 和 64 的乘积", "multiply", {"a": 125, "b": 64}),
    Task("晚上八点提醒我吃药。", "set_reminder", {"text": "吃药"}),
    Task("明早七点提醒我量血压", "set_reminder", {"text": "量血压"}),
    Task("下午三点提醒我开会", "set_reminder", {"text": "开会"}),
    Task("你好，你是谁？"),
    Task("谢谢你！"),
    Task("用一句话介绍一下自己。"),
)
SMOKE_TASKS = TASKS[:1]


def measure_faults(faults: tuple[Fault, ...] = FAULTS) -> list[dict]:
    """每种错：默认的 create_agent，加了三个中间件的，普通 Python 的循环。"""
    rows = []
    for fault in faults:
        plain, guarded, ours = run_framework(fault), run_framework(fault, GUARDS), run_ours(fault)
        names = {"default": plain, "guarded": guarded, "ours": ours}
        row = {"fault": fault.name, **{name: result["outcome"] for name, result in names.items()}}
        rows.append(row | {f"{name}_requests": result["requests"] for name, result in names.items()})
        rows[-1]["all_valid"] = all(result["valid"] for result in names.values())
        print(f"{fault.name:10s} 默认 {row['default']}  中间件 {row['guarded']}  普通 Python {row['ours']}", flush=True)
    return rows


def grade(task: Task, reply: AIMessage) -> dict:
    """这条回答调用了没有、工具对不对、要的参数对不对。"""
    calls = reply.tool_calls
    if task.name is None:
        return {"called": bool(calls), "tool": not calls, "arguments": not calls}
    right = len(calls) == 1 and calls[0]["name"] == task.name
    given = calls[0]["args"] if right else {}
    return {"called": bool(calls), "tool": right, "arguments": right and task.arguments.items() <= given.items()}


def measure_choice(choice: str, tasks: tuple[Task, ...], max_tokens: int) -> dict:
    """固定的题、温度 0：`tool_choice` 这样写，各对几题。"""
    model = chat_model(max_tokens=max_tokens).bind_tools(TOOLS, tool_choice=choice)
    need = [task for task in tasks if task.name]
    grades = {}
    for task in tasks:
        reply = model.invoke([SystemMessage(CHAT_SYSTEM), HumanMessage(task.question)])
        grades[task.question] = grade(task, reply)
        shown = [(call["name"], call["args"]) for call in reply.tool_calls] or reply.text
        print(
            f"  {choice:8s} {'对' if grades[task.question]['arguments'] else '错'}  {task.question}  {shown}",
            flush=True,
        )
    return {
        "choice": choice,
        "questions": len(need),
        "called": sum(grades[task.question]["called"] for task in need),
        "right_tool": sum(grades[task.question]["tool"] for task in need),
        "right_arguments": sum(grades[task.question]["arguments"] for task in need),
        "no_tool_questions": len(tasks) - len(need),
        "needless_calls": sum(grades[task.question]["called"] for task in tasks if task.name is None),
    }


@endpoint_errors()
def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.add_argument("--offline", action="store_true", help="只做七种错的实验，不要模型")
    args = parser.parse_args(argv)
    print(f"题 {len(SMOKE_TASKS if args.smoke else TASKS)} 道  工具 {len(TOOLS)} 个  温度 0  设备 由端点决定")
    faults = measure_faults(FAULTS[-1:] if args.smoke else FAULTS)
    if args.offline:
        return emit_result({"faults": faults})
    endpoint = connect()
    print(f"模型 {endpoint.chat_model}")
    tasks, tokens = (SMOKE_TASKS, 20) if args.smoke else (TASKS, 64)
    choices = [measure_choice(choice, tasks, tokens) for choice in ("auto", "any")]
    return emit_result({"model": endpoint.chat_model, "faults": faults, "choices": choices})


if __name__ == "__main__":
    run(main)
