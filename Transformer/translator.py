"""从检查点到能用的翻译器：装载、找最新的、翻译、取出注意力。

教什么：一个检查点里要有什么，才能在别处原样用起来：权重、配方、两个词表。
不教什么：训练（`train.py`）、生成的算法（`decoding.py`）。
对应笔记：`6_inference.md`。
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from book import CheckpointError, load_state, repository_root
from Transformer.data import BOS, EOS, UNK, encode_source, tokenizer_from
from Transformer.decoding import Hypothesis, beam_search, greedy
from Transformer.recipes import Recipe, model_from
from Transformer.transformer import Transformer


@dataclass(frozen=True)
class Translator:
    """一个训练好的模型与它的两个词表。"""

    path: Path
    task: str
    model: Transformer
    source: object
    target: object

    def hypotheses(self, text: str, beam: int = 1) -> list[Hypothesis]:
        """一句的译文，最好的在前；beam=1 是贪心，只有一条。"""
        tokens = torch.tensor([encode_source(text, self.source, self.model.max_length)])
        tokens = tokens.to(self.model.output.weight.device)
        return greedy(self.model, tokens) if beam == 1 else beam_search(self.model, tokens, beam)

    @torch.inference_mode()
    def attention(self, text: str, ids: list[int]) -> dict[str, Tensor]:
        """把译文 ids 再喂一遍，取出每个注意力的权重 (H, T, S)，按名字：`decoder.0.cross_attention` 等。"""
        modules = self.model.attentions()
        device = self.model.output.weight.device
        source = torch.tensor([encode_source(text, self.source, self.model.max_length)], device=device)
        ids = ids[: self.model.max_length - 1]  # 没停下来的译文占满了位置表，加上 BOS 就多一个
        for module in modules.values():
            module.keep_weights = True
        self.model(source, torch.tensor([[BOS, *ids]], device=device))
        for module in modules.values():
            module.keep_weights = False
        return {name: module.weights[0].cpu() for name, module in modules.items()}

    def unknown(self, text: str) -> list[str]:
        """源词表里没有的字：模型看到的都是 <unk>。"""
        return sorted({c for c in text if UNK in self.source.encode(c)})

    def labels(self, text: str, ids: list[int]) -> tuple[list[str], list[str]]:
        """热力图两边的字：源句的词元，与每一步要写出的词元（含 <eos>）。"""
        source = encode_source(text, self.source, self.model.max_length)
        return self.source.tokens(source), self.target.tokens([*ids, EOS])


def load_translator(path: Path, device) -> Translator:
    """检查点 -> Translator；别处的检查点、词表与权重对不上，都是 CheckpointError。"""
    state = load_state(path)
    if state.get("chapter") != "Transformer":
        raise CheckpointError(f"{path} 不是 Transformer/train.py 的检查点；换一个 --checkpoint")
    source, target = map(tokenizer_from, state["tokenizers"])
    model = model_from(Recipe(**state["recipe"]), len(source), len(target), state["joint"])
    try:
        model.load_state_dict(state["model"])
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise CheckpointError(f"{path} 的权重与它的词表或配方对不上（{reason}）；文件被改过，重新训练一个") from None
    return Translator(path, state["task"], model.to(device).eval(), source, target)


def find_translator(checkpoint: Path | None, device, out: Path, seed: int = 0) -> Translator:
    """--checkpoint 指的，否则 outputs/ 里本章（含 make tour）最新的成品，否则现训练一个冒烟用的。"""
    if checkpoint is not None:
        return load_translator(checkpoint, device)
    outputs = repository_root() / "outputs"
    files = [f for place in ("Transformer", "tour/Transformer") for f in (outputs / place).rglob("model.safetensors")]
    files = [f for f in files if not f.parent.name.startswith("smoke")]  # 冒烟的译文没有意义
    for path in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            return load_translator(path, device)
        except CheckpointError as error:
            print(f"跳过：{error}")
    from Transformer import train

    print("outputs/ 里没有本章可用的检查点：现训练一个冒烟用的，译文没有意义；先跑 python Transformer/train.py")
    train.main(["--smoke", "--seed", str(seed), "--device", str(device), "--out", str(out / "smoke")])
    return load_translator(out / "smoke" / "model.safetensors", device)
