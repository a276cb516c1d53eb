"""记忆的两个不要模型的实验：几种做法各发多少词元、留住哪些事；几种存法各把别人的话发给了谁。

教什么：全部都发的代价是平方的；窗口一定忘；共用的列表把甲的病史发给乙。
不教什么：模型答得对不对（`6_memory.py`）。
不是脚本，由 `6_memory.py` 与测试导入。对应笔记：`6_memory.md`「常见错误」与「实验」。
"""

from collections.abc import Callable, Iterator

from langchain.messages import AIMessage, AnyMessage, HumanMessage

from LangChain.history import estimate_tokens
from LangChain.memory_kinds import Summary, budget, everything, window

FACTS = {0: "我对青霉素过敏。", 4: "我每天早上吃一片氨氯地平。", 8: "我妈妈有糖尿病。", 12: "我下个月要做手术。"}
FILLERS = ("今天天气不错。", "最近睡得还行。", "我想多走走路。", "晚饭吃得清淡。", "楼下新开了一家药店。")
REPLY = "好的，我知道了，还有别的想问的吗？"


def conversation(turns: int) -> Iterator[list[AnyMessage]]:
    """每个回合要发请求时的历史：最后一条是用户刚说的话。"""
    history: list[AnyMessage] = []
    for i in range(turns):
        history.append(HumanMessage(FACTS.get(i, FILLERS[i % len(FILLERS)])))
        yield list(history)
        history.append(AIMessage(REPLY))


def ideal_summary(text: str) -> str:
    """理想的摘要：只留下那几件事，一件不漏。真的模型做不到这么好，`6_memory.py` 量它差多少。"""
    return "".join(fact for fact in FACTS.values() if fact in text)


def measure_strategies(turns: int) -> list[dict]:
    """每种做法：一共发多少词元（估计），写了几次摘要，最后一次请求里还有几件事。"""
    summary = Summary(ideal_summary, keep=3, batch=2)
    ways = {
        "全部": everything,
        "最近 3 个回合": window(3),
        "至多 120 个词元": budget(120),
        "摘要加最近 3 个回合": summary,
    }
    rows = []
    for name, choose in ways.items():
        sent = [choose(history) for history in conversation(turns)]
        sizes = [estimate_tokens(messages) for messages in sent]
        last = "".join(message.text for message in sent[-1])
        kept = sum(fact in last for fact in FACTS.values())
        rows.append({"way": name, "total": sum(sizes), "last": sizes[-1], "largest": max(sizes), "facts": kept})
        rows[-1]["summaries"] = getattr(choose, "calls", 0)
        print(f"{name:10s} 共发 {sum(sizes):5d}  最后一次 {sizes[-1]:4d} 个词元  还有 {kept} / {len(FACTS)} 件事")
    return rows


# ---------------------------------------------------------------- 四种存法：返回 remember(用户, 会话, 话) -> 这次发什么


def default_argument() -> Callable:
    """默认参数里的列表：函数定义时只建一次。"""

    def remember(user, thread, text, history=[]):  # noqa: B006  反例
        history.append(text)
        return list(history)

    return remember


def one_for_all() -> Callable:
    """模块里的一个列表。"""
    history: list[str] = []

    def remember(user, thread, text):
        history.append(text)
        return list(history)

    return remember


def by_thread() -> Callable:
    """按会话分开；可是每个用户的第一个会话都叫 1。"""
    threads: dict = {}

    def remember(user, thread, text):
        threads.setdefault(thread, []).append(text)
        return list(threads[thread])

    return remember


def by_user_and_thread() -> Callable:
    """按用户与会话分开。"""
    threads: dict = {}

    def remember(user, thread, text):
        threads.setdefault((user, thread), []).append(text)
        return list(threads[user, thread])

    return remember


STORES = {
    "默认参数 history=[]": default_argument,
    "模块里的一个列表": one_for_all,
    "只按会话": by_thread,
    "按用户与会话": by_user_and_thread,
}


def measure_leaks(users: int, turns: int) -> list[dict]:
    """几个用户轮流说话，每人两个会话：有几次请求里有别人的话，一共几句。"""
    rows = []
    for name, make in STORES.items():
        remember, requests, leaking, sentences = make(), 0, 0, 0
        for i in range(turns):
            for user in range(users):
                sent = remember(user, i % 2, f"{user} 的第 {i} 句")
                others = sum(not text.startswith(f"{user} ") for text in sent)
                requests, leaking, sentences = requests + 1, leaking + (others > 0), sentences + others
        rows.append({"store": name, "requests": requests, "leaking": leaking, "sentences": sentences})
        print(f"{name:12s} {requests} 次请求里有 {leaking} 次带着别人的话，共 {sentences} 句")
    return rows
