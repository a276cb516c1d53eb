"""错：遇到 user 才收上一个回合，最后一个没有收。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids, trim, trim_last_turn  # noqa: F401

HINT = "最后一个回合别忘了收"


def split_turns(messages):
    start = 1 if messages and messages[0]["role"] == "system" else 0
    turns, current = [], []
    for message in messages[start:]:
        if message["role"] == "user" and current:
            turns.append(current)
            current = []
        current.append(message)
    return messages[:start], turns
