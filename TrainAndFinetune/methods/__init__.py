"""微调的各种方法，每一种都从零写：就地装到 transformers 的 Gemma3ForCausalLM 上，默认冻结基座。

from TrainAndFinetune.methods import add_lora, trainable, save_adapter
add_lora(model, rank=8)
optimizer = torch.optim.AdamW(trainable(model).values(), lr=2e-4)
save_adapter(model, "outputs/my-adapter")
"""

from torch import nn

from TrainAndFinetune.methods.adapter import add_adapter
from TrainAndFinetune.methods.counts import COUNTS, training_bytes
from TrainAndFinetune.methods.ia3 import add_ia3
from TrainAndFinetune.methods.inject import LINEARS, freeze, own_parameters, trainable
from TrainAndFinetune.methods.lora import LoRAConfig, LoRALinear, add_lora
from TrainAndFinetune.methods.norms import train_norms
from TrainAndFinetune.methods.prefix import add_prefix
from TrainAndFinetune.methods.prompt import add_prompt
from TrainAndFinetune.methods.quantized import add_quantized_lora, quantize_base
from TrainAndFinetune.methods.saving import load_adapter, save_adapter
from TrainAndFinetune.methods.switching import (
    adapter_rows,
    delete_adapter,
    disabled,
    merge,
    set_adapter,
    unload,
    unmerge,
)


def train_all(model: nn.Module) -> nn.Module:
    """全参数微调：每个参数都训练。"""
    return model.requires_grad_(True)


METHODS = {
    "full": train_all,
    "adapter": add_adapter,
    "prefix": add_prefix,
    "prompt": add_prompt,
    "lora": add_lora,
    "qlora": add_quantized_lora,
    "ia3": add_ia3,
    "norms": train_norms,
}

__all__ = [
    "COUNTS",
    "LINEARS",
    "METHODS",
    "LoRAConfig",
    "LoRALinear",
    "adapter_rows",
    "add_adapter",
    "add_ia3",
    "add_lora",
    "add_prefix",
    "add_prompt",
    "add_quantized_lora",
    "delete_adapter",
    "disabled",
    "freeze",
    "load_adapter",
    "merge",
    "own_parameters",
    "quantize_base",
    "save_adapter",
    "set_adapter",
    "train_all",
    "train_norms",
    "trainable",
    "training_bytes",
    "unload",
    "unmerge",
]
