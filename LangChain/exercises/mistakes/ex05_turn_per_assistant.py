"""错：每条 assistant 也开始一个回合。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids, trim, trim_last_turn  # noqa: F401

HINT = "每个回合从 user 开始"


def split_turns(messages):
    start = 1 if messages and messages[0]["role"] == "system" else 0
    turns = []
    for message in messages[start:]:
        if message["role"] in ("user", "assistant"):
            turns.append([])
        turns[-1].append(message)
    return messages[:start], turns
