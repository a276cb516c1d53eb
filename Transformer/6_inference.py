"""生成：贪心、束搜索、采样、缓存各量一遍，与穷举、与不用缓存的写法比较；写错的各损失多少。

教什么：贪心漏掉什么，束宽各补回多少；长度惩罚、温度、top-k、top-p 各改变什么；缓存省下多少次乘加、占多少内存。
不教什么：速度（`bench.py`）、拿来翻译（`translate.py`）、只有解码器的模型（第 4 章）。
怎么跑：`python Transformer/6_inference.py`（空闲的机器约 1 分钟），`--smoke`（约 5 秒）。
对应笔记：`6_inference.md`。
"""

import itertools
import statistics
from functools import partial
from unittest import mock

import torch
from torch import Tensor

from book import Parser, common_options, emit_result, output_dir, pick_device, run
from Transformer import decoding
from Transformer.attention import PAD
from Transformer.data import BOS, UNK, encode_source, pad
from Transformer.decoding import Hypothesis, beam_search, filter_logits, greedy, sample
from Transformer.layers import LayerCache
from Transformer.short_run import SMOKE, Size, task_for, trained
from Transformer.slow_search import best_first, no_empty_sentence, simple_beam, true_log_probs
from Transformer.transformer import Transformer, count_parameters

SIZE = Size(d_model=64, num_layers=1, steps=600, train=20000, test=400, max_tokens=1024)
LONGEST = 24  # 最多写几个词，含 EOS；答案最长 17 个
# 束搜索的三种写错：开头放 4 份、每步只取 K 个、完成 K 条就停
VERSIONS = {"right": {}, "copies": {"copies": 4}, "children": {"children": 1}, "early": {"early": True}}
WIDTHS, PENALTIES = (1, 2, 4, 8), (0.0, 0.6, 2.0)


class Test:
    """训练好的小模型与测试集：源句的编号从短到长排，answers 是对应的答案。"""

    def __init__(self, size: Size, seed: int):
        # 特意只训练几百步：分布还不太确定，各种搜法才分得出高下
        self.model, _ = trained(size, seed, smoothing=0.0, warmup=100, lr=4e-3)
        source, target = task_for(size).tokenizers
        pairs = [(encode_source(a, source, 128), target.encode(b)) for a, b in task_for(size).test[: size.test]]
        pairs.sort(key=lambda pair: len(pair[0]))
        self.sources, self.answers = [a for a, _ in pairs], [b for _, b in pairs]

    def search(self, function) -> list[Hypothesis]:
        """function(model, 一批源句) 用在全部测试句上，100 句一批。"""
        batches = [pad(self.sources[i : i + 100]) for i in range(0, len(self.sources), 100)]
        return [found for batch in batches for found in function(self.model, batch)]

    def exact(self, found: list[Hypothesis]) -> float:
        return statistics.mean(h.ids == answer for h, answer in zip(found, self.answers))


# ---------------------------------------------------------------- 贪心与束搜索


def part_beams(test: Test) -> dict:
    """束宽 1 到 8（不惩罚长度）：完全匹配率、对数概率、比贪心好的与差的各占几成；错的里面有几成是没搜到。"""
    rows, source, first, was_wrong = [], pad(test.sources), None, None
    answers = true_log_probs(test.model, source, [Hypothesis(ids, 0.0, True) for ids in test.answers])
    for K in WIDTHS:
        found = test.search(partial(beam_search, beam=K, max_length=LONGEST, penalty=0.0))
        scores = [h.log_prob for h in found]
        first = first or scores
        missed = [right > got + 1e-4 for right, got in zip(answers, scores)]  # 答案的分更高，却没有搜到
        wrong = [h.ids != ids for h, ids in zip(found, test.answers)]
        was_wrong = was_wrong or wrong  # 贪心的
        true = true_log_probs(test.model, source, found)
        rows.append(
            {
                "beam": K,
                "exact_match": test.exact(found),
                "log_prob": statistics.mean(scores),
                "better": statistics.mean(a > b + 1e-4 for a, b in zip(scores, first)),
                "worse": statistics.mean(a < b - 1e-4 for a, b in zip(scores, first)),
                "wrong": sum(wrong),
                "mended": sum(before and not now for before, now in zip(was_wrong, wrong)),
                "spoiled": sum(now and not before for before, now in zip(was_wrong, wrong)),
                "search_errors": sum(m and w for m, w in zip(missed, wrong)),
                "score_gap": max(abs(a - b) for a, b in zip(scores, true)),
            }
        )
    return {"beams": rows}


def part_penalty(test: Test) -> dict:
    """长度惩罚：束宽 4 的完全匹配率与平均长度（含 EOS）。"""
    rows = []
    for alpha in PENALTIES:
        found = test.search(partial(beam_search, beam=4, max_length=LONGEST, penalty=alpha))
        length = statistics.mean(len(h.ids) + h.finished for h in found)
        rows.append({"alpha": alpha, "exact_match": test.exact(found), "length": length})
    return {"penalties": rows, "answer_length": statistics.mean(len(ids) + 1 for ids in test.answers)}


def part_simple(test: Test, count: int) -> dict:
    """列表版与成批的比较；三种写错：开头放 K 份、每步只取 K 个、完成 K 条就停。"""
    every, K = max(1, len(test.sources) // count), 4
    rows, answers = test.sources[::every], test.answers[::every]
    batched = beam_search(test.model, pad(rows), K, LONGEST, 0.0)
    results = []
    for name, wrong in VERSIONS.items():
        lists = [simple_beam(test.model, torch.tensor([row]), K, LONGEST, **wrong) for row in rows]
        best = [max(found, key=lambda h: h.log_prob) for found in lists]
        row = {"version": name, "exact_match": statistics.mean(h.ids == ids for h, ids in zip(best, answers))}
        row["log_prob"] = statistics.mean(h.log_prob for h in best)
        row["different"] = statistics.mean(len({tuple(h.ids) for h in found}) for found in lists)
        results.append(row | {"same": statistics.mean(a.ids == b.ids for a, b in zip(best, batched))})
    greedy_log_prob = statistics.mean(h.log_prob for h in greedy(test.model, pad(rows), LONGEST))
    return {"simple": results, "simple_count": len(rows), "simple_greedy_log_prob": greedy_log_prob}


def random_models(count: int) -> list[tuple]:
    """没训练的小模型与一个源句 (1, 5)：9 个词，输出层的权重乘 3，分布尖一点。"""
    made = []
    for seed in range(count):
        torch.manual_seed(seed)
        model = Transformer(9, 9, 16, 2, 1, 32, dropout=0.0, max_length=16).eval()
        model.output.weight.data *= 3
        made.append((model, torch.randint(4, 9, (1, 5))))
    return made


def part_oracle(models: int) -> dict:
    """没训练的小模型，至多 4 步，259 条译文全部列出：最好的有多长；不许空句时，各束宽有几成找到最好的。"""
    every = [list(ids) for n in range(4) for ids in itertools.product(range(UNK, 9), repeat=n)]
    hits, opened, lengths = dict.fromkeys((*WIDTHS, 300, "copies"), 0), [], {alpha: [] for alpha in PENALTIES}
    for model, source in random_models(models):
        scores = true_log_probs(model, source.expand(len(every), -1), [Hypothesis(ids, 0.0, True) for ids in every])
        scored = [Hypothesis(ids, score, True) for ids, score in zip(every, scores)]
        for alpha, found in lengths.items():
            found.append(len(max(scored, key=lambda h: h.score(alpha)).ids) + 1)
        best = max(scored[1:], key=lambda h: h.log_prob)  # 第 0 条是空句
        with mock.patch.object(decoding, "next_log_probs", no_empty_sentence):
            tops = {K: beam_search(model, source, K, 4, 0.0)[0] for K in (*WIDTHS, 300)}
            tops["copies"] = max(simple_beam(model, source, 4, 4, copies=4), key=lambda h: h.log_prob)
            first, count = best_first(model, source, 4)
        assert first.ids == best.ids, "最佳优先搜索与穷举不同"
        opened.append(count)
        for name, top in tops.items():
            hits[name] += top.finished and top.ids == best.ids
    return {
        "candidates": len(every),
        "oracle": [{"beam": K, "found": hits[K] / models} for K in (*WIDTHS, 300)],
        "oracle_copies": hits["copies"] / models,
        "oracle_empty": sum(n == 1 for n in lengths[0.0]),
        "oracle_length": [{"alpha": a, "length": statistics.mean(n)} for a, n in lengths.items()],
        "best_first": {"median": statistics.median(opened), "most": max(opened)},
    }


# ---------------------------------------------------------------- 采样


def filter_too_early(log_probs: Tensor, temperature: float, top_k: int, top_p: float) -> Tensor:
    """错：先按 T = 1 的分布砍，再除以温度。"""
    return (filter_logits(log_probs, 1.0, top_k, top_p).log() / temperature).softmax(-1)


def part_sampling(test: Test, seed: int) -> dict:
    """几种设置各抽一遍：完全匹配率、译文的平均对数概率（按模型原来的分布）。"""
    rows = []
    for T, k, p, wrong in ((1, 0, 1, 0), (0.5, 0, 1, 0), (2, 0, 1, 0), (2, 3, 1, 0), (2, 0, 0.8, 0), (2, 0, 0.8, 1)):
        draw = partial(sample, max_length=LONGEST, temperature=T, top_k=k, top_p=p)
        with mock.patch.object(decoding, "filter_logits", filter_too_early if wrong else filter_logits):
            found = test.search(partial(draw, generator=torch.Generator().manual_seed(seed)))
        row = {"temperature": T, "top_k": k, "top_p": p, "exact_match": test.exact(found)}
        rows.append(row | {"log_prob": statistics.mean(h.log_prob for h in found)})
    return {"sampling": rows[:-1], "top_p_too_early": rows[-1]}


# ---------------------------------------------------------------- 缓存


@torch.inference_mode()
def part_cache_gap(test: Test) -> dict:
    """把同一批答案逐词喂进缓存，与一次喂完比较：隐藏状态最多差多少。"""
    model, target = test.model, pad([[BOS, *ids] for ids in test.answers[:64]])
    (memory, mask), cache = model.encode(pad(test.sources[:64])), model.new_cache()
    full = model.decode(target, memory, mask)  # (B, T, C)
    steps = [model.decode(target[:, t : t + 1], memory, mask, cache) for t in range(target.shape[1])]
    return {"cache_gap": (torch.cat(steps, dim=1) - full)[target != PAD].abs().max().item()}


@torch.inference_mode()
def count_work(S: int, T: int, cached: bool) -> dict:
    """宽 256 的解码器（与 `bench.py` 相同）逐词写 T 个词，一层算了多少个位置、分数、源句的键，缓存占多少字节。"""
    model = Transformer(9, 9, C := 256, num_heads=4, num_layers=1, d_ff=(F := 1024)).eval()
    words, memory = torch.full((1, T), BOS), torch.zeros(1, S, C)
    own, cross, cache = model.decoder[0].self_attention, model.decoder[0].cross_attention, model.new_cache()
    own.keep_weights, counts = True, dict.fromkeys(("positions", "scores", "cross_keys"), 0)

    def count(module, name, size):
        module.register_forward_hook(lambda _, inputs, output: counts.update({name: counts[name] + size(output)}))

    count(own.query, "positions", lambda output: output.shape[1])  # (1, t, C)
    count(own, "scores", lambda output: own.weights[0, 0].numel())  # 权重 (1, H, t, t')
    count(cross.key, "cross_keys", lambda output: output.shape[1])  # (1, S, C)
    for t in range(T):
        model.decode(words[:, t : t + 1] if cached else words[:, : t + 1], memory, None, cache if cached else None)
    weights = counts["positions"] * (6 * C**2 + 2 * C * F + 2 * S * C)  # 式 (6.7)
    counts["multiplications"] = weights + counts["cross_keys"] * 2 * C**2 + counts["scores"] * 2 * C
    if cached:
        stored = (cache[0].self_attention, cache[0].cross_attention)
        counts["bytes"] = sum(4 * (kv.keys.numel() + kv.values.numel()) for kv in stored)
    return counts


def part_work(lengths: tuple[int, ...]) -> dict:
    """源句长 24：用不用缓存各算多少。"""
    rows = []
    for T in lengths:
        cache, full = count_work(24, T, True), count_work(24, T, False)
        row = {"words": T} | {f"cache_{k}": v for k, v in cache.items()} | {f"full_{k}": v for k, v in full.items()}
        rows.append(row | {"ratio": full["multiplications"] / cache["multiplications"]})
    return {"work": rows}


def part_wrong(test: Test) -> dict:
    """两种写错，模型不变：束搜索不重排缓存；贪心忘了缓存里已有几个词，位置总是 0。"""
    source, target = pad(test.sources), test.model.target
    search = partial(beam_search, beam=4, max_length=LONGEST, penalty=0.0)
    right = test.search(search)
    with mock.patch.object(LayerCache, "select"):
        mixed = test.search(search)
    true = true_log_probs(test.model, source, mixed)
    from_zero = partial(type(target).forward, target, start=0)
    with mock.patch.object(target, "forward", lambda tokens, start: from_zero(tokens)):
        still = test.search(partial(greedy, max_length=LONGEST))
    return {
        "not_reordered": test.exact(mixed),
        "not_reordered_changed": statistics.mean(a.ids != b.ids for a, b in zip(right, mixed)),
        "not_reordered_log_prob": statistics.mean(true),
        "not_reordered_false_scores": statistics.mean(abs(h.log_prob - b) > 1e-3 for h, b in zip(mixed, true)),
        "position_forgotten": test.exact(still),
        "position_forgotten_unfinished": statistics.mean(not h.finished for h in still),
    }


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    args = parser.parse_args(argv)
    device = pick_device(args.device)
    output_dir(args.out)
    torch.set_num_threads(1)  # 张量很小，多线程只添等待；求和的次序、从而结果，也不再随核数变
    size = SMOKE if args.smoke else SIZE
    print(f"设备 {device}；这个实验都在 CPU 上跑，float32，训练 {size.steps} 步，种子 {args.seed}")
    test = Test(size, args.seed)
    results: dict = {"parameters": count_parameters(test.model), "steps": size.steps, "test": len(test.answers)}
    parts = [
        lambda: part_beams(test),
        lambda: part_penalty(test),
        lambda: part_simple(test, 5 if args.smoke else 100),
        lambda: part_oracle(3 if args.smoke else 100),
        lambda: part_sampling(test, args.seed),
        lambda: part_cache_gap(test),
        lambda: part_work((4, 8) if args.smoke else (16, 64, 128)),
        lambda: part_wrong(test),
    ]
    for part in parts:
        for name, value in part().items():
            results[name] = value
            for row in value if isinstance(value, list) else [value]:
                print(f"  {name:28s} {f'{row:.6g}' if isinstance(row, float) else row}")
    return emit_result(results)


if __name__ == "__main__":
    run(main)
