"""ex06 的答案。"""

import json


def messages_at_the_end(calls):
    return 1 + len(calls) + sum(calls)


def tool_message(call, content):
    return {"role": "tool", "tool_call_id": call["id"], "content": content}


def run_call(call, tools):
    name = call["function"]["name"]
    if name not in tools:
        return tool_message(call, f"错误：没有工具 {name}，有 {'、'.join(tools)}")
    try:
        arguments = json.loads(call["function"]["arguments"])
    except ValueError as error:
        return tool_message(call, f"错误：参数不是 JSON（{error}）")
    if not isinstance(arguments, dict):
        return tool_message(call, "错误：参数要是 JSON 对象，例如 {}")
    try:
        result = tools[name](**arguments)
    except Exception as error:  # 工具会抛什么，事先不知道；Ctrl-C 不是 Exception，照样停
        return tool_message(call, f"错误：{type(error).__name__}: {error}")
    return tool_message(call, result if isinstance(result, str) else json.dumps(result, ensure_ascii=False))


def run_agent(ask, messages, tools, most=5):
    history = list(messages)
    for round_number in range(1, most + 1):
        reply = ask(history)
        history.append(reply)
        calls = reply.get("tool_calls") or []
        if not calls:
            break
        for call in calls:
            last = round_number == most
            refused = tool_message(call, f"错误：已经问了 {most} 次，到了上限，没有执行") if last else None
            history.append(refused or run_call(call, tools))
    return history


def with_approval(tools, dangerous, confirm):
    def guarded(name, function):
        def run(**arguments):
            return function(**arguments) if confirm(name, arguments) else f"错误：用户不同意执行 {name}"

        return run

    return {name: guarded(name, function) if name in dangerous else function for name, function in tools.items()}
