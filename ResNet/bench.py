"""速度：本书的 ResNet 与 torchvision 的在同一个进程里交错计时，比较训练一步和推理一批。

教什么：怎样公平地比速度。每个网络、每种任务两行：
  相同设置  两边都是 fp32、NCHW、没有任何选项
  最佳设置  两边各自试遍候选的选项，取最快的；选项写在表里。我们推理时另用 fuse.py：
            BatchNorm 折进卷积，加法与 ReLU 并进卷积
不教什么：选项的原理（见 `5_resnet.md` 的速度一节）。
怎么跑（机器上别跑别的）：
  python ResNet/bench.py            resnet18、resnet50（16 张 224x224）与 resnet20（128 张 32x32），两核约 10 分钟
  python ResNet/bench.py --full     候选里再加 torch.compile（需要 C++ 编译器）
  python ResNet/bench.py --smoke    很小的输入，10 秒，数字没有意义
"""

import time
from dataclasses import dataclass
from functools import partial

import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.resnet import BasicBlock as TorchvisionBlock
from tqdm import tqdm

from book import Parser, common_options, compare, emit_result, has_fast_bf16, pick_device, run, seed_everything
from ResNet.fuse import fuse_model
from ResNet.resnet import MODELS, CifarResNet


@dataclass(frozen=True)
class Flags:
    """一组两边都能用的选项。"""

    bf16: str = "no"  # no；autocast：权重 fp32、前向 bf16；weights：连权重一起换成 bf16（只用于推理）
    channels_last: bool = False
    compile: bool = False

    def __str__(self) -> str:
        names = {"no": "fp32", "autocast": "bf16 autocast", "weights": "bf16 weights"}[self.bf16]
        return names + (" + channels_last" if self.channels_last else "") + (" + compile" if self.compile else "")


PLAIN = Flags()


def torchvision_block(in_channels: int, channels: int, stride: int = 1, downsample=None) -> nn.Module:
    """torchvision 的 BasicBlock，换成本书 `make_stage` 的参数顺序。"""
    return TorchvisionBlock(in_channels, channels, stride, downsample)


torchvision_block.expansion = 1


def reference_model(name: str) -> nn.Module:
    """torchvision 的同名网络；resnet20 没有现成的，用 torchvision 的块拼出来（捷径仍是选项 A）。"""
    return CifarResNet(torchvision_block, 3) if name == "resnet20" else getattr(torchvision.models, name)()


def candidates(task: str, with_compile: bool, bf16: bool, fused: bool = False) -> list[Flags]:
    """最佳设置的候选；硬件没有 bf16 指令就不试它。融合的模型不试 autocast：它不认识融合算子，不会替它们转换权重。"""
    flags = [PLAIN, Flags(channels_last=True)]
    flags += [Flags("autocast", True)] if bf16 and not fused else []
    flags += [Flags("weights", True)] if bf16 and task == "inference" else []
    compiled = [Flags(f.bf16, f.channels_last, compile=True) for f in flags[1:]]
    return flags + compiled if with_compile else flags


def prepare(model: nn.Module, images: Tensor, flags: Flags, device) -> tuple:
    """按 flags 换好模型与输入，返回 (前向函数, 输入, autocast 上下文)。"""
    dtype = torch.bfloat16 if flags.bf16 == "weights" else torch.float32
    layout = torch.channels_last if flags.channels_last else torch.contiguous_format
    model = model.to(device, dtype, memory_format=layout)
    x = images.to(device, dtype, memory_format=layout)
    cast = partial(torch.autocast, device.type, torch.bfloat16, enabled=flags.bf16 == "autocast")
    return (torch.compile(model) if flags.compile else model), x, cast


def training_step(model: nn.Module, images: Tensor, labels: Tensor, flags: Flags, device):
    """返回一个函数，调用一次就是完整的一步：前向、损失、反向、更新。"""
    forward, x, cast = prepare(model.train(), images, flags, device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)

    def step():
        optimizer.zero_grad()
        with cast():
            logits = forward(x)
        F.cross_entropy(logits.float(), labels).backward()
        optimizer.step()

    return step


def inference_step(model: nn.Module, images: Tensor, labels: Tensor, flags: Flags, device):
    """返回一个函数，调用一次就是对一批图的前向，返回 logits。"""
    forward, x, cast = prepare(model.eval(), images, flags, device)

    @torch.inference_mode()
    def step():
        with cast():
            return forward(x)

    return step


def milliseconds(step) -> float:
    """跑一次，返回毫秒。"""
    start = time.perf_counter()
    step()
    return 1000 * (time.perf_counter() - start)


def shortest(steps: list, rounds: int = 5) -> list[float]:
    """每个步骤预热一次，再轮流跑 rounds 次，返回各自最短的毫秒数。轮流：机器一时变慢，大家一起变慢。"""
    for step in steps:
        step()
    return [min(times) for times in zip(*([milliseconds(step) for step in steps] for _ in range(rounds)), strict=True)]


def fastest(make_step, model_of, flags: list[Flags]) -> Flags:
    """轮流试候选的选项，返回最快的一组。每组用一个新模型：选项会改动权重的类型与排布。"""
    times = shortest([make_step(model_of(), f) for f in flags])
    return flags[times.index(min(times))]


def compute_peak(dtype: torch.dtype, n: int = 2048) -> float:
    """实测的计算上限，FLOP/s：大矩阵乘与一层 3x3 卷积中快的那个。

    只量矩阵乘会低估：torch 的矩阵乘用 MKL，卷积用 oneDNN，在 AMD 的 CPU 上后者更快。
    """
    a, b, size = torch.randn(n, n).to(dtype), torch.randn(n, n).to(dtype), n // 64
    x = torch.randn(16, 256, size, size).to(dtype=dtype, memory_format=torch.channels_last)
    kernel = torch.randn(256, 256, 3, 3).to(dtype=dtype, memory_format=torch.channels_last)
    steps = [lambda: a @ b, lambda: F.conv2d(x, kernel, padding=1)]
    work = [2 * n**3, 2 * 9 * 256 * 256 * 16 * size**2]
    return max(w / (ms / 1000) for w, ms in zip(work, shortest(steps), strict=True))


def flops(step) -> int:
    """跑一步，数出其中卷积与矩阵乘的浮点运算次数。"""
    with FlopCounterMode(display=False) as counter:
        step()
    return counter.get_total_flops()


def relative_error(ours, reference) -> float:
    """两组 logits 的相对误差（L2）。"""
    return ((ours.float() - reference.float()).norm() / reference.float().norm()).item()


def bench_one(name: str, task: str, images: Tensor, args, device, peaks: dict) -> list[dict]:
    """一个网络的一种任务：两行。权重相同，所以输出可以对比。"""
    labels = torch.randint(10, (len(images),), device=device)
    maker = {"training": training_step, "inference": inference_step}[task]
    weights = reference_model(name).state_dict()

    def ours(fused=False):
        model = MODELS[name]()
        model.load_state_dict(weights)
        return fuse_model(model) if fused else model

    def reference():
        model = reference_model(name)
        model.load_state_dict(weights)
        return model

    def make_step(model, flags):
        return maker(model, images, labels, flags, device)

    fused, bf16 = task == "inference", "bf16" in peaks
    best_ours = fastest(make_step, partial(ours, fused), candidates(task, args.full, bf16, fused))
    best_reference = fastest(make_step, reference, candidates(task, args.full, bf16))
    work, rows = flops(make_step(reference(), PLAIN)), []
    for setting, flags, other, deploy in (
        ("same", PLAIN, PLAIN, False),
        ("best", best_ours, best_reference, fused),
    ):
        step, other_step = make_step(ours(deploy), flags), make_step(reference(), other)
        row = {"network": name, "task": task, "setting": setting}
        row |= compare(step, other_step, pairs=args.pairs)
        row |= {"ours_flags": f"{flags}{' + folded BN + fused ReLU' if deploy else ''}", "reference_flags": str(other)}
        row["peak_share"] = work / (row["ours_ms"] / 1000) / peaks["fp32" if flags.bf16 == "no" else "bf16"]
        if task == "inference":
            truth = make_step(reference(), PLAIN)()
            row |= {
                "ours_error": relative_error(step(), truth),
                "reference_error": relative_error(other_step(), truth),
            }
        rows.append(row)
        tqdm.write(
            f"{name} {task:9s} {setting}  {row['ratio']:.3f} [{row['low']:.3f}, {row['high']:.3f}]  "
            f"{row['ours_ms']:.1f} / {row['reference_ms']:.1f} ms  {row['ours_flags']} | {row['reference_flags']}"
        )
    return rows


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    parser.add_argument("--full", action="store_true", help="候选的选项里再加 torch.compile")
    parser.add_argument("--only", choices=["resnet18", "resnet50", "resnet20"], help="只测一个网络，默认三个都测")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    seed_everything(args.seed)
    device = pick_device(args.device)
    args.pairs = 3 if args.smoke else 15
    shapes = {"resnet20": (128, 3, 32, 32), "resnet18": (16, 3, 224, 224), "resnet50": (16, 3, 224, 224)}
    if args.smoke:
        shapes = {"resnet20": (4, 3, 32, 32), "resnet18": (2, 3, 64, 64)}
    shapes = {name: shape for name, shape in shapes.items() if args.only in (None, name)}
    size = 256 if args.smoke else 2048
    dtypes = {"fp32": torch.float32} | ({"bf16": torch.bfloat16} if has_fast_bf16(device) else {})
    peaks = {name: compute_peak(dtype, size) for name, dtype in dtypes.items()}
    print(
        f"设备 {device}，{torch.get_num_threads()} 个线程；计算上限实测 "
        + "，".join(f"{k} {v / 1e9:.0f} GFLOP/s" for k, v in peaks.items())
    )
    rows = []
    for name, shape in tqdm(shapes.items(), desc="计时", disable=None):
        images = torch.randn(shape, device=device)
        for task in ("training", "inference"):
            rows += bench_one(name, task, images, args, device, peaks)
    step = inference_step(reference_model("resnet20"), torch.randn(8, 3, 32, 32), None, PLAIN, device)
    noise = compare(step, step, pairs=args.pairs)  # 同一段代码与自己比：区间之外才算差别
    return emit_result({"rows": rows, "noise": noise, "peak_gflops": {k: v / 1e9 for k, v in peaks.items()}})


if __name__ == "__main__":
    run(main)
