"""第 3 章共用的部分：录音机记下的就是发出去的；端点出错时一行中文；密钥不落在任何地方。"""

import doctest
import os

import pytest
from langchain_core.messages import HumanMessage

from book import UserError
from LangChain import models, recorder
from LangChain.models import EndpointEmbeddings, chat_model, endpoint_errors
from LangChain.recorder import Recorder, Reply, message_reply, stream_reply

SECRET = "sk-please-never-show-this"
QUESTION = [HumanMessage("你好")]


@pytest.fixture
def point_at(monkeypatch):
    """把端点的变量指到一个录音机上。"""

    def point(recorder: Recorder) -> None:
        for half in ("OPENAI", "EMBEDDING"):
            monkeypatch.setenv(f"{half}_BASE_URL", recorder.base_url)
            monkeypatch.setenv(f"{half}_API_KEY", SECRET)
        monkeypatch.setenv("CHAT_MODEL", "m")
        monkeypatch.setenv("EMBEDDING_MODEL", "e")
        monkeypatch.setenv("EMBEDDING_QUERY_PREFIX", "query: ")
        monkeypatch.setenv("EMBEDDING_PASSAGE_PREFIX", "passage: ")

    return point


def test_docstring_examples_run():
    for module in (models, recorder):
        assert doctest.testmod(module).failed == 0


def test_the_request_is_what_the_options_say_and_the_key_is_not_kept(point_at):
    with Recorder([message_reply("好")]) as tape:
        point_at(tape)
        assert chat_model(max_tokens=7, stop=["。"]).invoke(QUESTION).text == "好"
    request = tape.exchanges[0].request
    assert request["messages"] == [{"content": "你好", "role": "user"}]
    assert (request["model"], request["temperature"], request["stop"]) == ("m", 0, ["。"])
    assert request["max_completion_tokens"] == 7
    assert SECRET not in repr(tape.__dict__) + repr(tape.exchanges)


def test_a_stream_arrives_piece_by_piece_and_is_recorded_whole(point_at):
    with Recorder([stream_reply(["你", "好"])]) as tape:
        point_at(tape)
        assert [chunk.text for chunk in chat_model().stream(QUESTION) if chunk.text] == ["你", "好"]
    exchange = tape.exchanges[0]
    assert exchange.request["stream"] is True
    assert [event["choices"][0]["delta"].get("content") for event in exchange.response] == ["", "你", "好", None]


def test_replies_come_in_order_and_the_last_one_repeats(point_at):
    with Recorder([message_reply("一"), message_reply("二")]) as tape:
        point_at(tape)
        assert [chat_model().invoke(QUESTION).text for _ in range(3)] == ["一", "二", "二"]


def test_forwarding_brings_back_the_upstream_answer_with_its_key(point_at, monkeypatch):
    with (
        Recorder([message_reply("上游"), stream_reply(["流"])]) as upstream,
        Recorder(upstream=upstream.base_url) as tape,
    ):
        point_at(tape)
        assert chat_model().invoke(QUESTION).text == "上游"
        assert "".join(chunk.text for chunk in chat_model().stream(QUESTION)) == "流"
    assert [exchange.request for exchange in tape.exchanges] == [exchange.request for exchange in upstream.exchanges]
    assert tape.exchanges[0].response == upstream.exchanges[0].response


def test_queries_and_passages_get_their_prefixes(point_at):
    vectors = {"object": "list", "model": "e", "data": [{"object": "embedding", "index": 0, "embedding": [1.0, 0.0]}]}
    with Recorder([{**vectors, "usage": {"prompt_tokens": 1, "total_tokens": 1}}]) as tape:
        point_at(tape)
        model = EndpointEmbeddings()
        assert model.embed_query("头痛") == [1.0, 0.0]
        model.embed_documents(["布洛芬"])
    assert [exchange.request["input"] for exchange in tape.exchanges] == [["query: 头痛"], ["passage: 布洛芬"]]


ERROR = {"error": {"message": "说明", "type": "x", "code": None}}
FAULTS = {
    "401": (Reply(ERROR, 401), "密钥"),
    "429": (Reply(ERROR, 429, headers={"retry-after-ms": "1"}), "429"),
    "404": (Reply(ERROR, 404), "没有模型 m"),
    "400": (Reply(ERROR, 400), "说明"),
    "500": (Reply(ERROR, 500, headers={"retry-after-ms": "1"}), "500"),
    "not json": (Reply("<html>登录</html>"), "不是 JSON"),
    "cut": (Reply(message_reply("好"), cut=20), "连接断了"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_endpoint_ends_in_one_chinese_line_without_the_key(point_at, name):
    reply, said = FAULTS[name]
    with Recorder([reply]) as tape:
        point_at(tape)
        with pytest.raises(UserError, match=said) as caught, endpoint_errors():
            chat_model(max_retries=1).invoke(QUESTION)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_stream_that_breaks_off_ends_in_one_chinese_line(point_at):
    with Recorder([Reply(stream_reply(["你", "好"]), cut=200)]) as tape:
        point_at(tape)
        with pytest.raises(UserError, match="断了"), endpoint_errors():
            list(chat_model(max_retries=0).stream(QUESTION))


def test_a_slow_endpoint_is_reported_as_slow_and_nobody_listening_as_unreachable(point_at, monkeypatch):
    with Recorder([Reply(message_reply("好"), delay=1.0)]) as tape:
        point_at(tape)
        with pytest.raises(UserError, match="太久"), endpoint_errors():
            chat_model(timeout=0.2, max_retries=0).invoke(QUESTION)
    monkeypatch.setenv("OPENAI_BASE_URL", tape.base_url)  # 已经关了
    with pytest.raises(UserError, match="连不上"), endpoint_errors():
        chat_model(max_retries=0).invoke(QUESTION)


def test_rate_limits_and_server_errors_are_retried(point_at):
    busy = Reply(ERROR, 429, headers={"retry-after-ms": "1"})
    with Recorder([busy, Reply(ERROR, 500, headers={"retry-after-ms": "1"}), message_reply("好")]) as tape:
        point_at(tape)
        assert chat_model(max_retries=2).invoke(QUESTION).text == "好"
    assert [exchange.status for exchange in tape.exchanges] == [429, 500, 200]


def test_errors_of_our_own_code_are_not_hidden():
    with pytest.raises(ZeroDivisionError), endpoint_errors():
        raise ZeroDivisionError


def test_the_local_server_answers(local_endpoint):
    assert os.environ["OPENAI_BASE_URL"] == local_endpoint
    assert chat_model(max_tokens=2).invoke(QUESTION).usage_metadata["output_tokens"] <= 2
    assert len(EndpointEmbeddings().embed_query("头痛")) in (384, 640)
