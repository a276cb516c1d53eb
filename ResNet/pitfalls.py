"""反例实验室：把每个常见错误真的犯一遍，量它在 digits 上造成的损失。

教什么：ReLU 放错位置、忘记 zero_grad、忘记 model.eval()、测试时还在增强、增强用错、
BatchNorm 的批次太小、测试数据泄漏，各扣多少点准确率；哪些错误在这个规模上根本看不出来。
不教什么：正确的训练脚本（见 `train.py`）。
怎么跑：`python ResNet/pitfalls.py`（8 层与 32 层的小 ResNet，5 个种子，两核约 80 秒）；`--smoke` 10 秒内。
对应笔记：`3_training.md`、`4_convolution.md`、`5_resnet.md` 的“常见错误”；每一行由 `tests/test_resnet_predict.py`
里的一个测试抓住，名字印在表里。
"""

import copy
import math
import statistics
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from book import (
    Parser,
    common_options,
    emit_result,
    output_dir,
    pick_device,
    positive_int,
    run,
    seed_everything,
    seeded,
)
from ResNet.data import Dataset, augment, load_dataset
from ResNet.resnet import BasicBlock, CifarResNet, count_parameters
from ResNet.wrong_parts import ReluMissing, ReluOnBranch, use_chunks


@dataclass(frozen=True)
class Trial:
    """一次训练的全部设定；默认值就是对的写法，每个反例只改其中一项。"""

    block: type = BasicBlock
    n: int = 1  # 每阶段的块数，深度 6n+2
    optimizer: str = "sgd"  # sgd（动量 0.9）或 adam
    lr: float = 0.1  # OneCycle 的峰值
    zero_grad: bool = True
    flip: bool = False  # 以 1/2 的概率左右翻转
    chunk: int = 64  # BatchNorm 的统计量来自几张图
    epochs: int = 6
    batch_size: int = 64

    def __post_init__(self):
        if self.optimizer not in ("sgd", "adam"):
            raise ValueError(f"optimizer={self.optimizer!r}：只有 sgd 与 adam")


def make_optimizer(trial: Trial, model: nn.Module) -> torch.optim.Optimizer:
    if trial.optimizer == "adam":
        return torch.optim.Adam(model.parameters(), lr=trial.lr)
    return torch.optim.SGD(model.parameters(), lr=trial.lr, momentum=0.9, weight_decay=5e-4)


def train(trial: Trial, images: Tensor, labels: Tensor, normalize, seed: int, device="cpu") -> nn.Module:
    """按 trial 从头训练：images uint8 (N, 1, H, W)，labels (N,)；返回 eval 模式的模型。"""
    seed_everything(seed)
    generator = seeded(seed, "pitfalls")
    model = CifarResNet(trial.block, trial.n, num_classes=10, in_channels=images.shape[1]).to(device)
    if trial.chunk < trial.batch_size:
        use_chunks(model, trial.chunk)
    optimizer = make_optimizer(trial, model)
    steps = trial.epochs * -(-len(images) // trial.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, trial.lr, total_steps=steps)
    for _ in range(trial.epochs):
        for index in torch.randperm(len(images), generator=generator).split(trial.batch_size):
            batch = augment(images[index], 1, trial.flip, generator)  # 平移至多 1 像素
            if trial.zero_grad:
                optimizer.zero_grad()
            loss = F.cross_entropy(model(normalize(batch).to(device)), labels[index].to(device))
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval()


@torch.no_grad()
def accuracy(model: nn.Module, inputs: Tensor, labels: Tensor, batch_size: int = 360) -> float:
    """按模型当前的模式算准确率：inputs 是归一化之后的 (N, C, H, W)。不切换模式，忘记 eval() 的反例要用。"""
    device = next(model.parameters()).device
    correct = [
        (model(part.to(device)).argmax(dim=1).cpu() == target).sum().item()
        for part, target in zip(inputs.split(batch_size), labels.split(batch_size))
    ]
    return sum(correct) / len(labels)


# 键 -> (名字, 图里的英文名, 错在哪, 抓住它的测试)
RELU_UP = "test_a_residual_block_can_lower_its_input"
RELU_SIGN = "test_a_residual_block_never_outputs_a_negative_number"
ZERO_GRAD = "test_a_step_uses_only_the_gradient_of_its_own_batch"
NEIGHBOURS = "test_forgetting_eval_makes_a_prediction_depend_on_its_neighbours"
BUFFERS = "test_evaluating_leaves_the_running_statistics_alone"
TWICE, MIRROR = "test_evaluating_twice_gives_the_same_predictions", "test_digits_are_never_mirrored_in_training"
ONE_IMAGE = "test_batch_norm_on_one_image_forgets_its_brightness"
LEAK, STATISTICS = "test_no_test_image_is_in_the_training_rows", "test_mean_and_std_come_from_the_training_rows"
ROWS = {
    "branch_8": ("先 ReLU 再加，8 层", "ReLU before add, 8 layers", "x + relu(F(x))", RELU_UP),
    "branch_32": ("先 ReLU 再加，32 层", "ReLU before add, 32 layers", "x + relu(F(x))", RELU_UP),
    "missing_8": ("加完没有 ReLU，8 层", "no ReLU after add, 8 layers", "x + F(x)", RELU_SIGN),
    "missing_32": ("加完没有 ReLU，32 层", "no ReLU after add, 32 layers", "x + F(x)", RELU_SIGN),
    "zero_sgd": ("忘记 zero_grad，SGD", "no zero_grad, SGD", "每步用的是至今全部梯度之和", ZERO_GRAD),
    "zero_adam": ("忘记 zero_grad，Adam", "no zero_grad, Adam", "每步用的是至今全部梯度之和", ZERO_GRAD),
    "eval_360": ("忘记 eval，一批 360 张", "no eval(), batch 360", "BatchNorm 用测试批的统计量", NEIGHBOURS),
    "eval_8": ("忘记 eval，一批 8 张", "no eval(), batch 8", "BatchNorm 用测试批的统计量", NEIGHBOURS),
    "eval_sorted": ("忘记 eval，一批 8 张、按类排好", "no eval(), batch 8 sorted", "一批里只有一种数字", NEIGHBOURS),
    "eval_1": ("忘记 eval，一批 1 张", "no eval(), batch 1", "BatchNorm 用一张图的统计量", NEIGHBOURS),
    "eval_after": ("忘记 eval 一遍之后再 eval", "eval() after such a pass", "前一遍已改掉滑动统计量", BUFFERS),
    "test_shift": ("测试时还在平移", "shift left on at test", "测试图也随机平移 1 像素", TWICE),
    "flip": ("训练时左右翻转数字", "mirrored digits in training", "镜像的 2 不是 2", MIRROR),
    "chunk_8": ("BatchNorm 批次 8", "BatchNorm over 8 images", "统计量来自 8 张图", ONE_IMAGE),
    "chunk_2": ("BatchNorm 批次 2", "BatchNorm over 2 images", "统计量来自 2 张图", ONE_IMAGE),
    "chunk_1": ("BatchNorm 批次 1", "BatchNorm over 1 image", "统计量来自 1 张图", ONE_IMAGE),
    "leak_rows": ("测试图混进训练集", "test rows in training", "报的是背过的题", LEAK),
    "leak_statistics": ("归一化用了测试集", "test rows in mean/std", "均值方差把测试图也算上", STATISTICS),
}


class Lab:
    """一个种子的全部实验：`measure()` 返回 {键: (对的准确率, 错的准确率)}。"""

    def __init__(self, data: Dataset, seed: int, device, trial: Trial, deep: int, few: int):
        self.data, self.seed, self.device, self.trial, self.deep, self.few = data, seed, device, trial, deep, few
        self.inputs = data.normalize(data.test_images)

    def fit(self, images=None, labels=None, normalize=None, **changes) -> nn.Module:
        images = self.data.train_images if images is None else images
        labels = self.data.train_labels if labels is None else labels
        trial = replace(self.trial, **changes)
        return train(trial, images, labels, normalize or self.data.normalize, self.seed, self.device)

    def score(self, model: nn.Module, inputs: Tensor | None = None, **options) -> float:
        return accuracy(model, self.inputs if inputs is None else inputs, self.data.test_labels, **options)

    def measure(self) -> dict:
        model = self.fit()
        right = self.score(model)
        found = self.training_mistakes(right) | self.forgotten_eval(model, right) | self.leaks(right)
        shifted = augment(self.data.test_images, 1, False, seeded(self.seed, "test"))
        return found | {"test_shift": (right, self.score(model, self.data.normalize(shifted)))}

    def training_mistakes(self, right: float) -> dict:
        """训练时犯的错：每个只改 Trial 的一项；32 层与 Adam 各有自己的对照。"""
        deep_right = self.score(self.fit(n=self.deep))
        adam = {"optimizer": "adam", "lr": 0.01}
        adam_right = self.score(self.fit(**adam))
        shallow = {
            "branch_8": {"block": ReluOnBranch},
            "missing_8": {"block": ReluMissing},
            "zero_sgd": {"zero_grad": False},
            "flip": {"flip": True},
            **{f"chunk_{chunk}": {"chunk": chunk} for chunk in (8, 2, 1)},
        }
        return {
            **{key: (right, self.score(self.fit(**changes))) for key, changes in shallow.items()},
            "branch_32": (deep_right, self.score(self.fit(block=ReluOnBranch, n=self.deep))),
            "missing_32": (deep_right, self.score(self.fit(block=ReluMissing, n=self.deep))),
            "zero_adam": (adam_right, self.score(self.fit(zero_grad=False, **adam))),
        }

    def forgotten_eval(self, model: nn.Module, right: float) -> dict:
        """训练模式下做预测。每次用一个副本：训练模式的前向会改滑动统计量。"""
        found = {}
        for batch_size in (360, 8, 1):
            found[f"eval_{batch_size}"] = (right, self.score(copy.deepcopy(model).train(), batch_size=batch_size))
        spoilt, order = copy.deepcopy(model).train(), self.data.test_labels.argsort(stable=True)
        sorted_score = accuracy(spoilt, self.inputs[order], self.data.test_labels[order], batch_size=8)
        return found | {"eval_sorted": (right, sorted_score), "eval_after": (right, self.score(spoilt.eval()))}

    def leaks(self, right: float) -> dict:
        """训练集只留 few 张再混入测试图：错的是测试集上报出来的数，对的是同一个模型在没见过的图上的数。"""
        data, few = self.data, self.few
        images = torch.cat([data.train_images[:few], data.test_images])
        labels = torch.cat([data.train_labels[:few], data.test_labels])
        leaked = self.fit(images, labels, epochs=3 * self.trial.epochs)
        truth = accuracy(leaked, data.normalize(data.train_images[few:]), data.train_labels[few:])
        pixels = torch.cat([data.train_images, data.test_images]).float() / 255

        def normalize(batch: Tensor) -> Tensor:
            return (batch.float() / 255 - pixels.mean()) / pixels.std()

        together = self.fit(normalize=normalize)
        return {
            "leak_rows": (truth, self.score(leaked)),
            "leak_statistics": (right, self.score(together, normalize(data.test_images))),
        }


def damage(right: list[float], wrong: list[float]) -> tuple[float, float]:
    """损失（点）与它的 99 % 区间的一半：同一个种子的两次相减再平均，t 分布；只有一个种子时区间无穷大。

    成对相减：测试时增强、忘记 eval 用的是同一个模型，种子之间的差别在相减时消掉。
    取 99 %：表有 18 行，取 95 % 的话，没有差别的行里平均就有近一行被说成有差别。

    >>> "{:.2f} ± {:.2f}".format(*damage([0.99, 0.98, 0.99], [0.94, 0.94, 0.94]))
    '4.67 ± 3.31'
    """
    from scipy import stats

    differences = [100 * (a - b) for a, b in zip(right, wrong)]
    mean, n = statistics.fmean(differences), len(differences)
    if n == 1:
        return mean, math.inf
    return mean, float(stats.t.ppf(0.995, n - 1)) * statistics.stdev(differences) / math.sqrt(n)


def summarize(key: str, right: list[float], wrong: list[float]) -> dict:
    """一行表：均值、种子间的范围、损失（点，负数是虚高或更好）与它的误差，以及看不看得出。

    >>> row = summarize("flip", [0.99, 0.98, 0.99], [0.94, 0.94, 0.94])
    >>> row["damage_points"], row["error_points"], row["visible"]
    (4.7, 3.3, '看得出')
    """
    name, label, mistake, test = ROWS[key]
    points, error = damage(right, wrong)
    return {
        "key": key,
        "name": name,
        "mistake": mistake,
        "right": statistics.fmean(right),
        "right_low": min(right),
        "right_high": max(right),
        "wrong": statistics.fmean(wrong),
        "wrong_low": min(wrong),
        "wrong_high": max(wrong),
        "damage_points": round(points, 1),
        "error_points": None if math.isinf(error) else round(error, 1),
        "visible": "看得出" if abs(points) > error else "看不出",
        "test": test,
        "label": label,
    }


def draw(rows: list[dict], path: Path) -> None:
    """每行两个点：对的（蓝）与错的（红）的均值，横线是种子之间的范围。"""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 0.3 * len(rows) + 1), layout="constrained")
    for side, colour, offset in (("right", "tab:blue", -0.12), ("wrong", "tab:red", 0.12)):
        heights = [i + offset for i in range(len(rows))]
        low, high = ([row[f"{side}_{end}"] for row in rows] for end in ("low", "high"))
        axes.hlines(heights, low, high, color=colour, linewidth=1.5)
        axes.plot([row[side] for row in rows], heights, "o", color=colour, markersize=4, label=side)
    axes.set_yticks(range(len(rows)), [row["label"] for row in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.02)
    axes.set_xlabel("accuracy on digits")
    axes.grid(axis="x", alpha=0.3)
    figure.legend(loc="outside upper right", ncols=2, frameon=False)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.add_argument("--seeds", type=positive_int, default=5, metavar="N", help="每行跑几个种子，默认 5")
    args = parser.parse_args(argv)
    out, device = output_dir(args.out), pick_device(args.device)
    data = load_dataset("digits")
    trial, deep, few, seeds = Trial(), 5, 100, args.seeds
    if args.smoke:
        trial, deep, seeds = replace(trial, epochs=1), 2, 1
        data = replace(data, train_images=data.train_images[:128], train_labels=data.train_labels[:128])
    sizes = [count_parameters(CifarResNet(BasicBlock, n, in_channels=1)) for n in (trial.n, deep)]
    print(f"8 层 {sizes[0]:,d} 参数，{6 * deep + 2} 层 {sizes[1]:,d} 参数；{seeds} 个种子，{device}，float32")
    settings = asdict(trial) | {"block": trial.block.__name__}
    print("对的写法：" + " ".join(f"{name}={value}" for name, value in settings.items()))
    right, wrong = ({key: [] for key in ROWS} for _ in range(2))
    for seed in tqdm(range(args.seed, args.seed + seeds), desc="种子"):
        for key, pair in Lab(data, seed, device, trial, deep, few).measure().items():
            right[key].append(pair[0])
            wrong[key].append(pair[1])
    rows = [summarize(key, right[key], wrong[key]) for key in ROWS]
    for row in rows:
        error = "   ?" if row["error_points"] is None else f"{row['error_points']:4.1f}"
        numbers = f"{row['right']:.3f} -> {row['wrong']:.3f} {row['damage_points']:+6.1f} ±{error} 点"
        print(f"{numbers}  {row['visible']}  {row['name']}")
    draw(rows, out / "pitfalls_damage.png")
    print(f"图：{out / 'pitfalls_damage.png'}")
    return emit_result({"seeds": seeds, "epochs": trial.epochs, "depths": [8, 6 * deep + 2], "rows": rows})


if __name__ == "__main__":
    run(main)
