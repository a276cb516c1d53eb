"""用本地的模型写字：接着你给的开头，一边算一边印；可以看每一步的候选。

教什么：把 `decoding/` 的各部分拼起来：挑法、束搜索、投机解码、停止串、流式输出、`--explain`。
不教什么：各部分怎样实现（`decoding/`）；给别的程序用的服务（`serve.py`）。
怎么跑：
  python TrainAndFinetune/generate.py                              自带的开头（第一次要先转换模型，约一分钟）
  python TrainAndFinetune/generate.py --prompt "The capital of France is" --temperature 0
  python TrainAndFinetune/generate.py --chat --prompt 你好          按对话的格式；基座模型还不会聊天
  python TrainAndFinetune/generate.py --explain --figure --max-tokens 6
  python TrainAndFinetune/generate.py --smoke                      随机的小模型，写出来的是乱码
对应笔记：`3_generate.md`。时间：270M 的模型在两核上，载入几秒，每秒写 10 到 30 个词元。
"""

import time
from collections.abc import Iterator
from pathlib import Path

import torch

from book import (
    Parser,
    UserError,
    common_options,
    emit_result,
    output_dir,
    pick_device,
    positive_int,
    run,
    save_figure,
    seeded,
)
from TrainAndFinetune.base import load_base, tiny_model
from TrainAndFinetune.decoding.beams import BeamOptions, beam_search
from TrainAndFinetune.decoding.explain import ascii_label, draw, explain_step, table
from TrainAndFinetune.decoding.filters import Sampling
from TrainAndFinetune.decoding.loop import stream
from TrainAndFinetune.decoding.speculative import Lookup, speculate
from TrainAndFinetune.decoding.text import TextStream, TokenBytes

SAMPLE = "The capital of France is"
SAMPLE_CHAT = "用一句话介绍你自己。"
ENDS = ("<eos>", "<end_of_turn>")
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def load(name: str, dtype: torch.dtype):
    """(模型, 分词器)：gemma、small、tiny（随机的，测试用），或一个 Hugging Face 的文件夹。"""
    if name == "gemma":
        return load_base(dtype)
    if name in ("small", "tiny"):
        from TrainAndFinetune.small.loading import load_small, train_tokenizer

        if name == "small":
            return load_small(dtype)
        tokenizer = train_tokenizer([SAMPLE], 262)  # 6 个特殊词元与 256 个字节
        return tiny_model(vocab_size=len(tokenizer)).to(dtype), tokenizer
    if not Path(name).is_dir():
        raise UserError(f"--model {name}：没有这个文件夹；给一个 Hugging Face 的模型文件夹，或 gemma、small")
    return load_base(dtype, Path(name))


def encode(tokenizer, args) -> list[int]:
    """开头 -> 编号，<bos> 起头；--chat 时套上对话的格式，等模型接着写回答。"""
    if args.prompt == "":
        raise UserError('开头是空的；给几个字，例如 --prompt "The"')
    if not args.chat:
        return [tokenizer.bos_token_id, *tokenizer.encode(args.prompt or SAMPLE, add_special_tokens=False)]
    template = (Path(__file__).parent / "chat_template.jinja").read_text(encoding="utf-8")
    text = tokenizer.apply_chat_template(
        [{"role": "user", "content": args.prompt or SAMPLE_CHAT}],
        chat_template=template,
        add_generation_prompt=True,
        tokenize=False,
    )
    return tokenizer.encode(text, add_special_tokens=False)


class Explainer:
    """`stream` 的 watch：记下每一步的候选，选定之后印表。"""

    def __init__(self, tokenizer, sampling: Sampling):
        self.names, self.sampling = TokenBytes(tokenizer), sampling
        self.steps, self.chosen = [], []

    def watch(self, logits: torch.Tensor, ids: list[int]) -> None:
        self.steps.append(explain_step(logits, self.sampling, ids))

    def text(self, token: int) -> str:
        """一个词元的文字；半个字写成 \\xe4 这样的字节，特殊词元写名字。"""
        return self.names(token).decode("utf-8", errors="backslashreplace") or self.names.tokenizer.decode([token])

    def show(self, token: int) -> None:
        """印出刚刚那一步。"""
        self.chosen.append(token)
        names = [repr(self.text(t)).replace("\\\\", "\\") for t in self.steps[-1].candidates]
        print(f"第 {len(self.chosen)} 步", *table(self.steps[-1], names, token), sep="\n")

    def figure(self):
        labels = [[ascii_label(self.text(t), t) for t in step.candidates] for step in self.steps]
        return draw(self.steps, self.chosen, labels)


def token_chunks(model, ids: list[int], args, sampling: Sampling, ends: set[int], explainer) -> Iterator[list[int]]:
    """写出的词元，一次前向写定的几个一组；束搜索全部搜完才有。"""
    generator = seeded(args.seed, "generate")
    if args.beams > 1:
        yield beam_search(model, ids, args.max_tokens, BeamOptions(args.beams), ends)[0].ids
    elif args.lookup:
        yield from speculate(model, ids, args.max_tokens, sampling, ends, generator, Lookup(draft=args.lookup))
    else:
        watch = explainer.watch if explainer else None
        for token in stream(model, ids, args.max_tokens, sampling, ends, generator, not args.no_cache, watch):
            if explainer:
                explainer.show(token)
            yield [token]


def write(tokenizer, chunks: Iterator[list[int]], ends: set[int], args) -> dict:
    """一边写一边印；返回写了几个词元、几次前向、为什么停。"""
    text, tokens, forwards, written = TextStream(tokenizer, args.stop), 0, 0, []
    reason = "length"
    for chunk in chunks:
        forwards += 1
        for token in chunk:
            tokens += 1
            written.append(text.push(token))
            if not args.explain:  # 有表的时候，文字最后一起印
                print(written[-1], end="", flush=True)
            if text.stopped or token in ends:
                reason = "stop string" if text.stopped else "end token"
                break
        if reason != "length":
            break
    written.append(text.finish())
    print("".join(written) if args.explain else written[-1])
    return {"tokens": tokens, "forwards": forwards, "finish": reason, "text": "".join(written)}


def how(args, sampling: Sampling) -> str:
    """怎样挑，按先后的次序，一行。"""
    if args.beams > 1:
        return f"束搜索 {args.beams}"
    steps = [f"penalty {sampling.repetition_penalty:g}"] if sampling.repetition_penalty != 1 else []
    steps += [name for name, _ in sampling.filters()] + ["贪心" if sampling.temperature == 0 else "抽样"]
    return " → ".join(steps) + (f"，投机解码一次抄 {args.lookup} 个" if args.lookup else "")


def options(argv):
    parser = Parser(__doc__)
    parser.add_argument("--prompt", metavar="TEXT", help=f"开头，默认是自带的：{SAMPLE}")
    parser.add_argument("--chat", action="store_true", help="把 --prompt 当作用户的一句话，套上对话的格式")
    parser.add_argument("--model", default="gemma", metavar="NAME", help="gemma（默认）、small，或一个模型文件夹")
    parser.add_argument("--adapter", type=Path, metavar="DIR", help="finetune.py 存的 adapter 文件夹，默认不用")
    parser.add_argument("--dtype", default="float32", choices=list(DTYPES), help="算的时候的类型，默认 float32")
    parser.add_argument("--max-tokens", type=positive_int, default=48, metavar="N", help="最多写几个词元，默认 48")
    parser.add_argument("--temperature", type=float, default=0.8, metavar="X", help="0 是贪心，默认 0.8")
    parser.add_argument("--top-k", type=positive_int, metavar="N", help="只留最大的 N 个，默认不用")
    parser.add_argument("--top-p", type=float, default=0.95, metavar="X", help="留到概率之和达到 X，1 不用，默认 0.95")
    parser.add_argument("--min-p", type=float, metavar="X", help="留不小于 X 倍最大概率的，默认不用")
    parser.add_argument("--repetition-penalty", type=float, default=1.0, metavar="X", help="罚出现过的词元，1 不罚")
    parser.add_argument("--beams", type=positive_int, default=1, metavar="K", help="束搜索留几条，1（默认）不用")
    parser.add_argument("--lookup", type=int, default=0, metavar="N", help="投机解码一次抄几个词元，0（默认）不用")
    parser.add_argument("--stop", action="append", default=[], metavar="TEXT", help="写到它就停，可以给几次，默认没有")
    parser.add_argument("--no-cache", action="store_true", help="不用键值缓存：慢，写出的字相同")
    parser.add_argument("--explain", action="store_true", help="印出每一步的候选与各道过滤之后的概率")
    parser.add_argument("--figure", action="store_true", help="把 --explain 的前 6 步画成图，存在 --out")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    if args.beams > 1 and (args.explain or args.lookup or args.no_cache):
        raise UserError("--beams 不能与 --explain、--lookup、--no-cache 同时用；去掉一边")
    if args.beams > 1 and (args.top_k or args.min_p or args.repetition_penalty != 1):
        raise UserError("束搜索不抽样：--beams 不能与 --top-k、--min-p、--repetition-penalty 同时用；去掉一边")
    if args.lookup and (args.explain or args.no_cache):
        raise UserError("--lookup 不能与 --explain、--no-cache 同时用；去掉一边")
    if args.figure and not args.explain:
        raise UserError("--figure 画的是 --explain 的候选；加上 --explain")
    if args.smoke:
        args.model, args.max_tokens = "tiny", min(args.max_tokens, 12)
    return args


def main(argv=None) -> dict:
    args = options(argv)
    try:
        Lookup(draft=args.lookup or 1)
        filters = {"top_k": args.top_k, "top_p": args.top_p, "min_p": args.min_p}
        sampling = Sampling(args.temperature, **filters, repetition_penalty=args.repetition_penalty)
    except ValueError as error:
        raise UserError(str(error).replace("不要这个过滤就不写它", "不要这个过滤就写 1")) from None
    device = pick_device(args.device)
    model, tokenizer = load(args.model, DTYPES[args.dtype])
    if args.adapter:
        from TrainAndFinetune.methods import load_adapter

        load_adapter(model, args.adapter)
    model.to(device).eval()
    count = sum(p.numel() for p in model.parameters())
    print(f"模型 {args.model}，{count:,} 个参数，{args.dtype}，设备 {device}；{how(args, sampling)}")
    ids = encode(tokenizer, args)
    ends = {tokenizer.convert_tokens_to_ids(token) for token in ENDS}
    explainer = Explainer(tokenizer, sampling) if args.explain else None
    if not args.explain:
        print(tokenizer.decode(ids, skip_special_tokens=not args.chat), end="")
    started = time.perf_counter()
    try:
        outcome = write(tokenizer, token_chunks(model, ids, args, sampling, ends, explainer), ends, args)
    except ValueError as error:  # 太长、编号越界、空的停止串
        raise UserError(str(error)) from None
    outcome |= {"prompt_tokens": len(ids), "tokens_per_second": outcome["tokens"] / (time.perf_counter() - started)}
    if args.figure:
        path = output_dir(args.out) / "explain.png"
        save_figure(explainer.figure(), path)
        print(f"已画 {path}")
    return emit_result(outcome)


if __name__ == "__main__":
    run(main)
