"""第 3 章第 8 篇：链怎样流、怎样断；手写的图与 LangGraph 相同；反例确实坏。"""

import asyncio
import doctest
import importlib
import operator
from typing import Annotated, TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import (
    RunnableBranch,
    RunnableGenerator,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
)
from langgraph.errors import GraphRecursionError, InvalidUpdateError

from LangChain import chain_damage, graphs
from LangChain.chain_damage import BAD, GOOD, Scripted, Speaker, without_stops
from LangChain.graphs import MOST, STOP, State, compile_graph, first_messages, problem_of, repair_graph, run_graph
from LangChain.recorder import Recorder, stream_reply

lab = importlib.import_module("LangChain.8_LCEL")
pytestmark = [
    pytest.mark.filterwarnings("error::DeprecationWarning"),
    pytest.mark.filterwarnings("error::langchain_core._api.LangChainDeprecationWarning"),
]
many = settings(max_examples=25, deadline=None)
replies = st.lists(st.sampled_from([GOOD, *BAD]) | st.text(max_size=5), min_size=MOST, max_size=MOST)


def says(pieces):
    """说这几片的假模型。"""

    def speak(questions):
        for _ in questions:
            pass
        yield from pieces

    return RunnableGenerator(speak)


def test_the_examples_in_the_docstrings_hold():
    for module in (graphs, chain_damage):
        assert doctest.testmod(module).failed == 0


@many
@given(st.lists(st.text("药。量", max_size=3), min_size=1, max_size=5))
def test_the_pieces_of_a_stream_add_up_to_the_invoked_result(pieces):
    model = says(pieces)
    for chain in (
        model,
        model | without_stops,
        model | str.strip,
        model | StrOutputParser(),
        model | {"text": RunnablePassthrough(), "length": len},
        RunnableParallel(q=RunnablePassthrough(), a=model),
        RunnableLambda(lambda question: model),
    ):
        got = list(chain.stream("问"))
        total = got[0]
        for piece in got[1:]:
            total = total + piece
        assert total == chain.invoke("问")


def test_how_many_pieces_each_ending_lets_through():
    rows = {row["ending"]: (row["seen"], row["before_first"]) for row in chain_damage.measure_endings()}
    total = len(chain_damage.PIECES)
    blocked = {"model | 普通的函数", "model | RunnableBranch(...)", "函数里 model.invoke(...)"}
    assert {name for name, row in rows.items() if row == (1, total)} == blocked
    assert rows["model | {answer, length}"] == (total + 1, 1)
    assert all(rows[name] == (total, 1) for name in rows.keys() - blocked - {"model | {answer, length}"})


def test_leaving_a_synchronous_chain_still_pays_for_everything():
    rows = {row["way"]: row["spoken"] for row in chain_damage.measure_leaving(2)}
    assert rows["链，stream"] == len(chain_damage.PIECES)
    assert {spoken for way, spoken in rows.items() if way != "链，stream"} == {2}


def test_branches_share_one_input_object():
    assert [row["lost"] for row in chain_damage.measure_sharing(5)] == [5, 0]
    value = {"a": 1}
    seen = RunnableParallel(x=RunnablePassthrough(), y=RunnablePassthrough()).invoke(value)
    assert seen["x"] is seen["y"] is value


def test_a_synchronous_generator_function_cannot_be_streamed_asynchronously():
    async def first(chain):
        return await anext(aiter(chain.astream("问")))

    with pytest.raises(NotImplementedError):
        asyncio.run(first(RunnableLambda(str) | without_stops))

    async def also_asynchronous(pieces):
        async for piece in pieces:
            yield piece

    chain = RunnableLambda(str) | RunnableGenerator(without_stops, also_asynchronous)
    assert asyncio.run(first(chain)) == "问"


@pytest.mark.parametrize(("left", "right"), [(len, str), ({"a": len}, str), ({"a": len}, {"b": str})])
def test_two_sides_that_are_not_runnables_do_not_compose(left, right):
    if isinstance(left, dict) and isinstance(right, dict):
        assert isinstance(left | right, dict)  # Python 的合并字典：悄悄做了另一件事
    else:
        with pytest.raises(TypeError):
            left | right


@many
@given(st.lists(st.sampled_from(["这个药怎么吃", "看眼睛", "药房在哪"]), min_size=1, max_size=5))
def test_each_input_of_a_batch_takes_its_own_route(questions):
    drug, visit = RunnableLambda(lambda q: ("药", q)), RunnableLambda(lambda q: ("号", q))
    by_function = RunnableLambda(lambda question: drug if "药" in question else visit)
    by_branch = RunnableBranch((lambda question: "药" in question, drug), visit)
    wanted = [("药" if "药" in question else "号", question) for question in questions]
    assert by_function.batch(questions) == by_branch.batch(questions) == wanted


def test_two_models_in_one_chain_are_two_requests_in_order():
    from langchain_openai import ChatOpenAI

    with Recorder([stream_reply(["改", "写"]), stream_reply(["答"])]) as recorder:
        model = ChatOpenAI(model="m", base_url=recorder.base_url, api_key="not-needed", max_retries=0)
        chain = model | StrOutputParser() | model | StrOutputParser()
        assert "".join(chain.stream("问")) == "答"
    assert [exchange.request["messages"][0]["content"] for exchange in recorder.exchanges] == ["问", "改写"]
    assert [exchange.request["stream"] for exchange in recorder.exchanges] == [True, True]


@many
@given(replies)
def test_the_graph_by_hand_and_langgraph_ask_and_end_the_same(lines):
    ours, theirs = Scripted(lines), Scripted(lines)
    start = {"messages": first_messages("张三今年 25 岁。")}
    mine = run_graph(*repair_graph(ours), "write", start)
    framework = compile_graph(*repair_graph(theirs), "write", State).invoke(start)
    assert mine == framework
    assert ours.asked == theirs.asked
    assert len(start["messages"]) == 2  # 没有改动传进来的


@many
@given(replies)
def test_the_repair_always_stops_good_or_after_the_last_try(lines):
    model = Scripted(lines)
    final = run_graph(*repair_graph(model), "write", {"messages": first_messages("张三。")})
    assert final["tries"] == len(model.asked) <= MOST
    assert final["problem"] == problem_of(final["draft"])
    assert final["problem"] == "" or final["tries"] == MOST
    assert all(problem_of(line) for line in lines[: final["tries"] - 1])
    for earlier, later in zip(model.asked, model.asked[1:]):
        assert later[: len(earlier)] == earlier  # 每次都带着前面的全部
        assert [message.type for message in later[len(earlier) :]] == ["ai", "human"]


def test_a_graph_that_goes_round_forever_is_reported_by_both():
    nodes, edges = {"write": lambda state: {"tries": state["tries"] + 1}}, {"write": lambda state: "write"}
    with pytest.raises(RuntimeError, match="走了 6 步"):
        run_graph(nodes, edges, "write", {"tries": 0}, limit=6)
    with pytest.raises(GraphRecursionError):
        compile_graph(nodes, edges, "write", State).invoke({"tries": 0}, {"recursion_limit": 6})


def test_a_misspelled_key_disappears_in_langgraph_and_stays_by_hand():
    nodes, edges = {"write": lambda state: {"darft": "好"}}, {"write": STOP}
    assert compile_graph(nodes, edges, "write", State).invoke({"tries": 0}) == {"tries": 0}
    assert run_graph(nodes, edges, "write", {"tries": 0}) == {"tries": 0, "darft": "好"}


def test_parallel_nodes_need_a_rule_for_merging():
    from langgraph.graph import START, StateGraph

    def fan(schema):
        graph = StateGraph(schema)
        for name in "ab":
            graph.add_node(name, lambda state, name=name: {"found": [name]})
            graph.add_edge(START, name)
        return graph.compile()

    class Plain(TypedDict):
        found: list

    class Joined(TypedDict):
        found: Annotated[list, operator.add]

    with pytest.raises(InvalidUpdateError):
        fan(Plain).invoke({"found": []})
    assert fan(Joined).invoke({"found": []}) == {"found": ["a", "b"]}


@pytest.mark.parametrize(
    ("draft", "problem"),
    [
        (GOOD, ""),
        ('{"name": null, "age": null}', ""),
        ("[]", "键应当"),
        ('{"name": "张三"}', "键应当"),
        ('{"name": 3, "age": 2}', "name"),
        ('{"name": "张三", "age": true}', "age"),
        ("没有 JSON", "不是 JSON"),
    ],
)
def test_what_is_wrong_with_a_draft(draft, problem):
    assert problem_of(draft).startswith(problem)
    assert bool(problem_of(draft)) == bool(problem)


def test_the_loop_is_worth_what_the_note_says():
    chain, hand, framework = chain_damage.measure_loop(0, 30)
    assert hand | {"way": ""} == framework | {"way": ""}
    assert chain["asked"] == 30
    assert chain["good"] < hand["good"] <= 30
    assert 30 < hand["asked"] <= 30 * MOST


def test_keywords_miss_and_catch_what_the_note_says():
    wrong = [question for question, route in lab.QUESTIONS if lab.by_keyword(question) != route]
    assert len(wrong) == 8
    assert {"科比是哪一年退役的？", "山药炖排骨怎么做？"} <= set(wrong)


def test_speakers_count_what_they_said():
    speaker = Speaker()
    assert "".join(speaker.runnable.stream("问")) == "".join(chain_damage.PIECES)
    assert speaker.spoken == len(chain_damage.PIECES)
    assert isinstance(Scripted(["好"]).invoke([]), AIMessage)


def test_the_script_runs_against_the_real_server(local_endpoint, tmp_path):
    result = lab.main(["--smoke", "--out", str(tmp_path)])
    assert [row["questions"] for row in result["routing"]] == [2, 2, 2]


def test_the_offline_half_needs_no_endpoint(monkeypatch, tmp_path):
    monkeypatch.setattr(lab, "connect", lambda: pytest.fail("不该要模型"))
    assert "routing" not in lab.main(["--offline", "--smoke", "--out", str(tmp_path)])


def test_prompts_are_the_strings_of_the_contract():
    from TrainAndFinetune import prompts

    assert graphs.EXTRACT_SYSTEM == prompts.EXTRACT_SYSTEM
    assert importlib.import_module("LangChain.3_Runnable").PROMPT.messages[0].prompt.template == prompts.CHAT_SYSTEM
