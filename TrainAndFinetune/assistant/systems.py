"""谁来答：基座（看几个例子，或者加语法约束）与助手（加不加语法约束），各变成一个 HTTP 请求。

教什么：基座没学过 <end_of_turn>（照对话模板给例子，试的 6 题一次也没写出它），例子要写成普通文字，空行就是结束；
语法约束保证格式，保证不了内容，所以两样分开量；同一个服务里切换基座与助手。
不教什么：服务怎样做到（`serving/`）、考什么（`groups.py`）。
不是脚本，由 `evaluate_assistant.py` 导入。不导入 torch。对应笔记：`assistant.md`「评估」。
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from book import UserError
from TrainAndFinetune.assistant import gold
from TrainAndFinetune.assistant.scoring import answer_text
from TrainAndFinetune.models import EMBEDDED
from TrainAndFinetune.serving.lifetime import State
from TrainAndFinetune.tuning.chat import BOS, END, START, render, token_ids

COMPLETIONS, CHAT = "/v1/completions", "/v1/chat/completions"
CONSTRAINED = ("tools", "extract")  # 有语法约束的能力
USER, MODEL, GAP = "用户：\n", "助手：\n", "\n\n"  # 给基座看的例子里，谁在说话、一段说完了
STOPS = [GAP, "\n用户："]
ENDED = ("stop", "tool_calls")  # 自己停的（看例子的基座是写出空行）；length 是写到了上限
BROKEN = "error"  # 服务解析不了它写的工具调用
TIMEOUT = 1800  # 秒：机器忙的时候一题也可能很久


@dataclass(frozen=True)
class System:
    """一个被测的系统。"""

    name: str
    tuned: bool  # 用不用适配器
    shots: str = ""  # 给不给例子：kind 同一类的，mixed 各类的
    grammar: bool = False


SYSTEMS = {
    system.name: system
    for system in (
        System("base+few-shot", False, shots="kind"),
        System("base+grammar", False, grammar=True),
        System("tuned", True),
        System("tuned+grammar", True, grammar=True),
        System("base+few-shot-mixed", False, shots="mixed"),
    )
}
DEFAULT = tuple(SYSTEMS)[:4]


@dataclass(frozen=True)
class Answer:
    """一个答案：文字（工具调用写成 <tool_call>）、为什么结束、几个词元（连 <end_of_turn>）。"""

    text: str
    finish: str
    tokens: int

    @property
    def stopped(self) -> bool:
        return self.finish in ENDED


@dataclass(frozen=True)
class Job:
    """一道要答的题：谁答、题、上限、例子。"""

    system: System
    dialogue: dict
    limit: int
    shots: list[dict] = field(default_factory=list)


def answered_by(system: System, ability: str) -> System | None:
    """这种能力其实由谁答：没有语法的能力，助手照抄不加约束的那一份，基座不考。

    >>> answered_by(SYSTEMS["tuned+grammar"], "chat").name, answered_by(SYSTEMS["base+grammar"], "chat")
    ('tuned', None)
    """
    if not system.grammar or ability in CONSTRAINED:
        return system
    return SYSTEMS["tuned"] if system.tuned else None


def plain(text: str) -> str:
    """对话模板渲染的文字 -> 没有标记的普通文字：基座没在对话上训练过，标记对它没有意义。

    >>> plain(render([{"role": "user", "content": "在吗"}], add_generation_prompt=True))
    '用户：\\n在吗\\n\\n助手：\\n'
    """
    text = text.removeprefix(BOS).replace(f"{START}user\n", USER).replace(f"{START}model\n", MODEL)
    return text.replace(f"{END}\n", GAP)


def raw_prompt(job: Job) -> str:
    """续写用的文字。没有例子时就是训练时的提示；有例子时一段接一段，每段带着自己的系统提示与工具，最后是题目。"""
    prompt = render(job.dialogue["messages"][:-1], job.dialogue.get("tools"), add_generation_prompt=True)
    if not job.shots:
        return prompt
    return BOS + "".join(plain(render(shot["messages"], shot.get("tools"))) for shot in job.shots) + plain(prompt)


def request_of(job: Job, model: str, encode: Callable[[str], object]) -> tuple[str, dict]:
    """一道题变成（路径，请求体）。encode 切词：提示给词元编号，不给文字——给文字，引擎会再加一个 <bos>。"""
    body = {"model": model, "max_tokens": job.limit, "temperature": 0}
    if not job.system.grammar:
        return COMPLETIONS, body | {"prompt": encode(raw_prompt(job))} | ({"stop": STOPS} if job.shots else {})
    body["messages"] = job.dialogue["messages"][:-1]
    if job.dialogue["ability"] == "tools":
        return CHAT, body | {"tools": job.dialogue["tools"], "tool_choice": "auto"}  # auto 不强迫它调用
    schema = {"name": "extract", "schema": job.dialogue["check"]["schema"]}
    return CHAT, body | {"response_format": {"type": "json_schema", "json_schema": schema}}


def answer_of(path: str, reply: dict) -> Answer:
    """服务的回答 -> Answer。"""
    choice = reply["choices"][0]
    said = choice["text"] if path == COMPLETIONS else answer_text(choice["message"])
    return Answer(said, choice["finish_reason"], reply["usage"]["completion_tokens"])


class Asker:
    """问本机的服务；可以几个线程一起用。"""

    def __init__(self, state: State, tokenizer):
        import httpx

        headers = {"Authorization": f"Bearer {state.api_key}"}
        self.state, self.tokenizer = state, tokenizer
        self.client = httpx.Client(base_url=state.base_url, headers=headers, timeout=TIMEOUT, trust_env=False)

    def post(self, path: str, body: dict) -> tuple[int, dict]:
        """(状态码, 回答)；连不上就抛 UserError。"""
        import httpx

        try:
            reply = self.client.post(path, json=body)
            return reply.status_code, reply.json()
        except (httpx.HTTPError, json.JSONDecodeError) as error:
            raise UserError(f"本机的模型服务没有回答（{type(error).__name__}）；同样的命令会接着答") from None

    def __call__(self, job: Job) -> Answer:
        model = self.state.chat_model if job.system.tuned else EMBEDDED
        path, body = request_of(job, model, partial(token_ids, self.tokenizer))
        status, reply = self.post(path, body)
        if status == 500 and path == CHAT:  # 写的工具调用不成样子，引擎解析不了：记成答错
            return Answer("", BROKEN, 0)
        if status != 200:
            message = reply.get("error", {}).get("message", reply)
            raise UserError(f"本机的模型服务拒绝了一道 {job.dialogue['ability']} 题（{status}）：{message}")
        return answer_of(path, reply)


def fake(job: Job) -> Answer:
    """冒烟用的：不问模型，按题目的哈希，一半给标准答案，一半乱写、写到上限。"""
    digest = hashlib.sha256(repr(job.dialogue).encode()).digest()
    if digest[0] % 2:
        return Answer(answer_text(gold(job.dialogue)), "stop", job.limit // 2)
    return Answer("天地玄黄" * 20, "length", job.limit)
