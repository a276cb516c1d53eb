"""写出助手的训练集与开发集（JSONL），数清每种能力几段、多少词元。

教什么：数据由程序与种子决定，不必存进仓库；每一行都检查过（能编码、不超长、标准答案自己能得满分）。
不教什么：怎样训练（`finetune.py`）、每种能力怎么造（`make.py` 说的那些模块）。

怎么跑：
    python TrainAndFinetune/assistant/data.py --smoke                 # 10 秒：每种能力几段，只数字数
    python TrainAndFinetune/assistant/data.py                         # 训练集 6,100 段，开发集每种能力 100 段
    python TrainAndFinetune/assistant/data.py --spec my_task.toml     # 用你自己的任务（格式见 specs.py）
CPU 用时：默认约半分钟，大半在分词。对应笔记：`assistant.md`「数据」。
"""

import collections
import json
import statistics
from pathlib import Path

from book import Parser, UserError, atomic_write, common_options, emit_result, output_dir, positive_int, run
from TrainAndFinetune.assistant import MIX, gold, make_mix, phrases, score, specs

LIMIT = 1024  # 提示词契约的上限


def load_tokenizer(smoke: bool):
    """基座的分词器；冒烟时不加载。"""
    if smoke:
        return None
    from transformers import AutoTokenizer

    from TrainAndFinetune.base import hf_folder

    return AutoTokenizer.from_pretrained(hf_folder(), local_files_only=True)


def lengths(rows: list[dict], tokenizer) -> list[tuple[int, int]]:
    """每段的（词元数，其中算损失的）；没有分词器就数渲染后的字。"""
    from TrainAndFinetune.tuning.chat import IGNORE, encode_whole, render

    if tokenizer is None:
        return [(len(render(row["messages"], row.get("tools"))), 0) for row in rows]
    made = [encode_whole(tokenizer, row["messages"], row.get("tools")) for row in rows]
    return [(len(one), sum(label != IGNORE for label in one.labels)) for one in made]


def measure(rows: list[dict], tokenizer) -> dict:
    """一个集合的数：段数、词元、最长、每种能力各多少；有一段超长或标准答案不得分就抛 UserError。"""
    counted = lengths(rows, tokenizer)
    for row, (length, _) in zip(rows, counted):
        if tokenizer is not None and length > LIMIT:
            raise UserError(f"{row['ability']} 有一段 {length} 个词元，超过 {LIMIT}；减少资料或工具")
        if not score(row, gold(row)):
            raise UserError(f"{row['ability']} 有一段的标准答案自己不得分：{gold(row)}")
    unit = "characters" if tokenizer is None else "tokens"
    by_ability = collections.defaultdict(list)
    for row, pair in zip(rows, counted):
        by_ability[row["ability"]].append(pair)
    made = {
        "dialogues": len(rows),
        unit: sum(length for length, _ in counted),
        "answer_tokens": sum(answer for _, answer in counted),
        "longest": max(length for length, _ in counted),
        "questions": sum(sum(m["role"] == "assistant" for m in row["messages"]) for row in rows),
    }
    for ability, pairs in by_ability.items():
        sizes = [length for length, _ in pairs]
        made[ability] = {"dialogues": len(pairs), unit: sum(sizes), "median": statistics.median(sizes)}
    return made


def write(path: Path, rows: list[dict]) -> None:
    """一行一段。"""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    atomic_write(path, text.encode())


def show(name: str, made: dict) -> None:
    """一张表：每种能力几段、多少词元、中位数。"""
    unit, word = ("tokens", "词元") if "tokens" in made else ("characters", "字")
    print(f"\n{name}：{made['dialogues']:,} 段，{made[unit]:,} 个{word}，其中算损失的 {made['answer_tokens']:,}")
    for ability, one in made.items():
        if isinstance(one, dict):
            print(f"  {ability:9} {one['dialogues']:6,} 段 {one[unit]:9,} 个{word}，中位数 {one['median']:g}")


def scaled(size: int) -> dict[str, int]:
    """默认的配比缩放到一共约 size 段，每种能力至少一段。"""
    total = sum(MIX.values())
    return {ability: max(1, round(n * size / total)) for ability, n in MIX.items()}


def main(argv=None) -> None:
    parser = Parser(__doc__)
    parser.add_argument("--size", type=positive_int, metavar="N", help="训练集大约几段，默认按 make.py 的 MIX")
    parser.add_argument("--dev", type=positive_int, default=100, metavar="N", help="开发集每种能力几段，默认 100")
    parser.add_argument("--test", type=positive_int, metavar="N", help="另写测试集，每种能力几段；默认不写")
    parser.add_argument("--spec", type=Path, metavar="FILE", help="自己的任务（TOML，格式见 specs.py），给了就只写它")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    if args.device not in ("auto", "cpu"):
        raise UserError(f"--device {args.device}：造数据只用 CPU；去掉 --device")
    out, tokenizer = output_dir(args.out), load_tokenizer(args.smoke)
    counts = scaled(60 if args.smoke else args.size) if args.smoke or args.size else MIX
    dev = dict.fromkeys(MIX, 4 if args.smoke else args.dev)
    if args.spec:
        task = specs.load(args.spec)
        sets = {split: specs.make_rows(task, split, seed=args.seed) for split in ("train", "dev")}
    else:
        sets = {"train": make_mix("train", counts, args.seed), "dev": make_mix("dev", dev, args.seed)}
        if args.test:
            sets["test"] = make_mix("test", dict.fromkeys(MIX, args.test), args.seed)
    print(f"种子 {args.seed}，写到 {out}，设备 cpu，{'数字' if tokenizer is None else '数词元'}")
    result = {}
    for name, rows in sets.items():
        result[name] = measure(rows, tokenizer)
        write(out / f"{name}.jsonl", rows)
        show(name, result[name])
    if not args.spec:
        result["phrasings"] = {split: phrases.count(split) for split in sets}
    emit_result(result)


if __name__ == "__main__":
    run(main)
