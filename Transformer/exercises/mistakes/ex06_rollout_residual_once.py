"""错：乘完才加一次残差。"""

import torch

from Transformer.exercises.solutions.ex06_reading import entropy, offset_score, span_mass, zero_head  # noqa: F401

HINT = "残差连接每层都有"


def rollout(layers):
    eye = torch.eye(layers[0].shape[-1])
    total = eye
    for weights in layers:
        total = weights.mean(0) @ total
    return 0.5 * (total + eye)
