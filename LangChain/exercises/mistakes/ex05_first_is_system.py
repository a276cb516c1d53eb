"""错：不看角色，总把第一条当成 system。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids, trim, trim_last_turn  # noqa: F401

HINT = "别把第一条 user 当成 system"


def split_turns(messages):
    turns = []
    for message in messages[1:]:
        if message["role"] == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return messages[:1], turns
