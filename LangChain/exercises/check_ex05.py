"""检查 ex05：不成对的 id 逐例手算，回合怎样切，各种上限下裁出来的历史都合法，最后一个回合怎样缩短。"""

import copy

from book import expect, load_exercise

ex = load_exercise(__file__)

SYSTEM = {"role": "system", "content": "简短地回答。"}


def user(text="问"):
    return {"role": "user", "content": text}


def reply(text="答"):
    return {"role": "assistant", "content": text}


def call(*ids):
    return {"role": "assistant", "content": "", "tool_calls": [{"id": i} for i in ids]}


def result(i, text="晴"):
    return {"role": "tool", "tool_call_id": i, "content": text}


def turn(name, *ids):
    """一个回合：问、调用、每个调用的结果、答。"""
    return [user(name), call(*ids), *(result(i) for i in ids), reply(name)] if ids else [user(name), reply(name)]


def characters(messages):
    return sum(len(message["content"]) for message in messages)


def run(function, messages, *args):
    """调用你的函数；看它有没有改动传进来的消息。返回 (结果, 抛的 ValueError)。"""
    given, error, got = copy.deepcopy(messages), None, None
    try:
        got = function(given, *args)
    except ValueError as raised:
        error = raised
    except (KeyError, IndexError, TypeError, AttributeError, StopIteration) as raised:
        text = f"{function.__name__} 抛了 {type(raised).__name__}: {raised}"
        expect(False, f"{text}。不是每条消息都有 tool_calls，也不是每个历史都有 system：用 .get，先看长度")
    expect(given == messages, f"{function.__name__} 改动了传进来的列表：调用者还要用完整的历史，返回新的列表")
    expect(error is not None or got is not None, f"{function.__name__} 返回了 None：少了 return")
    return got, error


def roles(messages):
    return [message["role"] for message in messages]


def broken(messages):
    got, error = run(ex.broken_ids, messages)
    expect(error is None, f"broken_ids 只报告，不抛异常；抛了 {error}")
    return sorted(got)


def test_complete_pairs_are_not_reported():
    whole = [SYSTEM, *turn("a", "c1", "c2"), *turn("b")]
    expect(broken(whole) == [], f"这段历史是成对的，broken_ids 却报告 {broken(whole)}")
    swapped = [user(), call("c1", "c2"), result("c2"), result("c1"), reply()]
    expect(broken(swapped) == [], "一条 assistant 的几个结果谁先谁后都行：按 id 配对，不按位置")
    text = "两个回合都用 c1，各自成对：有的服务每个回合从同样的编号开始，别要求全部的 id 不同"
    expect(broken([*turn("a", "c1"), *turn("b", "c1")]) == [], text)
    expect(broken([]) == [], "空的历史没有不成对的")


def test_every_broken_pair_is_reported():
    cases = [
        ([result("c1"), reply()], ["c1"], "结果的调用被裁掉了：开头的 tool 没有主人"),
        ([user(), call("c1"), reply()], ["c1"], "调用没有结果就说了别的话"),
        ([user(), call("c1")], ["c1"], "历史到头了，调用还没有结果：循环完要看还剩什么"),
        ([user(), call("c1", "c2"), result("c2"), user()], ["c1"], "一条消息里有几个调用，只答了一个"),
        ([user(), call("c1"), result("c1"), result("c1"), reply()], ["c1"], "同一个调用答了两次：每个恰好一个结果"),
        ([user(), call("c1"), result("c9"), reply()], ["c1", "c9"], "id 对不上：调用没有结果，结果也没有调用"),
    ]
    for messages, want, idea in cases:
        got = broken(messages)
        expect(got == want, f"{roles(messages)} 应当报告 {want}，得到 {got}：{idea}")


def test_pairs_are_local():
    late = [user(), call("c1"), reply("还在查"), result("c1"), reply()]
    text = "结果要紧跟着它的调用，中间隔了别的消息就不算：收集全历史的 id 再比两个集合，看不出这种错"
    expect(broken(late) == ["c1", "c1"], f"{roles(late)} 应当报告 ['c1', 'c1']，得到 {broken(late)}：{text}")
    early = [user(), result("c1"), call("c1"), reply()]
    text = "结果在调用的前面：模型先看见结果，后看见调用；调用也就没有了结果"
    expect(broken(early) == ["c1", "c1"], f"{roles(early)} 应当报告 ['c1', 'c1']，得到 {broken(early)}：{text}")
    other = [*turn("a", "c1"), user(), result("c1"), reply()]
    text = "第二个回合里的结果没有调用，第一个回合里那个同名的调用已经有了结果：配过的要划掉"
    expect(broken(other) == ["c1"], f"{roles(other)} 应当报告 ['c1']，得到 {broken(other)}：{text}")


def split(messages):
    got, error = run(ex.split_turns, messages)
    expect(error is None, f"split_turns 不该抛 {error}")
    right = isinstance(got, (tuple, list)) and len(got) == 2
    expect(right, f"split_turns 要返回 (系统消息, 回合)，得到 {type(got).__name__}")
    head, turns = got
    expect(isinstance(head, list), "系统消息也放在列表里（没有就是空列表），后面好拼接")
    return head, [list(one) for one in turns]


def test_turns_begin_with_a_user():
    parts = [turn("a", "c1", "c2"), turn("b"), turn("c", "c3")]
    head, turns = split([SYSTEM, *parts[0], *parts[1], *parts[2]])
    expect(head == [SYSTEM], f"最前面的 system 要单独放，得到 {roles(head)}：它不属于任何回合，裁剪时总要留下")
    flat = [message for one in turns for message in one]
    expect(flat == [m for p in parts for m in p], f"拼起来应当还是全部消息，得到 {roles(flat)}：最后一个回合别忘了收")
    starts = [one[0]["role"] for one in turns]
    text = f"每个回合从 user 开始，得到 {starts}：assistant 与 tool 都接着前面的 user"
    expect(set(starts) == {"user"}, text)
    expect(turns == parts, f"应当切成 {[len(p) for p in parts]} 条，得到 {[len(t) for t in turns]}")
    head, turns = split(parts[1])
    expect((head, turns) == ([], [parts[1]]), "没有 system 时第一个元素是空列表，别把第一条 user 当成 system")
    expect(split([]) == ([], []), "空的历史：([], [])")


HISTORY = [SYSTEM, *turn("甲甲甲", "c1", "c2"), *turn("乙"), *turn("丙丙", "c1"), user("丁")]


def trimmed(messages, limit, count=len):
    got, error = run(ex.trim, messages, limit, count)
    return error if error else list(got)


def suffixes(messages, limit, count):
    """标准答案：从每个 user 开始的后缀里，放得下的最长的那个。"""
    head = [m for m in messages[:1] if m["role"] == "system"]
    starts = [i for i, m in enumerate(messages) if m["role"] == "user"]
    return next((k for i in starts if count(k := head + messages[i:]) <= limit), None)


def test_the_trimmed_history_is_valid_and_recent():
    got = trimmed(HISTORY, len(HISTORY))
    text = "恰好等于上限也算放得下"
    expect(got == HISTORY, f"上限 {len(HISTORY)} 放得下全部 {len(HISTORY)} 条，得到 {got}：{text}")
    got = trimmed(HISTORY, 7)
    expect(not isinstance(got, ValueError), "上限 7 放得下 system 与最后两个回合，不该抛 ValueError")
    expect(got[:1] == [SYSTEM], f"第一条应当是 system，得到 {roles(got)}：规矩被裁掉，模型就变了样")
    expect(roles(got).count("system") == 1, f"system 出现了两次：{roles(got)}")
    expect(got[-1:] == HISTORY[-1:], f"最后一条是刚问的问题，不能裁；得到 {roles(got)}，留的是旧的一头")
    text = f"得到 {roles(got)}"
    expect(got[1]["role"] == "user", f"{text}：system 之后应当是 user，从回合的开头切，工具的结果才不会没有主人")
    expect(len(got) <= 7, f"{text}，{len(got)} 条，上限 7：system 也要算进去")
    expect(got == HISTORY[:1] + HISTORY[-5:], f"{text}，应当是 system 加最后两个回合")


def test_every_limit_gives_the_longest_suffix():
    sizes = {"条数": len, "字数": characters}
    for name, count in sizes.items():
        for limit in range(count(HISTORY) + 2):
            got, want = trimmed(HISTORY, limit, count), suffixes(HISTORY, limit, count)
            text = f"按{name}算、上限 {limit}："
            if want is None:
                idea = "应当抛 ValueError：没有问题的历史发出去，模型会乱答"
                expect(isinstance(got, ValueError), f"{text}连最后的问题也放不下，{idea}；得到 {got}")
                continue
            idea = "还放得下就别抛，也别丢"
            expect(not isinstance(got, ValueError), f"{text}放得下 {roles(want)}，却抛了 ValueError；{idea}")
            size = count(got)
            expect(size <= limit, f"{text}结果是 {size}：上限是对 count(整个结果) 的，用传进来的 count，不是条数")
            hole = got != HISTORY[:1] + HISTORY[len(HISTORY) - len(got) + 1 :]
            expect(not hole, f"{text}中间缺了回合：放不下的那个回合起，更早的都不要，对话才连得上")
            expect(got == want, f"{text}留了 {len(got)} 条，可以留 {len(want)} 条：要尽可能多的回合")


def test_a_history_without_system_is_trimmed_too():
    plain = HISTORY[1:]
    for limit in range(1, len(plain) + 1):
        got, want = trimmed(plain, limit), suffixes(plain, limit, len)
        expect(
            got == want,
            f"没有 system、上限 {limit}：应当是 {roles(want)}，得到 {got}；别把第一条 user 当成 system 留着",
        )


def block(i, text="晴"):
    return [call(i), result(i, text)]


def shortened(messages, limit, count=len):
    got, error = run(ex.trim_last_turn, messages, limit, count)
    return error if error else list(got)


def test_the_last_turn_loses_whole_blocks_from_the_oldest():
    wide = [call("c4", "c5"), result("c4"), result("c5")]
    blocks = [block("c1"), block("c2", "多云转小雨"), wide]
    messages = [SYSTEM, user("三个城市的天气？"), *blocks[0], *blocks[1], *blocks[2]]
    got = shortened(messages, len(messages))
    expect(got == messages, f"放得下就一条也不丢，得到 {got}")
    for name, count in {"条数": len, "字数": characters}.items():
        for limit in range(count(messages) + 1):
            kept = [messages[:2] + [m for b in blocks[i:] for m in b] for i in range(3)]
            want = next((k for k in kept if count(k) <= limit), None)
            got, text = shortened(messages, limit, count), f"按{name}算、上限 {limit}："
            if not isinstance(got, ValueError):
                text += f"得到 {roles(got)}："
                expect(got[:2] == messages[:2], f"{text}system 与 user 不能丢：没有问题，结果答的是什么？")
                expect(got[-3:] == wide, f"{text}最新的一块不能丢，也不能拆：丢旧的，模型刚要来的结果要留着")
                expect(got[2]["role"] != "tool", f"{text}调用与它的结果是一块，要丢一起丢")
            if want is None:
                idea = "只剩最新的一块还放不下，抛 ValueError；别返回空的，也别硬塞"
                expect(isinstance(got, ValueError), f"{text}{idea}")
                continue
            expect(not isinstance(got, ValueError), f"{text}放得下 {len(want)} 条，却抛了 ValueError")
            expect(got == want, f"{text}应当留 {len(want)} 条，得到 {len(got)} 条：丢到刚好放得下为止")


def test_a_turn_without_blocks_is_left_alone():
    expect(shortened([user()], 1) == [user()], "回合里只有一条 user 也是合法的，原样返回")
    got = shortened([SYSTEM, user()], 1)
    expect(isinstance(got, ValueError), f"没有块可丢还是放不下，抛 ValueError；得到 {got}")
