"""peft：每种方法用库做一遍，与我们的逐项相等；它多给了什么，在这套版本上有什么不对。

教什么：同样的初始值、同样的批，训练一整段的损失逐步相同；文件两边互换；合并、拆开、混用；带前缀的生成。
不教什么：peft 里别的几十种方法。
怎么跑：`python TrainAndFinetune/7_peft.py`（两核约 1 分钟），`--smoke`（8 秒）。要 `pip install peft`。
      `--seed` 换 adapter 的初始值；只打印，不写文件，`--out` 用不着。
对应笔记：`7_peft.md`。
"""

import copy
import tempfile
import warnings
from pathlib import Path

import torch
from safetensors.torch import load_file

from book import Parser, UserError, common_options, emit_result, run, seeded
from TrainAndFinetune.methods import (
    LINEARS,
    adapter_rows,
    add_ia3,
    add_lora,
    add_prefix,
    add_prompt,
    load_adapter,
    merge,
    own_parameters,
    save_adapter,
    unmerge,
)
from TrainAndFinetune.methods.toy import LENGTH, answer_logits, batch, load_toy

OURS = {  # 每一个：(基座的副本, 种子) -> 装好的模型
    "lora": lambda model, seed: add_lora(model, 4, 8, seed=seed),
    "rslora": lambda model, seed: add_lora(model, 4, 8, rslora=True, seed=seed),
    "dora": lambda model, seed: add_lora(model, 4, 8, dora=True, seed=seed),
    "ia3": lambda model, _: add_ia3(model),  # 都从 1 开始，没有随机数
    "prefix": lambda model, seed: add_prefix(model, 8, "random", seed),
    "prompt": lambda model, seed: add_prompt(model, 8, "random", seed),
}


def library():
    """导入 peft；没有装就说怎么装。"""
    try:
        import peft
    except ImportError:
        raise UserError("7_peft.py 要 peft；pip install peft") from None
    return peft


# region configs
def peft_config(peft, name: str):
    """与 OURS 同样的设置，peft 的写法。"""
    lora = {"r": 4, "lora_alpha": 8, "target_modules": list(LINEARS), "task_type": "CAUSAL_LM"}
    makers = {
        "lora": lambda: peft.LoraConfig(**lora),
        "rslora": lambda: peft.LoraConfig(**lora, use_rslora=True),
        "dora": lambda: peft.LoraConfig(**lora, use_dora=True),
        "ia3": lambda: peft.IA3Config(
            target_modules=["k_proj", "v_proj", "down_proj"], feedforward_modules=["down_proj"], task_type="CAUSAL_LM"
        ),
        "prefix": lambda: peft.PrefixTuningConfig(num_virtual_tokens=8, task_type="CAUSAL_LM"),
        "prompt": lambda: peft.PromptTuningConfig(num_virtual_tokens=8, task_type="CAUSAL_LM"),
    }
    return makers[name]()


# endregion


def both(peft, base, name: str, seed: int = 0):
    """同样的初始值的两个模型：(我们的, peft 的)，都能训练。peft 的照 peft_config 新建，再读进我们存的值。"""
    ours = OURS[name](copy.deepcopy(base), seed)
    theirs = peft.get_peft_model(copy.deepcopy(base), peft_config(peft, name))
    with tempfile.TemporaryDirectory() as folder:
        values = load_file(save_adapter(ours, Path(folder)) / "adapter_model.safetensors")
    # 不用 from_pretrained：它照文件里的设置建模型，peft_config 写错了也看不出；软提示它还不让接着训练
    extra = set(peft.set_peft_model_state_dict(theirs, values).unexpected_keys) - {"prompt_embeddings"}  # 软提示另装
    if extra:
        raise UserError(f"{name}：peft 的模型里没有 {min(extra)}；peft_config 与 OURS 要改同样的层")
    return ours, theirs


def loss_of(model, ids: torch.Tensor) -> torch.Tensor:
    """只用 `model(...)`：peft 的前缀与提示只在最外层的 forward 里接上。"""
    logits = model(input_ids=ids[:, :-1]).logits[:, -LENGTH:]  # (B, T - 1, V) -> (B, 6, V)
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, -LENGTH:].flatten())


def train(model, steps: int, lr: float) -> list[float]:
    """训练一段，返回每步的损失。"""
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=lr, weight_decay=0.0)
    losses = []
    for step in range(steps):
        loss = loss_of(model.train(), batch("compose", 32, seeded("peft", step)))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def part_training(peft, base, steps: int, seed: int = 0) -> dict:
    """每种方法：参数个数、训练一段的损失逐步差多少、第一步到最后一步。"""
    result = {}
    for name in OURS:
        ours, theirs = both(peft, base, name, seed)
        count, other = (sum(p.numel() for p in m.parameters() if p.requires_grad) for m in (ours, theirs))
        mine, library_losses = (train(model, steps, 1e-2) for model in (ours, theirs))
        gap = max(abs(a - b) for a, b in zip(mine, library_losses))
        result[name] = {"parameters": count, "peft_parameters": other, "gap": gap, "first": mine[0], "last": mine[-1]}
        print(
            f"  {name:<8} {count:>6,} / {other:>6,} 个参数  损失 {mine[0]:.3f} → {mine[-1]:.3f}  逐步最多差 {gap:.2g}"
        )
    return result


def part_files(peft, base) -> dict:
    """一份 LoRA：我们存，peft 读；peft 存，我们读。文件里有什么。"""
    with tempfile.TemporaryDirectory() as name:
        first, second = Path(name) / "ours", Path(name) / "peft"
        model = add_lora(copy.deepcopy(base), 4, 8)
        scramble(model)
        save_adapter(model, first)
        theirs = peft.PeftModel.from_pretrained(copy.deepcopy(base), first).eval()
        theirs.save_pretrained(second)
        back = load_adapter(copy.deepcopy(base), second)
        ids = batch("compose", 16, seeded("files"))
        with torch.no_grad():
            mine = answer_logits(model, ids)
            others = (theirs(input_ids=ids[:, :-1]).logits[:, -LENGTH:], answer_logits(back, ids))
            gaps = [(mine - other).abs().max().item() for other in others]
        weights = [folder / "adapter_model.safetensors" for folder in (first, second)]
        sizes = {f"{path.parent.name}_bytes": path.stat().st_size for path in weights}
        keys = sorted(load_file(weights[0]))
    print(f"  键：{keys[0]} 等 {len(keys)} 个；{sizes['ours_bytes']:,} 字节")
    print(f"  我们存 peft 读，差 {gaps[0]:.2g}；peft 存我们读，差 {gaps[1]:.2g}")
    return {"keys": len(keys), "to_peft": gaps[0], "from_peft": gaps[1]} | sizes


def scramble(model, size: float = 0.05) -> None:
    """adapter 加上随机数：初始值是空操作，比不出什么。"""
    with torch.no_grad():
        for name, parameter in own_parameters(model).items():
            parameter.add_(size * torch.randn(parameter.shape, generator=seeded("scramble", name)))


def part_merge(peft, base) -> dict:
    """bf16 的基座：合并再拆开，有多少个权重与原来不同。"""
    ours = add_lora(copy.deepcopy(base).bfloat16(), 4, 8)
    scramble(ours)
    with tempfile.TemporaryDirectory() as folder:
        theirs = peft.PeftModel.from_pretrained(copy.deepcopy(base).bfloat16(), save_adapter(ours, Path(folder)))
    merge(ours)
    unmerge(ours)
    theirs.merge_adapter()
    theirs.unmerge_adapter()
    before = {n: p for n, p in copy.deepcopy(base).bfloat16().named_parameters() if n.split(".")[-2] in LINEARS}
    total = sum(p.numel() for p in before.values())
    result = {}
    for name, model, path in (("ours", ours, "{}"), ("peft", theirs, "base_model.model.{}")):
        now = {n: model.get_parameter(path.format(n.replace(".weight", ".base_layer.weight"))) for n in before}
        result[name] = sum((now[n] != before[n]).sum().item() for n in before) / total
    print(f"  合并再拆开之后变了的权重：我们 {result['ours']:.1%}，peft {result['peft']:.1%}")
    return result


@torch.no_grad()
def part_mixed(peft, base) -> dict:
    """一批三行：adapter a、adapter b、基座，两边各怎样写。"""
    ours = add_lora(copy.deepcopy(base), 4, 8, name="a")
    add_lora(ours, 4, 8, name="b", seed=1)
    scramble(ours)
    ids = batch("compose", 3, seeded("mixed"))
    with tempfile.TemporaryDirectory() as folder:
        save_adapter(ours, Path(folder) / "a", "a")
        save_adapter(ours, Path(folder) / "b", "b")
        theirs = peft.PeftModel.from_pretrained(copy.deepcopy(base), Path(folder) / "a", adapter_name="a")
        theirs.load_adapter(Path(folder) / "b", adapter_name="b")
    with adapter_rows(ours, ["a", "b", None]):
        mine = ours(input_ids=ids).logits
    other = theirs.eval()(input_ids=ids, adapter_names=["a", "b", "__base__"]).logits
    gap = (mine - other).abs().max().item()
    print(f"  混用的一批，差 {gap:.2g}")
    return {"gap": gap}


def greedy(forward, ids: torch.Tensor, count: int) -> torch.Tensor:
    """不用缓存，每步整句重算：慢，但没有位置可以算错。"""
    for _ in range(count):
        ids = torch.cat([ids, forward(input_ids=ids).logits[:, -1:].argmax(-1)], dim=1)
    return ids


def part_generate(peft, base, steps: int, seed: int = 0) -> dict:
    """训练好的前缀与提示写 6 个符号：generate 与每步重算相同的题占多少。"""
    result = {}
    for name in ("lora", "prefix", "prompt"):
        ours, theirs = both(peft, base, name, seed)
        losses = [train(model, steps, 3e-2) for model in (ours, theirs)]
        ours, theirs = ours.eval(), theirs.eval()
        ids, row = batch("compose", 64, seeded("generate"))[:, :-LENGTH], {"loss": losses[0][-1]}
        options = {"max_new_tokens": LENGTH, "do_sample": False, "eos_token_id": None}
        for who, model, cached in (("ours", ours, True), ("peft", theirs, True), ("peft_no_cache", theirs, False)):
            with torch.no_grad():
                expected = greedy(model, ids, LENGTH)
                written = model.generate(input_ids=ids, use_cache=cached, **options)
            row[who] = (written == expected).all(1).float().mean().item()
        result[name] = row
        print(
            f"  {name:<7} generate 与每步重算相同：" + "，".join(f"{k} {v:.3f}" for k, v in row.items() if k != "loss")
        )
    return result


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    if args.device not in ("auto", "cpu"):
        raise UserError(f"--device {args.device}：两边要逐位比较，只在 CPU 上跑；去掉 --device")
    warnings.simplefilter("ignore")
    peft, base, steps = library(), load_toy(), 2 if args.smoke else 60
    total = sum(p.numel() for p in base.parameters())
    print(f"peft {peft.__version__}，小基座 {total:,} 个参数，cpu，float32，{steps} 步")
    parts = {
        "training": lambda: part_training(peft, base, steps, args.seed),
        "files": lambda: part_files(peft, base),
        "merge": lambda: part_merge(peft, base),
        "mixed": lambda: part_mixed(peft, base),
        "generate": lambda: part_generate(peft, base, steps, args.seed),
    }
    result = {"steps": steps}
    for name, part in parts.items():
        print(f"{name}：")
        result[name] = part()
    return emit_result(result)


if __name__ == "__main__":
    run(main)
