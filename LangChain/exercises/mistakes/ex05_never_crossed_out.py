"""错：配过的调用没有划掉，同一个结果来两次也不报。"""

from LangChain.exercises.solutions.ex05_trim import split_turns, trim, trim_last_turn  # noqa: F401

HINT = "每个恰好一个结果"


def broken_ids(messages):
    current, answered, broken = [], set(), []
    for message in messages:
        if message["role"] == "tool":
            answered.add(message["tool_call_id"])
            if message["tool_call_id"] not in current:
                broken.append(message["tool_call_id"])
            continue
        broken += [i for i in current if i not in answered]
        current, answered = [call["id"] for call in message.get("tool_calls") or ()], set()
    return broken + [i for i in current if i not in answered]
