"""给图片分类：单张、一批或整个文件夹，可附 Grad-CAM 热力图。

教什么：推断要重复训练时的预处理（通道、尺寸、均值方差都从检查点读）；eval 模式；怎样看懂概率与热力图。
不教什么：训练（见 `train.py`）；Grad-CAM 的推导（见 `gradcam.py`）。
怎么跑：
  python ResNet/predict.py                      自带的 digits 测试图
  python ResNet/predict.py 图.png 目录/ --gradcam   自己的图；目录里按类别分了子目录时给出准确率
没有检查点时先训练一个冒烟用的（10 秒内），并说明。
对应笔记：`5_resnet.md` 的“拿来用”。
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from book import (
    CheckpointError,
    Parser,
    UserError,
    atomic_write,
    common_options,
    emit_result,
    load_state,
    output_dir,
    pick_device,
    positive_int,
    repository_root,
    run,
    seed_everything,
)
from ResNet.data import SUFFIXES, load_dataset, normalize
from ResNet.gradcam import draw_maps, english, grad_cam, stages
from ResNet.images import read_image
from ResNet.resnet import MODELS, count_parameters

SAMPLES = 16  # 不给图片时取多少张自带的测试图
SHEET = 16  # 一张热力图拼多少张
SHOWN = 20  # 屏幕上最多印多少行，其余在 CSV 里
KEYS = ("model_name", "dataset", "classes", "in_channels", "image_size", "mean", "std", "model")


@dataclass(frozen=True)
class Classifier:
    """检查点里与推断有关的一切。"""

    model: nn.Module
    path: Path
    dataset: str
    classes: list[str]
    in_channels: int
    image_size: int
    mean: list[float]  # 每个通道一个，像素值按 0..1 算
    std: list[float]
    split_seed: int  # 训练时用哪个种子切的测试集

    def normalize(self, images: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> 归一化的 float32，与训练时相同。"""
        return normalize(images, self.mean, self.std)


def load_classifier(path: Path, device) -> Classifier:
    """读检查点并逐项核对；缺项、名字不认识、类别数或形状对不上都是 CheckpointError。"""
    state = load_state(path)
    missing = [key for key in KEYS if key not in state]
    if missing:
        raise CheckpointError(f"检查点 {path} 里没有 {'、'.join(missing)}；它不是 train.py 存的，换一个检查点")
    name, classes, channels = state["model_name"], state["classes"], state["in_channels"]
    if name not in MODELS:
        raise CheckpointError(f"检查点 {path} 的模型是 {name!r}，本章没有这个模型；可选 {'、'.join(MODELS)}")
    outputs = state["model"]["fc.weight"].shape[0] if "fc.weight" in state["model"] else 0
    if len(classes) != outputs:
        raise CheckpointError(
            f"检查点 {path} 写着 {len(classes)} 个类别，最后一层却有 {outputs} 个输出；文件被改过，重新训练"
        )
    if not len(state["mean"]) == len(state["std"]) == channels:
        raise CheckpointError(f"检查点 {path} 有 {channels} 个通道，均值方差却不是这么多；文件被改过，重新训练")
    model = MODELS[name](num_classes=outputs, in_channels=channels)
    try:
        model.load_state_dict(state["model"])
    except RuntimeError as error:
        raise CheckpointError(f"检查点 {path} 的权重与 {name} 对不上（{error}）；换一个检查点") from None
    fields = {key: state[key] for key in ("dataset", "classes", "in_channels", "image_size", "mean", "std")}
    split_seed = state.get("recipe", {}).get("split_seed", 0)
    return Classifier(model.to(device).eval(), Path(path), split_seed=split_seed, **fields)


def newest_checkpoint(device, dataset: str | None) -> Classifier | None:
    """outputs/ResNet/ 里最新的、读得出来的检查点；dataset 非空时只要在它上面训练的。"""
    files = (repository_root() / "outputs" / "ResNet").glob("**/*.safetensors")
    for path in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            classifier = load_classifier(path, device)
        except CheckpointError as error:
            print(f"跳过：{error}")
            continue
        if dataset is None or classifier.dataset == dataset:
            return classifier
    return None


def find_classifier(args, device) -> Classifier:
    """--checkpoint 指的，否则最新的，否则现训练一个冒烟用的。"""
    if args.checkpoint is not None:
        return load_classifier(args.checkpoint, device)
    dataset = None if args.inputs else "digits"  # 自带的图只有 digits
    found = newest_checkpoint(device, dataset)
    if found is not None:
        return found
    from ResNet import train

    print("outputs/ResNet/ 里没有可用的检查点：现在训练一个小的代替；想要好的，先运行 python ResNet/train.py")
    folder = args.out / "smoke_train"
    train.main(["--smoke", "--seed", str(args.seed), "--device", args.device, "--out", str(folder)])
    return load_classifier(folder / "last.safetensors", device)


@dataclass(frozen=True)
class Item:
    """一张待分类的图：名字、类别（不知道就是 None）、像素或文件。"""

    name: str
    label: int | None
    path: Path | None = None
    pixels: Tensor | None = None


def sample_items(classifier: Classifier) -> list[Item]:
    """自带的 digits 测试图：测试集的前 SAMPLES 张，训练时没见过。"""
    if classifier.dataset != "digits":
        raise UserError(f"检查点 {classifier.path} 认的是 {classifier.dataset}，自带的图是 digits；在命令里给出图片")
    data = load_dataset("digits", split_seed=classifier.split_seed)  # 换一个种子，“测试图”里就有训练过的
    images, labels = data.test_images[:SAMPLES], data.test_labels[:SAMPLES].tolist()
    return [Item(f"digits 测试 {i}", label, pixels=image) for i, (image, label) in enumerate(zip(images, labels))]


def folder_items(folder: Path, classes: list[str]) -> list[Item]:
    """目录里的全部图片（含子目录）；父目录的名字是某个类别时，它就是标签。"""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    if not files:
        raise UserError(f"目录 {folder} 里没有图片；认得的扩展名是 {' '.join(SUFFIXES)}")
    index = {name: i for i, name in enumerate(classes)}
    return [Item(str(path.relative_to(folder)), index.get(path.parent.name), path) for path in files]


def collect(inputs: list[Path], classes: list[str]) -> list[Item]:
    items = []
    for path in inputs:
        if path.is_dir():
            items += folder_items(path, classes)
        elif path.is_file():
            items.append(Item(path.name, None, path))
        else:
            raise UserError(f"找不到 {path}；给一个图片文件或目录")
    return items


def item_pixels(item: Item, classifier: Classifier, invert: bool) -> Tensor:
    if item.pixels is not None:
        return item.pixels
    return read_image(item.path, classifier.in_channels, classifier.image_size, invert)


def predict_batches(items: list[Item], classifier: Classifier, args, device) -> Iterator[tuple]:
    """一批一批地给出 (items, 像素 (N, C, H, W), 概率 (N, k), 类别 (N, k), 热力图 (N, H, W) 或 None)。"""
    top = min(args.top, len(classifier.classes))
    for start in range(0, len(items), SHEET):
        chunk = items[start : start + SHEET]
        pixels = torch.stack([item_pixels(item, classifier, args.invert) for item in chunk])
        inputs = classifier.normalize(pixels).to(device)
        with torch.no_grad():
            probabilities = classifier.model(inputs).softmax(dim=1)  # (N, C, H, W) -> (N, num_classes)
        best = probabilities.topk(top, dim=1)
        maps = None
        if args.gradcam:
            maps = grad_cam(classifier.model, inputs, best.indices[:, 0], args.layer).cpu()
        yield chunk, pixels, best.values.cpu(), best.indices.cpu(), maps


def table_rows(chunk: list[Item], values: Tensor, indices: Tensor, classes: list[str]) -> list[list]:
    """CSV 的若干行：图、标签、对错、前 k 个类别与概率。"""
    rows = []
    for item, probabilities, best in zip(chunk, values.tolist(), indices.tolist()):
        label = "" if item.label is None else classes[item.label]
        correct = "" if item.label is None else int(best[0] == item.label)
        pairs = [cell for p, i in zip(probabilities, best) for cell in (classes[i], f"{p:.6f}")]
        rows.append([item.name, label, correct, *pairs])
    return rows


def print_row(row: list) -> None:
    name, label, correct, *pairs = row
    mark = {"": "", 1: "  对", 0: f"  错，应为 {label}"}[correct]
    print(f"{name}：" + "，".join(f"{c} {float(p):.1%}" for c, p in zip(pairs[::2], pairs[1::2])) + mark)


def write_csv(path: Path, rows: list[list]) -> None:
    top = (len(rows[0]) - 3) // 2
    header = [
        "image",
        "label",
        "correct",
        *(f"{kind}{i}" for i in range(1, top + 1) for kind in ("class", "probability")),
    ]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([header, *rows])
    atomic_write(path, buffer.getvalue().encode("utf-8-sig"))  # 带 BOM：Excel 才不会把中文读成乱码


def show(path: Path) -> str:
    """RESULT 里的路径：仓库内的相对于根目录，仓库外的只留文件名（结果文件里不出现绝对路径）。"""
    path = path.resolve()
    return path.relative_to(repository_root()).as_posix() if path.is_relative_to(repository_root()) else path.name


def build_parser() -> Parser:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.add_argument("inputs", nargs="*", type=Path, metavar="图片或目录", help="不给就用自带的 digits 测试图")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="默认 outputs/ResNet/ 里最新的")
    parser.add_argument(
        "--top", type=positive_int, default=5, metavar="K", help="列出前 K 个类别，默认 5，至多全部类别"
    )
    parser.add_argument("--gradcam", action="store_true", help="画出每张图的 Grad-CAM 热力图")
    parser.add_argument(
        "--layer", metavar="NAME", help="热力图取哪个阶段，默认最后一个；digits 到 layer3 只剩 2x2，layer1 看得更细"
    )
    parser.add_argument("--invert", action="store_true", help="先反色：digits 是黑底白字，白纸黑字的图要加上它")
    return parser


def main(argv=None) -> dict:
    args = build_parser().parse_args(argv)
    seed_everything(args.seed)
    out, device = output_dir(args.out), pick_device(args.device)
    collect(args.inputs, [])  # 路径写错了马上说，不等训练或装载模型
    classifier = find_classifier(args, device)
    names = stages(classifier.model)
    if args.layer is not None and args.layer not in names:
        raise UserError(f"--layer {args.layer}：这个模型没有这个阶段；可选 {'、'.join(names)}")
    items = collect(args.inputs, classifier.classes) if args.inputs else sample_items(classifier)
    print(f"检查点 {classifier.path}：{classifier.dataset}，{len(classifier.classes)} 类，{classifier.image_size} 像素")
    print(f"{count_parameters(classifier.model):,d} 参数，{device}，float32；{len(items)} 张图")
    rows, sheets = [], []
    for chunk, pixels, values, indices, maps in predict_batches(items, classifier, args, device):
        rows += table_rows(chunk, values, indices, classifier.classes)
        if maps is not None:
            best = zip(indices[:, 0].tolist(), values[:, 0].tolist())
            sheets.append(out / f"gradcam_{len(sheets) + 1:03d}.png")
            draw_maps(sheets[-1], pixels, maps, [f"{english(classifier.classes[i], i)} {p:.1%}" for i, p in best])
    write_csv(out / "predictions.csv", rows)
    for row in rows[:SHOWN]:
        print_row(row)
    print(f"全部 {len(rows)} 行：{out / 'predictions.csv'}", *(f"热力图：{sheet}" for sheet in sheets), sep="\n")
    known = [row[2] for row in rows if row[2] != ""]
    share = sum(known) / len(known) if known else None
    if known:
        print(f"知道类别的 {len(known)} 张里对了 {sum(known)} 张（{share:.1%}）")
    result = {"images": len(rows), "labelled": len(known), "top1_correct": share}
    return emit_result(result | {"checkpoint": show(classifier.path)})


if __name__ == "__main__":
    run(main)
