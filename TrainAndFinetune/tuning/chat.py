"""一段对话 -> 词元与标签：训练时套的模板，与推理时逐字节相同。

教什么：模板渲染；提示与答案分开切词再接起来，等于整段一起切词；标签只在答案与它的 <end_of_turn> 上；太长时裁什么。
不教什么：模板为什么这样写（`prompts.md`）；几条怎样成批（`batching.py`）。
不是脚本；`from TrainAndFinetune.tuning import encode_example`。不导入 torch。对应笔记：`4_full.md`。
"""

import json
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from book import UserError

TEMPLATE = Path(__file__).resolve().parent.parent / "chat_template.jinja"
START, END, BOS = "<start_of_turn>", "<end_of_turn>", "<bos>"
IGNORE = -100  # torch 的 cross_entropy 约定：标签是它的位置不算损失


@dataclass(frozen=True)
class Example:
    """一条编码好的对话：ids 与 labels 一样长，labels[i] 是 ids[i] 或 IGNORE；cut 是为了放得下裁掉了几个词元。"""

    ids: list[int]
    labels: list[int]
    cut: int = 0

    def __len__(self) -> int:
        return len(self.ids)


@cache
def template():
    """编译好的模板；选项与 transformers 的 apply_chat_template 相同，测试比对两者的输出。"""
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # 沙盒：别人的模板不能执行任意代码

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    # jinja 自带的 tojson 把 < 写成 \u003c（为网页），还把汉字写成 \uXXXX：模型见到的就不是原文了
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def render(messages: list[dict], tools: list[dict] | None = None, add_generation_prompt: bool = False) -> str:
    """对话 -> 模型见到的整段文字；add_generation_prompt 时以“该模型说了”的开头结尾。

    >>> render([{"role": "user", "content": "你好"}], add_generation_prompt=True)
    '<bos><start_of_turn>user\\n你好<end_of_turn>\\n<start_of_turn>model\\n'
    """
    if not messages:
        raise UserError("messages 是空的；至少要有一条 user 的消息")
    return template().render(messages=messages, tools=tools, bos_token=BOS, add_generation_prompt=add_generation_prompt)


def token_ids(tokenizer, text: str) -> list[int]:
    """切词；<bos> 已经写在模板里，不能让分词器再加一个。"""
    return tokenizer(text, add_special_tokens=False).input_ids


def prompt_ids(tokenizer, messages: list[dict], tools: list[dict] | None = None) -> list[int]:
    """推理时喂给模型的词元：整段渲染，整段切词。"""
    return token_ids(tokenizer, render(messages, tools, add_generation_prompt=True))


def pieces(messages: list[dict], tools: list[dict] | None = None) -> list[tuple[str, bool]]:
    """整段文字切成 [(文字, 是不是答案)]；答案连同它的 <end_of_turn>，接起来就是 `render` 去掉末尾的换行。

    >>> pieces([{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "2"}])
    [('<bos><start_of_turn>user\\n1+1<end_of_turn>\\n<start_of_turn>model\\n', False), ('2<end_of_turn>', True)]
    """
    parts, done = [], 0
    for i, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        prompt = render(messages[:i], tools, add_generation_prompt=True)
        whole = render(messages[: i + 1], tools).removesuffix("\n")  # <end_of_turn> 后面的换行由模板写，不由模型写
        parts += [(prompt[done:], False), (whole[len(prompt) :], True)]
        done = len(whole)
    return parts


def encode_whole(tokenizer, messages: list[dict], tools: list[dict] | None) -> Example:
    """不管多长，逐段切词；接起来与整段切词不同，就抛 UserError。

    内容里的 <start_of_turn>、<end_of_turn> 由模板删掉（推理时也一样）；漏下的标记（如 <bos>）也抛 UserError。
    """
    ids, labels = [], []
    for text, is_answer in pieces(messages, tools):
        new = token_ids(tokenizer, text)
        ids += new
        labels += new if is_answer else [IGNORE] * len(new)
    if ids != token_ids(tokenizer, render(messages, tools).removesuffix("\n")):
        rule = "推理时模型从“答案的第一个词元”写起，训练就不能跨过这条边界合并"
        raise UserError(f"答案的开头与前面的换行被切成了一个词元：{rule}；去掉答案开头的空白")
    turns = sum(message["role"] not in ("system", "developer") for message in messages)
    for mark, count in ((START, turns), (END, turns), (BOS, 1)):
        if ids.count(tokenizer.convert_tokens_to_ids(mark)) != count:
            raise UserError(f"消息里夹着 {mark}，它是对话的标记；从数据里删掉它")
    return Example(ids, labels)


def rounds(messages: list[dict]) -> list[int]:
    """每一轮从第几条消息开始；一轮从一个 user 到下一个 user 之前。"""
    return [i for i, message in enumerate(messages) if message["role"] == "user"]


def shortened(tokenizer, messages: list[dict], tools, max_length: int) -> Example | None:
    """最后一轮里最长的 user/tool 消息，从开头裁，留下结尾；刚好放得下就停。只剩一个字还放不下，返回 None。"""
    longest = max(
        (i for i, message in enumerate(messages) if message["role"] in ("user", "tool")),
        key=lambda i: len(messages[i]["content"]),
    )
    text = messages[longest]["content"]

    def without(n: int) -> Example:
        return encode_whole(
            tokenizer,
            [m | {"content": text[n:]} if i == longest else m for i, m in enumerate(messages)],
            tools,
        )

    fewest = bisect_left(range(len(text)), True, key=lambda n: len(without(n)) <= max_length)
    return without(fewest) if fewest < len(text) else None


def encode_example(tokenizer, messages: list[dict], tools: list[dict] | None = None, max_length: int = 1024) -> Example:
    """编码一段对话；太长就裁提示，从不裁答案与它的 <end_of_turn>。

    裁的次序：先整轮去掉最早的（system 与 tools 留着，聊天程序放不下时也这样做）；只剩一轮，再从最长的 user/tool 消息的
    开头裁，因为问题通常写在最后。答案裁掉半句，模型学会的是写半句，或者永远不停；所以答案自己放不下就抛 UserError。
    """
    whole = encode_whole(tokenizer, messages, tools)
    if len(whole) <= max_length:
        return whole
    starts = rounds(messages)
    head, fit = messages[: starts[0]], None
    for start in starts[1:]:
        shorter = encode_whole(tokenizer, head + messages[start:], tools)
        if len(shorter) <= max_length:
            fit = shorter
            break
    fit = fit or shortened(tokenizer, head + messages[starts[-1] :], tools, max_length)
    if fit is None:
        answer = sum(label != IGNORE for label in whole.labels)
        raise UserError(
            f"这段对话 {len(whole)} 个词元（答案 {answer} 个），裁光提示也放不进 {max_length} 个；"
            "答案不能裁，加大 --max-length，或把它拆成几条"
        )
    return Example(fit.ids, fit.labels, cut=len(whole) - len(fit))


def encode_rows(tokenizer, rows: list[dict], max_length: int = 1024, where: str = "") -> list[Example]:
    """`encode_example` 每一行；哪一行不对，报错里有 where（哪个文件）与行号，所以要在分成训练与验证之前编码。"""
    examples = []
    for number, row in enumerate(rows, start=1):
        try:
            examples.append(encode_example(tokenizer, row["messages"], row.get("tools"), max_length))
        except UserError as error:
            raise UserError(f"{where}第 {number} 行：{error}") from None
    return examples
