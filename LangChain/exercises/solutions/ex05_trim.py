"""ex05 的答案。"""


def broken_ids(messages):
    broken, waiting = [], []  # waiting：上一条 assistant 还没有得到结果的调用
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] in waiting:
                waiting.remove(message["tool_call_id"])
            else:
                broken.append(message["tool_call_id"])
            continue
        broken += waiting
        waiting = [call["id"] for call in message.get("tool_calls") or ()]
    return broken + waiting


def split_turns(messages):
    start = 1 if messages and messages[0]["role"] == "system" else 0
    turns = []
    for message in messages[start:]:
        if message["role"] == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return messages[:start], turns


def trim(messages, limit, count):
    head, turns = split_turns(messages)
    for start in range(len(turns)):
        kept = head + [message for turn in turns[start:] for message in turn]
        if count(kept) <= limit:
            return kept
    raise ValueError(f"连最后一个回合也放不下 {limit}：把上限调大，或缩短这个回合")


def trim_last_turn(messages, limit, count):
    start = next(i for i, message in enumerate(messages) if message["role"] == "user") + 1
    head, blocks = messages[:start], []
    for message in messages[start:]:
        if message["role"] == "assistant" or not blocks:
            blocks.append([])
        blocks[-1].append(message)
    for first in range(max(1, len(blocks))):
        kept = head + [message for block in blocks[first:] for message in block]
        if count(kept) <= limit:
            return kept
    raise ValueError(f"只剩最新的一块也放不下 {limit}")
