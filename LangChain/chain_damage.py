"""链的四个实验，都不要模型：末尾接什么就流不动；中途走了还收不收；分支共用一个字典；写坏了绕不绕回来。

教什么：每个反例的损失怎样数出来。
不教什么：反例之外的写法（`8_LCEL.md`）。
不是脚本，由 `8_LCEL.py` 与测试导入。对应笔记：`8_LCEL.md`「常见错误」「实验」。
"""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator

from langchain.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import (
    Runnable,
    RunnableBranch,
    RunnableGenerator,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
)

from LangChain.graphs import MOST, State, compile_graph, first_messages, repair_graph, run_graph

PIECES = tuple("今天北京晴，最高二十度。")


class Speaker:
    """假的模型：一片一片地说，数说到第几片。"""

    def __init__(self):
        self.spoken = 0

    def speak(self, questions: Iterator) -> Iterator[str]:
        for _ in questions:  # 先收完问题
            pass
        for piece in PIECES:
            self.spoken += 1
            yield piece

    async def aspeak(self, questions: AsyncIterator) -> AsyncIterator[str]:
        async for _ in questions:
            pass
        for piece in PIECES:
            self.spoken += 1
            yield piece

    @property
    def runnable(self) -> Runnable:
        return RunnableGenerator(self.speak, self.aspeak)


def without_stops(pieces: Iterator[str]) -> Iterator[str]:
    """生成器函数：来一片改一片。"""
    for piece in pieces:
        yield piece.replace("。", "")


def strip(text: str) -> str:
    """普通的函数：要整段。"""
    return text.replace("。", "")


def endings(model: Runnable) -> dict[str, Runnable]:
    """同一个模型，后面接的不同。"""
    return {
        "model": model,
        "model | 普通的函数": model | strip,
        "model | 生成器函数": model | without_stops,
        "model | RunnablePassthrough()": model | RunnablePassthrough(),
        "model | RunnableBranch(...)": model | RunnableBranch((bool, RunnablePassthrough()), RunnablePassthrough()),
        "RunnableBranch(..., model)": RunnableBranch((lambda q: "价" in q, RunnablePassthrough()), model),
        "函数里 return model": RunnableLambda(lambda question: model),
        "函数里 model.invoke(...)": RunnableLambda(lambda question: model.invoke(question)),
        "model | {answer, length}": model | {"answer": RunnablePassthrough(), "length": len},
        "model.with_retry()": model.with_retry(),
    }


def measure_endings() -> list[dict]:
    """每种写法：用户看到几片；看到第一片的时候，模型已经说了几片。"""
    rows = []
    for name in endings(Speaker().runnable):
        speaker = Speaker()
        chain, seen, before = endings(speaker.runnable)[name], 0, 0
        for _ in chain.stream("天气？"):
            before = before or speaker.spoken
            seen += 1
        rows.append({"ending": name, "model_pieces": len(PIECES), "seen": seen, "before_first": before})
        print(f"{name:32s} 看到 {seen:2d} 片，第一片在模型说了 {before:2d} 片之后")
    return rows


async def leave_async(chain: Runnable, after: int) -> None:
    """异步地读几片就走。"""
    stream = chain.astream("天气？")
    for _ in range(after):
        await anext(stream)
    await stream.aclose()
    await asyncio.sleep(0.05)  # 里面几层的生成器，要事件循环再转几圈才关完


def measure_leaving(after: int) -> list[dict]:
    """用户看了 after 片就走：模型一共说了几片（都要钱）。"""
    rows = []
    for name in ("只有模型，stream", "链，stream", "链，astream", "模型外面套生成器，stream"):
        speaker = Speaker()
        chain = speaker.runnable if name.startswith(("只有", "模型")) else speaker.runnable | StrOutputParser()
        if "astream" in name:
            asyncio.run(leave_async(chain, after))
        else:
            stream = chain.stream("天气？")
            stream = without_stops(stream) if "套" in name else stream
            for _ in range(after):
                next(stream)
            stream.close()
        rows.append({"way": name, "read": after, "spoken": speaker.spoken})
        print(rows[-1])
    return rows


def clean_in_place(visit: dict) -> str:
    """去掉敏感的键：改的是大家共用的那个字典。"""
    visit.pop("phone", None)
    return f"{visit['name']}，已去掉电话"


def clean_copy(visit: dict) -> str:
    """同上，改的是自己的一份。"""
    return clean_in_place(dict(visit))


def measure_sharing(size: int) -> list[dict]:
    """两个分支：一个去掉电话写日志，一个按电话发短信。发不出去的有几个。"""
    rows = []
    for name, clean in (("就地改", clean_in_place), ("先复制", clean_copy)):
        fan = RunnableParallel(log=clean, sms=lambda visit: visit.get("phone"))
        visits = [{"name": f"病人{i}", "phone": str(13800000000 + i)} for i in range(size)]
        sent = [fan.invoke(visit, {"max_concurrency": 1})["sms"] for visit in visits]  # 一个一个来：次序固定
        rows.append({"way": name, "visits": size, "lost": sum(phone is None for phone in sent)})
        print(rows[-1])
    return rows


GOOD, BAD = '{"name": "张三", "age": 25}', ('{"name": "张三", "age": "25"}', "姓名张三，25 岁", '{"name": "张三"}')


class Scripted:
    """照着念的模型。"""

    def __init__(self, replies: list[str]):
        self.replies = list(replies)
        self.asked: list[list] = []

    def invoke(self, messages: list) -> AIMessage:
        self.asked.append(list(messages))
        return AIMessage(self.replies.pop(0))


def scripts(seed: int, count: int) -> list[list[str]]:
    """count 段脚本：每次有一半的机会写坏。"""
    generator = random.Random(seed)
    return [[GOOD if generator.random() < 0.5 else generator.choice(BAD) for _ in range(MOST)] for _ in range(count)]


def measure_loop(seed: int, count: int) -> list[dict]:
    """同样的脚本：一条链（只写一次），手写的图，LangGraph 的图；合格几个，一共问了几次。"""

    def chain(nodes, edges, state):
        state = {**state, **nodes["write"](state)}
        return {**state, **nodes["check"](state)}

    def by_hand(nodes, edges, state):
        return run_graph(nodes, edges, "write", state)

    def by_framework(nodes, edges, state):
        return compile_graph(nodes, edges, "write", State).invoke(state)

    rows = []
    for name, go in (("链", chain), ("run_graph", by_hand), ("LangGraph", by_framework)):
        good = asked = 0
        for replies in scripts(seed, count):
            model = Scripted(replies)
            final = go(*repair_graph(model), {"messages": first_messages("张三今年 25 岁。")})
            good += final["problem"] == ""
            asked += len(model.asked)
        rows.append({"way": name, "cases": count, "good": good, "asked": asked})
        print(rows[-1])
    return rows
