"""错：放不下就只返回 system。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids, split_turns, trim_last_turn  # noqa: F401

HINT = "没有问题的历史发出去"


def trim(messages, limit, count):
    head, turns = split_turns(messages)
    for start in range(len(turns)):
        kept = head + [message for turn in turns[start:] for message in turn]
        if count(kept) <= limit:
            return kept
    return head
