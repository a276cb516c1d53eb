"""错：第几个结果答第几个调用。"""

from LangChain.exercises.solutions.ex05_trim import split_turns, trim, trim_last_turn  # noqa: F401

HINT = "按 id 配对，不按位置"


def broken_ids(messages):
    waiting, broken = [], []
    for message in messages:
        if message["role"] == "tool":
            if waiting and waiting[0] == message["tool_call_id"]:
                waiting.pop(0)
            else:
                broken.append(message["tool_call_id"])
            continue
        broken += waiting
        waiting = [call["id"] for call in message.get("tool_calls") or ()]
    return broken + waiting
