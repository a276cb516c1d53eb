"""错：在整个历史里配对，不管隔了多远、谁先谁后。"""

from LangChain.exercises.solutions.ex05_trim import split_turns, trim, trim_last_turn  # noqa: F401

HINT = "结果要紧跟着它的调用"


def broken_ids(messages):
    calls = [call["id"] for message in messages for call in message.get("tool_calls") or ()]
    broken = []
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] in calls:
                calls.remove(message["tool_call_id"])
            else:
                broken.append(message["tool_call_id"])
    return broken + calls
