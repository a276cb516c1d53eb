"""检查 ex04：哪一步挡住流，流要边收边给，路由只走一条，图的合并、转向与停。"""

import copy

from book import expect, load_exercise

ex = load_exercise(__file__)

LATE = "循环里的生成器表达式记住的是变量，不是当时的函数；写成带参数的函数"


def test_one_gathering_step_blocks_everything():
    cases = [([], 7), (["flow"], 7), (["gather"], 7), (["flow", "gather", "flow"], 50), (["gather", "flow"], 1)]
    cases.append((["flow", "flow", "gather"], 12))
    for steps, pieces in cases:
        got = ex.first_piece(list(steps), pieces)
        expect(got is not None, "first_piece 返回了 None：少了 return")
        right = isinstance(got, tuple) and len(got) == 2
        expect(right, f"要返回 (用户看到几片, 模型说了几片)，得到 {got!r}")
        want = (1, pieces) if "gather" in steps else (pieces, 1)
        ideas = {
            (pieces, pieces): "收齐以后只剩一片，后面的 flow 不会再把它切开",
            (pieces, 1): "收齐的一步要等模型说完；它在哪个位置都一样",
            (1, 1): "收齐才给，第一片要等到最后一片说完",
            (1, pieces): "全是 flow，来一片给一片，不用等",
        }
        idea = ideas.get(got, "水管里有一步要收齐，它后面就都要等；前面的 flow 帮不上忙")
        expect(got == want, f"first_piece({steps}, {pieces}) 应当是 {want}，得到 {got}：{idea}")


class Source:
    """一片一片地说，数说到第几片。"""

    def __init__(self, *pieces):
        self.pieces, self.said = pieces, 0

    def __iter__(self):
        for piece in self.pieces:
            self.said += 1
            yield piece


def opened(source, steps):
    """调用你的 streamed，得到可以逐片取的东西。"""
    got = ex.streamed(source, steps)
    expect(got is not None, "streamed 返回了 None：用 yield 给出每一片，或者返回一个生成器")
    expect(source.said == 0, f"还没有人要，模型已经说了 {source.said} 片：streamed 不能先读，要有人取才往前走")
    expect(not isinstance(got, list | str), f"streamed 返回了 {type(got).__name__}：收成列表就不是流了")
    return iter(got)


def test_flowing_steps_give_each_piece_at_once():
    source = Source("ab", "c", "d")
    stream = opened(source, [("flow", str.upper), ("flow", lambda piece: piece + "x")])
    for number, want in enumerate(("ABx", "Cx", "Dx"), 1):
        got = next(stream, None)
        expect(got != "abxx", f"得到 {got}，两步都用了最后一个函数：{LATE}")
        expect(got == want, f"第 {number} 片应当是 {want}，得到 {got!r}：每一片依次经过全部 flow，从左到右")
        expect(source.said == number, f"第 {number} 片出来时模型说了 {source.said} 片：来一片给一片，不要多读")
    expect(next(stream, None) is None, "三片之后还有：flow 不多给也不少给")


def test_a_gathering_step_uses_its_function_once_on_everything():
    seen = []

    def title(text):
        seen.append(text)
        return text.title()

    got = list(opened(Source("ab", "c", "d"), [("gather", title)]))
    expect(seen != ["ab", "c", "d"], "gather 的函数每片用了一次：要接成一段再用一次")
    expect(seen == ["abcd"], f"gather 的函数应当收到 'abcd'，收到 {seen}")
    expect(got == ["Abcd"], f"gather 应当给一片 ['Abcd']，得到 {got}")
    got = list(opened(Source("a", "b"), [("gather", str.upper), ("flow", lambda piece: piece + "!")]))
    expect(got == ["AB!"], f"gather 之后的 flow 收到的是一片，应当是 ['AB!']，得到 {got}：照 steps 的次序接")
    steps = [("flow", lambda piece: piece + piece), ("gather", lambda text: text[:3]), ("flow", str.upper)]
    got = list(opened(Source("a", "b"), steps))
    expect(got == ["AAB"], f"先 flow、再 gather、再 flow，应当是 ['AAB']，得到 {got}")
    got = list(opened(Source("a", "b"), []))
    expect(got == ["a", "b"], f"没有步骤就原样给，得到 {got}")


def test_each_step_keeps_its_own_function():
    steps = [("flow", lambda piece, mark=mark: piece + mark) for mark in "甲乙丙"]
    got = list(opened(Source("a"), steps))
    expect(got != ["a丙丙丙"], f"三步都用了最后一个函数，得到 {got}：{LATE}")
    expect(got == ["a甲乙丙"], f"三步各用自己的函数，应当是 ['a甲乙丙']，得到 {got}")


def test_the_first_matching_rule_wins():
    called = []

    def handler(name):
        def handle(value):
            called.append(name)
            return f"{name}:{value}"

        return handle

    rules = [(lambda q: "药" in q, handler("药师")), (lambda q: "科" in q, handler("挂号处"))]
    choose = ex.route(rules, handler("客服"))
    expect(callable(choose), f"route 要返回一个函数，得到 {choose!r}：现在还没有问题，不能现在就选")
    cases = [("吃什么药", "药师"), ("看什么科", "挂号处"), ("你好", "客服"), ("药剂科在哪", "药师")]
    for question, name in cases:
        called.clear()
        got = choose(question)
        expect(got is not None, f"{question} 得到 None：处理的结果要返回，都不成立用 default")
        idea = "几条都成立时用最前面的" if question == "药剂科在哪" else "看条件，再用那一条的处理"
        expect(
            got == f"{name}:{question}", f"{question} 应当由{name}处理，得到 {got!r}：{idea}；处理收到的是原来的问题"
        )
        expect(called == [name], f"{question} 应当只跑{name}的处理，跑了 {called}：每一条都是一次模型的请求")


def test_later_conditions_are_not_asked():
    asked = []

    def condition(name, answer):
        def ask(value):
            asked.append(name)
            return answer

        return ask

    rules = [(condition("一", False), str), (condition("二", True), str.upper), (condition("三", True), str)]
    expect(ex.route(rules, str)("ab") == "AB", "第二条成立，应当用它")
    expect(asked == ["一", "二"], f"第二条成立之后不用再问第三条，问了 {asked}：条件也可能是一次请求")


NODES = {
    "write": lambda state: {"draft": state["draft"] + "字", "tries": state["tries"] + 1},
    "check": lambda state: {"good": len(state["draft"]) >= state["need"]},
}
EDGES = {"write": "check", "check": lambda state: ex.STOP if state["good"] or state["tries"] == 3 else "write"}


def run(*args, **options):
    """调用你的 run_graph；看它有没有改动传进来的状态。"""
    before = copy.deepcopy(args[3])
    try:
        got = ex.run_graph(*args, **options)
    finally:
        expect(args[3] == before, "run_graph 改动了传进来的 state：先复制一份，同样的开头还要再跑一次")
    expect(got is not None, "run_graph 返回了 None：走到 STOP 要返回状态")
    return got


def test_the_graph_follows_its_edges_until_it_stops():
    got = run(NODES, EDGES, "write", {"draft": "", "tries": 0, "need": 2})
    want = {"draft": "字字", "tries": 2, "need": 2, "good": True}
    expect("need" in got, f"没有被改的键也要留着，得到 {got}：节点只返回要改的几个键")
    expect("good" in got, f"状态里原来没有的键也放得进去，得到 {got}")
    expect(got == want, f"写两次就合格，应当是 {want}，得到 {got}：条件边看的是改过的状态，每走一步都重新看")
    got = run(NODES, EDGES, "write", {"draft": "", "tries": 0, "need": 9})
    expect(got["tries"] == 3 and not got["good"], f"总不合格，写满 3 次就停，得到 {got}")
    got = run(NODES, EDGES, "check", {"draft": "字", "tries": 0, "need": 1})
    expect(got["tries"] == 0, f"从 check 开始，已经合格，不该再写，得到 {got}：从 start 开始，不是从第一个节点")


def test_every_node_sees_what_the_one_before_changed():
    seen = []
    nodes = {"a": lambda state: {"x": 1}, "b": lambda state: seen.append(dict(state)) or {}}
    run(nodes, {"a": "b", "b": ex.STOP}, "a", {"x": 0})
    expect(seen == [{"x": 1}], f"b 应当看到 a 改过的 x=1，看到 {seen}")


def test_merging_rules_apply_only_to_their_keys():
    nodes = {"a": lambda state: {"log": ["甲"], "x": 1}, "b": lambda state: {"log": ["乙"], "x": 2}}
    edges, merge = {"a": "b", "b": ex.STOP}, {"log": lambda old, new: old + new}
    got = run(nodes, edges, "a", {"log": ["前"], "x": 0}, merge=merge)
    expect(got["log"] != ["乙"], "log 被覆盖了：它在 merge 里，要用 merge[键](旧的, 返回的)")
    expect(got["log"] != ["乙", "甲", "前"], "log 的次序反了：merge 的第一个参数是旧的")
    expect(got["log"] == ["前", "甲", "乙"], f"log 应当是 前、甲、乙，得到 {got['log']}")
    expect(got["x"] == 2, f"x 不在 merge 里，应当覆盖成 2，得到 {got['x']}")
    got = run(nodes, edges, "a", {"log": ["前"], "x": 0})
    expect(got["log"] == ["乙"], f"没有给 merge，全部覆盖，log 应当是 ['乙']，得到 {got['log']}")
    try:
        got = run(nodes, edges, "a", {"x": 0}, merge=merge)
    except (KeyError, TypeError) as error:
        expect(False, f"状态里还没有 log，抛了 {type(error).__name__}：没有旧的可以合并，直接放进去")
    expect(got["log"] == ["甲", "乙"], f"开头没有 log，应当是 甲、乙，得到 {got['log']}")


def test_an_endless_graph_is_reported_and_the_limit_is_exact():
    visits = []
    nodes = {"a": lambda state: visits.append(1) or {}}
    error = None
    try:
        ex.run_graph(nodes, {"a": lambda state: "a" if len(visits) < 100 else ex.STOP}, "a", {}, limit=6)
    except RuntimeError as caught:
        error = caught
    calls = len(visits)
    expect(calls < 100, "limit=6 没有用上，一直绕到 100 次：真的绕圈时它永远不停，还一直在花钱")
    expect(error is not None, "走满了 limit 还没有停，悄悄地返回了：调用的人会把半成品当成结果，要抛 RuntimeError")
    expect(calls == 6, f"limit=6，应当走 6 个节点，走了 {calls} 个")
    for count in (1, 6):
        visits.clear()
        try:
            ex.run_graph(nodes, {"a": lambda state: "a" if len(visits) < count else ex.STOP}, "a", {}, limit=count)
        except RuntimeError:
            expect(False, f"走了 {count} 个节点正好停下，limit={count}，不该报错")


def test_a_wrong_name_is_reported():
    for edges in ({"a": "b"}, {"a": lambda state: "b"}, {"a": lambda state: None}):
        try:
            got = ex.run_graph({"a": lambda state: {}}, edges, "a", {})
        except KeyError:
            continue
        except RuntimeError:
            expect(False, "下一个节点的名字拼错，一直绕到 limit 才报错：要当场抛 KeyError")
        expect(False, f"下一个节点不存在，返回了 {got}：拼错的名字不能当作 STOP，要抛 KeyError")
