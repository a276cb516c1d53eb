"""可运行对象：重试乘起来发多少次，一个坏了一批还剩几个，回退藏住了什么，几种调法答得一样不一样。

教什么：重试、回退、批、并发的默认值各有什么代价；数的是录音机收到的请求。
不教什么：怎样组合成链（`8_LCEL.py`）；回调（`13_callbacks.py`）。
怎么跑：
  python LangChain/3_Runnable.py            两核约 1 分钟
  python LangChain/3_Runnable.py --offline  几秒，只做不要模型的那一半
  python LangChain/3_Runnable.py --smoke    10 秒
对应笔记：`3_Runnable.md`。
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable

import openai
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_openai import ChatOpenAI

from book import Parser, common_options, emit_result, run
from LangChain.models import chat_model, endpoint_errors
from LangChain.recorder import Recorder, Reply, message_reply
from TrainAndFinetune.endpoint import connect

PROMPT = ChatPromptTemplate([("system", "你是《LLM 学习之书》的助手，用中文简短地回答。"), ("human", "{question}")])
QUESTIONS = ("中国的首都是哪里？", "一年有几个月？", "水的化学式是什么？", "《红楼梦》的作者是谁？")
ERROR = {"error": {"message": "出错", "type": "x", "code": None}}
SOON = {"retry-after-ms": "1"}  # 端点说 1 毫秒之后再来：实验不必等
NO_WAIT = {"wait_exponential_jitter": False}  # 一秒也不等：只在实验里这样写


def scripted(recorder: Recorder, retries: int) -> ChatOpenAI:
    """接在录音机上的模型；retries 是客户端自己的重试。"""
    return ChatOpenAI(model="m", base_url=recorder.base_url, api_key="not-needed", max_retries=retries)


def parse_wrongly(text: str) -> str:
    """程序里的错：模型答了，我们的代码取一个不存在的键。"""
    return {"答案": text}["回答"]


FAULTS: dict[str, tuple[Reply, Callable]] = {  # 错 -> (端点每次怎样答, 模型之后的一步)
    "500 一直出错": (Reply(ERROR, 500, headers=SOON), str),
    "429 一直太多": (Reply(ERROR, 429, headers=SOON), str),
    "401 密钥不对": (Reply(ERROR, 401), str),
    "自己的 KeyError": (Reply(message_reply("好")), parse_wrongly),
}


def layers(recorder: Recorder, after: Callable) -> dict[str, Runnable]:
    """同一条链，重试加在不同的地方。"""
    one = PROMPT | scripted(recorder, 0) | StrOutputParser() | after
    two = PROMPT | scripted(recorder, 2) | StrOutputParser() | after
    three = two.with_retry(stop_after_attempt=3, **NO_WAIT)
    again = three.with_retry(stop_after_attempt=3, **NO_WAIT)
    return {"none": one, "client": two, "with_retry": three, "with_retry_twice": again}


def measure_retries(faults: tuple[str, ...]) -> list[dict]:
    """一个问题，一直不好：每种写法发出几次请求。"""
    rows = []
    for fault in faults:
        reply, after = FAULTS[fault]
        row = {"fault": fault}
        with Recorder([reply]) as recorder:
            for name, chain in layers(recorder, after).items():
                before = len(recorder.exchanges)
                try:
                    chain.invoke({"question": "问"})
                except Exception as error:
                    row["error"] = type(error).__name__
                row[name] = len(recorder.exchanges) - before
        rows.append(row)
        print(f"{fault:14s} {row}")
    return rows


def measure_batch(size: int) -> list[dict]:
    """size 个问题，最后一个端点不接受（400）：发了几次，手里剩几个回答。"""
    rows = []
    for name in ("batch", "batch(return_exceptions=True)", "batch_as_completed"):
        replies = [message_reply("好")] * (size - 1) + [Reply(ERROR, 400)]
        with Recorder(replies) as recorder:
            model, inputs, config = scripted(recorder, 0), ["问"] * size, {"max_concurrency": 1}
            kept = 0
            try:
                if name == "batch_as_completed":
                    for _, _answer in model.batch_as_completed(inputs, config):
                        kept += 1
                else:
                    answers = model.batch(inputs, config, return_exceptions="return" in name)
                    kept = sum(not isinstance(answer, Exception) for answer in answers)
            except Exception as error:
                print(f"  {name} 抛出 {type(error).__name__}")
            rows.append({"way": name, "inputs": size, "sent": len(recorder.exchanges), "kept": kept})
        print(rows[-1])
    return rows


class Gauge:
    """同时在里面的最多有几个。"""

    def __init__(self):
        self.inside = self.peak = 0
        self.lock = threading.Lock()

    def enter(self, change: int) -> None:
        with self.lock:
            self.inside += change
            self.peak = max(self.peak, self.inside)

    def wait(self, value):
        self.enter(1)
        time.sleep(0.05)
        self.enter(-1)
        return value

    async def await_(self, value):
        self.enter(1)
        await asyncio.sleep(0.05)
        self.enter(-1)
        return value


def measure_peak(size: int) -> list[dict]:
    """size 个输入，几种写法，同时有几个在跑。"""
    rows = []
    for way, config in (("batch", {"max_concurrency": 4}), ("abatch", {"max_concurrency": 4}), ("abatch", {})):
        gauge = Gauge()
        if way == "batch":
            RunnableLambda(gauge.wait).batch(list(range(size)), config)
        else:
            asyncio.run(RunnableLambda(gauge.await_).abatch(list(range(size)), config))
        rows.append({"way": way, "limit": config.get("max_concurrency"), "inputs": size, "peak": gauge.peak})
        print(rows[-1])
    return rows


def measure_fallback(size: int) -> list[dict]:
    """主链里有一个拼错的变量名，每次都抛 KeyError：回退替它答了几个，你看到几个错。"""
    rows = []
    for name, options in (("默认", {}), ("只回退端点的错", {"exceptions_to_handle": (openai.APIError,)})):
        with Recorder([message_reply("主")]) as strong, Recorder([message_reply("备")]) as weak:
            main = PROMPT | scripted(strong, 0) | StrOutputParser()
            spare = PROMPT | scripted(weak, 0) | StrOutputParser()
            broken = (lambda q: {"question": q["qeustion"]}) | main
            chain = broken.with_fallbacks([spare], **options)
            answers = chain.batch([{"question": "问"}] * size, return_exceptions=True)
            errors = sum(isinstance(answer, Exception) for answer in answers)
            rows.append({"way": name, "inputs": size, "main": len(strong.exchanges), "spare": len(weak.exchanges)})
            rows[-1]["errors"] = errors
        print(rows[-1])
    return rows


async def ask_async(chain: Runnable, inputs: list[dict]) -> tuple[list[str], dict[str, int]]:
    """ainvoke 的回答；第一个问题经过 astream_events 的事件各有几个。"""
    answers = [await chain.ainvoke(value) for value in inputs]
    events = Counter([event["event"] async for event in chain.astream_events(inputs[0], version="v2")])
    return answers, dict(events)


def measure_ways(questions: tuple[str, ...], max_tokens: int) -> dict:
    """同样的问题，温度 0：几种调法的回答与 invoke 的相同的有几个。"""
    chain = PROMPT | chat_model(max_tokens=max_tokens) | StrOutputParser()
    inputs = [{"question": question} for question in questions]
    reference = [chain.invoke(value) for value in inputs]
    for question, answer in zip(questions, reference):
        print(f"  {question} {answer!r}", flush=True)
    again = [chain.invoke(value) for value in inputs]
    streamed = ["".join(chain.stream(value)) for value in inputs]
    batched = chain.batch(inputs, {"max_concurrency": 2})
    asynchronous, events = asyncio.run(ask_async(chain, inputs))
    ways = {"invoke": again, "stream": streamed, "batch": batched, "ainvoke": asynchronous}
    rows = [{"way": way, "same": sum(a == b for a, b in zip(found, reference))} for way, found in ways.items()]
    return {"questions": len(questions), "ways": rows, "events": events}


@endpoint_errors()
def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.add_argument("--offline", action="store_true", help="只做不要模型的四个实验")
    args = parser.parse_args(argv)
    size = 4 if args.smoke else 12
    print(f"批 {size} 个  题 {1 if args.smoke else len(QUESTIONS)} 道  温度 0  设备 由端点决定")
    faults = tuple(FAULTS)[3:] if args.smoke else tuple(FAULTS)
    result = {"retries": measure_retries(faults), "batch": measure_batch(size), "peak": measure_peak(4 * size)}
    result["fallback"] = measure_fallback(size)
    if args.offline:
        return emit_result(result)
    endpoint = connect()
    print(f"模型 {endpoint.chat_model}")
    questions, tokens = (QUESTIONS[:1], 7) if args.smoke else (QUESTIONS, 16)
    return emit_result(result | {"model": endpoint.chat_model, **measure_ways(questions, tokens)})


if __name__ == "__main__":
    run(main)
