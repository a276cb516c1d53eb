"""检查 ex08：混淆矩阵与逐个数出来的比较；评估函数的四处错各有一条。"""

import torch
from torch import nn

from book import expect, load_exercise

ex = load_exercise(__file__)


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


def batches(*correct_of):
    """每一项 (判对几个, 一共几个) 做成一批两类的 logits 与标签。"""
    for correct, count in correct_of:
        y = torch.zeros(count, dtype=torch.int64)
        y[correct:] = 1
        yield torch.tensor([[1.0, 0.0]]).expand(count, 2), y


def test_matrix_is_square_and_counts_everything():
    got = ex.confusion_matrix(torch.tensor([0, 1]), torch.tensor([0, 1]), num_classes=4)
    idea = "后两类一个样本也没有，也要占一行一列：大小看 num_classes，不看出现过的标签"
    expect(tuple(got.shape) == (4, 4), f"num_classes=4 应当返回 (4, 4)，得到 {tuple(got.shape)}。{idea}")
    expect(not got.is_floating_point(), f"个数应当是整数，得到 {got.dtype}")
    labels, predictions = labels_and_predictions()
    total = ex.confusion_matrix(labels, predictions, 4).sum().item()
    idea = "matrix[labels, predictions] += 1 对重复的格子只加一次：用 bincount、循环，或 index_put_(accumulate=True)"
    expect(total == 60, f"60 个样本，矩阵里却一共 {total} 个。{idea}")


def test_rows_are_true_classes():
    labels, predictions = labels_and_predictions()
    got, want = ex.confusion_matrix(labels, predictions, 4).tolist(), counted(labels, predictions, 4)
    transposed = [list(column) for column in zip(*want)]
    expect(got != transposed, "行列反了：行是真类，列是判成的类")
    expect(got == want, f"应当是 {want}，得到 {got}")


def test_per_class_accuracy_divides_by_rows():
    matrix = torch.tensor([[3, 1], [4, 2]])
    got = ex.per_class_accuracy(matrix)
    expect(tuple(got.shape) == (2,), f"两类应当给两个数，得到 {tuple(got.shape)}")
    by_column = torch.allclose(got.float(), torch.tensor([3 / 7, 2 / 3]))
    expect(not by_column, "除的是每列的和：那是「判成这一类的里面有几成对」（精确率）；这里要除以真类的个数，按行加")
    expect(
        torch.allclose(got.float(), torch.tensor([0.75, 1 / 3])),
        f"[[3, 1], [4, 2]] 应当给 3/4 与 2/6，得到 {got.tolist()}",
    )


def test_a_class_without_samples_is_nan():
    got = ex.per_class_accuracy(torch.tensor([[3, 1], [0, 0]]))
    idea = "0/0 是「不知道」，写成 0 会把它当成全错，拉低平均；不要给分母加 1 或加 ε"
    expect(bool(got[1].isnan()), f"没有样本的类应当是 nan，得到 {got[1].item()}。{idea}")


def test_every_image_weighs_the_same():
    got = ex.accuracy(Probe(), batches((8, 8), (0, 2)))
    idea = "先按批平均、再对批平均，最后一小批里的一张抵得上大批里的几张：数判对的个数，最后除一次"
    expect(abs(got - 0.8) < 1e-6, f"第一批 8 张全对、第二批 2 张全错，准确率应当是 0.8，得到 {got:.3f}。{idea}")


def test_model_is_in_eval_mode():
    model = Probe().train()
    ex.accuracy(model, batches((1, 2), (2, 2)))
    expect(
        not any(training for training, _ in model.seen),
        "算准确率时模型还在训练模式：BatchNorm 用当批统计量，还会更新；Dropout 还在丢。先 model.eval()",
    )


def test_no_graph_is_built():
    model = Probe()
    ex.accuracy(model, batches((1, 2), (2, 2)))
    expect(not any(grad for _, grad in model.seen), "算准确率时还在建计算图，白占内存：包在 with torch.no_grad() 里")
    expect(
        torch.is_grad_enabled(),
        "算完之后求导还关着，接下来的训练不会动：用 with 或装饰器，不要 torch.set_grad_enabled(False)",
    )


def test_mode_is_restored():
    model = Probe().train()
    ex.accuracy(model, batches((1, 2)))
    expect(
        model.training,
        "调用之前是训练模式，之后成了 eval：下一轮训练里 BatchNorm 不再更新。记下 model.training，最后还回去",
    )
    model.eval()
    ex.accuracy(model, batches((1, 2)))
    expect(not model.training, "调用之前是 eval，之后却被改成训练模式：还回去的是原来的模式，不是一律 train()")
