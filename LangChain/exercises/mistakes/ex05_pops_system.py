"""错：从传进来的列表里弹出了 system。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids, trim, trim_last_turn  # noqa: F401

HINT = "改动了传进来的列表"


def split_turns(messages):
    head = [messages.pop(0)] if messages and messages[0]["role"] == "system" else []
    turns = []
    for message in messages:
        if message["role"] == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return head, turns
