"""错：界用了 1/√r。"""

import torch

from TrainAndFinetune.exercises.solutions.ex04_lora import lora_forward, lora_gradients  # noqa: F401

HINT = "不是 1/√r"


def init_lora(in_features, out_features, rank, generator):
    return (torch.rand(rank, in_features, generator=generator) * 2 - 1) * rank**-0.5, torch.zeros(out_features, rank)
