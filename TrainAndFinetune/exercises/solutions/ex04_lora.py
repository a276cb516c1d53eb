"""ex04 的答案。"""

import math

import torch


def init_lora(in_features, out_features, rank, generator):
    A = (torch.rand(rank, in_features, generator=generator) * 2 - 1) / math.sqrt(in_features)
    return A, torch.zeros(out_features, rank)


def lora_forward(x, W, A, B, alpha):
    return x @ W.T + alpha / A.shape[0] * (x @ A.T) @ B.T


def lora_gradients(x, dy, A, B, alpha):
    scale = alpha / A.shape[0]
    dA = scale * (dy @ B).T @ x  # (N, out) (out, r) -> (N, r)；(r, N) (N, in) -> (r, in)
    dB = scale * dy.T @ (x @ A.T)  # (out, N) (N, r) -> (out, r)
    return dA, dB
