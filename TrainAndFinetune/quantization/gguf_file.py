"""读 GGUF 文件：开头四个字节、元数据、张量的目录、对齐以后的数据。

教什么：一个模型文件里除了权重还有什么；为什么读它不会执行任何代码；断在哪里都看得出来。
不教什么：写 GGUF、大端的文件、分成几片的文件（`gguf` 包都会）；一块怎样解开（`blocks.py`）。
怎么跑：被 `models.py` 使用，没有命令行。不导入 torch。`gguf` 包给每个词元建一个数组，26 万个要好几秒；这里不建。
对应笔记：`1_deploy.md`「代码走读」。
出处：ggml 仓库的 docs/gguf.md（第 3 版）。
"""

import math
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MAGIC, VERSIONS = b"GGUF", (2, 3)
STRING, ARRAY = 8, 9
SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}  # 类型号 -> struct


@dataclass(frozen=True)
class TensorInfo:
    """目录里的一行：`shape` 照 numpy 的次序（GGUF 里是反的），`kind` 是块的名字，`offset` 从文件开头数。"""

    name: str
    shape: tuple[int, ...]
    kind: str
    offset: int
    bytes: int

    @property
    def parameters(self) -> int:
        return math.prod(self.shape)


class Cursor:
    """在一段字节里从前往后读；读过了头就抛 ValueError。"""

    def __init__(self, data: np.ndarray):
        self.data, self.place = data, 0

    def take(self, size: int) -> np.ndarray:
        """接下来的 size 个字节。"""
        if size > len(self.data) - self.place:
            raise ValueError(f"要读第 {self.place} 到 {self.place + size} 字节，文件只有 {len(self.data)} 字节")
        self.place += size
        return self.data[self.place - size : self.place]

    def number(self, code: str):
        """一个小端的数。"""
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)).tobytes())[0]

    def text(self) -> str:
        """8 字节的长度，然后是 UTF-8。"""
        return self.take(self.number("Q")).tobytes().decode("utf-8")

    def texts(self, count: int) -> list[str]:
        """count 个字符串。词表有 26 万个，所以不一个一个走 take。"""
        data, place, found = memoryview(self.data)[self.place :], 0, []
        for _ in range(count):
            end = place + 8 + int.from_bytes(data[place : place + 8], "little")
            if end > len(data):
                raise ValueError(f"字符串到第 {self.place + end} 字节，文件只有 {len(self.data)} 字节")
            found.append(str(data[place + 8 : end], "utf-8"))
            place = end
        self.place += place
        return found

    def value(self, kind: int):
        """一个元数据的值：数、字符串，或一列同类的值（不套列表的列表）。"""
        if kind == STRING:
            return self.text()
        if kind != ARRAY:
            return self.number(code_of(kind))
        inner, count = self.number("I"), self.number("Q")
        if inner == STRING:
            return self.texts(count)
        code = np.dtype("<" + code_of(inner))
        return self.take(count * code.itemsize).view(code).tolist()


def code_of(kind: int) -> str:
    """类型号 -> struct 的字母。"""
    if kind not in SCALARS:
        raise ValueError(f"不认识的元数据类型 {kind}")
    return SCALARS[kind]


class GGUFFile:
    """打开的文件：`metadata` 是名字到值的表，`tensors` 是目录。权重不读进内存，用到哪个取哪个。

    抛 ValueError：不是 GGUF、版本不认识、任何地方断了。
    """

    def __init__(self, path: Path):
        self.data = np.memmap(path, dtype=np.uint8, mode="r") if Path(path).stat().st_size else np.zeros(0, np.uint8)
        cursor = Cursor(self.data)
        if (magic := cursor.take(4).tobytes()) != MAGIC:
            raise ValueError(f"开头是 {magic!r}，不是 {MAGIC!r}")
        if (version := cursor.number("I")) not in VERSIONS:
            raise ValueError(f"第 {version} 版，只认识第 {'、'.join(map(str, VERSIONS))} 版")
        count, pairs = cursor.number("Q"), cursor.number("Q")
        self.metadata = {}
        for _ in range(pairs):
            key = cursor.text()
            self.metadata[key] = cursor.value(cursor.number("I"))
        rows = [self._read_row(cursor) for _ in range(count)]
        alignment = self.metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or alignment < 1:
            raise ValueError(f"对齐 {alignment!r} 不是正整数")
        start = -(-cursor.place // alignment) * alignment  # 数据从下一个 32 的倍数开始
        self.tensors = [self._locate(row, start) for row in rows]

    def _read_row(self, cursor: Cursor) -> tuple:
        """目录的一行：名字、反着写的形状、块的类型号、从数据区开头数的位置。"""
        name, dimensions = cursor.text(), cursor.number("I")
        shape = tuple(cursor.number("Q") for _ in range(dimensions))[::-1]
        return name, shape, cursor.number("I"), cursor.number("Q")

    def _locate(self, row: tuple, start: int) -> TensorInfo:
        """算出字节数，查它是不是在文件里。"""
        import gguf

        name, shape, number, offset = row
        kind = gguf.GGMLQuantizationType(number)
        size, block = gguf.GGML_QUANT_SIZES[kind]
        info = TensorInfo(name, shape, kind.name, start + offset, math.prod(shape) // size * block)
        if info.offset + info.bytes > len(self.data):
            raise ValueError(f"张量 {name} 到第 {info.offset + info.bytes} 字节，文件只有 {len(self.data)} 字节")
        return info

    def rows(self, info: TensorInfo) -> np.ndarray:
        """一个张量的字节，一行一行的：(..., 一行的字节数) uint8。"""
        data = self.data[info.offset : info.offset + info.bytes]
        return data.reshape(*info.shape[:-1], -1)

    def values(self, info: TensorInfo) -> np.ndarray:
        """一个张量解开成 float32，形状是 `info.shape`。"""
        import gguf

        return gguf.dequantize(self.rows(info), gguf.GGMLQuantizationType[info.kind]).reshape(info.shape)
