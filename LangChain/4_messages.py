"""消息：几种裁剪各裁坏多少历史；中文的词元估得准不准；一串片段加起来是不是那条消息。

教什么：历史要成对，裁剪常把它裁坏；按“4 个字符一个词元”估中文会少估多少；流式的片段怎样相加。
不教什么：旧的内容怎样留下（`6_memory.py`）。
怎么跑：
  python LangChain/4_messages.py            两核约 1 分钟
  python LangChain/4_messages.py --offline  几秒，只做不要模型的那一半
  python LangChain/4_messages.py --smoke    10 秒
对应笔记：`4_messages.md`。
"""

import random
import statistics
from collections.abc import Callable, Sequence

from langchain.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage, trim_messages

from book import Parser, UserError, common_options, emit_result, run
from LangChain.history import estimate_tokens, history_problems, sample_history, trim_turns
from LangChain.models import chat_model, endpoint_errors
from TrainAndFinetune.endpoint import connect

TEXTS = {  # 各种文字：每个字符多少词元，差好几倍
    "中文": "高血压的人能不能一边吃降压药一边喝酒？我爷爷每天晚上都要喝一小杯，劝了他也不听。",
    "中文术语": "阿莫西林克拉维酸钾片用于敏感菌引起的上呼吸道感染、下呼吸道感染与泌尿系统感染。",
    "英文": "Take one tablet twice a day with food, and do not drink alcohol while you are on this medicine.",
    "代码": "for message in messages:\n    if message.role == 'tool':\n        print(message.tool_call_id)\n",
    "JSON": '{"name": "氨氯地平", "dose": "5 mg", "times": 1, "with_food": false, "notes": null}',
    "数字": "2026-11-27 13812345678 98.6 120/80 3.14159265358979",
}


def keep_last(messages: Sequence[AnyMessage], limit: int) -> list[AnyMessage]:
    """最常见的写法：列表的最后几条。"""
    return list(messages[-limit:])


def keep_system_and_last(messages: Sequence[AnyMessage], limit: int) -> list[AnyMessage]:
    """记得留 system，还是不看从哪里切。"""
    return [messages[0], *messages[1:][-(limit - 1) :]] if limit > 1 else list(messages[:1])


def framework_default(messages: Sequence[AnyMessage], limit: int) -> list[AnyMessage]:
    """`trim_messages`，只给必须给的。"""
    return trim_messages(messages, max_tokens=limit, token_counter=len)


def framework_careful(messages: Sequence[AnyMessage], limit: int) -> list[AnyMessage]:
    """`trim_messages`，从 human 开始，留 system。"""
    return trim_messages(messages, max_tokens=limit, token_counter=len, start_on="human", include_system=True)


def whole_turns(messages: Sequence[AnyMessage], limit: int) -> list[AnyMessage]:
    """本书的：放不下就抛 ValueError。"""
    return trim_turns(messages, limit, len)


WAYS = {
    "messages[-n:]": keep_last,
    "system + messages[-n:]": keep_system_and_last,
    "trim_messages 默认": framework_default,
    "trim_messages 从 human 开始": framework_careful,
    "trim_turns": whole_turns,
}


def measure_trimming(seed: int, histories: int) -> list[dict]:
    """每种裁法，在随机的历史与每个上限上：发出去就坏的占多少，悄悄没有了问题的占多少。"""
    generator = random.Random(seed)
    cases = [(h, n) for h in (sample_history(generator, 8) for _ in range(histories)) for n in range(1, len(h) + 1)]
    rows = []
    for name, way in WAYS.items():
        outcomes = [outcome(way, messages, limit) for messages, limit in cases]
        problems = [found for found in outcomes if found is not None]
        refused = len(outcomes) - len(problems)
        broken = sum(any("没有调用" in p or "没有结果" in p for p in found) for found in problems)
        silent = sum(any("没有 user" in p for p in found) for found in problems)
        bad = sum(map(bool, problems))
        rows.append({"way": name, "cases": len(cases), "bad": bad, "orphan": broken, "no_question": silent})
        rows[-1] |= {"refused": refused, "bad_share": bad / len(cases)}
        print(f"{name:24s} 坏 {bad:4d} / {len(cases)}  不成对 {broken:4d}  没有问题 {silent:4d}  报错 {refused:4d}")
    return rows


def outcome(way: Callable, messages: list[AnyMessage], limit: int) -> list[str] | None:
    """裁出来的历史有什么问题；None 是它自己报了错。"""
    try:
        return history_problems(way(messages, limit))
    except ValueError:
        return None


def measure_tokens(names: Sequence[str]) -> list[dict]:
    """每段文字：真的词元数（服务数的，减去空消息的），4 个字符一个的估计，本书的估计。"""
    model = chat_model(max_tokens=1)
    base = model.invoke([HumanMessage("。")]).usage_metadata["input_tokens"] - 1
    rows = []
    for name in names:
        text = TEXTS[name]
        real = model.invoke([HumanMessage(text)]).usage_metadata["input_tokens"] - base
        ours = estimate_tokens([HumanMessage(text)]) - estimate_tokens([HumanMessage("")])
        quarter = len(text) / 4
        rows.append({"name": name, "characters": len(text), "tokens": real, "quarter": quarter, "ours": ours})
        rows[-1] |= {"quarter_ratio": quarter / real, "ours_ratio": ours / real}
        print(
            f"{name:8s} {len(text):3d} 个字符  {real:3d} 个词元  除以 4 {quarter:5.1f}  本书的估计 {ours}", flush=True
        )
    return rows


def measure_stream(max_tokens: int) -> dict:
    """流式的片段加起来：是不是不流式的那条消息，用量在不在。"""
    model = chat_model(max_tokens=max_tokens, stream_usage=True)
    question = [SystemMessage("你是《LLM 学习之书》的助手，用中文简短地回答。"), HumanMessage("中国的首都是哪里？")]
    pieces = list(model.stream(question))
    total = sum(pieces[1:], pieces[0])  # AIMessageChunk 之间可以相加
    whole = model.invoke(question)
    print(f"{len(pieces)} 片，加起来 {total.text!r}")
    return {
        "pieces": len(pieces),
        "same_text": total.text == whole.text,
        "output_tokens": total.usage_metadata["output_tokens"],
        "same_usage": total.usage_metadata["output_tokens"] == whole.usage_metadata["output_tokens"],
    }


def orphan_is_accepted() -> bool:
    """没有调用的工具结果，这个端点收不收。OpenAI 报 400；收下的端点，模型看到一句没头没尾的话。"""
    import openai

    messages = [HumanMessage("北京的天气？"), ToolMessage("晴", tool_call_id="c1")]
    try:
        return isinstance(chat_model(max_tokens=1, max_retries=0).invoke(messages), AIMessage)
    except openai.BadRequestError:
        return False


@endpoint_errors()
def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    parser.add_argument("--histories", type=int, default=200, metavar="N", help="裁剪的实验用几段历史，默认 200")
    parser.add_argument("--offline", action="store_true", help="只做裁剪的实验，不要模型")
    args = parser.parse_args(argv)
    if args.histories < 1:
        raise UserError(f"--histories 收到 {args.histories}，至少 1")
    names = list(TEXTS)[:2] if args.smoke else list(TEXTS)
    print(f"历史 {3 if args.smoke else args.histories} 段  种子 {args.seed}  设备 由端点决定")
    trimming = measure_trimming(args.seed, 3 if args.smoke else args.histories)
    if args.offline:
        return emit_result({"histories": args.histories, "trimming": trimming})
    endpoint = connect()
    print(f"模型 {endpoint.chat_model}")
    tokens = measure_tokens(names)
    result = {
        "model": endpoint.chat_model,
        "trimming": trimming,
        "tokens": tokens,
        "quarter_worst": min(row["quarter_ratio"] for row in tokens),
        "ours_worst": max(abs(row["ours_ratio"] - 1) for row in tokens),
        "ours_median": statistics.median(abs(row["ours_ratio"] - 1) for row in tokens),
        "stream": measure_stream(8 if args.smoke else 32),
        "orphan_accepted": orphan_is_accepted(),
    }
    return emit_result(result)


if __name__ == "__main__":
    run(main)
