"""错：system 留在第一个回合里。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids, trim, trim_last_turn  # noqa: F401

HINT = "最前面的 system 要单独放"


def split_turns(messages):
    turns = []
    for message in messages:
        if message["role"] == "user" and (len(turns) != 1 or turns[0][0]["role"] != "system") or not turns:
            turns.append([])
        turns[-1].append(message)
    return [], turns
