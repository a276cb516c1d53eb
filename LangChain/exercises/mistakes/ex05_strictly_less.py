"""错：等于上限也当成放不下。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids, split_turns, trim_last_turn  # noqa: F401

HINT = "恰好等于上限也算放得下"


def trim(messages, limit, count):
    head, turns = split_turns(messages)
    for start in range(len(turns)):
        kept = head + [message for turn in turns[start:] for message in turn]
        if count(kept) < limit:
            return kept
    raise ValueError("放不下")
