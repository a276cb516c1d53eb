"""第 3 章第 4 篇：消息在网络上的样子，片段相加，裁剪之后仍然成对。"""

import doctest
import importlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage, trim_messages
from langchain_core.messages import filter_messages, merge_message_runs, messages_from_dict, messages_to_dict
from langchain_core.messages.utils import count_tokens_approximately
from langchain_openai import ChatOpenAI

from LangChain import history
from LangChain.history import broken_pairs, estimate_tokens, history_problems, sample_history, trim_turns
from LangChain.recorder import Recorder, Reply, message_reply, stream_reply

lab = importlib.import_module("LangChain.4_messages")
pytestmark = [
    pytest.mark.filterwarnings("error::DeprecationWarning"),
    pytest.mark.filterwarnings("error::langchain_core._api.LangChainDeprecationWarning"),
]
histories = st.integers(0, 10**6).map(lambda seed: sample_history(random.Random(seed), 6))
few = settings(max_examples=15, deadline=None)  # 走网络的
many = settings(max_examples=60, deadline=None)
CALL = {"name": "weather", "args": {"city": "北京"}, "id": "c1"}


def client(recorder, **options):
    return ChatOpenAI(model="m", base_url=recorder.base_url, api_key="not-needed", max_retries=0, **options)


@pytest.fixture(scope="module")
def wire():
    """一个录音机与一个客户端，几个例子共用：建客户端比一次请求慢。"""
    with Recorder([message_reply("好")]) as recorder:
        yield recorder, client(recorder)


def streamed(wire, events):
    """流式问一次，片段加起来。"""
    recorder, model = wire
    recorder.replies = [Reply(events)]
    chunks = list(model.stream("问"))
    return sum(chunks[1:], chunks[0])


def sent(recorder):
    return recorder.exchanges[-1].request


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(history).failed == 0


def test_every_message_type_on_the_wire():
    messages = [
        SystemMessage("短"),
        HumanMessage("天气？", name="甲"),
        AIMessage("我查", tool_calls=[CALL]),
        ToolMessage("晴", tool_call_id="c1", artifact={"不发": 1}),
        AIMessage("晴。"),
    ]
    with Recorder([message_reply("好")]) as recorder:
        client(recorder).invoke(messages)
    function = {"name": "weather", "arguments": '{"city": "北京"}'}
    assert sent(recorder)["messages"] == [
        {"role": "system", "content": "短"},
        {"role": "user", "content": "天气？", "name": "甲"},
        {
            "role": "assistant",
            "content": "我查",
            "tool_calls": [{"id": "c1", "type": "function", "function": function}],
        },
        {"role": "tool", "content": "晴", "tool_call_id": "c1"},  # artifact 不发
        {"role": "assistant", "content": "晴。"},
    ]


def test_usage_and_finish_reason_come_from_the_server():
    with Recorder([message_reply("好", finish="length")]) as recorder:
        reply = client(recorder).invoke("问")
    assert (reply.usage_metadata["input_tokens"], reply.usage_metadata["output_tokens"]) == (10, 5)
    assert reply.response_metadata["finish_reason"] == "length"


def test_streaming_asks_for_usage_only_when_told_to():
    with Recorder([stream_reply(["好"])]) as recorder:
        list(client(recorder).stream("问"))
        assert "stream_options" not in sent(recorder)
        list(client(recorder, stream_usage=True).stream("问"))
        assert sent(recorder)["stream_options"] == {"include_usage": True}


@few
@given(st.lists(st.text("今天北京晴", max_size=3), min_size=1, max_size=6))
def test_pieces_add_up_to_the_message_however_the_text_is_cut(wire, pieces):
    total = streamed(wire, stream_reply(pieces))
    assert total.text == "".join(pieces)
    assert total.response_metadata["finish_reason"] == "stop"


def call_events(arguments):
    """工具的参数一小段一小段地来；编号与名字只在第一段里。"""
    common = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    events = []
    for i, piece in enumerate(arguments):
        part = {"index": 0, "function": {"arguments": piece}}
        if i == 0:
            part |= {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": piece}}
        events.append({**common, "choices": [{"index": 0, "delta": {"tool_calls": [part]}, "finish_reason": None}]})
    return [*events, {**common, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]}]


@few
@given(st.lists(st.integers(0, 15), max_size=5))
def test_the_arguments_of_a_call_add_up_however_they_are_cut(wire, cuts):
    text = '{"city": "北京"}'
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    total = streamed(wire, call_events([text[a:b] for a, b in zip(edges, edges[1:])]))
    assert [(c["id"], c["name"], c["args"]) for c in total.tool_calls] == [("c1", "weather", {"city": "北京"})]


def test_a_truncated_call_is_reported_as_invalid_and_must_not_be_sent_back():
    reply = message_reply(calls=[{"name": "weather", "arguments": {}}])
    reply["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"] = '{"city": "北'
    with Recorder([reply]) as recorder:
        answer = client(recorder).invoke("问")
        assert answer.tool_calls == []
        assert answer.invalid_tool_calls[0]["args"] == '{"city": "北'
        client(recorder).invoke([HumanMessage("问"), answer])
    call = sent(recorder)["messages"][1]["tool_calls"][0]
    assert call["function"]["arguments"] == '{"city": "北'  # 接进历史，坏的参数就又发了出去


@many
@given(histories, st.integers(1, 40))
def test_trimming_keeps_the_longest_valid_suffix(messages, limit):
    starts = [i for i, message in enumerate(messages) if isinstance(message, HumanMessage)]
    fitting = [i for i in starts if 1 + len(messages) - i <= limit]
    if not fitting:
        with pytest.raises(ValueError, match="放不下"):
            trim_turns(messages, limit, len)
        return
    kept = trim_turns(messages, limit, len)
    assert kept == [messages[0], *messages[fitting[0] :]]
    assert history_problems(kept) == []


@many
@given(histories, st.integers(20, 400))
def test_trimming_by_tokens_never_exceeds_the_limit(messages, limit):
    try:
        kept = trim_turns(messages, limit, estimate_tokens)
    except ValueError:
        return
    assert estimate_tokens(kept) <= limit
    assert history_problems(kept) == []


@many
@given(histories, st.integers(1, 40))
def test_the_careful_framework_trim_is_the_same_when_a_turn_fits(messages, limit):
    framework = lab.framework_careful(messages, limit)
    try:
        assert framework == trim_turns(messages, limit, len)
    except ValueError:
        assert framework == messages[:1]  # 只剩 system，不报错


@many
@given(histories)
def test_removing_any_call_or_result_is_noticed(messages):
    assert broken_pairs(messages) == []
    for i, message in enumerate(messages):
        if isinstance(message, ToolMessage) or getattr(message, "tool_calls", None):
            assert broken_pairs(messages[:i] + messages[i + 1 :]) != []


def test_pairs_are_local_and_ids_may_repeat():
    turn = [HumanMessage("问"), AIMessage("", tool_calls=[CALL]), ToolMessage("晴", tool_call_id="c1"), AIMessage("晴")]
    assert broken_pairs(turn + turn) == []
    late = [turn[0], turn[1], AIMessage("等等"), turn[2]]
    assert broken_pairs(late) == ["调用 c1 没有结果", "结果 c1 没有调用"]


def test_trim_messages_with_default_arguments_orphans_a_tool_result():
    messages = [
        HumanMessage("问"),
        AIMessage("", tool_calls=[CALL]),
        ToolMessage("晴", tool_call_id="c1"),
        AIMessage("晴"),
    ]
    kept = trim_messages(messages, max_tokens=2, token_counter=len)
    assert broken_pairs(kept) == ["结果 c1 没有调用"]


def test_filtering_by_type_splits_pairs_and_excluding_tool_calls_does_not():
    messages = sample_history(random.Random(1), 6)
    assert broken_pairs(filter_messages(messages, include_types=["human", "ai"])) != []
    assert broken_pairs(filter_messages(messages, exclude_tool_calls=True)) == []


def test_merging_joins_runs_of_the_same_role():
    merged = merge_message_runs([HumanMessage("上海"), HumanMessage("广州"), AIMessage("好")], chunk_separator="、")
    assert [(m.type, m.text) for m in merged] == [("human", "上海、广州"), ("ai", "好")]


@many
@given(histories)
def test_messages_survive_a_round_trip_through_dictionaries(messages):
    assert messages_from_dict(messages_to_dict(messages)) == messages


def test_the_common_estimate_gives_chinese_a_quarter_of_its_characters():
    long, short = HumanMessage("血压" * 100), HumanMessage("血压" * 50)
    assert count_tokens_approximately([long]) - count_tokens_approximately([short]) == 25  # 100 个字算 25 个词元
    assert estimate_tokens([long]) - estimate_tokens([short]) == 70


def test_the_recorded_damage_is_reproduced():
    rows = {row["way"]: row for row in lab.measure_trimming(0, 20)}
    assert rows["messages[-n:]"]["orphan"] > 0
    assert rows["trim_messages 默认"] | {"way": ""} == rows["messages[-n:]"] | {"way": ""}
    careful, ours = rows["trim_messages 从 human 开始"], rows["trim_turns"]
    assert (careful["orphan"], ours["bad"]) == (0, 0)
    assert careful["no_question"] == ours["refused"] > 0


def test_the_script_runs_against_the_real_server(local_endpoint, tmp_path):
    result = lab.main(["--smoke", "--out", str(tmp_path)])
    assert result["stream"]["same_text"]
    assert all(row["tokens"] > row["quarter"] for row in result["tokens"])  # 中文：除以 4 总是少估


def test_the_offline_half_needs_no_endpoint(monkeypatch, tmp_path):
    monkeypatch.setattr(lab, "connect", lambda: pytest.fail("不该要模型"))
    assert len(lab.main(["--offline", "--smoke", "--out", str(tmp_path)])["trimming"]) == 5
