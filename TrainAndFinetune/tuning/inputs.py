"""微调的输入：哪个模型，哪些数据；都在训练开始之前查清楚。

教什么：训练与验证不重题；先编码再分，报错里的行号才是文件里的；超长的裁了几条要说出来。
不教什么：一行怎样查、怎样编码（`rows.py`、`chat.py`）。
不是脚本，由 `finetune.py` 导入。对应笔记：`4_full.md`。
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from book import UserError
from TrainAndFinetune.tuning.chat import Example, encode_rows, prompt_ids
from TrainAndFinetune.tuning.evaluate import exact
from TrainAndFinetune.tuning.rows import held_out, read_jsonl, repeated, split_rows
from TrainAndFinetune.tuning.settings import Settings


@dataclass(frozen=True)
class Data:
    """编码好的训练集与验证集，以及评分要的一切。"""

    train: list[Example]
    dev: list[Example]
    dev_rows: list[dict]
    tokenizer: object
    score: Callable[[str, dict], bool]
    repeated: float  # 验证题里有几成在训练集里出现过
    init_ids: list[int]  # 第一条训练的提示，初始化软前缀用

    @property
    def pad_id(self) -> int:
        return self.tokenizer.pad_token_id


def model_folder(name: str) -> Path:
    """small、gemma 或一个路径 -> 模型的文件夹。"""
    if name == "small":
        from TrainAndFinetune.small.loading import FOLDER

        return FOLDER
    if name == "gemma":
        from TrainAndFinetune.base import hf_folder

        return hf_folder()
    return Path(name)


def base_config(name: str):
    """只读 config.json，不装权重：先算内存用。"""
    from transformers import Gemma3TextConfig

    folder = model_folder(name)
    if not (folder / "config.json").is_file():
        raise UserError(f"--model {name}：{folder} 里没有 config.json；可选 small、gemma，或一个 Gemma 3 的模型文件夹")
    config = Gemma3TextConfig.from_pretrained(folder, local_files_only=True)
    if config.model_type != "gemma3_text":
        raise UserError(f"--model {name}：里面是 {config.model_type}；这本书的方法装在 Gemma 3（gemma3_text）上")
    return config


def load_model(name: str):
    """(模型, 分词器)，权重都转成 float32。"""
    if name == "small":
        from TrainAndFinetune.small import load_small

        return load_small()
    from TrainAndFinetune.base import load_base

    return load_base(folder=model_folder(name))


def load_tokenizer(name: str):
    """分词器。"""
    if name == "small":
        from tokenizers import Tokenizer

        from TrainAndFinetune.small.loading import FOLDER, wrap

        return wrap(Tokenizer.from_file(str(FOLDER / "tokenizer.json")))
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(model_folder(name), local_files_only=True)


def load_rows(args) -> tuple[list[tuple[str, list[dict]]], Callable]:
    """([(哪里来的, 几行)], 评分)：训练的与验证的各一份；只有一份，就要从里面留一成作验证。"""
    if args.data is None:
        from TrainAndFinetune.task import make_rows, score

        sizes = {"train": args.rows, "dev": args.graded}
        return [("随书的任务 ", make_rows(split, size, args.seed)) for split, size in sizes.items()], score
    rows = read_jsonl(args.data)
    if args.dev is not None:
        return [(f"{args.data} ", rows), (f"{args.dev} ", read_jsonl(args.dev, "--dev"))], exact
    if not all(split_rows(rows)):
        raise UserError(f"{args.data} 只有 {len(rows)} 行，分不出验证的一成；多写几道不同的题，或用 --dev 另给")
    return [(f"{args.data} ", rows)], exact


def load_data(args, settings: Settings) -> Data:
    """读、查、编码；超长的裁了几条、验证题重了几成都打印出来。"""
    sources, score = load_rows(args)
    base_config(settings.model)  # 文件夹不对，先说
    tokenizer = load_tokenizer(settings.model)
    parts = [list(zip(rows, encode_rows(tokenizer, rows, settings.max_length, where))) for where, rows in sources]
    if len(parts) == 1:  # 编码之后才分：报错里的行号是文件里的
        parts = [[pair for pair in parts[0] if held_out(pair[0]) == dev] for dev in (False, True)]
    (train_rows, train), (dev_rows, dev) = (map(list, zip(*part)) for part in parts)
    cut, same = sum(example.cut > 0 for example in train), repeated(dev_rows, train_rows)
    if cut:
        print(f"{cut} 条对话超过 {settings.max_length} 个词元，裁短了提示（答案没有裁）")
    if same:
        print(f"警告：{same:.0%} 的验证题在训练集里一字不差地出现过，验证的分数偏高；换一份 --dev")
    first = train_rows[0]
    init_ids = prompt_ids(tokenizer, first["messages"][:-1], first.get("tools"))
    return Data(train, dev, dev_rows, tokenizer, score, same, init_ids)
