"""错：A 为零、B 随机，与论文和 peft 相反。"""

import torch

from TrainAndFinetune.exercises.solutions.ex04_lora import lora_forward, lora_gradients  # noqa: F401

HINT = "A 是零、B 随机"


def init_lora(in_features, out_features, rank, generator):
    return torch.zeros(rank, in_features), torch.rand(out_features, rank, generator=generator) * 2 - 1
