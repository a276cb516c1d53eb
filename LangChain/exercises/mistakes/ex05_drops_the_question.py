"""错：把 user 也当成一块丢掉。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids, split_turns, trim  # noqa: F401

HINT = "system 与 user 不能丢"


def trim_last_turn(messages, limit, count):
    start = 1 if messages[0]["role"] == "system" else 0
    blocks = []
    for message in messages[start:]:
        if message["role"] != "tool":
            blocks.append([])
        blocks[-1].append(message)
    for first in range(len(blocks)):
        kept = messages[:start] + [message for block in blocks[first:] for message in block]
        if count(kept) <= limit:
            return kept
    raise ValueError("放不下")
