"""错：只试最后一个回合。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids, split_turns, trim_last_turn  # noqa: F401

HINT = "应当是 system 加最后两个回合"


def trim(messages, limit, count):
    if count(messages) <= limit:
        return messages
    head, turns = split_turns(messages)
    if count(head + turns[-1]) <= limit:
        return head + turns[-1]
    raise ValueError("放不下")
