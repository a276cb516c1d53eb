"""服务的模型与训练的模型是不是同一个：llama.cpp 与 PyTorch 逐个词元比。

教什么：两边喂同样的词元，比每个位置的第一名、对数概率，比贪心写到第几步分开；分开的地方看 PyTorch 的前两名差多少 nat，
差得极少只是舍入不同，差得多就是导出错了（名字、缩放、归一化的 1）。
不教什么：怎样导出（`export.py`）；答得好不好（`assistant/scoring.py`）。
怎么跑：`python TrainAndFinetune/export.py --adapter 文件夹 --check`；没有自己的命令行。
对应笔记：`assistant.md`「导出」。

llama.cpp 的接口只给生成的位置的概率，不给提示里的；所以标准答案是一个词元一个词元喂的，前文在缓存里，每次只多算一个。
"""

import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from tqdm import tqdm

from book import UserError
from TrainAndFinetune.export_gguf import FILE_TYPES, write_merged
from TrainAndFinetune.serving.engine import Engine, EngineConfig

WIDTH = 8  # 每个位置要几个候选的对数概率
EOS = 1  # <eos>，Gemma 的与小模型的同一个编号


@dataclass(frozen=True)
class Case:
    """一道题：提示的词元，标准答案的词元（连同结尾的 <end_of_turn>）。"""

    prompt: list[int]
    answer: list[int]


@dataclass(frozen=True)
class Served:
    """llama.cpp 对一道题：forced[k] 是标准答案第 k 个位置的候选 [(词元, 对数概率)]，从大到小；written 是贪心续写的。"""

    forced: list[list[tuple[int, float]]]
    written: list[int]


def dialogue_cases(tokenizer, count: int, seed: int) -> list[Case]:
    """助手的开发集，各种能力轮流出，一共 count 道；多轮的对话比最后一个答案。"""
    from TrainAndFinetune.assistant.make import ABILITIES, make_dialogues
    from TrainAndFinetune.tuning.chat import IGNORE, encode_example

    cases = []
    for place, ability in enumerate(ABILITIES):
        share = len(range(place, count, len(ABILITIES)))
        for row in make_dialogues("dev", ability, share, seed):
            example = encode_example(tokenizer, row["messages"], row.get("tools"))
            start = max(i for i, label in enumerate(example.labels) if label == IGNORE) + 1
            cases.append(Case(example.ids[:start], example.ids[start:]))
    return cases


# region served
@contextmanager
def serving(model: Path, adapter: Path | None, context: int):
    """`with serving(...) as http`：与 serve.py 同样设置的 llama.cpp，一次只算一个请求。"""
    import httpx

    engine = Engine(EngineConfig(model, adapter=adapter, context=context, parallel=1))
    with httpx.Client(base_url=engine.url, headers=engine.headers, timeout=None, trust_env=False) as http:
        yield http


def complete(http, ids: list[int], tokens: int, **options) -> dict:
    """接着 ids 贪心写最多 tokens 个词元，llama.cpp 的回答。"""
    body = {"prompt": ids, "n_predict": tokens, "temperature": 0, "cache_prompt": True, "return_tokens": True}
    reply = http.post("/completion", json=body | options)
    if reply.is_error:
        raise UserError(f"llama.cpp 不肯续写 {len(ids)} 个词元的提示：{reply.text[:200]}")
    return reply.json()


def candidates(http, ids: list[int], width: int) -> list[tuple[int, float]]:
    """下一个词元的前 width 名：[(词元, 对数概率)]，从大到小。

    偏置逼它写 <eos>：回答里的概率取自偏置之前的 logits，不受影响；让它自己挑，挑到半个汉字（字节词元）时它不给概率。
    """
    (step,) = complete(http, ids, 1, n_probs=width, logit_bias=[[EOS, 1000]])["completion_probabilities"]
    return [(top["id"], top["logprob"]) for top in step["top_logprobs"]]


def ask(model: Path, adapter: Path | None, cases: list[Case], steps: int, width: int = WIDTH) -> list[Served]:
    """每道题：先贪心续写 steps 步，再把标准答案逐个词元喂进去。"""
    longest = max(len(case.prompt) + max(len(case.answer), steps) for case in cases) + 1
    answers = []
    with serving(model, adapter, longest) as http:
        for case in tqdm(cases, desc=f"llama.cpp {model.stem}", unit="题"):
            written = complete(http, case.prompt, steps)["tokens"]
            places = range(len(case.answer))
            forced = [candidates(http, case.prompt + case.answer[:k], width) for k in places]
            answers.append(Served(forced, written))
    return answers


# endregion


# region agreement
@torch.no_grad()
def next_logits(model, prompt: list[int], written: list[int]) -> torch.Tensor:
    """PyTorch 在 written 的每个位置上的 logits：(T, V)，第 t 行看过 prompt 与 written 的前 t 个。"""
    ids = torch.tensor([prompt + written[:-1]])
    return model(input_ids=ids, logits_to_keep=len(written)).logits[0].float()


def differences(logits: torch.Tensor, chosen: list[int]) -> list[tuple[int, float, float]]:
    """第一名不是 chosen 的位置：(第几个, 前两名差多少 nat, 第一名与 chosen 差多少 nat)。

    >>> differences(torch.tensor([[0.0, 2.0, 1.5], [3.0, 0.0, 1.0]]), [2, 0])
    [(0, 0.5, 0.5)]
    """
    best = logits.topk(2).values  # (T, V) -> (T, 2)
    gaps = best[:, 0] - logits[torch.arange(len(chosen)), chosen]
    margins = best[:, 0] - best[:, 1]
    return [(t, margins[t].item(), gaps[t].item()) for t in range(len(chosen)) if gaps[t] > 0]


@dataclass
class Tally:
    """一种导出的账。"""

    positions: int = 0
    differing: list[tuple] = field(default_factory=list)  # 标准答案上第一名不同的位置
    diverged: list[tuple] = field(default_factory=list)  # 每道题贪心写到哪一步分开
    errors: list[torch.Tensor] = field(default_factory=list)  # 对数概率的差

    def add(self, case: Case, served: Served, logits_of: Callable) -> None:
        """记一道题；logits_of(词元) 给 PyTorch 的 logits。"""
        logits = logits_of(case.answer)
        self.positions += len(case.answer)
        self.differing += differences(logits, [top[0][0] for top in served.forced])
        ids, logprobs = torch.tensor(served.forced, dtype=torch.float64).unbind(-1)  # (T, K, 2) -> 两个 (T, K)
        self.errors.append((logits.log_softmax(-1).gather(1, ids.long()) - logprobs).abs().flatten())
        # 前面都相同，就是同一段前文：把 llama.cpp 写的喂给 PyTorch，第一个不同的位置就是分开的那一步
        self.diverged += differences(logits_of(served.written), served.written)[:1]

    def summary(self) -> dict:
        """RESULT 里的数；margin 与 gap 的单位是 nat，没有不同的位置就是 0。"""

        def largest(rows: list[tuple], column: int) -> float:
            return max((row[column] for row in rows), default=0.0)

        errors = torch.cat(self.errors)
        return {
            "positions": self.positions,
            "top1": 1 - len(self.differing) / self.positions,
            "margin": largest(self.differing, 1),
            "gap": largest(self.differing, 2),
            "logprob_mean": errors.mean().item(),
            "logprob_max": errors.max().item(),
            "diverged": len(self.diverged),
            "first_step": min((row[0] for row in self.diverged), default=None),
            "diverged_margin": largest(self.diverged, 1),
            "diverged_gap": largest(self.diverged, 2),
        }


def agreement(model, cases: list[Case], served: dict[str, list[Served]]) -> dict[str, dict]:
    """每种导出与 PyTorch 有多一致；model 是 float32、装着 adapter 的。同一段词元 PyTorch 只算一次。"""
    tallies = {name: Tally() for name in served}
    for i, case in enumerate(tqdm(cases, desc="PyTorch", unit="题")):
        seen: dict[tuple, torch.Tensor] = {}

        def logits_of(written: list[int], case=case, seen=seen) -> torch.Tensor:
            key = tuple(written)
            if key not in seen:
                seen[key] = next_logits(model, case.prompt, written)
            return seen[key]

        for name, tally in tallies.items():
            tally.add(case, served[name][i], logits_of)
    return {name: tally.summary() for name, tally in tallies.items()}


# endregion


def check(model, base: Path, adapter: Path, cases: list[Case], steps: int) -> dict:
    """合并后的 f16、q8_0、q4_0，与服务用的基座加 adapter，各与 PyTorch 比一遍；合并的文件比完就删。"""
    served = {}
    with tempfile.TemporaryDirectory(prefix=".check-", dir=adapter.parent) as work:
        for kind in FILE_TYPES:
            path = write_merged(model, base, Path(work) / f"{kind}.gguf", kind)
            served[kind] = ask(path, None, cases, steps)
            path.unlink()
    served["adapter"] = ask(base, adapter, cases, steps)
    result = agreement(model, cases, served)
    for name, row in result.items():
        print(
            f"{name:8} 第一名相同 {row['top1']:.2%}（{row['positions']} 个位置），不同处差 {row['margin']:.3f} nat；"
            f"对数概率平均差 {row['logprob_mean']:.4f}；"
            f"贪心分开 {row['diverged']} 题，分开处差 {row['diverged_margin']:.3f} nat"
        )
    return result
