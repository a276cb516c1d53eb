"""错：工具的异常往外抛。"""

import json

from LangChain.exercises.solutions.ex06_tool_loop import messages_at_the_end, run_agent, with_approval  # noqa: F401

HINT = "让模型自己改"


def run_call(call, tools):
    result = tools[call["function"]["name"]](**json.loads(call["function"]["arguments"]))
    content = result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)
    return {"role": "tool", "tool_call_id": call["id"], "content": content}
