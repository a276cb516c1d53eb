"""图像数据：内置 digits，torchvision 的 CIFAR-10 与 Fashion-MNIST，以及你自己的图片文件夹或 zip。

教什么：一个数据集就是两组张量（图像与标签）；训练集与测试集怎样分层切分；随机裁剪和翻转怎样用一次索引完成；
        怎样让数据的顺序只由 (seed, epoch, step) 决定，断点续训时不必保存任何随机数状态。
不教什么：大到放不进内存的数据（第 3 节讲 DataLoader 的多进程读取）。
怎么跑：`python ResNet/data.py`（打印 digits 的形状与类别数，2 秒；`--dataset zip --data 你的.zip` 先检查自己的数据）。
对应笔记：`3_training.md`。
"""

import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from tqdm import tqdm

from book import Parser, UserError, common_options, emit_result, positive_int, run
from ResNet.images import SUFFIXES, open_image, read_image

DATASETS = ("digits", "cifar10", "fashionmnist", "folder", "zip")
MEMORY_LIMIT = 4 * 2**30  # 解码后的 uint8 图像最多占 4 GiB；更大的数据应当边读边解码


@dataclass(frozen=True)
class Dataset:
    """一个放在内存里的图像分类数据集。图像是 uint8 (N, C, H, W)，标签是 int64 (N,)。"""

    name: str
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    classes: list[str]
    padding: int  # 增强时四周各补几个像素再随机裁回原大小，0 表示不平移
    flip: bool  # 左右翻转是否不改变类别：照片可以，数字不可以（翻转的 2 不是 2）

    @cached_property
    def mean_std(self) -> tuple[list[float], list[float]]:
        """每个通道的均值与标准差，像素先缩放到 0..1。只看训练集：测试集的统计量是未来的信息。"""
        # 先按通道求和再合并：把 50,000 张图一次转成 float 要 600 MB
        pixels = self.train_images.transpose(0, 1).flatten(1)  # (N, C, H, W) -> (C, N*H*W)
        std, mean = zip(*(torch.std_mean(channel.float() / 255) for channel in pixels))
        return [m.item() for m in mean], [max(s.item(), 1e-6) for s in std]

    @property
    def mean(self) -> list[float]:
        return self.mean_std[0]

    @property
    def std(self) -> list[float]:
        return self.mean_std[1]

    def normalize(self, images: Tensor) -> Tensor:
        """uint8 (N, C, H, W) -> float32，每个通道均值 0、标准差 1（按训练集）。"""
        return normalize(images, self.mean, self.std)


def normalize(images: Tensor, mean: list[float], std: list[float]) -> Tensor:
    """uint8 (N, C, H, W) -> float32 (N, C, H, W)：(x / 255 - mean) / std。

    >>> normalize(torch.full((1, 1, 1, 1), 255, dtype=torch.uint8), [0.5], [0.25]).item()
    2.0
    """
    mean = torch.tensor(mean, device=images.device).view(1, -1, 1, 1)
    std = torch.tensor(std, device=images.device).view(1, -1, 1, 1)
    return (images.float() / 255 - mean) / std


def augment(images: Tensor, padding: int, flip: bool, generator: torch.Generator) -> Tensor:
    """随机平移至多 padding 个像素（空出来的填 0），flip 时以 1/2 的概率左右翻转。形状不变。

    裁剪和翻转都只是换索引：第 n 张图取补零后的第 rows[n] 行、第 cols[n] 列，翻转就是把 cols[n] 倒过来。
    """
    N, C, H, W = images.shape
    padded = F.pad(images, (padding,) * 4)  # (N, C, H, W) -> (N, C, H+2p, W+2p)
    rows = torch.randint(2 * padding + 1, (N, 1), generator=generator) + torch.arange(H)  # (N, H)
    cols = torch.randint(2 * padding + 1, (N, 1), generator=generator) + torch.arange(W)  # (N, W)
    if flip:
        mirrored = torch.rand(N, 1, generator=generator) < 0.5
        cols = torch.where(mirrored, cols.flip(1), cols)
    n, c = torch.arange(N).view(N, 1, 1, 1), torch.arange(C).view(1, C, 1, 1)
    return padded[n, c, rows.view(N, 1, H, 1), cols.view(N, 1, 1, W)]  # 四个索引广播成 (N, C, H, W)


def cutout(images: Tensor, size: int, generator: torch.Generator) -> Tensor:
    """每张图盖住一个 size x size 的灰方块，中心随机，伸出边界的部分截掉（DeVries & Taylor 2017）。形状不变。

    逼网络不只靠一个局部认图。方块填 127：标准化之后约等于 0，也就是训练集的均值。
    """
    N, C, H, W = images.shape
    rows = torch.arange(H) - torch.randint(H, (N, 1), generator=generator)  # (N, H)，离中心几行
    cols = torch.arange(W) - torch.randint(W, (N, 1), generator=generator)  # (N, W)
    rows, cols = ((-(size // 2) <= x) & (x < size - size // 2) for x in (rows, cols))
    return images.masked_fill(rows.view(N, 1, H, 1) & cols.view(N, 1, 1, W), 127)


def stratified_split(labels: Tensor, test_fraction: float, seed: int) -> tuple[Tensor, Tensor]:
    """分层切分：每个类别各取 test_fraction 进测试集。返回 (训练下标, 测试下标)。

    >>> train, test = stratified_split(torch.tensor([0] * 10 + [1] * 10), 0.2, seed=0)
    >>> len(train), len(test)
    (16, 4)
    """
    from sklearn.model_selection import train_test_split

    indices = np.arange(len(labels))
    try:
        train, test = train_test_split(indices, test_size=test_fraction, stratify=labels.numpy(), random_state=seed)
    except ValueError:
        raise UserError(f"共 {len(labels)} 张图，每个类别至少要 2 张、每边至少每类 1 张才能切分；多放一些图") from None
    return torch.from_numpy(train), torch.from_numpy(test)


def split(name: str, images: Tensor, labels: Tensor, classes: list[str], seed: int, **options) -> Dataset:
    """没有现成测试集时，分层切出 20 %。"""
    train, test = stratified_split(labels, 0.2, seed)
    return Dataset(name, images[train], labels[train], images[test], labels[test], classes, **options)


def load_digits(split_seed: int) -> Dataset:
    """scikit-learn 内置的 1797 张 8x8 手写数字（来源：UCI Optical Recognition of Handwritten Digits）。"""
    from sklearn.datasets import load_digits as sklearn_digits

    digits = sklearn_digits()
    images = torch.from_numpy(digits.images * (255 / 16)).round().to(torch.uint8)  # 灰度 0..16 -> 0..255
    labels = torch.from_numpy(digits.target).long()
    classes = [str(i) for i in range(10)]
    return split("digits", images.unsqueeze(1), labels, classes, split_seed, padding=1, flip=False)


def load_torchvision(name: str, root: Path, download: bool) -> Dataset:
    """CIFAR-10 或 Fashion-MNIST，用 torchvision 读取（含校验和）。"""
    from torchvision import datasets

    kind, padding = {"cifar10": (datasets.CIFAR10, 4), "fashionmnist": (datasets.FashionMNIST, 2)}[name]
    try:
        parts = [kind(root, train=train, download=download) for train in (True, False)]
    except (RuntimeError, OSError) as error:
        hint = "网络不通就手动下载，放到这个目录" if download else "加 --download 下载，或用 --data 指向已有的目录"
        raise UserError(f"在 {root} 没有读到 {name}（{str(error).splitlines()[0]}）；{hint}") from None
    images = [torch.as_tensor(np.asarray(part.data)) for part in parts]
    # CIFAR：(N, 32, 32, 3) -> (N, 3, 32, 32)；Fashion-MNIST：(N, 28, 28) -> (N, 1, 28, 28)
    images = [x.permute(0, 3, 1, 2).contiguous() if x.dim() == 4 else x.unsqueeze(1) for x in images]
    labels = [torch.as_tensor(part.targets).long() for part in parts]
    return Dataset(name, images[0], labels[0], images[1], labels[1], list(parts[0].classes), padding, flip=True)


def decode_all(files: list, image_size: int) -> Tensor:
    """解码一批图；有一张读不出来就报错并给出名字，不悄悄跳过。"""
    images, broken = torch.empty(len(files), 3, image_size, image_size, dtype=torch.uint8), []
    for i, file in enumerate(tqdm(files, desc="解码", unit="张", disable=None, leave=False)):
        try:
            images[i] = read_image(file, 3, image_size)
        except UserError:
            broken.append(file.name)
    if broken:
        raise UserError(f"{len(broken)}/{len(files)} 张图读不出来，第一张是 {broken[0]}；修好或删掉它们再来")
    return images


def class_folders(root) -> dict[str, list]:
    """{类名: [图片文件]}。root 是文件夹或 zip 里的文件夹，子文件夹名就是类名。"""
    found = {}
    for folder in sorted((f for f in root.iterdir() if f.is_dir()), key=lambda f: f.name):
        if folder.name.startswith((".", "__")):  # macOS 压缩时会塞进 __MACOSX
            continue
        files = [f for f in folder.iterdir() if f.name.lower().endswith(SUFFIXES) and not f.name.startswith(".")]
        found[folder.name] = sorted(files, key=lambda f: f.name)
    empty = [name for name, files in found.items() if not files]
    if len(found) < 2 or empty:
        problem = f"类别 {empty[0]} 里没有图片" if empty else f"只有 {len(found)} 个子文件夹"
        raise UserError(
            f"{root.name or root} 应当是 <类名>/<图片>，至少两类；现在{problem}（认得的后缀：{' '.join(SUFFIXES)}）"
        )
    return found


def open_folder(path: Path):
    """文件夹或 zip -> 可以 iterdir 的根；zip 里只有一个顶层文件夹时进入它。"""
    if not path.exists():
        raise UserError(f"--data {path} 不存在；检查路径")
    if path.is_dir():
        return path
    if not zipfile.is_zipfile(path):
        raise UserError(f"--data {path} 既不是文件夹也不是 zip；需要 <类名>/<图片> 的文件夹，或把它压成 zip")
    root = zipfile.Path(path)
    top = [f for f in root.iterdir() if not f.name.startswith((".", "__"))]
    return top[0] if len(top) == 1 and top[0].is_dir() else root


def load_folder(name: str, path: Path, image_size: int | None, split_seed: int) -> Dataset:
    """<类名>/<图片>，或 train/<类名>/<图片> 与 test（或 val）/<类名>/<图片>；path 是文件夹或 zip。"""
    root = open_folder(path)
    parts = {f.name: f for f in root.iterdir() if f.is_dir()}
    test_name = next((n for n in ("test", "val") if n in parts), None)
    roots = [parts["train"], parts[test_name]] if test_name and "train" in parts else [root]
    folders = [class_folders(r) for r in roots]
    classes = list(folders[0])
    if list(folders[-1]) != classes:
        raise UserError(f"train 有 {len(classes)} 类、{test_name} 有 {len(folders[-1])} 类，类名必须相同")
    files = [[f for group in folder.values() for f in group] for folder in folders]
    size = image_size or default_image_size(files[0][0])
    if sum(map(len, files)) * 3 * size * size > MEMORY_LIMIT:
        raise UserError(f"{sum(map(len, files))} 张 {size}x{size} 的图超过 4 GiB；用 --image-size 缩小")
    labels = [torch.tensor([i for i, c in enumerate(classes) for _ in folder[c]]) for folder in folders]
    images = [decode_all(f, size) for f in files]
    options = {"padding": max(1, size // 8), "flip": True}
    if len(roots) == 1:
        return split(name, images[0], labels[0], classes, split_seed, **options)
    return Dataset(name, images[0], labels[0], images[1], labels[1], classes, **options)


def default_image_size(file) -> int:
    """没有给 --image-size 时：第一张图的短边，最多 64。"""
    return min(64, *open_image(file).size)


def load_dataset(name: str, path=None, download=False, image_size=None, split_seed: int = 0) -> Dataset:
    """按名字加载；名字不认识、路径不对、图片坏了都抛 UserError。"""
    if name not in DATASETS:
        raise UserError(f"--dataset 收到 {name}，可选 {' '.join(DATASETS)}")
    if name == "digits":
        return load_digits(split_seed)
    path = Path(path) if path else None
    if name in ("folder", "zip") or (path and path.is_file()):
        if path is None:
            raise UserError(f"--dataset {name} 要用 --data 指出图片在哪")
        return load_folder(name, path, image_size, split_seed)
    return load_torchvision(name, path or Path.home() / ".cache" / "llm-book" / name, download)


def add_data_options(parser: Parser) -> None:
    """训练、检查数据时共用的选项。"""
    parser.add_argument("--dataset", default="digits", choices=DATASETS, help="默认 digits（内置）")
    parser.add_argument("--data", type=Path, metavar="PATH", help="数据所在的目录或 zip；digits 不需要")
    parser.add_argument("--download", action="store_true", help="允许 torchvision 联网下载 cifar10、fashionmnist")
    parser.add_argument(
        "--image-size", type=positive_int, metavar="S", help="folder、zip 的图像边长，默认第一张图的短边、最多 64"
    )
    parser.add_argument("--split-seed", type=int, default=0, metavar="N", help="切分训练集与测试集的种子，默认 0")


def dataset_from(args) -> Dataset:
    """由 `add_data_options` 的选项加载数据集。"""
    return load_dataset(args.dataset, args.data, args.download, args.image_size, args.split_seed)


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    add_data_options(parser)
    common_options(parser, __file__)
    dataset = dataset_from(parser.parse_args(argv))
    print(f"{dataset.name}：训练 {tuple(dataset.train_images.shape)}，测试 {tuple(dataset.test_images.shape)}")
    print(f"均值 {dataset.mean}，标准差 {dataset.std}")
    counts = torch.bincount(dataset.train_labels, minlength=len(dataset.classes)).tolist()
    print("每类训练张数：" + "，".join(f"{name} {count}" for name, count in zip(dataset.classes, counts)))
    return emit_result({"train": len(dataset.train_labels), "test": len(dataset.test_labels)})


if __name__ == "__main__":
    run(main)
