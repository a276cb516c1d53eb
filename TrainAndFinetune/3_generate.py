"""生成的实验：在 270M 的模型上与 transformers 比较写出的词元，量各种写错的损失、投机解码猜中几个。

教什么：怎样证明自己的生成写对了；每种写错的损失各是多少。
不教什么：速度（`bench_generate.py`）；拿来写字（`generate.py`）。
怎么跑：
  python TrainAndFinetune/3_generate.py            8 个提示，两核约 2 分钟
  python TrainAndFinetune/3_generate.py --full     50 个提示，两核空闲时约 15 分钟；笔记里的数是它的
  python TrainAndFinetune/3_generate.py --smoke    随机的小模型，10 秒，数字没有意义
断了就加 --resume 接着算。对应笔记：`3_generate.md`。内存约 3 GB。
"""

import statistics
from dataclasses import asdict
from functools import partial

import torch

from book import Parser, UserError, common_options, emit_result, output_dir, run, seeded
from TrainAndFinetune.base import load_base, tiny_model
from TrainAndFinetune.decoding import measures
from TrainAndFinetune.decoding.beams import BeamOptions, beam_search
from TrainAndFinetune.decoding.explain import ascii_label, explain_step
from TrainAndFinetune.decoding.filters import Sampling
from TrainAndFinetune.decoding.kv_cache import bytes_per_token
from TrainAndFinetune.decoding.ledger import Ledger
from TrainAndFinetune.decoding.loop import generate, generate_batch, stream
from TrainAndFinetune.decoding.prompts50 import PROMPTS
from TrainAndFinetune.decoding.speculative import Lookup, speculate
from TrainAndFinetune.decoding.text import TextStream, TokenBytes

BEAMS, BATCH = 4, 10
FEWER = 5  # 慢的几项每 5 个提示取一个
# 抄得多的任务：答案的大半就在提示里
COPYING = (
    "原文：岚山书店周一到周五早上九点开门，晚上八点关门，周末晚一个小时关门。\n抄一遍：岚山书店周一",
    "def area(width, height):\n    return width * height\n\n# The same function, again\ndef area(width,",
    "apple, banana, cherry, apple, banana, cherry, apple, banana, cherry,",
    "Text: The old bridge was built in 1887 and closed in 1954.\nThe same text again: The old bridge was",
    '{"name": "Li Lei", "city": "Nanjing"}\n{"name": "Han Mei", "city": "Suzhou"}\n{"name": "Lin Tao", "city":',
)


def library(model, prompt: list[int], count: int, **options) -> list[int]:
    """transformers 的 generate 写的新词元；不停，写满 count 个。"""
    ids = torch.tensor([prompt])
    mask, common = torch.ones_like(ids), {"do_sample": False, "eos_token_id": None, "pad_token_id": 0}
    out = model.generate(ids, attention_mask=mask, max_new_tokens=count, **common, **options)
    return out[0, len(prompt) :].tolist()


def with_end(model, prompt: list[int], count: int, ends: list[int]) -> list[int]:
    """transformers 的束搜索，遇到 ends 就算写完；去掉补在后面的填充。"""
    ids = torch.tensor([prompt])
    options = {"num_beams": BEAMS, "do_sample": False, "eos_token_id": ends, "pad_token_id": 0}
    out = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=count, **options)
    tokens = out[0, len(prompt) :].tolist()
    while tokens and tokens[-1] == 0:
        tokens.pop()
    return tokens


def same(left: list[list[int]], right: list[list[int]]) -> float:
    return statistics.mean(a == b for a, b in zip(left, right))


def part_parity(
    model, ledger: Ledger, prompts: list[list[int]], count: int, ends: list[int]
) -> tuple[dict, list[list[int]]]:
    """写出的词元与 transformers 相同的比例：贪心、束搜索；不用缓存、投机解码、成批的与自己的贪心相同的比例。"""
    greedy = ledger.each("greedy", partial(generate, model, max_new_tokens=count), prompts)
    theirs = ledger.each("transformers greedy", partial(library, model, count=count), prompts)
    options = BeamOptions(BEAMS)
    beams = ledger.each("beams", lambda p: beam_search(model, p, count // 2, options, ends)[0].ids, prompts)
    beams_theirs = ledger.each("transformers beams", partial(with_end, model, count=count // 2, ends=ends), prompts)
    full = ledger.each(
        "no cache", partial(generate, model, max_new_tokens=count // 2, use_cache=False), prompts[::FEWER]
    )
    batches = [prompts[i : i + BATCH] for i in range(0, len(prompts), BATCH)]
    batched = sum(ledger.each("batch", lambda b: generate_batch(model, b, count), batches), [])
    return {
        "prompts": len(prompts),
        "new_tokens": count,
        "beams": BEAMS,
        "beam_tokens": count // 2,
        "greedy_same": same(greedy, theirs),
        "beams_same": same(beams, beams_theirs),
        "beams_beat_greedy": statistics.mean(b != g[: len(b)] for b, g in zip(beams, greedy)),
        "no_cache_prompts": len(full),
        "no_cache_same": same(full, [row[: count // 2] for row in greedy[::FEWER]]),
        "batch_same": same(batched, greedy),
    }, greedy


def part_speculative(
    model, ledger: Ledger, prompts: list[list[int]], greedy: list[list[int]], copying: list[list[int]]
) -> dict:
    """投机解码：与贪心相同的比例；每次前向写定几个词元，普通的提示与抄得多的提示。"""
    count, rows = len(greedy[0]), {}
    for name, group in (("plain", prompts), ("copying", copying)):
        chunks = ledger.each(f"lookup {name}", lambda p: list(speculate(model, p, count, options=Lookup())), group)
        rows[name] = [[token for chunk in row for token in chunk] for row in chunks]
        rows[f"{name}_forwards"] = sum(map(len, chunks))
    plain = ledger.each("greedy copying", partial(generate, model, max_new_tokens=count), copying)
    return {
        "lookup_same": same(rows["plain"], greedy),
        "lookup_copying_same": same(rows["copying"], plain),
        "lookup_tokens_per_forward": count * len(prompts) / rows["plain_forwards"],
        "lookup_copying_tokens_per_forward": count * len(copying) / rows["copying_forwards"],
    }


def part_penalty(model, ledger: Ledger, copying: list[list[int]], count: int, penalty: float = 1.3) -> dict:
    """抄写时加重复惩罚：写出的与不加的，开头相同的占几成。"""
    plain = ledger.each("greedy copying", partial(generate, model, max_new_tokens=count), copying)
    punished = Sampling(repetition_penalty=penalty)
    other = ledger.each("penalty", lambda p: generate(model, p, count, punished), copying)
    shared = [next((i for i in range(count) if a[i] != b[i]), count) for a, b in zip(plain, other)]
    return {"penalty_copy_prefix": statistics.mean(shared) / count, "penalty_copy_same": same(plain, other)}


def pieces_of(tokenizer, rows: list[list[int]]) -> list[list[str]]:
    """每段续写切成一个词元一段的文字（半个字并到后面）。"""
    texts = []
    for row in rows:
        text = TextStream(tokenizer)
        texts.append([text.push(token) for token in row] + [text.finish()])
    return texts


def part_explain(model, tokenizer, prompt: list[int], steps: int, seed: int) -> dict:
    """--explain 的前几步，给图用：候选的名字、抽中的、每道过滤之后的概率。"""
    sampling, found, names = Sampling(0.7, 20, 0.9, repetition_penalty=1.2), [], TokenBytes(tokenizer)

    def watch(logits: torch.Tensor, ids: list[int]) -> None:
        found.append(explain_step(logits, sampling, ids))

    chosen = list(stream(model, prompt, steps, sampling, (), seeded(seed, "explain"), watch=watch))
    rows = [asdict(step) | {"chosen": token} for step, token in zip(found, chosen)]
    for row in rows:
        row["labels"] = [ascii_label(names(t).decode("utf-8", errors="replace"), t) for t in row["candidates"]]
    return {"explain": rows}


def load(smoke: bool, seed: int):
    """(模型, 分词器)；冒烟用随机的小模型。"""
    if not smoke:
        return load_base()
    from TrainAndFinetune.small.loading import train_tokenizer

    tokenizer = train_tokenizer(PROMPTS, 300)
    return tiny_model(seed, vocab_size=len(tokenizer), layer_types=["sliding_attention", "full_attention"]), tokenizer


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    parser.add_argument("--full", action="store_true", help="50 个提示，各写 16 个词元，默认 8 个提示")
    parser.add_argument("--resume", action="store_true", help="接着 --out 里断掉的那一次算，默认从头算")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    if args.device not in ("auto", "cpu"):
        raise UserError(f"--device {args.device}：这个实验比较 float32 的每一位，只在 CPU 上跑；去掉 --device")
    count = 8 if args.smoke else 16
    settings = {"full": args.full, "smoke": args.smoke, "seed": args.seed, "tokens": count}
    ledger = Ledger(output_dir(args.out) / "rows.json", settings, args.resume)
    model, tokenizer = load(args.smoke, args.seed)
    print(f"{sum(p.numel() for p in model.parameters()):,} 个参数，float32，CPU，{torch.get_num_threads()} 个线程")
    texts = PROMPTS if args.full else PROMPTS[:: 17 if args.smoke else 7]
    prompts = [[tokenizer.bos_token_id, *tokenizer.encode(text, add_special_tokens=False)] for text in texts]
    copying = [
        [tokenizer.bos_token_id, *tokenizer.encode(text, add_special_tokens=False)]
        for text in COPYING[: 2 if args.smoke else None]
    ]
    ends = [tokenizer.convert_tokens_to_ids(token) for token in ("<eos>", "<end_of_turn>")]
    result, greedy = part_parity(model, ledger, prompts, count, ends)
    few, few_greedy = prompts[::FEWER], greedy[::FEWER]
    result |= part_speculative(model, ledger, few, few_greedy, copying)
    result |= part_penalty(model, ledger, copying, len(greedy[0]))
    logits = measures.first_logits(model, prompts)
    result |= measures.compare_filters(logits)
    result |= measures.compare_draws(logits.repeat(3, 1)[:8], 300 if args.smoke else 5000, args.seed)
    result |= measures.compare_order(logits)
    result |= measures.compare_penalties(logits, prompts)
    pairs = list(zip(few, few_greedy))
    result |= measures.summarize_sessions(ledger.each("wrong", lambda p: measures.session_row(model, *p), pairs))
    result |= measures.compare_padding(model, prompts, logits, BATCH)
    result |= measures.compare_stops(pieces_of(tokenizer, greedy), 4)
    result |= {"cache_bytes_per_token": bytes_per_token(model.config), "vocab": model.config.vocab_size}
    sample = [tokenizer.bos_token_id, *tokenizer.encode("The capital of France is", add_special_tokens=False)]
    result |= part_explain(model, tokenizer, sample, 3, args.seed)
    model.bfloat16()  # 最后做：权重舍入以后回不去
    bf16 = ledger.each("bf16", partial(generate, model, max_new_tokens=len(greedy[0])), prompts[::2])
    result |= {"bf16_same": same(bf16, greedy[::2]), "bf16_prompts": len(bf16)}
    for name, value in result.items():
        print(f"{name:36s} {value}" if not isinstance(value, list) else "\n  ".join([name, *map(str, value)]))
    return emit_result(result)


if __name__ == "__main__":
    run(main)
