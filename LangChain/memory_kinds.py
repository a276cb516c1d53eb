"""短期记忆的几种做法：全部、最近几个回合、按词元、摘要；都是“这一次发什么”，存着的历史不动。

教什么：留什么、丢什么是一个函数，接到 `create_agent` 上只是一个中间件；检查点存在哪里只看一个地址。
不教什么：长期记忆（笔记里的存储）；裁剪怎样不拆散调用与结果（`history.py`）。
不是脚本，由 `6_memory.py` 与测试导入。对应笔记：`6_memory.md`。
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from langchain.agents.middleware import AgentMiddleware, AgentState, wrap_model_call
from langchain.messages import AnyMessage, HumanMessage, SystemMessage

from book import UserError
from LangChain.history import estimate_tokens, trim_turns

Choose = Callable[[Sequence[AnyMessage]], list[AnyMessage]]
SUMMARY_SYSTEM = "用一句话概括下面的文字，不写文字里没有的内容。"


def split_turns(messages: Sequence[AnyMessage], keep: int) -> tuple[list[AnyMessage], list[AnyMessage]]:
    """(更早的, 最近 keep 个回合)；回合从 HumanMessage 开始。

    >>> [len(part) for part in split_turns([HumanMessage("一"), HumanMessage("二"), HumanMessage("三")], 1)]
    [2, 1]
    """
    starts = [i for i, message in enumerate(messages) if isinstance(message, HumanMessage)]
    first = starts[-keep] if len(starts) > keep else 0
    return list(messages[:first]), list(messages[first:])


def everything(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """全部都发。"""
    return list(messages)


def window(keep: int) -> Choose:
    """只发最近 keep 个回合。"""
    return lambda messages: split_turns(messages, keep)[1]


def budget(limit: int) -> Choose:
    """发得下多少词元就发多少个回合；最后一个回合总是发，接口自己会说太长。"""

    def choose(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
        try:
            return trim_turns(messages, limit, estimate_tokens)
        except ValueError:
            return split_turns(messages, 1)[1]

    return choose


class Summary:
    """摘要加最近 keep 个回合；更早的连同旧的摘要交给 summarize(文字)，每丢 batch 个回合才写一次。

    摘要记在对象里：一个对象只给一段对话。几段对话共用一个 agent 时用 `SummaryMemory`。

    >>> choose = Summary(lambda text: text.replace("用户：", ""), keep=1, batch=1)
    >>> [message.text for message in choose([HumanMessage("我叫张三"), HumanMessage("我是谁？")])]
    ['之前的对话：我叫张三', '我是谁？']
    """

    def __init__(self, summarize: Callable[[str], str], keep: int, batch: int = 1):
        self.summarize, self.keep, self.batch = summarize, keep, batch
        self.text, self.done, self.calls = "", 0, 0  # done：已经写进摘要的消息条数

    def __call__(self, messages: Sequence[AnyMessage]) -> list[AnyMessage]:
        fresh = split_turns(messages, self.keep)[0][self.done :]
        if sum(isinstance(message, HumanMessage) for message in fresh) >= self.batch:
            self.text = self.summarize(to_summarize(self.text, fresh))
            self.done, self.calls = self.done + len(fresh), self.calls + 1
        return with_summary(self.text, messages[self.done :])


def to_summarize(summary: str, messages: Sequence[AnyMessage]) -> str:
    """交给模型的文字：旧的摘要在前，再是要丢的话；没有文字的（工具调用）不写。"""
    lines = [f"{'用户' if isinstance(m, HumanMessage) else '助手'}：{m.text}" for m in messages if m.text]
    return "\n".join([summary, *lines] if summary else lines)


def with_summary(summary: str, messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """摘要写成系统消息，放在最前面。"""
    head = [SystemMessage(f"之前的对话：{summary}")] if summary else []
    return [*head, *messages]


class SummaryState(AgentState, total=False):
    """检查点里多存两样：每段对话各有各的。"""

    summary: str
    done: int


class SummaryMemory(AgentMiddleware):
    """`Summary` 的中间件版：摘要存在检查点里，跟着 `thread_id` 走，重启之后还在，用户之间不串。"""

    state_schema = SummaryState

    def __init__(self, summarize: Callable[[str], str], keep: int):
        super().__init__()
        self.summarize, self.keep = summarize, keep

    def before_model(self, state, runtime) -> dict | None:
        done = state.get("done", 0)
        fresh = split_turns(state["messages"], self.keep)[0][done:]
        if not fresh:
            return None
        return {"summary": self.summarize(to_summarize(state.get("summary", ""), fresh)), "done": done + len(fresh)}

    def wrap_model_call(self, request, handler):
        state = request.state
        return handler(
            replaced(request, with_summary(state.get("summary", ""), request.messages[state.get("done", 0) :]))
        )


def remembering(choose: Choose) -> AgentMiddleware:
    """中间件：发给模型的换成 choose(历史)；存着的历史一条不少。几段对话共用它，所以 choose 自己不能记东西。"""

    @wrap_model_call
    def trimmed(request, handler):
        return handler(replaced(request, choose(request.messages)))

    return trimmed


def replaced(request, messages: list[AnyMessage]):
    """换掉要发的消息；系统消息只能有一条，所以摘要接在原来的系统提示后面。"""
    system = request.system_message
    if messages and isinstance(messages[0], SystemMessage):
        texts = [system.text] if system else []
        system, messages = SystemMessage("\n\n".join([*texts, messages[0].text])), messages[1:]
    return request.override(messages=messages, system_message=system)


@contextmanager
def open_checkpointer(address: str) -> Iterator:
    """检查点存在哪里：`memory`，一个 SQLite 文件，或 `postgresql://…`。换地方只改这个地址。"""
    if address == "memory":
        from langgraph.checkpoint.memory import InMemorySaver

        yield InMemorySaver()
    elif address.startswith(("postgresql://", "postgres://")):
        try:
            from langgraph.checkpoint.postgres import PostgresSaver
        except ImportError:
            raise UserError(
                "地址是 PostgreSQL，要先 pip install langgraph-checkpoint-postgres psycopg[binary]"
            ) from None
        with PostgresSaver.from_conn_string(address) as saver:
            saver.setup()  # 建表；第二次什么都不做
            yield saver
    else:
        from langgraph.checkpoint.sqlite import SqliteSaver

        with SqliteSaver.from_conn_string(address) as saver:
            yield saver
