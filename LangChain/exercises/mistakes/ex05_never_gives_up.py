"""错：放不下也硬塞最新的一块。"""

from LangChain.exercises.solutions.ex05_trim import broken_ids, split_turns, trim  # noqa: F401

HINT = "也别硬塞"


def trim_last_turn(messages, limit, count):
    start = next(i for i, message in enumerate(messages) if message["role"] == "user") + 1
    head, blocks = messages[:start], []
    for message in messages[start:]:
        if message["role"] == "assistant":
            blocks.append([])
        blocks[-1].append(message)
    while len(blocks) > 1 and count(head + [m for block in blocks for m in block]) > limit:
        blocks.pop(0)
    return head + [m for block in blocks for m in block]
