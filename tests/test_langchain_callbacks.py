"""第 3 章第 13 篇：踪迹里的每一段都成对，词元与网络上的用量相同，漏数的几种写法确实漏数。"""

import asyncio
import contextvars
import doctest
import importlib
import json
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.callbacks import BaseCallbackHandler, get_usage_metadata_callback
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda, RunnableParallel
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from LangChain import tracing
from LangChain.recorder import Recorder, Reply, message_reply, stream_reply
from LangChain.tracing import Tracer, characters, read_trace, totals, tree

lab = importlib.import_module("LangChain.13_callbacks")
pytestmark = [
    pytest.mark.filterwarnings("error::DeprecationWarning"),
    pytest.mark.filterwarnings("error::langchain_core._api.LangChainDeprecationWarning"),
]
many = settings(max_examples=30, deadline=None)
SECRET = "sk-please-never-show-this"
trees = st.recursive(st.booleans(), lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=8)


class Strict(Tracer):
    """测试里用的：处理器自己的异常要抛出来。"""

    raise_error = True


def client(recorder, **options):
    return ChatOpenAI(model="m", base_url=recorder.base_url, api_key=SECRET, max_retries=0, **options)


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(tracing).failed == 0


def build(shape):
    """随机的嵌套：True 是好的一步，False 是抛异常的一步，列表是依次跑的几步。"""
    if isinstance(shape, bool):
        return RunnableLambda(str if shape else int)  # int("文字") 抛 ValueError
    steps = [build(part) for part in shape]

    def together(value):
        for step in steps:
            step.invoke(value)
        return value

    return RunnableLambda(together)


def expected(shape):
    """这个嵌套应当有几段：抛异常之后的不会跑。返回 (几段, 是不是好的)。"""
    if isinstance(shape, bool):
        return 1, shape
    count = 1
    for part in shape:
        found, good = expected(part)
        count += found
        if not good:
            return count, False
    return count, True


@many
@given(trees)
def test_every_span_ends_inside_its_parent_however_steps_nest_and_fail(shape):
    tracer = Strict()
    count, good = expected(shape)
    if good:
        build(shape).invoke("文字", {"callbacks": [tracer]})
    else:
        with pytest.raises(ValueError, match="invalid literal"):
            build(shape).invoke("文字", {"callbacks": [tracer]})
    spans = {span.id: span for span in tracer.spans}
    assert len(spans) == len(tracer.spans) == count == len(tree(tracer.spans))
    assert tracer.open == {}
    roots = [span for span in tracer.spans if span.parent is None]
    assert len(roots) == 1
    assert (roots[0].error is None) == good
    for span in tracer.spans:
        if span.parent:
            parent = spans[span.parent]
            assert parent.start <= span.start
            assert span.start + span.seconds <= parent.start + parent.seconds + 1e-9


def by_hand(shape, span):
    """同样的嵌套，用笔记里手写的 span。"""
    with span("step"):
        if shape is False:
            raise ValueError
        for part in shape if isinstance(shape, list) else ():
            by_hand(part, span)


@many
@given(trees)
def test_the_twenty_line_span_draws_the_same_tree_as_the_framework(shape):
    from contextlib import contextmanager

    current, log = contextvars.ContextVar("current", default=None), []

    @contextmanager
    def span(name):
        number = len(log)
        log.append([current.get(), "没有结束"])
        token = current.set(number)
        try:
            yield
            log[number][1] = "好"
        except Exception as error:
            log[number][1] = type(error).__name__
            raise
        finally:
            current.reset(token)

    tracer, good = Strict(), expected(shape)[1]
    for run in (lambda: by_hand(shape, span), lambda: build(shape).invoke("文字", {"callbacks": [tracer]})):
        if good:
            run()
        else:
            with pytest.raises(ValueError, match="^$|invalid literal"):
                run()
    ordered = sorted(tracer.spans, key=lambda one: one.start)
    numbers = {one.id: number for number, one in enumerate(ordered)}
    assert log == [[numbers.get(one.parent), one.error or "好"] for one in ordered]


def test_models_tools_and_retrievers_each_have_their_kind():
    class Shelf(BaseRetriever):
        def _get_relevant_documents(self, query, *, run_manager):
            return [Document("说明书"), Document("病历")]

    @tool
    def weigh(kilograms: int) -> str:
        """称。"""
        return f"{kilograms} 千克"

    tracer = Strict()
    with Recorder([message_reply("三次")]) as recorder:
        steps = {"answer": client(recorder), "shelf": Shelf(), "scale": (lambda text: {"kilograms": 7}) | weigh}
        RunnableParallel(steps).invoke("几次？", {"callbacks": [tracer]})
    kinds = {span.kind: span for span in tracer.spans}
    assert (kinds["model"].input_tokens, kinds["model"].output_tokens) == (10, 5)
    assert (kinds["model"].name, kinds["model"].output_characters) == ("m", 2)
    assert (kinds["retriever"].name, kinds["retriever"].output_characters) == ("Shelf", 5)
    assert (kinds["tool"].name, kinds["tool"].output_characters) == ("weigh", 4)


def test_the_tree_is_drawn_in_the_order_of_the_chain():
    tracer = Strict()
    with Recorder([message_reply("三次")]) as recorder:
        chain = (lab.PROMPT | client(recorder) | StrOutputParser()).with_config(run_name="问答")
        chain.invoke({"question": "几次？"}, {"callbacks": [tracer]})
    assert tree(tracer.spans) == ["问答", "  ChatPromptTemplate", "  m  10 + 5 词元", "  StrOutputParser"]


def test_every_way_of_calling_is_counted_like_the_wire():
    async def two(chain, config):
        await chain.ainvoke({"question": "问"}, config)
        async for _ in chain.astream({"question": "问"}, config):
            pass

    tracer = Strict()
    config = {"callbacks": [tracer]}
    with lab.served(1, True) as (recorder, model):
        chain = lab.PROMPT | model | StrOutputParser()
        lab.work(chain, config)
        recorder.replies = [Reply(message_reply("好")), Reply(lab.usage_event(stream_reply(["好"])))]
        asyncio.run(two(chain, config))
        assert lab.wire_usage(recorder) == (80, 40)
    found = totals(tracer.spans)
    assert (found["model_calls"], found["unknown"]) == (8, 0)
    assert (found["input_tokens"], found["output_tokens"]) == (80, 40)


def test_input_that_arrives_piece_by_piece_is_counted_at_the_end():
    tracer = Strict()
    with Recorder([stream_reply(["好", "的"])]) as recorder:
        chain = lab.PROMPT | client(recorder) | StrOutputParser()
        list(chain.stream({"question": "几次？"}, {"callbacks": [tracer]}))
    root = next(span for span in tracer.spans if span.parent is None)
    model = next(span for span in tracer.spans if span.kind == "model")
    assert (root.input_characters, root.output_characters) == (3, 2)
    assert model.input_tokens is None
    assert model.pieces >= 2
    assert totals(tracer.spans)["unknown"] == 1


def test_forty_threads_share_one_handler_without_losing_a_span(tmp_path):
    path = tmp_path / "trace.jsonl"
    tracer = Strict(path)
    chain = RunnableLambda(str) | RunnableLambda(len)
    chain.batch(list(range(40)), {"callbacks": [tracer], "max_concurrency": 40})
    assert len(tracer.spans) == 40 * 3
    assert {span.id for span in read_trace(path)} == {span.id for span in tracer.spans}
    assert sum(span.parent is None for span in read_trace(path)) == 40


def test_a_trace_cut_at_any_byte_still_gives_its_complete_lines(tmp_path):
    path = tmp_path / "trace.jsonl"
    RunnableLambda(str).with_config(run_name="a").batch([1, 2, 3], {"callbacks": [Strict(path)], "max_concurrency": 1})
    content = path.read_bytes()
    for size in range(len(content) + 1):
        path.write_bytes(content[:size])
        assert len(read_trace(path)) == content[:size].count(b"\n")


def test_neither_the_text_nor_the_key_is_written(tmp_path):
    path = tmp_path / "trace.jsonl"

    def fail(text):
        raise ValueError(f"病人甲的回答 {text}")

    with Recorder([message_reply("病人乙")]) as recorder:
        chain = lab.PROMPT | client(recorder) | StrOutputParser() | fail
        with pytest.raises(ValueError, match="病人甲"):
            chain.invoke({"question": "病人丙"}, {"callbacks": [Strict(path)]})
    text = path.read_text(encoding="utf-8")
    assert "病人" not in text
    assert SECRET not in text
    assert "ValueError" in text


@pytest.mark.parametrize(
    ("value", "count"),
    [("血压", 2), (None, 0), (7, 0), (["血压", {"a": "药"}], 3), (Document("说明书"), 0)],
)
def test_counting_characters(value, count):
    assert characters(value) == count


def test_each_way_of_counting_misses_what_the_note_says():
    rows = {row["way"]: (row["counted"], row["unknown"]) for row in lab.measure_counting()}
    assert list(rows.values()) == [(90, 0), (60, 2), (180, 0), (60, 0), (0, 0)]


def test_an_exception_in_a_handler_is_swallowed_unless_told_otherwise():
    class Bad(BaseCallbackHandler):
        def on_chain_start(self, *args, **kwargs):
            raise KeyError("处理器的错")

    class Loud(Bad):
        raise_error = True

    assert RunnableLambda(len).invoke("血压", {"callbacks": [Bad()]}) == 2
    with pytest.raises(KeyError):
        RunnableLambda(len).invoke("血压", {"callbacks": [Loud()]})


def test_a_thread_sees_the_handler_only_when_the_context_is_carried():
    inner = RunnableLambda(len)

    def start(run, *args):
        thread = threading.Thread(target=run, args=args)
        thread.start()
        thread.join()

    lost, kept = Strict(), Strict()
    RunnableLambda(lambda text: start(inner.invoke, text)).invoke("a", {"callbacks": [lost]})
    carry = RunnableLambda(lambda text: start(contextvars.copy_context().run, inner.invoke, text))
    carry.invoke("a", {"callbacks": [kept]})
    assert (len(lost.spans), len(kept.spans)) == (1, 2)


def test_the_built_in_counter_agrees_when_usage_is_known():
    with lab.served(1, True) as (_, model), get_usage_metadata_callback() as counter:
        lab.work(lab.PROMPT | model | StrOutputParser(), {})
    assert counter.usage_metadata["m"]["total_tokens"] == 90


def test_event_filters_are_joined_by_or():
    async def watch(chain, **options):
        return {event["name"] async for event in chain.astream_events(1, version="v2", **options)}

    chain = RunnableLambda(str).with_config(run_name="甲") | RunnableLambda(len).with_config(run_name="乙", tags=["t"])
    assert asyncio.run(watch(chain, include_tags=["t"])) == {"乙"}
    assert asyncio.run(watch(chain, include_tags=["t"], include_names=["甲"])) == {"甲", "乙"}


def test_prompts_are_the_strings_of_the_contract():
    from TrainAndFinetune import prompts

    for name in ("CHAT_SYSTEM", "REWRITE_SYSTEM", "REWRITE_USER"):
        assert getattr(lab, name) == getattr(prompts, name)


def test_the_script_runs_against_the_real_server(local_endpoint, tmp_path):
    result = lab.main(["--smoke", "--out", str(tmp_path)])
    assert result["trace"]["equal"]
    lines = (tmp_path / "trace.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == result["trace"]["spans"]
    assert {json.loads(line)["name"] for line in lines} >= {"追问", "改写", "回答"}


def test_the_offline_half_needs_no_endpoint(monkeypatch, tmp_path):
    monkeypatch.setattr(lab, "connect", lambda: pytest.fail("不该要模型"))
    monkeypatch.setattr(lab, "measure_counting", lambda: [])
    assert "trace" not in lab.main(["--offline", "--out", str(tmp_path)])
