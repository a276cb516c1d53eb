"""键值缓存：一次分配好，写进去的是切片，喂给注意力的也是切片。

教什么：每层存什么、多少字节；新词元写在第几格；看得见哪些格（因果、滑动窗口、左边的填充）；怎样倒回、换行、复制。
不教什么：注意力怎样算（第 4 章）。
怎么跑：被 `loop.py`、`beams.py`、`speculative.py` 导入。
对应笔记：`3_generate.md`。

实现了 transformers 的前向要用的那几个方法（`update`、`get_seq_length`），所以可以当作它的 cache 参数传进去；
掩码由 `masks` 给，位置由 `positions` 给。与它自带的 DynamicCache 的差别：不在每一步把整个缓存复制一遍再接长；
倒回只是改一个整数。
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
        self.sliding = [kind == "sliding_attention" for kind in config.layer_types]
        self.length = 0
        self.padding: Tensor | None = None

    # region forward
    def update(self, key: Tensor, value: Tensor, layer: int, *_, **__) -> tuple[Tensor, Tensor]:
        """第 layer 层的注意力交来新词元的键与值 (B, H, T, D)，写进去，取回它要看的那一段。

        `length` 这时还不能动：一次前向里 L 层都写同样的几格。前向结束以后由 `advance` 动。
        """
        end = self.length + key.shape[2]
        self.keys[layer, :, :, self.length : end] = key
        self.values[layer, :, :, self.length : end] = value
        start = self.first_column(self.sliding[layer])
        return self.keys[layer, :, :, start:end], self.values[layer, :, :, start:end]

    def first_column(self, sliding: bool) -> int:
        """最早的新词元看得见的第一格：滑动窗口的层只往回看 window 个（含自己）。"""
        return max(0, self.length - self.window + 1) if sliding else 0

    def advance(self, count: int) -> None:
        """一次前向结束：count 个新词元都写好了。"""
        self.length += count

    # endregion forward

    def get_seq_length(self, layer: int = 0) -> int:
        """已经写了几格（transformers 的前向要问）。"""
        return self.length

    def positions(self, count: int) -> Tensor:
        """接下来 count 个词元的位置：格号减去左边的填充；(1, T) 或 (B, T)。"""
        columns = torch.arange(self.length, self.length + count, device=self.keys.device)[None, :]
        return columns if self.padding is None else (columns - self.padding[:, None]).clamp(min=0)

    def masks(self, count: int) -> dict[str, Tensor | None]:
        """两种层的掩码：True 是看得见；None 是不用掩码（或普通的因果掩码就够），注意力可以走更快的路。"""
        return {"full_attention": self.mask(count, False), "sliding_attention": self.mask(count, True)}

    def mask(self, count: int, sliding: bool) -> Tensor | None:
        """mask[b, 0, t, s]：第 b 行的第 t 个新词元看不看得见第 s 列；(B 或 1, 1, T, S)。"""
        fits = not sliding or count <= self.window
        if self.padding is None and (count == 1 or (self.length == 0 and fits)):
            return None
        end, device = self.length + count, self.keys.device
        columns = torch.arange(self.first_column(sliding), end, device=device)[None, :]  # (1, S)
        rows = torch.arange(self.length, end, device=device)[:, None]  # (T, 1)
        seen = columns <= rows  # (1, S), (T, 1) -> (T, S)
        if sliding:
            seen = seen & (columns > rows - self.window)
        if self.padding is None:
            return seen[None, None]
        # 填充谁也看不见，除了它自己：一整行都看不见的 softmax 是 0/0
        real = columns >= self.padding[:, None, None]  # (B, 1, 1) -> (B, 1, S)
        return (seen & real | (columns == rows))[:, None]

    def truncate(self, length: int) -> None:
        """倒回到 length 格：后面的不用擦，下一次写会盖住。"""
        self.length = length

    def select(self, rows: Tensor) -> None:
        """第 i 行换成原来的第 rows[i] 行，连同填充；行数可以变（束搜索换行、一行复制成 K 行）。"""
        if len(rows) == self.keys.shape[1]:
            n = self.length  # 只动写过的格
            self.keys[:, :, :, :n], self.values[:, :, :, :n] = self.keys[:, rows, :, :n], self.values[:, rows, :, :n]
        else:
            self.keys, self.values = self.keys[:, rows], self.values[:, rows]
        if self.padding is not None:
            self.padding = self.padding[rows]
