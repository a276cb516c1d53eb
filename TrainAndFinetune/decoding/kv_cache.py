"""键值缓存：一次分配好，写进去的是切片，喂给注意力的也是切片。

教什么：每层存什么、多少字节；新词元写在第几格；看得见哪些格（因果、滑动窗口、左边的填充）；怎样倒回、换行、复制。
不教什么：注意力怎样算（第 4 章）。
怎么跑：被 `loop.py`、`beams.py`、`speculative.py` 导入。
对应笔记：`3_generate.md`。

有 transformers 的前向要用的那几个方法，所以可以当作它的 cache 参数传进去；掩码由 `masks` 给。
与它自带的 DynamicCache 的差别：不在每一步把整个缓存复制一遍再接长；倒回只是改一个整数。
"""

import inspect

import torch
from torch import Tensor
from transformers import Gemma3TextConfig
from transformers.models.gemma3.modeling_gemma3 import Gemma3TextModel

# 5.24 起这个参数叫 cache，以前叫 past_key_values
CACHE_ARGUMENT = "cache" if "cache" in inspect.signature(Gemma3TextModel.forward).parameters else "past_key_values"


def bytes_per_token(config: Gemma3TextConfig, itemsize: int = 4) -> int:
    """一个词元占缓存多少字节：键与值 × 层数 × 键值头数 × 每头的维数 × 每个数的字节。

    >>> bytes_per_token(Gemma3TextConfig(num_hidden_layers=18, num_key_value_heads=1, head_dim=256))
    36864
    """
    return 2 * config.num_hidden_layers * config.num_key_value_heads * config.head_dim * itemsize


class KVCache:
    """`rows` 行、每行 `capacity` 格；`length` 是写了几格，每行相同。短的提示在左边填充，`padding` (B,) 是填了几格。"""

    def __init__(self, config: Gemma3TextConfig, rows: int, capacity: int, dtype=torch.float32, device="cpu"):
        shape = (config.num_hidden_layers, rows, config.num_key_value_heads, capacity, config.head_dim)
        self.keys = torch.empty(shape, dtype=dtype, device=device)  # (L, B, H, S, D)
        self.values = torch.empty_like(self.keys)
        self.window = config.sliding_window
        self.is_sliding = [kind == "sliding_attention" for kind in config.layer_types]
        self.lengths = [0] * config.num_hidden_layers  # 每层写了几格：一次前向里一层一层地写
        self.padding: Tensor | None = None

    @property
    def length(self) -> int:
        """写了几格；两次前向之间各层相同。"""
        return self.lengths[0]

    def update(self, key: Tensor, value: Tensor, layer: int, *_, **__) -> tuple[Tensor, Tensor]:
        """第 layer 层的注意力交来新词元的键与值 (B, H, T, D)：写进去，取回它要看的那一段 (B, H, S, D)。"""
        start = self.lengths[layer]
        end = self.lengths[layer] = start + key.shape[2]
        self.keys[layer, :, :, start:end] = key
        self.values[layer, :, :, start:end] = value
        first = self.first_column(start, self.is_sliding[layer])
        return self.keys[layer, :, :, first:end], self.values[layer, :, :, first:end]

    def first_column(self, start: int, sliding: bool) -> int:
        """写在第 start 格的词元看得见的第一格：滑动窗口的层只往回看 window 个（含自己）。"""
        return max(0, start - self.window + 1) if sliding else 0

    def masks(self, count: int) -> dict[str, Tensor | None]:
        """接下来 count 个词元在两种层里的掩码；None 是不用掩码（或普通的因果掩码就够），注意力走更快的路。"""
        return {"full_attention": self.mask(count, False), "sliding_attention": self.mask(count, True)}

    def mask(self, count: int, sliding: bool) -> Tensor | None:
        """mask[b, 0, t, s]：第 b 行的第 t 个新词元看不看得见第 s 列；bool 的 (B 或 1, 1, T, S)。"""
        fits = not sliding or count <= self.window
        if self.padding is None and (count == 1 or (self.length == 0 and fits)):
            return None
        first, end, device = self.first_column(self.length, sliding), self.length + count, self.keys.device
        columns = torch.arange(first, end, device=device)[None, :]  # (1, S)
        rows = torch.arange(self.length, end, device=device)[:, None]  # (T, 1)
        seen = columns <= rows  # (1, S), (T, 1) -> (T, S)
        if sliding:
            seen = seen & (columns > rows - self.window)
        if self.padding is None:
            return seen[None, None]
        # 填充谁也看不见，除了它自己：一整行都看不见的 softmax 是 0/0
        real = columns >= self.padding[:, None, None]  # (1, S), (B, 1, 1) -> (B, 1, S)
        return (seen & real | (columns == rows))[:, None]

    def truncate(self, length: int) -> None:
        """倒回到 length 格：后面的不用擦，下一次写会盖住。"""
        self.lengths = [length] * len(self.lengths)

    def select(self, rows: Tensor) -> None:
        """第 i 行换成原来的第 rows[i] 行，连同填充；行数可以变（束搜索换行、一行复制成 K 行、写完的行拿掉）。"""
        if len(rows) == self.keys.shape[1]:
            n = self.length  # 只动写过的格
            self.keys[:, :, :, :n], self.values[:, :, :, :n] = self.keys[:, rows, :, :n], self.values[:, rows, :, :n]
        else:
            self.keys, self.values = self.keys[:, rows], self.values[:, rows]
        if self.padding is not None:
            self.padding = self.padding[rows]

    # 下面三个是 transformers 自己建掩码时要问的，用在装了软前缀的模型上（`loop.py`）
    def get_seq_length(self, layer: int = 0) -> int:
        return self.lengths[layer]

    def get_query_offset(self, layer: int = 0) -> int:
        return self.lengths[layer]

    def get_mask_sizes(self, count: int, layer: int = 0) -> tuple[int, int]:
        first = self.first_column(self.lengths[layer], self.is_sliding[layer])
        return self.lengths[layer] + count - first, first
