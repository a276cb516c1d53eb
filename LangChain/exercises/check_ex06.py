"""检查 ex06：按脚本回答的模型，逐条看发给它的历史、执行了什么、上限之后怎样。"""

import copy
import json

from book import expect, load_exercise

ex = load_exercise(__file__)


def call(name, arguments, i="c1"):
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {"id": i, "type": "function", "function": {"name": name, "arguments": text}}


def calling(*calls):
    return {"role": "assistant", "content": None, "tool_calls": list(calls)}


def say(text):
    return {"role": "assistant", "content": text}


def user(text="北京的天气？"):
    return {"role": "user", "content": text}


class Script:
    """照着写好的回答说话，记下每次看到的历史；说完了就一直说最后一句。"""

    def __init__(self, *replies):
        self.replies, self.seen = list(replies), []

    def __call__(self, history):
        expect(isinstance(history, list), f"ask 要的是消息的列表，收到 {type(history).__name__}")
        self.seen.append(copy.deepcopy(history))
        return copy.deepcopy(self.replies[min(len(self.seen), len(self.replies)) - 1])


def test_every_message_is_counted():
    for calls, want in (([3, 2], 8), ([2, 0], 5), ([0], 2), ([], 1)):
        got = ex.messages_at_the_end(list(calls))
        expect(got is not None, "messages_at_the_end 返回了 None：少了 return")
        ideas = {
            want - 1: "开头那条 user 也算一条",
            1 + 2 * len(calls): "一次回答要几个调用，就有几条 tool：不是每次恰好一条",
            1 + sum(calls): "模型的每次回答自己也是一条 assistant",
        }
        idea = ideas.get(got, "user 一条，每次回答一条 assistant，每个调用一条 tool")
        expect(got == want, f"messages_at_the_end({calls}) 应当是 {want}，得到 {got}：{idea}")


def observation(one, tools):
    """run_call 的结果；形状不对、抛了异常都有话说。"""
    try:
        got = ex.run_call(one, tools)
    except Exception as error:
        name, text = one["function"]["name"], one["function"]["arguments"]
        what = f"run_call 把 {type(error).__name__}（{error}）抛了出去，调用是 {name}({text})"
        expect(False, f"{what}：一次出错整个 agent 就停了；变成「错误：」开头的结果，让模型自己改")
    expect(got is not None, "run_call 返回了 None：少了 return；出错的每条路也要返回一条 tool 消息")
    expect(isinstance(got, dict) and got.get("role") == "tool", f"run_call 要返回 role 是 tool 的消息，得到 {got}")
    expect(got.get("tool_call_id") == one["id"], f"tool_call_id 应当是 {one['id']}，得到 {got.get('tool_call_id')}")
    content = got.get("content")
    text = f"content 要是文字，得到 {type(content).__name__}：接口只收文字，别的写成 JSON"
    expect(isinstance(content, str), text)
    return content


def test_a_result_becomes_text():
    content = observation(call("add", {"a": 1, "b": 2}), {"add": lambda a, b: a + b})
    expect(content == "3", f"1 + 2 的结果应当写成 '3'，得到 {content!r}")
    content = observation(call("city", {"name": "上海"}, "c7"), {"city": lambda name: name})
    expect(content == "上海", f"已经是文字的结果原样给，得到 {content!r}：再 json.dumps 一次就多一层引号")
    content = observation(call("find", {}), {"find": lambda: {"城市": "北京", "度": [1, 2]}})
    expect("\\u" not in content, f"得到 {content!r}：加 ensure_ascii=False，一个汉字不必变成六个字符")
    try:
        same = json.loads(content) == {"城市": "北京", "度": [1, 2]}
    except ValueError:
        same = False
    expect(same, f"字典应当写成 JSON，得到 {content!r}：str() 写的是 Python 的单引号，模型读得懂，程序读不懂")


def is_error(content, why):
    expect(content.startswith("错误："), f"{why}：结果要以「错误：」开头，得到 {content!r}")


def test_the_models_mistakes_are_answered():
    tools = {"add": lambda a, b: a + b, "city": lambda name: name}
    content = observation(call("sub", {"a": 1}), tools)
    is_error(content, "没有 sub 这个工具")
    expect("add" in content and "city" in content, f"要说出有哪些工具，模型才好改：得到 {content!r}")
    for text in ('{"a": 1, "b"', "两个数", ""):
        is_error(observation(call("add", text), tools), f"参数 {text!r} 不是 JSON")
    for text in ("[1, 2]", "3", "null", '"ab"'):
        is_error(observation(call("add", text), tools), f"参数 {text} 是 JSON，却不是对象，没法按名字传")
    for arguments in ({"a": 1}, {"a": 1, "b": 2, "c": 3}):
        is_error(observation(call("add", arguments), tools), f"参数 {arguments} 与函数的签名对不上")
    calls = []
    observation(call("log", '{"x": 1'), {"log": lambda **kwargs: calls.append(kwargs)})
    expect(calls == [], "参数解析不了就不能执行：当成 {} 去调用，删除、付款这样的工具就乱动了")


def test_a_failing_tool_is_answered():
    def fail():
        raise RuntimeError("数据库没有开")

    content = observation(call("fail", {}), {"fail": fail})
    is_error(content, "工具抛了 RuntimeError")
    expect("数据库没有开" in content, f"要带上异常的话，模型才知道换别的办法：得到 {content!r}")

    def stop():
        raise KeyboardInterrupt

    try:
        ex.run_call(call("stop", {}), {"stop": stop})
    except KeyboardInterrupt:
        return
    expect(False, "Ctrl-C 被吞掉了：except Exception，不是 except 或 BaseException，不然循环停不下来")


def agent(script, messages, tools, **options):
    given = copy.deepcopy(messages)
    try:
        got = ex.run_agent(script, given, tools, **options)
    except (KeyError, TypeError) as error:
        text = f"run_agent 抛了 {type(error).__name__}: {error}"
        expect(False, f"{text}。assistant 消息可以没有 tool_calls，或者它是 None：用 .get(...) or []")
    expect(got is not None, "run_agent 返回了 None：少了 return")
    expect(given == messages, "run_agent 改动了传进来的列表：先 list(messages) 复制一份")
    return got


def test_an_answer_without_calls_ends_the_loop():
    for reply in (say("你好"), {**say("你好"), "tool_calls": None}, {**say("你好"), "tool_calls": []}):
        script = Script(reply)
        got = agent(script, [user()], {})
        expect(len(script.seen) == 1, f"没有要工具，问一次就结束；问了 {len(script.seen)} 次")
        expect(got == [user(), reply], f"最后的历史应当是 user 与这条回答，得到 {got}：回答也要接上")


def test_every_call_is_answered_before_the_next_question():
    log = []
    tools = {"weather": lambda city: log.append(city) or f"{city}晴", "time": lambda: log.append("time") or "8:00"}
    asked = calling(
        call("weather", {"city": "北京"}, "a"), call("weather", {"city": "上海"}, "b"), call("time", {}, "c")
    )
    script = Script(asked, say("都晴"))
    got = agent(script, [user()], tools)
    expect(len(script.seen) == 2, f"工具执行完要再问一次模型；问了 {len(script.seen)} 次")
    seen = script.seen[1]
    expect(asked in seen, "第二次问的时候，历史里没有模型自己的那条 assistant：结果就没有了主人")
    results = [message for message in seen if message["role"] == "tool"]
    expect(len(results) > 0, "工具的结果没有接进历史：模型不知道结果，会再要一次")
    ids = [message.get("tool_call_id") for message in results]
    text = f"一次要了三个调用，历史里的结果是 {ids}：每个都要答，只答第一个，接口拒绝（400），或者模型以为别的没有做"
    expect(sorted(ids) == ["a", "b", "c"], text)
    place = seen.index(asked)
    text = "先接 assistant，再接它的结果：结果在前面就没有主人"
    expect(all(seen.index(message) > place for message in results), text)
    expect(log == ["北京", "上海", "time"], f"每个调用恰好执行一次，照次序；执行了 {log}")
    expect(got == [*seen, say("都晴")], f"返回的应当是完整的历史，最后是模型的回答；得到 {[m['role'] for m in got]}")


def test_an_error_goes_back_to_the_model():
    script = Script(
        calling(call("wether", {"city": "北京"})), calling(call("weather", {"city": "北京"}, "c2")), say("晴")
    )
    got = agent(script, [user()], {"weather": lambda city: "晴"})
    expect(
        len(script.seen) == 3,
        f"第一次叫错了名字，看到错误之后改对，一共问三次；问了 {len(script.seen)} 次：出错也要接着循环",
    )
    expect(script.seen[1][-1]["content"].startswith("错误："), "叫错名字的那次，模型应当看到以「错误：」开头的结果")
    expect(got[-1] == say("晴"), "最后应当是模型的回答")


def test_the_number_of_questions_is_limited():
    count = []
    tools = {"again": lambda: count.append(1) or "再来"}
    script = Script(calling(call("again", {}, "a"), call("again", {}, "b")))
    original, asked = script.__call__, []

    def limited(history):
        asked.append(1)
        expect(len(asked) <= 20, "模型一直要工具，循环就不停：至多问 most 次")
        return original(history)

    got = agent(limited, [user()], tools, most=3)
    expect(len(asked) == 3, f"most=3 时应当问 3 次，问了 {len(asked)} 次")
    text = f"第 3 次要的调用不执行（没有人看结果了，动作却做了）：应当共执行 4 次，执行了 {len(count)} 次"
    expect(len(count) == 4, text)
    last = got[-3:]
    shown = [message["role"] for message in last]
    text = f"到了上限，那两个调用也要各答一句；历史的最后三条应当是 assistant、tool、tool，得到 {shown}"
    expect(shown == ["assistant", "tool", "tool"], text + "：没有回答的调用留在历史里，下一次请求就被拒绝")
    expect([message["tool_call_id"] for message in last[1:]] == ["a", "b"], "两句各答各的 id")
    for message in last[1:]:
        is_error(message["content"], "到了上限、没有执行的调用")


def test_dangerous_tools_ask_first():
    done, asked = [], []
    tools = {
        name: (lambda name: lambda **kw: done.append((name, kw)) or name)(name) for name in ("send", "read", "erase")
    }

    def confirm(name, arguments):
        asked.append((name, arguments))
        return name == "send"

    safe = ex.with_approval(dict(tools), {"send", "erase"}, confirm)
    expect(safe is not None, "with_approval 返回了 None：少了 return")
    expect(set(safe) == set(tools), f"每个工具都要在，得到 {sorted(safe)}：不危险的原样放进去")
    expect(asked == [], "包装的时候不问，执行的时候才问：问的是这一次的参数")
    expect(safe["read"](x=1) == "read" and asked == [], "不在 dangerous 里的不必问")
    got = safe["send"](to="甲")
    wrong = asked and asked[-1][0] != "send"
    expect(not wrong, f"执行 send，问的却是 {asked[-1:]}：循环里定义的函数都用最后一次的变量，名字要作为参数传进去")
    expect(asked[-1:] == [("send", {"to": "甲"})], f"要把名字与这次的参数交给 confirm，问的是 {asked}")
    expect(got == "send", f"同意了就执行，返回工具的结果；得到 {got!r}")
    got = safe["erase"](path="全部")
    expect(("erase", {"path": "全部"}) not in done, "没有同意，erase 还是执行了：先问，再执行")
    expect(isinstance(got, str) and got.startswith("错误："), f"不同意也要有话回给模型，以「错误：」开头；得到 {got!r}")
    before = len(done)
    ex.with_approval(tools, {"send"}, lambda name, arguments: False)
    tools["send"](to="乙")
    expect(len(done) == before + 1, "传进来的字典被改了：返回一套新的，原来的不动")
