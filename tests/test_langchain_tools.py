"""第 3 章第 5 篇：schema、两次请求、每个调用都有结果、错误也是结果、注入、审批、MCP。"""

import asyncio
import doctest
import importlib
import json
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware, PIIMiddleware, ToolCallLimitMiddleware
from langchain.messages import AIMessage, ToolMessage
from langchain.tools import ToolRuntime, tool
from langchain_core.messages import convert_to_messages
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore
from langgraph.types import Command

from LangChain import mcp_tools, tool_faults, tool_loop
from LangChain.history import broken_pairs
from LangChain.mcp_weather import make_server
from LangChain.recorder import Recorder, message_reply
from LangChain.tool_loop import execute, run_tools, schema_of
from TrainAndFinetune import prompts

lab = importlib.import_module("LangChain.5_tools")
pytestmark = [
    pytest.mark.filterwarnings("error::DeprecationWarning"),
    pytest.mark.filterwarnings("error::langchain_core._api.LangChainDeprecationWarning"),
]
few = settings(max_examples=25, deadline=None)


def weather(city: str, days: int = 1) -> str:
    """查询天气。"""
    return f"{city}{days}"


def route(way: Literal["口服", "外用"], weight: float, fasting: bool = False) -> str:
    """怎么用。"""
    return way


def scripted(recorder):
    return ChatOpenAI(model="m", base_url=recorder.base_url, api_key="not-needed", max_retries=0)


def calling(*calls):
    return message_reply(calls=[{"name": name, "arguments": arguments} for name, arguments in calls])


def call(name, arguments, i="c1"):
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {"id": i, "type": "function", "function": {"name": name, "arguments": text}}


def sent(recorder, n=-1):
    return recorder.exchanges[n].request


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(tool_loop).failed == 0


def test_the_system_prompt_is_the_one_of_the_contract():
    assert lab.CHAT_SYSTEM == prompts.CHAT_SYSTEM


@pytest.mark.parametrize("function", [weather, route])
def test_our_schema_is_what_the_framework_sends(function):
    assert schema_of(function) == convert_to_openai_tool(tool(function))


SCRIPTS = {
    "不用工具": [message_reply("好")],
    "一次": [calling(("weather", {"city": "北京"})), message_reply("好")],
    "两个调用": [calling(("weather", {"city": "北京"}), ("weather", {"city": "上海", "days": 2})), message_reply("好")],
    "三轮": [calling(("weather", {"city": c})) for c in "甲乙丙"] + [message_reply("好")],
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_plain_loop_and_create_agent_send_the_same_messages(name):
    with Recorder(SCRIPTS[name]) as framework:
        create_agent(scripted(framework), [weather]).invoke({"messages": "天气？"})
    with Recorder(SCRIPTS[name]) as plain:
        ask = tool_faults.asker(plain.base_url)
        run_tools(ask, [{"role": "user", "content": "天气？"}], {"weather": weather}, most=9)
    assert len(framework.exchanges) == len(plain.exchanges)
    for ours, theirs in zip(plain.exchanges, framework.exchanges):
        same = [{**m, "content": m.get("content") or None} for m in ours.request["messages"]]
        assert same == theirs.request["messages"]


@few
@given(
    st.sampled_from(["weather", "wether", ""]),
    st.text(max_size=12) | st.dictionaries(st.text(max_size=4), st.integers()).map(json.dumps),
)
def test_whatever_the_model_writes_there_is_one_answer_to_this_call(name, arguments):
    got = execute(call(name, arguments, "c9"), {"weather": weather})
    assert (got["role"], got["tool_call_id"]) == ("tool", "c9")
    assert isinstance(got["content"], str)


@few
@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.integers(1, 6))
def test_the_history_is_always_paired_and_the_limit_always_holds(plan, most):
    asked = []

    def ask(history):
        count = plan[min(len(asked), len(plan) - 1)]
        asked.append(count)
        calls = [call("weather", '{"city": "北' if k == 2 else {"city": "北京"}, f"c{k}") for k in range(count)]
        return {"role": "assistant", "content": "好", **({"tool_calls": calls} if calls else {})}

    history = run_tools(ask, [{"role": "user", "content": "问"}], {"weather": weather}, most)
    assert len(asked) <= most
    assert broken_pairs(convert_to_messages(history)) == []
    for message in history:
        for one in message.get("tool_calls") or ():
            assert isinstance(json.loads(one["function"]["arguments"]), dict)  # 断掉的参数不发回去


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"way": "静脉", "weight": 1.0}, "口服、外用"),
        ({"way": "口服", "weight": "重"}, "float"),
        ({"way": "口服", "weight": True}, "float"),
        ({"way": "口服", "weight": 1, "fasting": 1}, "bool"),
        ({"way": "口服"}, "weight"),
        ({"way": "口服", "weight": 1, "color": "白"}, "color"),
        ([1], "对象"),
    ],
)
def test_arguments_are_checked_before_the_tool_runs(arguments, part):
    content = execute(call("route", arguments), {"route": route})["content"]
    assert content.startswith("错误：")
    assert part in content


def test_answering_only_the_first_call_leaves_a_broken_history():
    calls = [{"name": "weather", "args": {}, "id": i} for i in ("a", "b")]
    assert broken_pairs([AIMessage("", tool_calls=calls), ToolMessage("晴", tool_call_id="a")]) == ["调用 b 没有结果"]


def test_an_artifact_stays_in_the_program():
    @tool(response_format="content_and_artifact")
    def search(query: str) -> tuple[str, list[int]]:
        """查。"""
        return "3 条", [1, 2, 3]

    with Recorder([calling(("search", {"query": "药"})), message_reply("好")]) as recorder:
        result = create_agent(scripted(recorder), [search]).invoke({"messages": "查"})
    assert result["messages"][2].artifact == [1, 2, 3]
    assert sent(recorder)["messages"][-1] == {"role": "tool", "content": "3 条", "tool_call_id": "call_0"}


def test_a_forged_runtime_does_not_reach_the_tool():
    seen = []

    @tool
    def allergies(runtime: ToolRuntime[dict]) -> str:
        """查当前用户的过敏史。"""
        seen.append((runtime.context["user"], runtime.tool_call_id, len(runtime.state["messages"])))
        return runtime.store.get((runtime.context["user"],), "allergy").value["text"]

    store = InMemoryStore()
    store.put(("甲",), "allergy", {"text": "青霉素"})
    forged = {"runtime": {"context": {"user": "乙"}}}
    with Recorder([calling(("allergies", forged)), message_reply("好")]) as recorder:
        agent = create_agent(scripted(recorder), [allergies], store=store, context_schema=dict)
        agent.invoke({"messages": "我对什么过敏？"}, context={"user": "甲"})
    assert seen == [("甲", "call_0", 2)]
    assert sent(recorder, 0)["tools"][0]["function"]["parameters"] == {"properties": {}, "type": "object"}
    assert sent(recorder)["messages"][-1]["content"] == "青霉素"


def reviewed(decision):
    """一次要审批的发送；返回 (真的发了什么, 模型看到的结果)。"""
    done = []

    @tool
    def send(to: str) -> str:
        """发消息。"""
        done.append(to)
        return "发了"

    review = HumanInTheLoopMiddleware(interrupt_on={"send": {"allowed_decisions": ["approve", "edit", "reject"]}})
    with Recorder([calling(("send", {"to": "甲"})), message_reply("好")]) as recorder:
        agent = create_agent(scripted(recorder), [send], middleware=[review], checkpointer=InMemorySaver())
        thread = {"configurable": {"thread_id": "1"}}
        stopped = agent.invoke({"messages": "发"}, thread)
        assert done == []
        assert stopped["__interrupt__"][0].value["action_requests"][0]["args"] == {"to": "甲"}
        agent.invoke(Command(resume={"decisions": [decision]}), thread)
        return done, sent(recorder)["messages"][-1]["content"]


def test_nothing_runs_before_a_human_decides():
    assert reviewed({"type": "approve"}) == (["甲"], "发了")
    done, seen = reviewed({"type": "reject", "message": "不行"})
    assert done == []
    assert "不行" in seen
    edited = {"name": "send", "args": {"to": "乙"}}
    assert reviewed({"type": "edit", "edited_action": edited})[0] == ["乙"]


def test_a_tool_call_limit_answers_every_call_it_refuses():
    limit = ToolCallLimitMiddleware(run_limit=1)
    with Recorder([calling(("weather", {"city": "甲"}), ("weather", {"city": "乙"})), message_reply("好")]) as recorder:
        result = create_agent(scripted(recorder), [weather], middleware=[limit]).invoke({"messages": "问"})
    assert broken_pairs(result["messages"]) == []
    assert [m.status for m in result["messages"] if isinstance(m, ToolMessage)].count("error") == 1


@pytest.mark.parametrize(("pattern", "leaks"), [(r"1[3-9]\d{9}", True), (r"(?<!\d)1[3-9]\d{9}(?!\d)", False)])
def test_a_pattern_without_edges_leaks_a_part_of_the_identity_number(pattern, leaks):
    rules = [PIIMiddleware("phone", detector=pattern), PIIMiddleware("id", detector=r"(?<!\d)\d{17}[\dX]")]
    with Recorder([message_reply("好")]) as recorder:
        create_agent(scripted(recorder), [], middleware=rules).invoke(
            {"messages": "手机13812345678，证11010519491231002X"}
        )
    text = sent(recorder)["messages"][0]["content"]
    assert "13812345678" not in text
    assert ("110105" in text) == leaks


def test_the_recorded_outcomes_are_reproduced():
    from book import repository_root

    recorded = json.loads((repository_root() / "LangChain/results/5_tools_offline.json").read_text(encoding="utf-8"))
    assert lab.measure_faults() == recorded["metrics"]["faults"]


def test_the_default_agent_has_no_limit_of_its_own():
    with Recorder([message_reply("好")]) as recorder:
        agent = create_agent(scripted(recorder), [weather])
    assert agent.config["recursion_limit"] == 9_999


def test_mcp_tools_become_langchain_tools():
    async def use():
        async with mcp_tools.mcp_tools(make_server()) as tools:
            found = {one.name: one for one in tools}
            good = await found["weather"].ainvoke({"city": "北京", "days": 2})
            bad = await found["weather"].ainvoke({"city": "北京", "days": 30})
            missing = await found["weather"].ainvoke({"days": 2})
            with Recorder([calling(("weather", {"city": "北京"})), message_reply("好")]) as recorder:
                await create_agent(scripted(recorder), tools).ainvoke({"messages": "天气？"})
                return good, bad, missing, sent(recorder)

    good, bad, missing, request = asyncio.run(use())
    assert good == "北京2 天都是多云"
    assert bad.startswith("错误：")
    assert "1 到 7" in bad
    assert missing.startswith("错误：")
    assert request["messages"][-1]["content"] == "北京1 天都是多云"
    assert request["tools"][0]["function"]["parameters"]["required"] == ["city"]


def test_an_mcp_server_in_its_own_process_answers_the_same():
    names, answer = asyncio.run(mcp_tools.call_once(mcp_tools.WEATHER, "weather", {"city": "北京", "days": 2}))
    assert (names, answer) == (["weather", "cities"], "北京2 天都是多云")


def test_grading_counts_the_tool_and_the_arguments():
    task = lab.TASKS[1]

    def reply(name, arguments):
        return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": "1"}])

    right = {"city": "杭州", "day": "后天"}
    assert lab.grade(task, reply("get_weather", right)) == {"called": True, "tool": True, "arguments": True}
    assert lab.grade(task, reply("get_weather", {"city": "杭州"}))["arguments"] is False
    assert lab.grade(task, reply("multiply", right))["tool"] is False
    assert lab.grade(lab.TASKS[-1], AIMessage("我是助手"))["arguments"] is True
    assert lab.grade(lab.TASKS[-1], reply("multiply", {}))["called"] is True


def test_the_script_runs_against_the_real_server(local_endpoint, tmp_path):
    result = lab.main(["--smoke", "--out", str(tmp_path)])
    assert [(row["choice"], row["questions"]) for row in result["choices"]] == [("auto", 1), ("any", 1)]
    assert result["faults"][0]["guarded"] == "到上限停下"


def test_the_server_of_the_chapter_smokes(capsys, tmp_path):
    server = importlib.import_module("LangChain.mcp_weather")
    assert server.main(["--smoke", "--out", str(tmp_path)])["tools"] == 2
