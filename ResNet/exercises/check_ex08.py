"""检查 ex08：混淆矩阵与逐个数出来的比较；评估函数的四处错各有一条。"""

import torch
from torch import nn

from book import expect, load_exercise

ex = load_exercise(__file__)

CAUSES = {  # 报错里的几个字 -> 多半是哪个想法错了
    "no len": "batches 是生成器，没有 len，也只能走一遍：一边走一边数",
    "must match": "判成的类与标签对不上：logits 是 (N, K)，argmax 要 dim=1，每张图一个",
    "is invalid for input": "bincount 只数到出现过的最大一格：minlength=num_classes**2，再 view 成 (K, K)",
    "__enter__": "with torch.no_grad(): 的括号不能少",
    "context manager": "with torch.no_grad(): 的括号不能少",
    "division by zero": "没有样本的类是 0/0：Python 的数相除会抛错，张量相除给 nan",
}


def labels_and_predictions(classes=4, count=60):
    generator = torch.Generator().manual_seed(8)
    return [torch.randint(classes, (count,), generator=generator) for _ in range(2)]


def counted(labels, predictions, classes):
    """一个一个数。"""
    matrix = [[0] * classes for _ in range(classes)]
    for i, j in zip(labels.tolist(), predictions.tolist()):
        matrix[i][j] += 1
    return matrix


class Probe(nn.Module):
    """原样返回输入，记下被调用时的模式与是否在建图。"""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.seen = []

    def forward(self, x):
        self.seen.append((self.training, torch.is_grad_enabled()))
        return x * self.scale


def call(function, *inputs):
    """调用你的函数，认得出的报错换成一句话；求导若被它关着没开，出来时自动恢复。"""
    with torch.enable_grad():
        try:
            return function(*inputs)
        except (TypeError, AttributeError, RuntimeError, ZeroDivisionError) as error:
            for part, idea in CAUSES.items():
                expect(part not in str(error), f"{function.__name__} 抛了 {type(error).__name__}：{idea}")
            raise


def tensor_from(function, *inputs):
    got = call(function, *inputs)
    advice = "忘了 return？" if got is None else "列表用 torch.tensor 变成 Tensor"
    name = function.__name__
    expect(isinstance(got, torch.Tensor), f"{name} 返回的是 {type(got).__name__}，应当是 Tensor：{advice}")
    return got


def batches(*correct_of):
    """每一项 (判对几个, 一共几个) 做成一批两类的 logits 与标签。"""
    for correct, count in correct_of:
        y = torch.zeros(count, dtype=torch.int64)
        y[correct:] = 1
        yield torch.tensor([[1.0, 0.0]]).expand(count, 2), y


def test_matrix_is_square_and_counts_everything():
    got = tensor_from(ex.confusion_matrix, torch.tensor([0, 1]), torch.tensor([0, 1]), 4)
    idea = "后两类一个样本也没有，也要占一行一列：大小看 num_classes，不看出现过的标签"
    expect(tuple(got.shape) == (4, 4), f"num_classes=4 应当返回 (4, 4)，得到 {tuple(got.shape)}。{idea}")
    expect(
        not got.is_floating_point(), f"个数应当是整数，得到 {got.dtype}：torch.zeros 默认是小数，写 dtype=torch.int64"
    )
    labels, predictions = labels_and_predictions()
    total = tensor_from(ex.confusion_matrix, labels, predictions, 4).sum().item()
    idea = "matrix[labels, predictions] += 1 对重复的格子只加一次：用 bincount、循环，或 index_put_(accumulate=True)"
    expect(total == 60, f"60 个样本，矩阵里却一共 {total} 个。{idea}")


def test_rows_are_true_classes():
    labels, predictions = labels_and_predictions()
    got, want = tensor_from(ex.confusion_matrix, labels, predictions, 4).tolist(), counted(labels, predictions, 4)
    transposed = [list(column) for column in zip(*want)]
    expect(got != transposed, "行列反了：行是真类，列是判成的类")
    expect(got == want, f"应当是 {want}，得到 {got}")


def test_per_class_accuracy_divides_by_rows():
    matrix = torch.tensor([[3, 1], [4, 2]])
    got = tensor_from(ex.per_class_accuracy, matrix)
    idea = "(K,) 除以 keepdim 留下的 (K, 1) 会广播成 (K, K)"
    expect(tuple(got.shape) == (2,), f"两类应当给两个数 (2,)，得到 {tuple(got.shape)}。{idea}")
    text = f"[[3, 1], [4, 2]] 应当给 3/4 与 2/6，得到 {[round(value, 4) for value in got.tolist()]}。"
    wrong = {
        (3 / 7, 2 / 3): "除的是每列的和：那是「判成这一类的里面有几成对」（精确率）；这里要除以真类的个数，按行加",
        (0.3, 0.2): "除的是全部样本的个数：每一类除以自己那一行的和",
        (0.0, 0.0): "整除（//）把比例都变成了 0：用 /",
        (1.0, 1.0): "对角线除以了它自己：分母是整行的和",
    }
    for values, idea in wrong.items():
        expect(not torch.allclose(got.float(), torch.tensor(values)), text + idea)
    expect(torch.allclose(got.float(), torch.tensor([0.75, 1 / 3])), f"{text}对角线上的数除以那一行的和")


def test_a_class_without_samples_is_nan():
    got = tensor_from(ex.per_class_accuracy, torch.tensor([[3, 1], [0, 0]]))
    idea = "0/0 是「不知道」，写成 0 会把它当成全错，拉低平均；不要给分母加 1 或加 ε"
    expect(bool(got[1].isnan().all()), f"没有样本的类应当是 nan，得到 {got[1].tolist()}。{idea}")


def test_every_image_weighs_the_same():
    got = call(ex.accuracy, Probe(), batches((8, 8), (0, 2)))
    expect(got is not None, "accuracy 返回的是 NoneType，应当是 float：忘了 return？")
    text = f"第一批 8 张全对、第二批 2 张全错，准确率应当是 0.8，得到 {got:.3f}。"
    wrong = {
        0.5: "先按批平均、再对批平均，最后一小批里的一张抵得上大批里的几张：数判对的个数，最后除一次",
        4.0: "分母数的是批：要数样本，每批加 len(y)",
        8.0: "判对了几个还没有除以样本数",
        80.0: "要的是比例，不是百分数",
        0.0: "只剩最后一批的准确率：判对的个数与样本数都要跨批累加",
        1.0: "只算了第一批：return 写在循环外面",
    }
    for value, idea in wrong.items():
        expect(abs(got - value) > 1e-6, text + idea)
    expect(abs(got - 0.8) < 1e-6, f"{text}数判对的个数，最后除以样本数")


def test_model_is_in_eval_mode():
    model = Probe().train()
    call(ex.accuracy, model, batches((1, 2), (2, 2)))
    idea = "BatchNorm 用当批统计量，还会更新；Dropout 还在丢。先 model.eval()"
    expect(not any(training for training, _ in model.seen), f"算准确率时模型还在训练模式：{idea}")


def test_no_graph_is_built():
    def accuracy(*inputs):
        ex.accuracy(*inputs)
        return torch.is_grad_enabled()

    model = Probe()
    left_on = call(accuracy, model, batches((1, 2), (2, 2)))
    expect(not any(grad for _, grad in model.seen), "算准确率时还在建计算图，白占内存：包在 with torch.no_grad() 里")
    idea = "用 with 或装饰器，不要 torch.set_grad_enabled(False)"
    expect(left_on, f"算完之后求导还关着，接下来的训练不会动：{idea}")


def test_mode_is_restored():
    model = Probe().train()
    call(ex.accuracy, model, batches((1, 2)))
    idea = "下一轮训练里 BatchNorm 不再更新。记下 model.training，最后还回去"
    expect(model.training, f"调用之前是训练模式，之后成了 eval：{idea}")
    model.eval()
    call(ex.accuracy, model, batches((1, 2)))
    expect(not model.training, "调用之前是 eval，之后却被改成训练模式：还回去的是原来的模式，不是一律 train()")
