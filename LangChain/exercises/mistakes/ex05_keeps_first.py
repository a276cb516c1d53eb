"""错：不看角色，第一条总当成 system 留着。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids, split_turns, trim_last_turn  # noqa: F401

HINT = "没有 system、上限"


def trim(messages, limit, count):
    _, turns = split_turns(messages)
    if count(messages) <= limit:
        return messages
    for start in range(len(turns)):
        kept = messages[:1] + [message for turn in turns[start:] for message in turn if message is not messages[0]]
        if count(kept) <= limit:
            return kept
    raise ValueError("放不下")
