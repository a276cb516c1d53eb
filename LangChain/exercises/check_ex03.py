"""检查 ex03：请求相乘，接的次序，批的次序与并发，重试的次数，回退给谁、抛谁。"""

import threading
import time

from book import expect, load_exercise

ex = load_exercise(__file__)


def checked(step, where):
    """where 返回的应当是一个 Step。"""
    expect(step is not None, f"{where} 返回了 None：少了 return")
    expect(
        hasattr(step, "invoke"), f"{where} 应当返回新的 Step，得到 {type(step).__name__}：它还没有输入，不能现在就跑"
    )
    return step


class Work:
    """依次做 results 里的：异常就抛，别的就返回；记下每次收到的。"""

    def __init__(self, *results):
        self.results, self.got = list(results), []

    def __call__(self, value):
        self.got.append(value)
        result = self.results[min(len(self.got), len(self.results)) - 1]
        if isinstance(result, BaseException):
            raise result
        return result


def outcome(step, value):
    """跑一次：返回结果，或抛出的异常对象。"""
    try:
        return step.invoke(value)
    except (Exception, KeyboardInterrupt) as error:
        return error


def test_layers_of_retries_multiply():
    cases = [((0, 1), 1), ((2, 1), 3), ((2, 3), 9), ((2, 3, 10), 90), ((0, 3), 3), ((4, 2, 3), 30)]
    for args, want in cases:
        got = ex.requests_sent(*args)
        expect(got is not None, "requests_sent 返回了 None：少了 return")
        client, attempts, inputs = (*args, 1)[:3]
        ideas = {
            client * attempts * inputs: "max_retries 数的是重试，第一次不算在里面：每轮是 max_retries + 1 个请求",
            (client + 1) * (attempts + 1) * inputs: "stop_after_attempt 数的是总共几次，不要再加 1",
            (client + attempts) * inputs: "两层的次数相乘，不是相加：外面的每一次，里面都从头重试",
            (client + 1) * attempts: "一批里的每个输入都是自己的请求，各自重试",
        }
        idea = ideas.get(got, "外面跑几次 × 每次里面发几个 × 几个输入")
        expect(got == want, f"requests_sent{args} 应当是 {want}，得到 {got}：{idea}")


def test_steps_run_from_left_to_right():
    first = ex.Step(lambda value: value + "甲")
    chain = checked(first | (lambda value: value + "乙"), "|")
    got = chain.invoke("")
    expect(got is not None, "接起来的一步返回了 None：里面的函数少了 return")
    expect(got == "甲乙", f"先甲后乙应当得到 甲乙，得到 {got}：a | b 是先 a，b 收到 a 的结果")
    expect(first.invoke("") == "甲", "接了一步，原来的那一步也变了：返回新的 Step，别改 self")
    longer = chain | ex.Step(lambda value: value + "丙") | (lambda value: value + "丁")
    expect(longer.invoke("") == "甲乙丙丁", f"四步接起来应当是 甲乙丙丁，得到 {longer.invoke('')}：右边也可以是 Step")
    grouped = first | (ex.Step(lambda value: value + "乙") | (lambda value: value + "丙"))
    expect(grouped.invoke("") == "甲乙丙", "a | (b | c) 与 (a | b) | c 应当相同")


def test_a_dictionary_gives_the_same_input_to_every_item():
    try:
        fan = ex.Step(str.strip) | {"text": lambda text: text, "length": len}
        got = fan.invoke(" 血压 ")
    except TypeError as error:
        expect(False, f"右边是字典时抛了 {error}：字典不是函数，要变成“交给每一项”的一步")
    want = {"text": "血压", "length": 2}
    expect(got != {"text": " 血压 ", "length": 4}, "字典的每一项收到的是最初的输入：应当是左边那一步的结果")
    expect(got == want, f"应当是 {want}，得到 {got}：每一项各收到左边的结果，结果还是同样键的字典")
    expect((fan | (lambda d: d["length"])).invoke("血压") == 2, "字典之后再接一步，它收到的是整个字典")
    deep = ex.Step(str.strip) | {"a": {"b": len, "c": ex.Step(str.upper)}, "d": ex.Step(len) | str}
    try:
        got = deep.invoke(" x ")
    except (TypeError, AttributeError) as error:
        expect(False, f"字典的值是 Step 或字典时出错（{error}）：里面的值也要转换")
    want = {"a": {"b": 1, "c": "X"}, "d": "1"}
    expect(got == want, f"字典的值也可以是 Step、函数、字典，应当是 {want}，得到 {got}")


def test_other_things_are_refused_while_composing():
    for wrong in ("文字", 3, ["表"], None):
        try:
            ex.Step(len) | wrong
        except TypeError:
            continue
        expect(False, f"接 {wrong!r} 没有抛 TypeError：错要在接的时候说，别等到跑")
    try:
        ex.Step(len) | {"a": len, "b": "文字"}
    except TypeError:
        return
    expect(False, "字典里有一项是文字，没有抛 TypeError：里面的值也要查")


def test_a_batch_keeps_the_order():
    def slow(value):
        time.sleep(0.03 * (3 - value))
        return 10 * value

    got = ex.Step(slow).batch([0, 1, 2])
    expect(got is not None, "batch 返回了 None：少了 return")
    expect(isinstance(got, list), f"batch 要返回列表，得到 {type(got).__name__}：map 给的是迭代器，用 list 收起来")
    expect(sorted(got) == [0, 10, 20], f"三个输入应当有三个结果 0、10、20，得到 {got}")
    expect(got == [0, 10, 20], f"结果应当与输入同序 [0, 10, 20]，得到 {got}：先完成的不能排在前面")
    try:
        got = ex.Step(len).batch([])
    except ValueError as error:
        expect(False, f"空的一批抛了 {error}：线程池至少要一个线程")
    expect(got == [], f"空的一批是 []，得到 {got}")


def test_a_batch_runs_together_but_not_too_many():
    gate = threading.Barrier(2)

    def meet(value):
        try:
            gate.wait(5)
        except threading.BrokenBarrierError:
            return "独自"
        return "相遇"

    got = ex.Step(meet).batch([1, 2], most=2)
    expect(got == ["相遇", "相遇"], "两个输入没有同时在跑：一个一个地跑，慢的是网络，时间全花在等")
    lock, inside, peak = threading.Lock(), [0], [0]

    def count(value):
        with lock:
            inside[0] += 1
            peak[0] = max(peak[0], inside[0])
        time.sleep(0.02)
        with lock:
            inside[0] -= 1

    ex.Step(count).batch(list(range(12)), most=3)
    expect(peak[0] <= 3, f"most=3，却有 {peak[0]} 个同时在跑：没有上限，端点会回 429")
    expect(peak[0] == 3, f"most=3，12 个输入，最多只有 {peak[0]} 个同时在跑：可以到 3 个")


def test_errors_in_a_batch_are_raised_or_kept():
    def check(value):
        if value % 2:
            raise ValueError(f"{value} 坏了")
        return value

    step = ex.Step(check)
    try:
        got = step.batch([0, 1, 2])
    except ValueError:
        got = None
    expect(got is None, f"有一个坏了，默认应当抛出来，得到 {got}：悄悄地留一个异常在列表里，后面的代码会当成回答")
    try:
        got = step.batch([0, 1, 2, 3, 4], keep_errors=True)
    except ValueError:
        expect(False, "keep_errors=True 还是抛了：好的四个回答已经付过钱，不能跟着没了")
    expect(len(got) == 5, f"keep_errors=True 应当有 5 项，得到 {len(got)}：坏的也要占住它的位置，不然对不上输入")
    kinds = [isinstance(item, ValueError) for item in got]
    expect(kinds == [False, True, False, True, False], f"第 1、3 个应当是异常对象本身，得到 {got}")
    good = [item for item in got if not isinstance(item, Exception)]
    expect(good == [0, 2, 4], f"好的应当照样算完 [0, 2, 4]，得到 {good}：结果是 0 也是结果")
    try:
        ex.Step(lambda value: ValueError("返回的")).batch([1])
    except ValueError:
        expect(False, "函数返回（不是抛出）一个异常对象，它就是结果，不要抛")


def test_retries_count_every_attempt():
    slow = TimeoutError("慢")
    for failures, attempts in ((0, 3), (1, 3), (2, 3), (3, 3), (9, 1), (9, 4)):
        work = Work(*[slow] * failures, "好")
        step = checked(ex.Step(work).with_retry(attempts), "with_retry")
        got = outcome(step, "问")
        want = "好" if failures < attempts else slow
        calls = min(failures + 1, attempts)
        text = f"前 {failures} 次坏，attempts={attempts}"
        expect(got is not None, f"{text}，返回了 None：成了要返回结果，都坏了要抛异常")
        expect(len(work.got) != calls + 1, f"{text}，应当一共跑 {calls} 次，跑了 {calls + 1} 次：attempts 是总次数")
        expect(len(work.got) == calls, f"{text}，应当一共跑 {calls} 次，跑了 {len(work.got)} 次")
        expect(got is want, f"{text}，应当得到 {want!r}，得到 {got!r}：都坏了就抛最后一次的异常本身")
        expect(set(work.got) == {"问"}, f"每次都应当用原来的输入，收到的是 {work.got}")


def test_the_last_error_is_the_one_raised():
    errors = [TimeoutError(str(i)) for i in range(3)]
    got = outcome(ex.Step(Work(*errors)).with_retry(3), "问")
    expect(got is errors[2], f"三次各有各的异常，应当抛最后一次的，得到 {got!r}：最后一次最接近现在的情形")


def test_only_the_listed_errors_are_retried():
    for error, on in ((KeyError("自己的错"), (TimeoutError,)), (KeyboardInterrupt(), (Exception,))):
        work = Work(error, "好")
        got = outcome(ex.Step(work).with_retry(3, on=on), "问")
        text = "Ctrl-C 也被重试了：别用 except: 接住一切" if on == (Exception,) else "自己的错再试也一样，还要再付钱"
        expect(
            len(work.got) == 1, f"{type(error).__name__} 不在 on={on} 里，应当只跑一次，跑了 {len(work.got)} 次：{text}"
        )
        expect(got is error, f"不在 on 里的异常应当原样抛出，得到 {got!r}")


def test_every_invoke_counts_from_the_beginning():
    slow = TimeoutError("慢")
    work = Work(slow, slow, "一", slow, slow, "二")
    base = ex.Step(work)
    step = base.with_retry(3)
    got = [outcome(step, "甲"), outcome(step, "乙")]
    expect(got == ["一", "二"], f"两次 invoke 各有三次机会，应当得到 一、二，得到 {got}：次数要在每次 invoke 里从头数")
    fresh = Work(slow, "好")
    base = ex.Step(fresh)
    base.with_retry(3)
    expect(outcome(base, "问") is slow, "调用 with_retry 之后，原来的一步也会重试了：返回新的 Step，别改 self")


def test_fallbacks_get_the_original_input_in_order():
    down = ConnectionError("断")
    main, one, two = Work(down), Work(down), Work("二")
    step = checked(ex.Step(main).with_fallbacks([one, ex.Step(two)]), "with_fallbacks")
    got = outcome(step, "问")
    expect(got == "二", f"主的与第一个备用的都坏，应当由第二个答，得到 {got!r}：备用的可以是函数，也可以是 Step")
    for name, work in (("主的", main), ("第一个备用的", one), ("第二个备用的", two)):
        expect(work.got == ["问"], f"{name}应当收到一次原来的输入，收到 {work.got}：回退用的是同一个输入，不是异常")
    spare = Work("备")
    got = outcome(ex.Step(Work("主")).with_fallbacks([spare]), "问")
    expect(got == "主" and spare.got == [], f"主的没有坏，应当答 主、不碰备用的；得到 {got!r}，备用的收到 {spare.got}")
    first, later = Work("一"), Work("二")
    got = outcome(ex.Step(Work(down)).with_fallbacks([first, later]), "问")
    expect(got == "一" and later.got == [], f"第一个备用的成了就停，得到 {got!r}，第二个收到 {later.got}")


def test_fallbacks_raise_the_first_error():
    errors = [ConnectionError("主"), ConnectionError("备一"), ConnectionError("备二")]
    step = ex.Step(Work(errors[0])).with_fallbacks([Work(errors[1]), Work(errors[2])])
    got = outcome(step, "问")
    expect(got is not None, "全都坏了，返回了 None：要抛异常，不然后面的代码拿 None 当回答")
    expect(got is errors[0], f"全都坏了应当抛主的那个异常，得到 {got!r}：要修的是主的，备用的坏是第二件事")


def test_fallbacks_do_not_hide_other_errors():
    bug, spare = KeyError("自己的错"), Work("备")
    got = outcome(ex.Step(Work(bug)).with_fallbacks([spare], on=(ConnectionError,)), "问")
    expect(got is bug, f"KeyError 不在 on 里，应当原样抛出，得到 {got!r}：接住一切，自己的错就永远看不见")
    got = outcome(ex.Step(Work(ConnectionError())).with_fallbacks([Work(bug), Work("二")], on=(ConnectionError,)), "问")
    expect(got is bug, f"备用的抛了 on 之外的异常，也应当原样抛出，得到 {got!r}")


def test_retry_and_fallback_work_inside_a_chain():
    slow = TimeoutError("慢")
    model = Work(slow, "好", slow, slow, slow)
    steady = ex.Step(model).with_retry(2, on=(TimeoutError,))
    chain = (ex.Step(str.strip) | steady | (lambda text: text + "。")).with_fallbacks([lambda text: "备用"])
    got = [chain.invoke(" 问 "), chain.invoke(" 问 ")]
    expect(got == ["好。", "备用"], f"第一次重试之后成了，第二次退到备用的，应当是 好。、备用，得到 {got}")
    expect(len(model.got) == 4, f"模型应当一共收到 2 + 2 次，收到 {len(model.got)} 次：重试只包模型那一步")
