"""检查 ex07：词元数手算，窗口按回合，摘要带着旧摘要，会话互相看不见。"""

import copy

from book import expect, load_exercise

ex = load_exercise(__file__)

SYSTEM = {"role": "system", "content": "简短地回答。"}


def message(role, text):
    return {"role": role, "content": text}


def turn(name, tool=False):
    """一个回合；用了工具的有四条。"""
    middle = [message("assistant", "查"), message("tool", "晴")] if tool else []
    return [message("user", name), *middle, message("assistant", name + "答")]


HISTORY = [*turn("甲"), *turn("乙", tool=True), *turn("丙"), message("user", "丁")]


def texts(messages):
    return [one["content"] for one in messages]


def untouched(function, *args):
    """调用你的函数；看它有没有改动传进来的列表。"""
    before = copy.deepcopy(args[:2])
    got = function(*args)
    expect(got is not None, f"{function.__name__} 返回了 None：少了 return")
    expect(args[:2] == before, f"{function.__name__} 改动了传进来的列表：完整的历史还要存着，返回新的列表")
    return got


def test_everything_sent_is_added_up():
    cases = [
        ([10, 20, 30, 50], None, 210),
        ([10, 20, 30, 50], 2, 170),
        ([10, 20, 30, 50], 1, 110),
        ([5], 3, 5),
        ([], 2, 0),
    ]
    for sizes, keep, want in cases:
        got = ex.total_sent(list(sizes), keep)
        expect(got is not None, "total_sent 返回了 None：少了 return")
        full = sum(sum(sizes[: i + 1]) for i in range(len(sizes)))
        ideas = {
            full - sum(sizes): "这个回合自己也要发，不只是历史",
            sum(sizes): "历史每一轮都要重新发：模型不记得上一轮，第 i 轮发的是前 i 个回合之和",
            full: "只发最近 keep 个回合：更早的这一轮不发",
        }
        idea = ideas.get(got, "逐轮写下来再加：第 i 轮发的是第 max(0, i - keep + 1) 个到第 i 个回合")
        expect(got == want, f"total_sent({sizes}, {keep}) 应当是 {want}，得到 {got}：{idea}")


def test_the_window_keeps_whole_turns():
    history = [SYSTEM, *HISTORY]
    got = untouched(ex.window, history, 3)
    expect(got[:1] == [SYSTEM], f"system 不算回合，总要留下；得到 {texts(got)}")
    expect(got[-1:] == HISTORY[-1:], f"要留最近的，得到 {texts(got)}：留成了最旧的")
    expect(got[1:2] != [] and got[1]["role"] == "user", f"system 之后应当是 user，得到 {texts(got)}：从回合的开头切")
    want = [SYSTEM, *HISTORY[2:]]
    text = f"最近 3 个回合是乙（四条）、丙（两条）、丁（一条），得到 {texts(got)}"
    expect(got == want, f"{text}：keep 数的是回合，不是消息；一个回合可以有好几条，不总是两条")
    expect(untouched(ex.window, history, 1) == [SYSTEM, HISTORY[-1]], "keep=1 只留刚问的这个回合")
    for keep in (4, 9):
        got = untouched(ex.window, history, keep)
        expect(got == history, f"一共 4 个回合，keep={keep} 全留，得到 {texts(got)}：负的下标会从另一头数")
    got = untouched(ex.window, HISTORY, 2)
    expect(
        got == HISTORY[-3:],
        f"没有 system 的历史，keep=2 应当是丙、丁两个回合，得到 {texts(got)}：别把第一条 user 当成 system",
    )
    expect(untouched(ex.window, [], 2) == [], "空的历史：[]")


class Writer:
    """记下每次收到的；摘要是把收到的接起来。"""

    def __init__(self):
        self.calls = []

    def __call__(self, old, dropped):
        self.calls.append((old, copy.deepcopy(dropped)))
        return old + "".join(texts(dropped))


def compacted(summary, messages, keep):
    writer = Writer()
    got = untouched(ex.compact, summary, messages, keep, writer)
    right = isinstance(got, tuple) and len(got) == 2
    expect(right, f"compact 要返回 (摘要, 消息)，得到 {type(got).__name__}")
    return *got, writer.calls


def test_old_turns_move_into_the_summary():
    summary, kept, calls = compacted("他叫张三。", HISTORY, 2)
    expect(len(calls) == 1, f"summarize 是一次模型请求，应当只调用一次，调用了 {len(calls)} 次")
    expect(kept == HISTORY[-3:], f"应当留下丙、丁两个回合，得到 {texts(kept)}")
    old, dropped = calls[0]
    expect(old == "他叫张三。", f"交给 summarize 的旧摘要是 {old!r}：不带上旧的，上一次压缩的内容就永远没了")
    both = [m for m in dropped if m in kept]
    expect(not both, f"交给 summarize 的里有还留着的 {texts(both)}：只压缩要丢的，不然同一件事出现两次")
    expect(dropped == HISTORY[:-3], f"交给 summarize 的应当是丢掉的全部 {texts(HISTORY[:-3])}，得到 {texts(dropped)}")
    expect(summary == "他叫张三。甲甲答乙查晴乙答", f"新的摘要就是 summarize 返回的，得到 {summary!r}")


def test_nothing_old_means_no_request():
    for keep in (4, 7):
        summary, kept, calls = compacted("旧", HISTORY, keep)
        expect(calls == [], f"4 个回合，keep={keep}，没有要丢的，不该调用 summarize：每次调用都要钱和时间")
        expect((summary, kept) == ("旧", HISTORY), f"没有要丢的就原样返回，得到 {summary!r} 与 {texts(kept)}")


def test_facts_survive_many_rounds():
    summary, messages = "", []
    for name in "甲乙丙丁戊己":
        messages = [*messages, *turn(name)]
        summary, messages, _ = compacted(summary, messages, 2)
    expect(messages == [*turn("戊"), *turn("己")], f"六轮之后应当留着戊、己，得到 {texts(messages)}")
    want = "".join(name + name + "答" for name in "甲乙丙丁")
    expect(summary == want, f"六轮之后摘要应当有甲到丁各一次，得到 {summary!r}：漏了就是忘了，重复就是压缩了两次")


def filled():
    store = ex.Threads()
    store.append("甲", "1", turn("过敏"))
    store.append("甲", "2", turn("血压"))
    store.append("乙", "1", turn("糖尿病"))
    return store


def test_threads_do_not_see_each_other():
    store = filled()
    got = store.load("甲", "1")
    expect(got is not None, "load 返回了 None：少了 return")
    expect("糖尿病" not in texts(got), f"甲的会话 1 里有乙的话 {texts(got)}：两个用户的会话都可以叫 1，键里要有用户")
    expect("血压" not in texts(got), f"甲的会话 1 里有会话 2 的话 {texts(got)}：键里要有会话")
    expect(got == turn("过敏"), f"甲的会话 1 应当是存进去的两条，得到 {texts(got)}")
    store.append("甲", "1", turn("剂量"))
    got = store.load("甲", "1")
    expect(got == turn("过敏") + turn("剂量"), f"后存的接在后面，从旧到新，得到 {texts(got)}：别覆盖，别反过来")
    got = store.load("丙", "1")
    expect(got == [], f"没有来过的用户是空列表，得到 {got}")
    tricky = ex.Threads()
    tricky.append("a", "b:c", turn("一"))
    text = "用户 a 的会话 b:c 与用户 a:b 的会话 c 成了同一个：别把两个名字拼成一个字符串，用元组"
    expect(tricky.load("a:b", "c") == [] and tricky.load("a", "b:c") == turn("一"), text)
    tricky.append("ab", "c", turn("二"))
    expect(tricky.load("a", "bc") == [], "用户 ab 的会话 c 与用户 a 的会话 bc 成了同一个：" + text.split("：")[-1])
    expect(
        ex.Threads().load("甲", "1") == [], "新建的 Threads 里有别的 Threads 存的：字典要在 __init__ 里建，不要写在类上"
    )


def test_what_is_stored_cannot_be_changed_from_outside():
    store = filled()
    store.load("甲", "1").append(message("user", "混进来的"))
    expect(len(store.load("甲", "1")) == 2, "改了 load 返回的列表，存着的也变了：返回一份复制")
    mine = turn("药")
    store.append("丙", "1", mine)
    mine.append(message("user", "后来加的"))
    expect(len(store.load("丙", "1")) == 2, "存进去之后改自己的列表，存着的也变了：存一份复制")
    store.load("甲", "1")[0]["content"] = "改掉的"
    mine[0]["content"] = "改掉的"
    inside = store.load("甲", "1") + store.load("丙", "1")
    expect(
        "改掉的" not in texts(inside), "改了返回的一条消息，存着的也变了：消息是字典，要连它们一起复制（copy.deepcopy）"
    )


def test_forgetting_removes_only_that_user():
    store = filled()
    got = store.forget("甲")
    left = store.load("甲", "1") + store.load("甲", "2")
    expect(left == [], f"forget 之后甲还有 {texts(left)}：他的每个会话都要删")
    expect(store.load("乙", "1") == turn("糖尿病"), "forget 甲，乙的也没了：只删这个用户的")
    expect(got == 4, f"甲的两个会话一共 4 条，forget 应当返回 4，得到 {got}：数的是消息，不是会话")
    expect(store.forget("甲") == 0, "没有可删的返回 0")
