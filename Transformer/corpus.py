"""训练用的文字对：默认任务（自己出题）、Multi30k（德英图片说明）、你自己的两个文本文件。

教什么：一个任务就是三份文字对加两个词表；平行语料的两个文件靠行号对应，行数不同就全错了。
不教什么：清洗网上抓来的平行语料。
怎么跑：`python Transformer/corpus.py`（打印默认任务的几个例子，2 秒）。
对应笔记：`5_training.md`。
"""

import gzip
import hashlib
import urllib.request
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from book import Parser, UserError, atomic_write, common_options, emit_result, repository_root, run
from Transformer import normal_forms
from Transformer.data import BPETokenizer, CharTokenizer

TASKS = ("normal_forms", "multi30k", "files")
Texts = list[tuple[str, str]]
VOCAB_SIZE = 6000  # 两种语言共用的 BPE 词表；输出层与它同样宽，模型小的时候，大词表最费时间
SPLITS = {"train": "train", "valid": "val", "test": "test_2016_flickr"}  # Multi30k 的文件名
# Multi30k task 1 的原始文件（Elliott et al. 2016），只供非商业的研究与教学
MIRRORS = (
    "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/",
    "https://cdn.jsdelivr.net/gh/multi30k/dataset@master/data/task1/raw/",
)
SHA256 = {
    "test_2016_flickr.de.gz": "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
    "test_2016_flickr.en.gz": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
    "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
    "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
    "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
}


@dataclass(frozen=True)
class Task:
    """一个翻译任务：文字对 (源, 目标)，词表的大小与种类。"""

    name: str
    train: Texts
    valid: Texts
    test: Texts
    vocab_size: int = 0  # 0：一个字符一个词；否则是两边共用的 BPE 词表的大小

    @cached_property
    def tokenizers(self) -> tuple:
        """(源, 目标) 的词表，只在训练集上建。"""
        if not self.vocab_size:
            return tuple(CharTokenizer.train(side) for side in zip(*self.train))
        joint = BPETokenizer.train((text for pair in self.train for text in pair), self.vocab_size)
        return joint, joint

    @cached_property
    def fingerprint(self) -> str:
        """训练集的句数与内容的摘要：续训时核对数据没有换过。"""
        digest = hashlib.sha256("\n".join(f"{a}\t{b}" for a, b in self.train).encode()).hexdigest()
        return f"{len(self.train)} 句（{digest[:12]}）"


def read_lines(path: Path) -> list[str]:
    """一行一句的 UTF-8 文件，可以是 .gz。"""
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if path.suffix == ".gz" else data
        return [line.strip() for line in data.decode("utf-8").removesuffix("\n").split("\n")]
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UserError(f"读不了 {path}（{error}）；需要一行一句的 UTF-8 文本或它的 .gz") from None


def read_parallel(source: Path, target: Path) -> Texts:
    """两个文件按行号配对。"""
    a, b = read_lines(source), read_lines(target)
    if len(a) != len(b):
        raise UserError(
            f"{source.name} 有 {len(a)} 行，{target.name} 有 {len(b)} 行；平行语料靠行号对应，两个文件的行数必须相同"
        )
    return list(zip(a, b))


def read_splits(folder: Path, direction: str, names: dict[str, str], advice: str) -> dict[str, Texts]:
    """folder 里三份文字对：名字是 names 里的加上语言的后缀，可以是 .gz；缺一个就带着 advice 报错。"""
    languages = direction.split("-")

    def find(name: str) -> Path:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
        raise UserError(f"{folder} 里没有 {name} 或 {name}.gz；{advice}")

    return {split: read_parallel(*(find(f"{name}.{x}") for x in languages)) for split, name in names.items()}


def download_multi30k(folder: Path) -> Path:
    """从镜像下载六个文件到 folder，校验后才落盘；已经有的不再下载。"""
    for split in SPLITS.values():
        for language in ("de", "en"):
            name = f"{split}.{language}.gz"
            if not (folder / name).is_file():
                atomic_write(folder / name, fetch(name, folder))
    return folder


def fetch(name: str, folder: Path) -> bytes:
    """逐个镜像试，内容的 sha256 不对也算失败。"""
    reasons = []
    for mirror in MIRRORS:
        try:
            with urllib.request.urlopen(mirror + name, timeout=30) as response:
                data = response.read()
        except OSError as error:
            reasons.append(f"{mirror}：{error}")
            continue
        if hashlib.sha256(data).hexdigest() == SHA256[name]:
            return data
        reasons.append(f"{mirror}：sha256 不对")
    raise UserError(f"下载不了 {name}（{'；'.join(reasons)}）；在别处下载 {MIRRORS[0]}{name}，放进 {folder}，再跑一次")


def load_multi30k(folder: Path, direction: str) -> Task:
    """29,000 句训练，1,014 句验证，1,000 句测试（test2016）。direction 形如 "de-en"。"""
    texts = read_splits(folder, direction, SPLITS, "用 --download 下载，或检查 --data")
    return Task(f"multi30k {direction}", **texts, vocab_size=VOCAB_SIZE)


def load_files(folder: Path, direction: str) -> Task:
    """你自己的平行语料：folder 里的 train.A train.B valid.A valid.B test.A test.B。"""
    splits = ("train", "valid", "test")
    six = " ".join(f"{split}.{language}" for split in splits for language in direction.split("-"))
    texts = read_splits(folder, direction, dict(zip(splits, splits)), f"要有六个文件 {six}；检查 --data 与 --direction")
    return Task(f"files {direction}", **texts, vocab_size=VOCAB_SIZE)


def load_normal_forms(count: int) -> Task:
    """默认任务：中文的日期、时间、数字 -> 标准形式；三份的值互不相同。"""
    sizes = {"train": count, "valid": min(count, 1000), "test": min(count, 2000)}
    return Task("normal_forms", **{s: normal_forms.generate(n, 0, s) for s, n in sizes.items()})


def add_task_options(parser: Parser) -> None:
    group = parser.add_argument_group("任务")
    group.add_argument("--task", choices=TASKS, default=TASKS[0], help="默认 normal_forms：中文的日期、时间、数字")
    group.add_argument("--direction", default="de-en", metavar="A-B", help="翻译方向，默认 de-en；也是文件的后缀")
    group.add_argument("--data", type=Path, metavar="DIR", help="multi30k 或 files 的文件夹")
    group.add_argument("--download", action="store_true", help="下载 Multi30k（1.3 MB，只供非商业的研究与教学）")


def task_from(args) -> Task:
    """按选项装载任务；smoke 时只留几句。"""
    if args.task == "normal_forms":
        if args.data or args.download:
            raise UserError("--data 与 --download 只用于 --task multi30k 或 files；normal_forms 的数据是生成的")
        quick = getattr(args, "quick", False)  # 只有 train.py 有 --quick
        return load_normal_forms(40 if args.smoke else 80000 if quick else 160000)
    if not args.direction.count("-") == 1:
        raise UserError(f"--direction 收到 {args.direction}，要写成 源-目标，例如 de-en")
    folder = args.data or repository_root() / "outputs" / "data" / "multi30k"
    if args.task == "files":
        if not args.data:
            raise UserError("--task files 要用 --data 指明文件夹，里面有 train.A、train.B、valid.A 等六个文件")
        return load_files(folder, args.direction)
    if args.direction not in ("de-en", "en-de"):
        raise UserError(f"--direction 收到 {args.direction}；multi30k 可选 de-en、en-de")
    if args.download and not args.data:
        download_multi30k(folder)
    return load_multi30k(folder, args.direction)


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    add_task_options(parser)
    common_options(parser, __file__)
    task = task_from(parser.parse_args(argv))
    for source, target in task.test[:12]:
        print(f"{source}  ->  {target}")
    sizes = {split: len(getattr(task, split)) for split in ("train", "valid", "test")}
    return emit_result(sizes | {"vocabulary": [len(t) for t in task.tokenizers]})


if __name__ == "__main__":
    run(main)
