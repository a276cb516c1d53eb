"""用训练好的模型写字：接着你给的开头，一个词一个词地印出来。

教什么：装载模型与分词器、流式输出、各个采样选项的作用。
不教什么：采样怎样实现（`Transformer/generate.py`、`Tokenization/generate.md`）。
怎么跑：
  python CS336/generate.py "The function"      用 outputs/CS336 里最新的模型
  python CS336/generate.py                     自带的开头；还没有模型就先训练一个冒烟用的（10 秒）
  python CS336/generate.py --interactive       一问一答，空行结束
对应笔记：`workflow.md`。
"""

import time
from pathlib import Path

from book import (
    CheckpointError,
    Parser,
    UserError,
    common_options,
    emit_result,
    load_state,
    pick_device,
    positive_int,
    repository_root,
    run,
    seeded,
)
from CS336.config import Config, build_model
from CS336.corpora import END, PROMPTS
from CS336.prepare import load_tokenizer
from CS336.Transformer.checkpoint import check_shapes
from CS336.Transformer.generate import check_options, stream, stream_text


def find_checkpoint(given: Path | None) -> Path:
    """--checkpoint，或 outputs/CS336 里最新的 model.safetensors；一个都没有就训练一个冒烟用的。"""
    if given is not None:
        return given
    folder = repository_root() / "outputs" / "CS336"
    # 冒烟用的模型排在最前：有正经的就不用它
    found = sorted(folder.rglob("model.safetensors"), key=lambda p: ("smoke" not in p.parts, p.stat().st_mtime))
    if found:
        return found[-1]
    if unfinished := [path for path in folder.rglob("last.pt") if "smoke" not in path.parts]:
        raise UserError(f"{unfinished[0].parent} 里的训练还没完；等它训完，或用同样的命令加 --resume 训完")
    from CS336.run import main as train

    print("还没有训练好的模型，先训练一个冒烟用的（它只会乱写）；正经的用 python CS336/run.py 训练")
    train(["--smoke", "--out", str(folder / "run" / "smoke")])
    return folder / "run" / "smoke" / "model.safetensors"


def load(path: Path, device):
    """(模型, 分词器, 设定)；文件缺失、损坏、不配套都是一行 UserError。"""
    if path.suffix == ".pt":
        raise CheckpointError(f"{path} 只用来续训；写字用同一目录的 model.safetensors")
    state = load_state(path)
    if state.get("chapter") != "CS336":
        raise CheckpointError(f"{path} 不是 CS336/run.py 存的；用 --checkpoint 指明它存的 model.safetensors")
    config = Config(**state["config"])
    model = build_model(config, state["vocab_size"], device)
    check_shapes(path, state["model"], model.state_dict())
    model.load_state_dict(state["model"])
    tokenizer = load_tokenizer(path.parent / "data")
    if len(tokenizer.vocab) != state["vocab_size"]:
        raise UserError(f"{path.parent / 'data'} 里的分词器与 {path.name} 不配套；重新训练，或把两者放回一处")
    return model.eval(), tokenizer, config


def write(model, tokenizer, prompt: str, args) -> int:
    """接着 prompt 印出新的文字；返回写了几个词。"""
    end = tokenizer.encode(END)[0]
    ids, count = tokenizer.encode(prompt), 0
    if not ids:
        raise UserError("开头是空的；给几个字，例如 python CS336/generate.py The")

    def until_end():
        nonlocal count
        options = {"top_k": args.top_k, "min_p": args.min_p, "use_cache": not args.no_cache}
        generator = seeded(args.seed, "generate")
        for token in stream(model, ids, args.max_tokens, args.temperature, args.top_p, end, generator, **options):
            count += 1
            if token != end:
                yield token

    print(prompt, end="", flush=True)
    for text in stream_text(tokenizer, until_end()):
        print(text, end="", flush=True)
    print()
    return count


def options(argv):
    parser = Parser(__doc__)
    parser.add_argument("prompt", nargs="*", help="开头，有空格要加引号；不给就用语料自带的")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="run.py 存的 model.safetensors")
    parser.add_argument("--max-tokens", type=positive_int, default=200, metavar="N", help="最多写几个词，默认 200")
    parser.add_argument("--temperature", type=float, default=0.8, metavar="X", help="0 是贪心，默认 0.8")
    parser.add_argument("--top-k", type=positive_int, metavar="N", help="只留最大的 N 个，默认不用")
    parser.add_argument("--top-p", type=float, default=0.95, metavar="X", help="留到概率之和达到 X，1 不用，默认 0.95")
    parser.add_argument("--min-p", type=float, metavar="X", help="留不小于 X 倍最大概率的，默认不用")
    parser.add_argument("--no-cache", action="store_true", help="不用键值缓存：慢，写出的字相同")
    parser.add_argument("--interactive", action="store_true", help="一问一答，空行或 Ctrl-D 结束")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    if len(args.prompt) > 1:
        whole = f'python CS336/generate.py "{" ".join(args.prompt)}"'
        raise UserError(f"开头收到 {len(args.prompt)} 段；有空格要加引号：{whole}")
    args.prompt = args.prompt[0] if args.prompt else None
    if args.smoke:
        args.max_tokens = min(args.max_tokens, 20)
    return args


def main(argv=None) -> dict:
    args = options(argv)
    try:
        check_options(args.temperature, args.top_k, args.top_p, args.min_p)
    except ValueError as error:
        raise UserError(str(error).replace("不要这个过滤就写 None", "不要这个过滤就写 1")) from None
    if args.prompt == "":
        raise UserError("开头是空的；给几个字，例如 python CS336/generate.py The")
    device = pick_device(args.device)
    path = find_checkpoint(args.checkpoint)
    model, tokenizer, config = load(path, device)
    print(f"{path}（语料 {config.corpus}，{sum(p.numel() for p in model.parameters()):,} 个参数，设备 {device}）")
    prompts = [args.prompt if args.prompt is not None else PROMPTS[config.corpus]]
    if args.interactive:
        prompts = iter(lambda: ask(), "")
    started, count = time.perf_counter(), 0
    try:
        for prompt in prompts:
            count += write(model, tokenizer, prompt, args)
    except ValueError as error:  # 采样选项的范围由 stream 检查
        raise UserError(str(error)) from None
    seconds = time.perf_counter() - started
    return emit_result({"tokens": count, "tokens_per_second": count / seconds, "checkpoint": str(path)})


def ask() -> str:
    try:
        return input("开头> ")
    except EOFError:
        return ""


if __name__ == "__main__":
    run(main)
