"""错：没有留 system。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids, split_turns, trim_last_turn  # noqa: F401

HINT = "第一条应当是 system"


def trim(messages, limit, count):
    if count(messages) <= limit:
        return messages
    _, turns = split_turns(messages)
    for start in range(len(turns)):
        kept = [message for turn in turns[start:] for message in turn]
        if count(kept) <= limit:
            return kept
    raise ValueError("放不下")
