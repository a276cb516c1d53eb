"""第 3 章第 3 篇：普通的 Step 与 Runnable 相同；批、重试、回退、config 各按笔记说的做；反例确实坏。"""

import asyncio
import doctest
import importlib
import json
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import (
    ConfigurableField,
    RunnableGenerator,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
)
from langchain_core.runnables.config import get_executor_for_config

from book import repository_root
from LangChain import steps
from LangChain.recorder import Recorder, Reply, message_reply, stream_reply
from LangChain.steps import Step, as_step

lab = importlib.import_module("LangChain.3_Runnable")
pytestmark = [
    pytest.mark.filterwarnings("error::DeprecationWarning"),
    pytest.mark.filterwarnings("error::langchain_core._api.LangChainDeprecationWarning"),
]
many = settings(max_examples=15, deadline=None)
FUNCTIONS = (str.strip, str.title, lambda text: text[::-1], lambda text: text + "药", lambda text: text[1:])
parts = st.recursive(
    st.sampled_from(FUNCTIONS),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=2),
    max_leaves=4,
)
chains = st.lists(parts, min_size=1, max_size=3)
ERROR = {"error": {"message": "说明", "type": "x", "code": None}}


def shorten(value):
    return str(value)[:30]


def both(things):
    """同样的几步，接成普通的 Step 与 Runnable；中间一律变回不长的文字。"""
    ours, theirs = Step(str), RunnableLambda(str)
    for thing in things:
        ours, theirs = ours | thing | shorten, theirs | thing | shorten
    return ours, theirs


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(steps).failed == 0


@many
@given(chains, st.lists(st.text("血压 ", max_size=4), min_size=1, max_size=3))
def test_a_plain_step_and_a_runnable_give_the_same_results(things, values):
    ours, theirs = both(things)
    assert [ours.invoke(value) for value in values] == [theirs.invoke(value) for value in values]
    assert ours.batch(values) == theirs.batch(values) == [theirs.invoke(value) for value in values]


@many
@given(chains, chains, chains, st.text("血压 ", max_size=4))
def test_composition_is_associative(first, second, third, value):
    for position in (0, 1):
        a, b, c = (both(things)[position] for things in (first, second, third))
        assert ((a | b) | c).invoke(value) == (a | (b | c)).invoke(value)


def test_a_dictionary_on_the_left_is_coerced_by_the_right_side():
    after = {"n": len} | Step(lambda d: d["n"] + 1)
    assert after.invoke("血压") == ({"n": len} | RunnableLambda(lambda d: d["n"] + 1)).invoke("血压") == 3


@pytest.mark.parametrize("wrong", ["文字", 3, ["a"]])
def test_neither_coerces_values_that_are_not_functions(wrong):
    with pytest.raises(TypeError):
        as_step(wrong)
    with pytest.raises(TypeError):
        RunnableLambda(len) | wrong


def test_a_batch_keeps_the_order_even_when_the_first_is_the_slowest():
    def slow(value):
        time.sleep(0.02 * (3 - value))
        return value

    assert Step(slow).batch([0, 1, 2]) == RunnableLambda(slow).batch([0, 1, 2]) == [0, 1, 2]


def test_the_default_batch_uses_the_default_size_of_the_thread_pool():
    with get_executor_for_config({}) as executor:
        assert executor._max_workers > 1
    with get_executor_for_config({"max_concurrency": 3}) as executor:
        assert executor._max_workers == 3


def test_an_asynchronous_batch_starts_everything_at_once_unless_limited():
    rows = {(row["way"], row["limit"]): row["peak"] for row in lab.measure_peak(24)}
    assert rows["abatch", None] == 24
    assert rows["abatch", 4] == 4
    assert rows["batch", 4] <= 4


def test_as_completed_gives_every_index_once():
    gate = threading.Event()

    def work(value):
        if value == 0:
            assert gate.wait(10)  # 等别的先完
        return 10 * value

    seen = []
    for index, result in RunnableLambda(work).batch_as_completed([0, 1, 2], {"max_concurrency": 3}):
        seen.append((index, result))
        if len(seen) == 2:
            gate.set()
    assert sorted(seen) == [(0, 0), (1, 10), (2, 20)]
    assert seen[-1] == (0, 0)


class Failing:
    """前 failures 次抛异常的函数；数一共被调用几次。"""

    def __init__(self, failures, error=None):
        self.calls, self.failures, self.error = 0, failures, error or TimeoutError("慢")

    def __call__(self, value):
        self.calls += 1
        if self.calls <= self.failures:
            raise self.error
        return value


@given(st.integers(0, 5), st.integers(1, 5))
@settings(max_examples=30, deadline=None)
def test_retrying_stops_after_exactly_that_many_attempts(failures, attempts):
    work = Failing(failures)
    step = RunnableLambda(work).with_retry(stop_after_attempt=attempts, wait_exponential_jitter=False)
    if failures < attempts:
        assert step.invoke("好") == "好"
    else:
        with pytest.raises(TimeoutError):
            step.invoke("好")
    assert work.calls == min(failures + 1, attempts)


def test_exceptions_that_are_not_listed_are_tried_once():
    work = Failing(9, KeyError("自己的错"))
    with pytest.raises(KeyError):
        RunnableLambda(work).with_retry(retry_if_exception_type=(TimeoutError,)).invoke(1)
    assert work.calls == 1


def test_without_jitter_there_is_no_waiting_at_all():
    step = RunnableLambda(str).with_retry(wait_exponential_jitter=False)
    assert "wait" not in step._kwargs_retrying
    assert "wait" in RunnableLambda(str).with_retry()._kwargs_retrying


def test_a_batch_retries_only_the_inputs_that_failed():
    calls = []

    def work(value):
        calls.append(value)
        if value == 2 and calls.count(2) == 1:
            raise TimeoutError
        return value

    step = RunnableLambda(work).with_retry(wait_exponential_jitter=False)
    assert step.batch([1, 2, 3]) == [1, 2, 3]
    assert sorted(calls) == [1, 2, 2, 3]


def test_when_everything_fails_the_first_error_is_raised():
    chain = RunnableLambda(Failing(9, ValueError("主"))).with_fallbacks([RunnableLambda(Failing(9, KeyError("备")))])
    with pytest.raises(ValueError, match="主"):
        chain.invoke(1)


@pytest.mark.parametrize("before", [0, 1])
def test_a_stream_falls_back_only_before_its_first_piece(before):
    runs = []

    def speak(questions):
        for _ in questions:
            pass
        runs.append(1)
        yield from ["一"] * before
        raise ConnectionError("断")

    chain = RunnableGenerator(speak).with_retry(wait_exponential_jitter=False)
    chain = chain.with_fallbacks([RunnableLambda(lambda question: "备用")])
    pieces = []
    if before:
        with pytest.raises(ConnectionError):
            pieces.extend(chain.stream("问"))
    else:
        pieces.extend(chain.stream("问"))
        assert pieces == ["备用"]
    assert runs == [1]  # 流不重试


def test_requests_multiply_layer_by_layer_as_recorded():
    file = repository_root() / "LangChain/results/3_Runnable_offline.json"
    recorded = json.loads(file.read_text(encoding="utf-8"))["metrics"]
    server, own = recorded["retries"][0], recorded["retries"][3]
    assert lab.measure_retries((server["fault"], own["fault"])) == [server, own]
    assert [server[key] for key in ("none", "client", "with_retry", "with_retry_twice")] == [1, 3, 9, 27]
    assert own["with_retry"] == 3  # 自己的 KeyError 也问三次


def test_one_bad_input_loses_a_batch_unless_exceptions_are_returned():
    assert [(row["sent"], row["kept"]) for row in lab.measure_batch(5)] == [(5, 0), (5, 4), (5, 4)]


def test_a_broad_fallback_hides_a_bug_and_a_narrow_one_shows_it():
    broad, narrow = lab.measure_fallback(3)
    assert (broad["main"], broad["spare"], broad["errors"]) == (0, 3, 0)
    assert (narrow["main"], narrow["spare"], narrow["errors"]) == (0, 0, 3)


def test_a_narrow_fallback_still_catches_the_endpoint(monkeypatch):
    with Recorder([Reply(ERROR, 401)]) as bad, Recorder([message_reply("备")]) as good:
        main, spare = lab.scripted(bad, 0), lab.scripted(good, 0)
        chain = main.with_fallbacks([spare], exceptions_to_handle=(lab.openai.APIError,)) | StrOutputParser()
        assert chain.invoke("问") == "备"


def test_tags_and_metadata_reach_every_step_and_the_run_id_only_the_outermost():
    from langchain_core.tracers.base import BaseTracer

    class Keep(BaseTracer):
        def _persist_run(self, run):
            self.root = run

    import uuid

    keep, identity = Keep(), uuid.UUID(int=7)
    chain = RunnableLambda(str) | RunnableParallel(a=RunnablePassthrough(), b=len)
    chain.invoke(1, {"tags": ["t"], "metadata": {"user": "甲"}, "run_id": identity, "callbacks": [keep]})
    runs, todo = [], [keep.root]
    while todo:
        runs.append(todo.pop())
        todo += runs[-1].child_runs
    assert len(runs) == 5
    assert all("t" in run.tags and run.metadata["user"] == "甲" for run in runs)
    assert [run.id == identity for run in runs] == [True, False, False, False, False]


def test_functions_that_return_runnables_stop_at_the_recursion_limit():
    endless = RunnableLambda(lambda value: endless)
    with pytest.raises(RecursionError):
        endless.invoke(1, {"recursion_limit": 5})


def test_configurable_values_reach_the_wire_and_typing_errors_are_ignored():
    with Recorder([message_reply("好")]) as recorder:
        model = lab.scripted(recorder, 0).configurable_fields(max_tokens=ConfigurableField(id="length"))
        for configurable in ({"length": 7}, {"lenght": 7}):
            model.invoke("问", {"configurable": configurable, "max_concurency": 1})
    assert [exchange.request.get("max_completion_tokens") for exchange in recorder.exchanges] == [7, None]


def test_an_unknown_alternative_is_refused():
    prompt = ChatPromptTemplate([("human", "短 {q}")])
    other = ChatPromptTemplate([("human", "长 {q}")])
    prompt = prompt.configurable_alternatives(ConfigurableField(id="style"), default_key="short", long=other)
    chosen = prompt.invoke({"q": "血压"}, {"configurable": {"style": "long"}})
    assert chosen.to_messages()[0].text == "长 血压"
    with pytest.raises(ValueError, match="Unknown alternative"):
        prompt.invoke({"q": "血压"}, {"configurable": {"style": "lnog"}})


def test_a_batch_is_one_request_for_each_input_and_a_stream_is_one_flag():
    with Recorder([message_reply("好"), message_reply("好"), stream_reply(["好"])]) as recorder:
        chain = lab.PROMPT | lab.scripted(recorder, 0) | StrOutputParser()
        assert chain.batch([{"question": "一"}, {"question": "二"}], {"max_concurrency": 1}) == ["好", "好"]
        assert "".join(chain.stream({"question": "三"})) == "好"
    requests = [exchange.request for exchange in recorder.exchanges]
    assert [request["messages"][1]["content"] for request in requests] == ["一", "二", "三"]
    assert [request["stream"] for request in requests] == [False, False, True]


def test_events_cover_every_step_and_name_their_parents():
    async def watch(chain, value):
        return [event async for event in chain.astream_events(value, version="v2")]

    with Recorder([stream_reply(["一", "二"])]) as recorder:
        chain = lab.PROMPT | lab.scripted(recorder, 0) | StrOutputParser()
        events = asyncio.run(watch(chain, {"question": "问"}))
        with pytest.raises(NotImplementedError):
            list(chain.stream_events({"question": "问"}, version="v2"))
    starts = [event for event in events if event["event"].endswith("_start")]
    ends = [event for event in events if event["event"].endswith("_end")]
    assert {event["run_id"] for event in starts} == {event["run_id"] for event in ends}
    assert [event["parent_ids"] for event in starts[1:]] == [[starts[0]["run_id"]]] * 3


def test_the_script_runs_against_the_real_server(local_endpoint, tmp_path):
    result = lab.main(["--smoke", "--out", str(tmp_path)])
    assert {row["way"] for row in result["ways"]} == {"invoke", "stream", "batch", "ainvoke"}
    assert result["events"]["on_chat_model_end"] == 1


def test_the_offline_half_needs_no_endpoint(monkeypatch, tmp_path):
    monkeypatch.setattr(lab, "connect", lambda: pytest.fail("不该要模型"))
    assert "ways" not in lab.main(["--offline", "--smoke", "--out", str(tmp_path)])
