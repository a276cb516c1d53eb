"""评估助手：每种能力、每组题，基座（看例子、加语法约束）与助手（加不加约束）各答对几成，带 95 % 区间。

教什么：先有基线再谈提高；格式与内容分开量；拒答与误拒一起看；没见过的工具单独一组。
不教什么：题怎样造（`assistant/`）、一题怎样算对（`assistant/scoring.py`）。
怎么跑：
  python TrainAndFinetune/evaluate_assistant.py                     开发集，每种能力 200 题，基座 50 题；两核估计一小时
  python TrainAndFinetune/evaluate_assistant.py --gguf FILE --adapter DIR   另一个适配器；DIR 是它的训练格式，算遗忘用
  python TrainAndFinetune/evaluate_assistant.py --systems tuned --n 40      训练当中看一眼
  python TrainAndFinetune/evaluate_assistant.py --smoke             10 秒，不问模型，答案是假的
测试集（--split test）只看一次：数据、训练、提示都定下来以后再看。看了再改，它就成了又一个开发集。
答过的题存在 --out 里；中断、kill -9 之后，同样的命令接着答。没有适配器时只考基座。
对应笔记：`assistant.md`「评估」。
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from book import Parser, UserError, common_options, emit_result, output_dir, pick_device, positive_int, run
from TrainAndFinetune import serve
from TrainAndFinetune.assistant.answers import Store, answer_all
from TrainAndFinetune.assistant.groups import GROUPS, Group, answer_limit, make_items, pick_shots, share
from TrainAndFinetune.assistant.report import bars_of, row_of, samples_of, show_bars, show_row
from TrainAndFinetune.assistant.systems import DEFAULT, SYSTEMS, Answer, Asker, Job, System, answered_by, fake
from TrainAndFinetune.models import EMBEDDED, KNOWN, file_sha256, open_gguf
from TrainAndFinetune.task.measures import perplexity

SMOKE_ITEMS, SMOKE_LIMIT = 2, 64
NOTES = 2000  # 遗忘用几个字的笔记来量


@dataclass(frozen=True)
class Task:
    """一个系统答一组题；by 是真去答的系统（没有语法的能力，tuned+grammar 抄 tuned 的）。"""

    system: System
    group: Group
    by: System
    jobs: list[Job]


def options(argv):
    parser = Parser(__doc__)
    parser.add_argument("--split", choices=["dev", "test"], default="dev", help="考哪个集合，默认 dev；test 只看一次")
    parser.add_argument(
        "--systems", nargs="+", choices=list(SYSTEMS), metavar="NAME", help=f"只考这几个：{'、'.join(SYSTEMS)}"
    )
    parser.add_argument("--base-only", action="store_true", help="只考基座；没有适配器时就是这样")
    parser.add_argument("--gguf", type=Path, metavar="FILE", help="考这个适配器（GGUF），默认本书的")
    parser.add_argument("--adapter", type=Path, metavar="DIR", help="适配器的训练格式，给了就量无关文字的困惑度")
    parser.add_argument("--n", type=positive_int, default=200, metavar="N", help="助手每种能力几题，默认 200")
    parser.add_argument("--baseline-n", type=positive_int, default=50, metavar="N", help="基座每种能力几题，默认 50")
    parser.add_argument("--workers", type=positive_int, default=2, metavar="N", help="同时问几题，默认 2")
    common_options(parser, __file__)
    return parser.parse_args(argv)


def adapter_of(args) -> Path | None:
    """考哪个适配器：--gguf，否则本书的；都没有是 None。不是适配器就抛 UserError。"""
    if args.gguf is None:
        return serve.ADAPTER if serve.ADAPTER.is_file() else None
    kind = open_gguf(args.gguf).metadata.get("general.type")
    if kind != "adapter":
        raise UserError(f"--gguf {args.gguf} 里是 {kind}，不是 LoRA 适配器；用 export 出来的那个 GGUF")
    return args.gguf


def systems_of(args, adapter: Path | None) -> list[System]:
    """考哪几个系统；没有适配器时只有基座，明说要考助手就抛 UserError。"""
    names = args.systems or DEFAULT
    tuned = [name for name in names if SYSTEMS[name].tuned]
    if args.base_only and args.systems and tuned:
        raise UserError(f"--base-only 与 --systems {' '.join(tuned)} 不能同时用；去掉一个")
    if args.smoke or args.base_only or adapter is not None or not tuned:
        return [SYSTEMS[name] for name in names if not (args.base_only and SYSTEMS[name].tuned)]
    where = "没有 TrainAndFinetune/adapter/ 里的适配器"
    if args.systems:
        raise UserError(f"{where}，考不了 {'、'.join(tuned)}；先训练，或用 --gguf FILE")
    print(f"{where}，只考基座；有别的适配器就用 --gguf FILE")
    return [SYSTEMS[name] for name in names if not SYSTEMS[name].tuned]


def plan(args, systems: list[System], tokenizer) -> list[Task]:
    """全部要做的：每个系统、每组题。"""
    counts = {True: args.n, False: args.baseline_n}
    made = []
    for group in GROUPS:
        sizes = {tuned: SMOKE_ITEMS if args.smoke else share(group, n) for tuned, n in counts.items()}
        items = make_items(group, args.split, max(sizes.values()), args.seed)
        limit = answer_limit(group, args.split, args.seed, tokenizer) if tokenizer else SMOKE_LIMIT
        shots = {kind: pick_shots(group, kind == "mixed") for kind in {s.shots for s in systems} - {""}}
        for system in systems:
            by = answered_by(system, group.ability)
            if by:
                rows = items[: sizes[system.tuned]]
                made.append(Task(system, group, by, [Job(by, row, limit, shots.get(by.shots, [])) for row in rows]))
    return sorted(made, key=lambda task: systems.index(task.system))  # 一个系统答完再换：换适配器会清掉前缀缓存


def open_asker(adapter: Path | None, workers: int) -> Asker:
    """找到或启动本机的服务。"""
    from TrainAndFinetune.assistant.data import load_tokenizer
    from TrainAndFinetune.endpoint import find_or_start

    config = serve.default_config(adapter=adapter, parallel=max(2, workers))
    return Asker(find_or_start(config), load_tokenizer(smoke=False))


def answer_task(task: Task, ask: Callable[[Job], Answer], out: Path, adapter: str, workers: int) -> list[Answer]:
    """一组题的答案，带进度条。"""
    store = Store(out / f"{task.by.name}.{task.group.name}.jsonl")
    bar = tqdm(total=len(task.jobs), desc=f"{task.system.name} {task.group.name}", unit="题", leave=False, disable=None)
    with bar:
        return answer_all(task.jobs, ask, store, adapter, workers, bar.update)


def evaluate(tasks: list[Task], ask: Callable[[Job], Answer], out: Path, adapter: str, workers: int) -> dict:
    """全部答完、评分：{"rows", "bars", "samples"}，各按系统分。"""
    rows: dict[str, dict] = {}
    samples: dict[str, dict] = {}
    for task in tasks:
        name, group = task.system.name, task.group.name
        if name not in rows:
            print(f"{name}：", flush=True)
        answers, items = answer_task(task, ask, out, adapter, workers), [job.dialogue for job in task.jobs]
        row = row_of(items, answers) | ({} if task.by == task.system else {"answered_by": task.by.name})
        rows.setdefault(name, {})[group] = row
        if task.by == task.system:  # 抄来的不再列例子
            samples.setdefault(name, {})[group] = samples_of(items, answers)
        show_row(group, row)
    bars = {name: bars_of(found, SYSTEMS[name].grammar) for name, found in rows.items()}
    return {"rows": rows, "bars": bars, "samples": samples}


def forgetting(folder: Path, device) -> dict[str, float]:
    """与任务无关的文字（没训练过的笔记）的困惑度，装适配器之前与之后。"""
    from TrainAndFinetune.base import load_base
    from TrainAndFinetune.compare import other_texts
    from TrainAndFinetune.methods import load_adapter

    text = other_texts(NOTES)["notes"]
    model, tokenizer = load_base()
    before = perplexity(model.to(device), tokenizer, text, bf16=False)
    after = perplexity(load_adapter(model, folder).eval(), tokenizer, text, bf16=False)
    print(f"笔记的困惑度：训练前 {before:.2f}，训练后 {after:.2f}", flush=True)
    return {"before": before, "after": after}


def main(argv=None) -> dict:
    args = options(argv)
    device, adapter = pick_device(args.device), adapter_of(args)
    systems = systems_of(args, adapter)
    digest = file_sha256(adapter) if adapter else ""
    out = output_dir(args.out) / ("smoke" if args.smoke else args.split)
    names = "、".join(system.name for system in systems)
    shown = f"{adapter.name}（{digest[:12]}）" if adapter else "无"
    print(f"模型 {EMBEDDED}（{KNOWN[EMBEDDED].parameters:,} 个参数），适配器 {shown}，设备 cpu（llama.cpp），4 位")
    print(f"集合 {args.split}，种子 {args.seed}，系统 {names}，助手 {args.n} 题、基座 {args.baseline_n} 题，存在 {out}")
    if args.smoke:
        print("冒烟：不问模型，一半标准答案一半乱写，下面的数没有意义")
    forgot = forgetting(args.adapter, device) if args.adapter and not args.smoke else None
    ask = fake if args.smoke else open_asker(adapter, args.workers)
    tasks = plan(args, systems, getattr(ask, "tokenizer", None))
    try:
        result = evaluate(tasks, ask, out, digest, args.workers)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"答完的在 {out}，同样的命令接着答") from None
    for name, bars in result["bars"].items():
        print(f"{name} 的目标：")
        show_bars(bars)
    return emit_result({
        "split": args.split, "n": args.n, "baseline_n": args.baseline_n, "smoke": args.smoke,
        "adapter": digest[:12] or None, "perplexity": forgot, **result,
    })  # fmt: skip


if __name__ == "__main__":
    run(main)
