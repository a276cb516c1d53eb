"""回调：一个处理器数词元、量时间、写踪迹；五种数法各漏掉多少；踪迹里的词元与网络上的用量是不是相同。

教什么：处理器从哪里传进去，决定它看得到谁；流式的用量要自己要；踪迹怎样变成一棵树。
不教什么：重试与并发（`3_Runnable.py`）；把踪迹发到网上。
怎么跑：
  python LangChain/13_callbacks.py            两核约 1 分钟，踪迹写在 --out 的 trace.jsonl
  python LangChain/13_callbacks.py --offline  几秒，只做不要模型的那一半
  python LangChain/13_callbacks.py --smoke    10 秒
对应笔记：`13_callbacks.md`。
"""

import logging
import threading
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough
from langchain_openai import ChatOpenAI

from book import Parser, common_options, emit_result, output_dir, run
from LangChain.models import chat_model, endpoint_errors
from LangChain.recorder import Recorder, message_reply, stream_reply
from LangChain.tracing import Tracer, read_trace, totals, tree
from TrainAndFinetune.endpoint import connect

CHAT_SYSTEM = "你是《LLM 学习之书》的助手，用中文简短地回答。"
REWRITE_SYSTEM = "把最后一个问题改写成不看上文也能懂的一句话，只写改写后的问题。"
REWRITE_USER = "对话：\n{history}\n\n最后一个问题：{question}"
EACH = 15  # 录音机的每个回答：10 个词元进，5 个出
PROMPT = ChatPromptTemplate([("system", CHAT_SYSTEM), ("human", "{question}")])
DIALOGUES = (  # 上文与追问
    ("用户：布洛芬是什么药？\n助手：布洛芬是止痛退烧的药。", "一天最多吃几次？"),
    ("用户：北京有几个机场？\n助手：北京有两个机场。", "它们叫什么？"),
    ("用户：《西游记》是谁写的？\n助手：《西游记》的作者是吴承恩。", "他是哪个朝代的人？"),
)


class Naive(BaseCallbackHandler):
    """教程里最常见的写法：没有想过用量可能没有。"""

    def __init__(self):
        self.tokens = 0

    def on_llm_end(self, response, **kwargs):
        self.tokens += response.generations[0][0].message.usage_metadata["total_tokens"]


def usage_event(events: list[dict]) -> list[dict]:
    """流式的回答，最后再来一片用量。"""
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": EACH}
    return [*events, {**events[0], "choices": [], "usage": usage}]


@contextmanager
def served(users: int, stream_usage: bool):
    """录音机与接在它上面的模型；每个用户依次是四个完整的回答、两个流式的。"""
    streamed = stream_reply(["好", "的"])
    streamed = usage_event(streamed) if stream_usage else streamed
    with Recorder(users * ([message_reply("好的")] * 4 + [streamed] * 2)) as recorder:
        options = {"stream_usage": True} if stream_usage else {}
        yield recorder, ChatOpenAI(model="m", base_url=recorder.base_url, api_key="not-needed", **options)


def work(chain: Runnable, config: dict) -> None:
    """一个用户的六次请求：两次 invoke，一批两个，两次 stream。"""
    value = {"question": "问"}
    chain.invoke(value, config)
    chain.invoke(value, config)
    chain.batch([value, value], config)
    for _ in range(2):
        list(chain.stream(value, config))


def by_config(stream_usage: bool) -> tuple[int, int]:
    """跟着这一次调用传进去。返回 (数到的词元, 说不知道的请求)。"""
    with served(2, stream_usage) as (_, model):
        chain, mine, other = PROMPT | model | StrOutputParser(), Tracer(), Tracer()
        work(chain, {"callbacks": [mine]})
        work(chain, {"callbacks": [other]})
    found = totals(mine.spans)
    return found["input_tokens"] + found["output_tokens"], found["unknown"]


def by_model() -> tuple[int, int]:
    """挂在大家共用的模型上：谁用都数进来。"""
    with served(2, True) as (_, model):
        tracer = Tracer()
        chain = PROMPT | model.model_copy(update={"callbacks": [tracer]}) | StrOutputParser()
        work(chain, {})
        work(chain, {})
    found = totals(tracer.spans)
    return found["input_tokens"] + found["output_tokens"], found["unknown"]


def by_naive() -> tuple[int, int]:
    """处理器在没有用量时抛异常：只有一行日志，程序照常结束。"""
    with served(1, False) as (_, model):
        naive = Naive()
        logger = logging.getLogger("langchain_core.callbacks.manager")
        logger.disabled, before = True, logger.disabled
        work(PROMPT | model | StrOutputParser(), {"callbacks": [naive]})
        logger.disabled = before
    return naive.tokens, 0


def by_thread() -> tuple[int, int]:
    """在步骤里自己开线程：上下文没有跟过去，处理器也没有。"""
    with served(1, True) as (_, model):
        chain, tracer = PROMPT | model | StrOutputParser(), Tracer()

        def inside(value):
            thread = threading.Thread(target=work, args=(chain, {}))
            thread.start()
            thread.join()

        RunnableLambda(inside).invoke("", {"callbacks": [tracer]})
    found = totals(tracer.spans)
    return found["input_tokens"] + found["output_tokens"], found["unknown"]


WAYS: dict[str, Callable[[], tuple[int, int]]] = {
    "跟着调用传，stream_usage=True": lambda: by_config(True),
    "跟着调用传，不要流式的用量": lambda: by_config(False),
    "挂在共用的模型上": by_model,
    "处理器自己抛异常": by_naive,
    "在步骤里自己开线程": by_thread,
}


def measure_counting() -> list[dict]:
    """甲的六次请求用了 90 个词元（乙也是六次）：每种数法数到多少。"""
    rows = []
    for way, count in WAYS.items():
        counted, unknown = count()
        rows.append({"way": way, "truth": 6 * EACH, "counted": counted, "ratio": counted / (6 * EACH)})
        rows[-1]["unknown"] = unknown
        print(f"{way}  数到 {counted} / {6 * EACH}，说不知道的 {unknown} 次")
    return rows


def make_chain(base_url: str, tokens: int) -> Runnable:
    """改写 -> 回答：两次请求，各有自己的名字。"""
    options = {"base_url": base_url, "max_tokens": tokens, "stream_usage": True}
    rewrite = ChatPromptTemplate([("system", REWRITE_SYSTEM), ("human", REWRITE_USER)]) | chat_model(**options)
    rewrite = (rewrite | StrOutputParser()).with_config(run_name="改写")
    answer = (PROMPT | chat_model(**options) | StrOutputParser()).with_config(run_name="回答")
    return (RunnablePassthrough.assign(question=rewrite) | answer).with_config(run_name="追问")


def wire_usage(recorder: Recorder) -> tuple[int, int]:
    """网络上的用量：流式的在最后一片里。"""
    replies = [exchange.response for exchange in recorder.exchanges]
    usage = [(reply[-1] if isinstance(reply, list) else reply)["usage"] for reply in replies]
    return sum(u["prompt_tokens"] for u in usage), sum(u["completion_tokens"] for u in usage)


def measure_trace(base_url: str, dialogues: tuple, tokens: int, path: Path) -> dict:
    """每段对话一次流式的追问：踪迹写进文件，读回来，与网络上的用量比较。"""
    path.unlink(missing_ok=True)
    with Recorder(upstream=base_url) as recorder:
        chain, tracer = make_chain(recorder.base_url, tokens), Tracer(path)
        for history, question in dialogues:
            value = {"history": history, "question": question}
            answer = "".join(chain.stream(value, {"callbacks": [tracer]}))
            print(f"  {question} {answer!r}", flush=True)
        wire = wire_usage(recorder)
    spans = read_trace(path)
    print("\n".join(tree(spans)))
    found, roots = totals(spans), [span for span in spans if span.parent is None]
    share = sum(span.seconds for span in spans if span.kind == "model") / sum(span.seconds for span in roots)
    return {
        "dialogues": len(dialogues),
        "spans": len(spans),
        **found,
        "wire_input": wire[0],
        "wire_output": wire[1],
        "equal": (found["input_tokens"], found["output_tokens"]) == wire,
        "model_share": share,
    }


@endpoint_errors()
def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.add_argument("--offline", action="store_true", help="只做不要模型的那个实验")
    args = parser.parse_args(argv)
    dialogues = DIALOGUES[:1] if args.smoke else DIALOGUES
    print(f"数法 {len(WAYS)} 种  对话 {len(dialogues)} 段  温度 0  设备 由端点决定")
    result = {"counting": measure_counting()}
    if args.offline:
        return emit_result(result)
    endpoint = connect()
    print(f"模型 {endpoint.chat_model}")
    path = output_dir(args.out) / "trace.jsonl"
    trace = measure_trace(endpoint.base_url, dialogues, 20 if args.smoke else 32, path)
    return emit_result(result | {"model": endpoint.chat_model, "trace": trace})


if __name__ == "__main__":
    run(main)
