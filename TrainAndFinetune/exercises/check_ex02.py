"""检查 ex02：标签、截断、损失，先看手算的小例子，再看任意的。"""

import random

import torch

from book import expect, load_exercise

ex = load_exercise(__file__)

IGNORE = -100
END = 5


def shown(argument):
    """报错里怎样写一个参数：张量只写形状，免得它的数把 torch 的话挤掉。"""
    return f"形状 {tuple(argument.shape)} 的张量" if isinstance(argument, torch.Tensor) else repr(argument)


def call(function, *args, refused=""):
    """调用你的函数；报错换成一句话。refused：这里不该抛 ValueError，抛了多半是哪个想法错了。"""
    try:
        return function(*args)
    except NotImplementedError:
        raise
    except Exception as error:
        text = " ".join(str(error).split())
        name = f"{function.__name__}({', '.join(map(shown, args))})"
        expect(False, f"{name} 抛了 {type(error).__name__}：{text}"[:400] + (isinstance(error, ValueError) * refused))


def pair(got, name):
    """返回的是一对一样长的列表。"""
    ok = isinstance(got, tuple) and len(got) == 2 and all(isinstance(part, list) for part in got)
    expect(ok, f"{name} 应当返回 (ids, labels) 两个列表，得到 {got!r}{'：忘了 return？' if got is None else ''}")
    ids, labels = got
    expect(len(ids) == len(labels), f"{name}：ids 有 {len(ids)} 个，labels 有 {len(labels)} 个，应当一样长")
    return ids, labels


def check_labels(segments, ideas=()):
    """build_labels 的结果与定义相同；ideas：错的标签 -> 多半是哪个想法错了。"""
    want_ids = [t for tokens, _ in segments for t in tokens]
    want = [t if answer else IGNORE for tokens, answer in segments for t in tokens]
    copies = [(list(tokens), answer) for tokens, answer in segments]
    ids, labels = pair(call(ex.build_labels, segments), "build_labels")
    expect(segments == copies, f"build_labels 改动了传进来的片段：{copies} 成了 {segments}；别往里面 append 或 +=")
    expect(ids == want_ids, f"ids 应当是片段依次接起来的 {want_ids}，得到 {ids}")
    text = f"{segments} 的标签得到 {labels}，应当是 {want}"
    for wrong, idea in ideas:
        expect(labels != wrong, f"{text}。{idea}")
    shifted = want[1:] + [IGNORE]
    expect(labels != shifted, f"{text}。左移了一格：移位由损失做，这里 labels[i] 对着 ids[i]")
    ends = [i for i, label in enumerate(want) if label == END]
    lost = [i for i in ends if labels[i] == IGNORE]
    expect(not lost, f"{text}。第 {lost} 个是答案的结束符，没有算损失：模型学不会停")
    extra = [i for i, label in enumerate(want) if label == IGNORE and labels[i] != IGNORE]
    expect(not extra, f"{text}。第 {extra} 个是提示，却算了损失：连提示一起学了")
    expect(labels == want, text)


def test_labels_by_hand():
    segments = [([2, 10, 11], False), ([20, END], True)]
    ideas = [
        ([2, 10, 11, 20, END], "连提示一起学了：提示的标签是 -100"),
        ([-100, -100, -100, 20, -100], "结束符没有算损失：模型学不会停"),
        ([2, 10, 11, -100, -100], "反了：要学的是答案"),
        ([0, 0, 0, 20, END], "不算损失的标签是 -100；0 是一个真的词元"),
        ([-100, -100, 20, END, -100], "左移了一格：移位由损失做，这里 labels[i] 对着 ids[i]"),
    ]
    check_labels(segments, ideas)


def test_labels_of_several_turns():
    segments = [([2, 10], False), ([20, END], True), ([11, 12, 5, 13], False), ([21, 22, END], True)]
    ideas = [
        ([-100] * 8 + [21, 22, END], "只学了最后一个答案：每一轮的答案都要学"),
        ([-100, -100, 20, END, -100, -100, -100, -100, -100, -100, -100], "只学了第一个答案：每一轮的答案都要学"),
        (
            [-100, -100, 20, END, -100, -100, END, -100, 21, 22, END],
            "提示里的 <end_of_turn> 也学了：看它在不在答案里，别看编号",
        ),
    ]
    check_labels(segments, ideas)


def test_labels_of_any_conversation():
    generator = random.Random(0)
    for _ in range(50):
        segments = []
        for _ in range(generator.randrange(1, 4)):
            segments.append(([generator.randrange(6, 30) for _ in range(generator.randrange(1, 6))], False))
            segments.append(([generator.randrange(6, 30) for _ in range(generator.randrange(0, 5))] + [END], True))
        check_labels(segments)


def one_turn(prompt, answer):
    ids = [2, *range(10, 10 + prompt), *range(40, 40 + answer), END]
    return ids, [IGNORE] * (1 + prompt) + ids[1 + prompt :]


def check_truncated(ids, labels, limit):
    """truncate 的结果与定义相同。"""
    before, name = (list(ids), list(labels)), f"truncate（{len(ids)} 个词元，裁到 {limit}）"
    need = 1 + sum(label != IGNORE for label in labels)
    refused = f"。<bos> 加答案是 {need} 个，{'刚好 ' * (need == limit)}{limit} 个就放得下，不该拒绝"
    got, got_labels = pair(call(ex.truncate, ids, labels, limit, refused=refused), "truncate")
    expect((ids, labels) == before, f"{name} 改动了传进来的列表：用切片造新的，别用 del、pop")
    cut = max(0, len(ids) - limit)
    want, want_labels = [ids[0], *ids[1 + cut :]], [labels[0], *labels[1 + cut :]]
    text = f"{name}：{ids} 得到 {got}，应当是 {want}"
    answer = [label for label in labels if label != IGNORE]
    expect(len(got) <= limit, f"{text}。还有 {len(got)} 个，没有裁到 {limit} 个")
    expect(got[-1:] == [END], f"{text}。结束符被裁掉了：从末尾裁，模型学会的是不停")
    kept = got[-len(answer) :]
    expect(kept == answer, f"{text}。答案少了：裁的是提示，答案 {answer} 一个也不裁")
    expect(got[:1] == [2], f"{text}。<bos> 被裁掉了：第一个词元要留，推理时它总在")
    more = len(got) - len(want)
    expect(more <= 0, f"{text}。多了 {more} 个：放得下时原样返回，别把 <bos> 接两次")
    expect(more == 0, f"{text}。裁多了：刚好放得下就停")
    expect(got == want, f"{text}。裁的是离答案最近的：应当裁 <bos> 之后最早的")
    aligned = f"{name}：ids 对了，labels 得到 {got_labels}，应当是 {want_labels}：两个列表要裁同样的位置"
    expect(got_labels == want_labels, aligned)


def test_truncation_by_hand():
    check_truncated([2, 10, 11, 12, 20, END], [IGNORE] * 4 + [20, END], 4)
    check_truncated([2, 10, 11, 12, 20, END], [IGNORE] * 4 + [20, END], 5)


def test_nothing_is_cut_when_it_fits():
    for limit in (6, 7, 100):
        check_truncated([2, 10, 11, 12, 20, END], [IGNORE] * 4 + [20, END], limit)


def test_truncation_of_any_length():
    for prompt in (0, 1, 5, 9):
        for answer in (0, 1, 4):
            for limit in range(answer + 2, prompt + answer + 5):
                check_truncated(*one_turn(prompt, answer), limit)


def test_an_answer_that_does_not_fit_is_refused():
    ids, labels = one_turn(4, 3)  # 答案连结束符 4 个，加 <bos> 是 5 个
    for limit in (4, 3, 1):
        try:
            got = ex.truncate(ids, labels, limit)
        except ValueError:
            continue
        except NotImplementedError:
            raise
        except Exception as error:
            expect(False, f"放不下时应当抛 ValueError，抛的是 {type(error).__name__}：{error}")
        expect(False, f"<bos> 加答案要 5 个，裁到 {limit} 个应当抛 ValueError，得到 {got}")


def loss_by_hand(logits, labels):
    """照定义，一个词元一个词元地加。"""
    terms = [
        -logits[b, t].log_softmax(-1)[labels[b, t + 1]]
        for b in range(labels.shape[0])
        for t in range(labels.shape[1] - 1)
        if labels[b, t + 1] != IGNORE
    ]
    return torch.stack(terms)


def number(logits, labels):
    got = call(ex.masked_loss, logits, labels)
    idea = "：忘了 return？" if got is None else "：断开了计算图，别用 .item()" if isinstance(got, float) else ""
    expect(isinstance(got, torch.Tensor), f"masked_loss 应当返回一个 Tensor，得到 {got!r}{idea}")
    expect(got.numel() == 1, f"masked_loss 应当返回一个数，形状是 {tuple(got.shape)}：对全部答案词元求平均")
    return got


def check_loss(logits, labels, where):
    terms, got = loss_by_hand(logits, labels), number(logits, labels).item()
    want = terms.mean().item()

    def like(value):
        return abs(got - float(value)) < 1e-5 * max(1.0, abs(float(value)))

    text = f"{where}：损失得到 {got:.4f}，应当是 {want:.4f}"
    shift = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORE)
    rows = torch.stack([loss_by_hand(logits[b : b + 1], labels[b : b + 1]).mean() for b in range(len(labels))]).mean()
    filled = labels[:, 1:].clamp(min=0).flatten()
    everything = torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), filled)
    backwards = torch.nn.functional.cross_entropy(
        logits[:, 1:].flatten(0, 1), labels[:, :-1].flatten(), ignore_index=IGNORE
    )
    positions, at = labels[:, 1:].numel(), labels[:, 1:] != IGNORE
    raw = -logits[:, :-1][at].gather(-1, labels[:, 1:][at][:, None]).mean()
    if not like(want):
        expect(not like(shift), f"{text}。没有移位：位置 t 的 logits 预测的是 t + 1 的词元")
        expect(not like(backwards), f"{text}。移反了：logits 去掉最后一个，labels 去掉第一个")
        expect(not like(raw), f"{text}。忘了 log_softmax：logits 不是对数概率")
        expect(not like(terms.sum()), f"{text}。没有除以答案词元的个数")
        expect(not like(terms.sum() / positions), f"{text}。除的是全部位置 {positions}，应当除以答案词元 {len(terms)}")
        expect(not like(terms.sum() / labels.numel()), f"{text}。除的是全部位置，应当除以答案词元 {len(terms)}")
        expect(not like(rows), f"{text}。先求每条的平均再平均了：应当全批的答案词元一起平均")
        expect(not like(everything), f"{text}。-100 的位置也算了")
        expect(not like(-want), f"{text}。少了负号：损失是负的对数概率")
    expect(like(want), text)


def test_loss_by_hand():
    labels = torch.tensor([[IGNORE, IGNORE, 1, 2]])
    probabilities = torch.tensor(
        [[0.7, 0.1, 0.1, 0.1], [0.1, 0.5, 0.2, 0.2], [0.1, 0.1, 0.25, 0.55], [0.4, 0.3, 0.2, 0.1]]
    )
    logits = probabilities.log() + torch.tensor([[1.0], [2.0], [-1.0], [3.0]])  # 每行加一个数，softmax 之后还是这些概率
    check_loss(logits[None], labels, "两个答案词元，概率 0.5 与 0.25，平均 (ln 2 + ln 4) / 2")


def test_loss_of_answers_of_different_lengths():
    generator = torch.Generator().manual_seed(0)
    labels = torch.tensor([[IGNORE, IGNORE, IGNORE, IGNORE, 3], [IGNORE, 4, 1, 2, 3], [IGNORE, 2, 5, IGNORE, IGNORE]])
    check_loss(torch.randn(3, 5, 7, generator=generator) * 2, labels, "三条，答案各 1、4、2 个词元")


def test_prompts_do_not_matter_to_the_loss():
    generator = torch.Generator().manual_seed(1)
    logits, labels = torch.randn(2, 6, 9, generator=generator), torch.tensor([[IGNORE] * 4 + [3, 5]] * 2)
    before = number(logits, labels).item()
    changed = logits.clone()
    changed[:, :3] += 5 * torch.randn(2, 3, 9, generator=generator)  # 位置 0-2 预测的都是提示
    changed[:, 5] += 5 * torch.randn(2, 9, generator=generator)  # 最后一个位置后面没有词元
    after = number(changed, labels).item()
    text = f"改了提示位置与最后一个位置的 logits，损失从 {before:.4f} 变成 {after:.4f}，应当不变"
    expect(abs(before - after) < 1e-6, f"{text}：算损失的只有预测答案的位置")


def test_loss_gives_gradients_only_at_answers():
    logits = torch.zeros(1, 5, 6, requires_grad=True)
    got = number(logits, torch.tensor([[IGNORE, IGNORE, IGNORE, 2, 5]]))
    expect(got.requires_grad, "损失断开了计算图：别用 .item()、.detach()、torch.tensor(数)")
    got.backward()
    where = [t for t in range(5) if bool(logits.grad[0, t].any())]
    expect(where == [2, 3], f"有梯度的位置是 {where}，应当是 [2, 3]：它们预测第 3、4 个词元")
