"""第 3 章第 6 篇：发什么、存在哪里、谁看得到、怎样忘。"""

import doctest
import importlib
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain.agents.middleware import SummarizationMiddleware
from langchain.messages import AIMessage, HumanMessage, RemoveMessage, SystemMessage
from langchain_openai import ChatOpenAI
from langgraph.store.memory import InMemoryStore

from book import UserError, repository_root
from LangChain import memory_damage, memory_kinds
from LangChain.history import broken_pairs, estimate_tokens, history_problems, sample_history
from LangChain.memory_kinds import Summary, SummaryMemory, budget, open_checkpointer, remembering, split_turns, window
from LangChain.recorder import Recorder, message_reply
from TrainAndFinetune import prompts

lab = importlib.import_module("LangChain.6_memory")
pytestmark = [
    pytest.mark.filterwarnings("error::DeprecationWarning"),
    pytest.mark.filterwarnings("error::langchain_core._api.LangChainDeprecationWarning"),
]
many = settings(max_examples=60, deadline=None)
histories = st.integers(0, 10**6).map(lambda seed: sample_history(random.Random(seed), 7)[1:])  # 没有 system


def scripted(recorder):
    return ChatOpenAI(model="m", base_url=recorder.base_url, api_key="not-needed", max_retries=0)


def thread(name):
    return {"configurable": {"thread_id": name}}


def contents(exchange):
    return [message["content"] for message in exchange.request["messages"]]


def texts(messages):
    return [message.text for message in messages]


def replies(count):
    return [message_reply(f"答{i}") for i in range(count)]


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(memory_kinds).failed == 0


def test_the_system_prompts_are_those_of_the_contract():
    assert lab.CHAT_SYSTEM == prompts.CHAT_SYSTEM
    assert memory_kinds.SUMMARY_SYSTEM == prompts.SUMMARY_SYSTEM


@many
@given(histories, st.integers(1, 8), st.integers(20, 300))
def test_whatever_is_sent_is_a_valid_suffix(messages, keep, limit):
    for kept in (window(keep)(messages), budget(limit)(messages)):
        assert history_problems(kept) == []
        assert kept == messages[len(messages) - len(kept) :]
    assert sum(isinstance(m, HumanMessage) for m in window(keep)(messages)) == min(keep, 7)


@many
@given(histories, st.integers(30, 300))
def test_the_budget_is_kept_unless_one_turn_is_larger(messages, limit):
    kept = budget(limit)(messages)
    assert estimate_tokens(kept) <= limit or kept == split_turns(messages, 1)[1]


@many
@given(histories, st.integers(1, 3), st.integers(1, 3))
def test_a_summary_loses_nothing_and_repeats_nothing(messages, keep, batch):
    seen = []

    def summarize(text):
        seen.append(text)
        return "摘要"

    choose = Summary(summarize, keep, batch)
    starts = [i for i, m in enumerate(messages) if isinstance(m, HumanMessage)]
    for start in starts[1:] + [len(messages)]:  # 每个回合结束时发一次
        sent = choose(messages[:start])
        body = [m for m in sent if not isinstance(m, SystemMessage)]
        assert body == messages[choose.done : start]
        assert history_problems(body) == []
    questions = [line for text in seen for line in text.split("\n") if line.startswith("用户：")]
    assert questions == [f"用户：{m.text}" for m in messages[: choose.done] if isinstance(m, HumanMessage)]
    assert all(text.startswith("摘要\n") for text in seen[1:])  # 旧的摘要每次都交进去
    assert choose.calls == len(seen)


def test_the_middleware_sends_the_window_and_stores_everything():
    with Recorder(replies(4)) as recorder, open_checkpointer("memory") as saver:
        agent = create_agent(
            scripted(recorder), [], system_prompt="短", checkpointer=saver, middleware=[remembering(window(2))]
        )
        for text in "一二三四":
            agent.invoke({"messages": text}, thread("甲"))
        stored = agent.get_state(thread("甲")).values["messages"]
    assert contents(recorder.exchanges[3]) == ["短", "三", "答2", "四"]
    assert len(stored) == 8
    assert contents(recorder.exchanges[3])[1:] == texts(window(2)(stored[:-1]))


def joined(text):
    """写摘要的人：把用户的话接起来。"""
    lines = [line.removeprefix("用户：") for line in text.split("\n") if not line.startswith("助手：")]
    return "".join(lines)


def talk(address, middleware, order, count=9):
    """几段对话轮流说话；返回每次请求的内容。"""
    with Recorder(replies(count)) as recorder, open_checkpointer(address) as saver:
        agent = create_agent(scripted(recorder), [], system_prompt="短", checkpointer=saver, middleware=[middleware])
        for name, text in order:
            agent.invoke({"messages": text}, thread(name))
        return [contents(exchange) for exchange in recorder.exchanges]


def test_a_summary_joins_the_one_system_message():
    sent = talk("memory", SummaryMemory(joined, keep=1), [("甲", "一"), ("甲", "二"), ("甲", "三")])
    assert sent == [["短", "一"], ["短\n\n之前的对话：一", "二"], ["短\n\n之前的对话：一二", "三"]]


def test_one_summary_object_for_two_conversations_leaks_and_the_one_in_the_state_does_not():
    order = [("甲", "我对青霉素过敏"), ("甲", "还有吗"), ("乙", "你好"), ("乙", "在吗")]
    shared = talk("memory", remembering(Summary(joined, keep=1)), order)
    assert "青霉素" in shared[2][0]  # 乙的第一句话就带着甲的病史
    kept = talk("memory", SummaryMemory(joined, keep=1), order)
    assert [part for sent in kept[2:] for part in sent if "青霉素" in part] == []
    assert kept[1][0] == "短\n\n之前的对话：我对青霉素过敏"


def test_the_summary_survives_a_restart(tmp_path):
    address = str(tmp_path / "chat.db")
    talk(address, SummaryMemory(joined, keep=1), [("甲", "一"), ("甲", "二")])
    assert talk(address, SummaryMemory(joined, keep=1), [("甲", "三")]) == [["短\n\n之前的对话：一二", "三"]]


@many
@given(histories)
def test_the_middleware_and_the_plain_summary_send_the_same(messages):
    plain, middleware, state = Summary(joined, keep=2), SummaryMemory(joined, keep=2), {}
    starts = [i for i, m in enumerate(messages) if isinstance(m, HumanMessage)]
    for start in starts:
        state["messages"] = messages[: start + 1]
        state |= middleware.before_model(state, None) or {}
        chosen = memory_kinds.with_summary(state.get("summary", ""), state["messages"][state.get("done", 0) :])
        assert chosen == plain(messages[: start + 1])


def test_memory_and_sqlite_send_the_same_requests(tmp_path):
    sent = []
    for address in ("memory", str(tmp_path / "chat.db")):
        with Recorder(replies(3)) as recorder, open_checkpointer(address) as saver:
            agent = create_agent(scripted(recorder), [], checkpointer=saver)
            for text, name in (("一", "甲"), ("二", "乙"), ("三", "甲")):
                agent.invoke({"messages": text}, thread(name))
            sent.append([contents(exchange) for exchange in recorder.exchanges])
    assert sent[0] == sent[1] == [["一"], ["二"], ["一", "答0", "三"]]


def test_a_conversation_goes_on_after_the_file_is_opened_again(tmp_path):
    for text, want in (("一", ["一"]), ("二", ["一", "答0", "二"])):
        with Recorder(replies(1)) as recorder, open_checkpointer(str(tmp_path / "chat.db")) as saver:
            create_agent(scripted(recorder), [], checkpointer=saver).invoke({"messages": text}, thread("甲"))
        assert contents(recorder.exchanges[0]) == want


def test_a_postgres_address_without_its_package_ends_in_one_line(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "langgraph.checkpoint.postgres", None)
    with pytest.raises(UserError, match="pip install"), open_checkpointer("postgresql://localhost/x"):
        pass


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("甲乙丙"), st.sampled_from("12")), min_size=1, max_size=8))
def test_nobody_sees_the_words_of_another(order):
    with Recorder(replies(1)) as recorder, open_checkpointer("memory") as saver:
        agent = create_agent(scripted(recorder), [], checkpointer=saver)
        for user, session in order:
            agent.invoke({"messages": f"{user}{session}说"}, thread(f"{user}/{session}"))
    for (user, session), exchange in zip(order, recorder.exchanges):
        said = [m["content"] for m in exchange.request["messages"] if m["role"] == "user"]
        assert set(said) == {f"{user}{session}说"}


def test_shared_histories_leak_and_keyed_ones_do_not():
    rows = {row["store"]: row for row in memory_damage.measure_leaks(3, 6)}
    assert [row["leaking"] for row in rows.values()] == [17, 17, 16, 0]


def test_the_past_can_be_continued_and_the_present_stays():
    with Recorder(replies(3)) as recorder, open_checkpointer("memory") as saver:
        agent = create_agent(scripted(recorder), [], checkpointer=saver)
        for text in "一二":
            agent.invoke({"messages": text}, thread("甲"))
        states = list(agent.get_state_history(thread("甲")))
        past = next(s for s in states if not s.next and len(s.values["messages"]) == 2)
        agent.invoke({"messages": "三"}, past.config)
        assert contents(recorder.exchanges[2]) == ["一", "答0", "三"]
        assert texts(agent.get_state(thread("甲")).values["messages"]) == ["一", "答0", "三", "答2"]
        assert texts(agent.get_state(states[0].config).values["messages"]) == ["一", "答0", "二", "答1"]


def test_the_frameworks_summary_rewrites_what_is_stored_but_keeps_pairs():
    call = {"name": "weather", "args": {}}

    def weather() -> str:
        """天气。"""
        return "晴"

    script = [message_reply(calls=[{"name": "weather", "arguments": call["args"]}])] + replies(1)
    with Recorder([*script, *script, *script, *replies(3)]) as recorder, open_checkpointer("memory") as saver:
        model = scripted(recorder)
        compress = SummarizationMiddleware(
            model, trigger=("messages", 7), keep=("messages", 2), summary_prompt="{messages}"
        )
        agent = create_agent(model, [weather], checkpointer=saver, middleware=[compress])
        for text in "一二三":
            agent.invoke({"messages": text}, thread("甲"))
            stored = agent.get_state(thread("甲")).values["messages"]
            assert broken_pairs(stored) == []
    assert "一" not in texts(stored)  # 原话没有了
    assert all(broken_pairs_on_the_wire(exchange) == [] for exchange in recorder.exchanges)


def broken_pairs_on_the_wire(exchange):
    from langchain_core.messages import convert_to_messages

    return broken_pairs(convert_to_messages(exchange.request["messages"]))


def test_removing_a_message_leaves_it_in_old_checkpoints_until_the_thread_is_deleted():
    with Recorder(replies(1)) as recorder, open_checkpointer("memory") as saver:
        agent = create_agent(scripted(recorder), [], checkpointer=saver)
        agent.invoke({"messages": "秘密"}, thread("甲"))
        first = agent.get_state(thread("甲")).values["messages"][0]
        agent.update_state(thread("甲"), {"messages": [RemoveMessage(id=first.id)]})
        assert texts(agent.get_state(thread("甲")).values["messages"]) == ["答0"]
        old = [s for s in agent.get_state_history(thread("甲")) if "秘密" in texts(s.values.get("messages", []))]
        assert old != []
        saver.delete_thread("甲")
        assert list(agent.get_state_history(thread("甲"))) == []


def test_the_store_never_looks_outside_the_namespace_and_forgets():
    store = InMemoryStore(index={"embed": lambda batch: [[1.0, len(t)] for t in batch], "dims": 2, "fields": ["text"]})
    store.put(("甲", "facts"), "a", {"text": "青霉素"})
    store.put(("乙", "facts"), "b", {"text": "猫"})
    assert [item.key for item in store.search(("甲",), query="猫", limit=9)] == ["a"]
    store.put(("甲", "facts"), "a", {"text": "头孢"})
    assert [item.value["text"] for item in store.search(("甲", "facts"))] == ["头孢"]
    store.delete(("甲", "facts"), "a")
    assert store.search(("甲",), query="头孢") == []


def test_the_recorded_experiments_are_reproduced(tmp_path):
    recorded = json.loads((repository_root() / "LangChain/results/6_memory_offline.json").read_text(encoding="utf-8"))
    assert lab.main(["--offline", "--out", str(tmp_path)]) == recorded["metrics"]


def test_the_history_of_a_case_is_valid_and_ends_with_the_question():
    for case in lab.CASES:
        messages = lab.history_of(case, 8)
        assert history_problems(messages) == []
        assert messages[-1].text == case.question
        assert isinstance(messages[1], AIMessage)
        assert case.key in case.fact
        assert case.key not in case.question


def test_the_script_runs_against_the_real_server(local_endpoint, tmp_path):
    result = lab.main(["--smoke", "--out", str(tmp_path)])
    kept = {row["way"]: row["kept"] for row in result["recall"]}
    assert (kept["全部"], kept["最近 3 个回合"]) == (1, 0)
    assert result["store"]["questions"] == 2
