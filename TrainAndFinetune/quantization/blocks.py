"""GGUF 的四种量化块：Q8_0、Q5_0、Q4_K、Q6_K，从字节一位一位解开；Q4_K 另有一个简单的编码。

教什么：一块有多少字节、每一位是什么、怎样变回浮点数；一个数实际占几位。
不教什么：GGUF 的文件头与元数据（`gguf` 包）；llama.cpp 编码时怎样搜索更好的比例。
怎么跑：被 `1_deploy.py` 使用，没有命令行。
对应笔记：`1_deploy.md`「手算小例子」与「代码走读」。
出处：llama.cpp 的 ggml-common.h（块的结构）与 ggml-quants.c（解开）。
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


def halves(data: np.ndarray) -> np.ndarray:
    """两个字节一个 float16（小端），变成 float32：(n, 2) uint8 -> (n, 1)。"""
    return np.ascontiguousarray(data).view("<f2").astype(np.float32)


def decode_q8_0(blocks: np.ndarray) -> np.ndarray:
    """34 字节 = 比例 d (2) + 32 个 int8；x = d q。(n, 34) -> (n, 32)。

    >>> decode_q8_0(np.array([[0, 0x38] + [2, 255] * 16], dtype=np.uint8))[0, :2]  # 0x3800 是 0.5
    array([ 1. , -0.5], dtype=float32)
    """
    return halves(blocks[:, :2]) * blocks[:, 2:].view(np.int8).astype(np.float32)


def decode_q5_0(blocks: np.ndarray) -> np.ndarray:
    """22 字节 = d (2) + 每个数的第 5 位 (4) + 低 4 位 (16)；x = d (q - 16)。(n, 22) -> (n, 32)。"""
    low = nibbles(blocks[:, 6:])  # (n, 16) -> (n, 32)：前 16 个数在低半字节，后 16 个在高半字节
    high = np.unpackbits(blocks[:, 2:6], axis=1, bitorder="little")  # (n, 4) -> (n, 32)：第 j 位属于第 j 个数
    q = (low | high << 4).astype(np.int8) - 16
    return halves(blocks[:, :2]) * q.astype(np.float32)


def nibbles(data: np.ndarray) -> np.ndarray:
    """拆成 4 位：所有低半字节在前，所有高半字节在后。(..., k) -> (..., 2k)。"""
    return np.concatenate([data & 0x0F, data >> 4], axis=-1)


def unpack_six_bits(data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Q4_K 的 12 个字节 -> 8 个 6 位的比例与 8 个 6 位的最小值：(n, 12) -> (n, 8)、(n, 8)。

    前 4 个比例在字节 0-3 的低 6 位，前 4 个最小值在字节 4-7 的低 6 位；后 4 个的低 4 位在字节 8-11
    （比例在低半字节、最小值在高半字节），高 2 位塞在字节 0-7 空着的高 2 位里。
    """
    a, b, c = data[:, :4], data[:, 4:8], data[:, 8:]
    scales = np.concatenate([a & 0x3F, c & 0x0F | a >> 6 << 4], axis=1)
    mins = np.concatenate([b & 0x3F, c >> 4 | b >> 6 << 4], axis=1)
    return scales, mins


def decode_q4_k(blocks: np.ndarray) -> np.ndarray:
    """144 字节 = d (2) + dmin (2) + 6 位的比例与最小值 (12) + 4 位的数 (128)。(n, 144) -> (n, 256)。

    256 个数分成 8 小块，第 j 小块 x = (d scale_j) q - (dmin min_j)：比例自己也量化了，先解比例，再解数。
    """
    scales, mins = unpack_six_bits(blocks[:, 4:16])
    d = halves(blocks[:, :2]) * scales.astype(np.float32)  # (n, 8)
    m = halves(blocks[:, 2:4]) * mins.astype(np.float32)  # (n, 8)
    # 每 32 个字节装两个小块：低半字节是前一个，高半字节是后一个  (n, 128) -> (n, 4, 32) -> (n, 4, 64) -> (n, 8, 32)
    q = nibbles(blocks[:, 16:].reshape(-1, 4, 32)).reshape(-1, 8, 32).astype(np.float32)
    return (d[..., None] * q - m[..., None]).reshape(-1, 256)


def decode_q6_k(blocks: np.ndarray) -> np.ndarray:
    """210 字节 = 低 4 位 (128) + 高 2 位 (64) + 16 个 int8 的比例 (16) + d (2)。(n, 210) -> (n, 256)。

    256 个数分成 16 小块，第 j 小块 x = d scale_j (q - 32)：没有最小值，正负对称。
    """
    low = nibbles(blocks[:, :128].reshape(-1, 2, 64)).reshape(-1, 8, 32)  # 两半各 64 个字节
    high = blocks[:, 128:192].reshape(-1, 2, 1, 32) >> np.array([0, 2, 4, 6], dtype=np.uint8)[:, None] & 3
    q = (low | high.reshape(-1, 8, 32) << 4).astype(np.int8) - 32
    d = halves(blocks[:, 208:]) * blocks[:, 192:208].view(np.int8).astype(np.float32)  # (n, 16)
    return (d[..., None] * q.reshape(-1, 16, 16).astype(np.float32)).reshape(-1, 256)


@dataclass(frozen=True)
class Format:
    """一种块：`size` 个数占 `bytes` 个字节。"""

    size: int
    bytes: int
    decode: Callable[[np.ndarray], np.ndarray]

    @property
    def bits(self) -> float:
        """一个数实际占几位：比例也算在内。"""
        return 8 * self.bytes / self.size


FORMATS = {
    "Q8_0": Format(32, 34, decode_q8_0),
    "Q6_K": Format(256, 210, decode_q6_k),
    "Q5_0": Format(32, 22, decode_q5_0),
    "Q4_K": Format(256, 144, decode_q4_k),
}


def dequantize(data: np.ndarray, kind: str) -> np.ndarray:
    """GGUF 里一个张量的字节 (..., 行的字节数) -> float32 (..., 行的长度)。

    >>> dequantize(np.zeros((3, 144), dtype=np.uint8), "Q4_K").shape
    (3, 256)
    """
    if kind not in FORMATS:
        raise ValueError(f"不认识的块 {kind}；会解的是 {'、'.join(FORMATS)}")
    form = FORMATS[kind]
    if data.shape[-1] % form.bytes:
        raise ValueError(f"一行 {data.shape[-1]} 个字节，不是 {kind} 一块 {form.bytes} 字节的整数倍")
    values = form.decode(np.ascontiguousarray(data).reshape(-1, form.bytes))
    return values.reshape(*data.shape[:-1], data.shape[-1] // form.bytes * form.size)


def pack_six_bits(scales: np.ndarray, mins: np.ndarray) -> np.ndarray:
    """`unpack_six_bits` 的反面：两个 (n, 8) uint8（小于 64）-> (n, 12)。"""
    a = scales[:, :4] | scales[:, 4:] >> 4 << 6
    b = mins[:, :4] | mins[:, 4:] >> 4 << 6
    c = scales[:, 4:] & 0x0F | mins[:, 4:] << 4
    return np.concatenate([a, b, c], axis=1)


def encode_q4_k(x: np.ndarray) -> np.ndarray:
    """(n, 256) float32 -> (n, 144) uint8。每小块取最小值（不大于 0）与 15 等分；llama.cpp 还会在附近搜索误差更小的。"""
    parts = x.astype(np.float32).reshape(-1, 8, 32)
    low = np.minimum(parts.min(axis=2), 0)  # (n, 8)
    step = (np.maximum(parts.max(axis=2), 0) - low) / 15
    d, dmin = ((v.max(axis=1, keepdims=True) / 63).astype("<f2") for v in (step, -low))  # (n, 1)
    scales, mins = (six_bits(v, unit.astype(np.float32)) for v, unit in ((step, d), (-low, dmin)))
    real_step = (d.astype(np.float32) * scales)[..., None]
    real_low = (dmin.astype(np.float32) * mins)[..., None]
    q = np.divide(parts + real_low, real_step, out=np.zeros_like(parts), where=real_step > 0)
    q = np.clip(np.rint(q), 0, 15).astype(np.uint8).reshape(-1, 4, 2, 32)
    packed = (q[:, :, 0] | q[:, :, 1] << 4).reshape(-1, 128)
    return np.concatenate([d.view(np.uint8), dmin.view(np.uint8), pack_six_bits(scales, mins), packed], axis=1)


def six_bits(values: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """非负的 values (n, 8) 除以 unit (n, 1)，取整到 0..63。"""
    ratio = np.divide(values, unit, out=np.zeros_like(values), where=unit > 0)
    return np.clip(np.rint(ratio), 0, 63).astype(np.uint8)
