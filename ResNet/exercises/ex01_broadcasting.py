"""ex01 广播：先在纸上推形状，再用广播省掉循环。

级别：手算 + 补全。先读：`1_tensors.md`。
检查：`pytest ResNet/exercises/check_ex01.py`
"""

from torch import Tensor

PAIRS = {
    "A": ((8, 1, 6), (7, 1)),
    "B": ((3,), (3, 1)),
    "C": ((2, 3), (2,)),
    "D": ((5, 1, 4), (3, 1)),
    "E": ((), (2, 2)),
    "F": ((1,), (0,)),
}


def predictions() -> dict[str, tuple[int, ...] | None]:
    """手算：PAIRS 里的六对形状，广播之后各是什么？不能广播的填 None。先在纸上推，不要运行 torch。

    A 做给你看：右对齐，短的左边补 1，再逐维比。
        (8, 1, 6)
        (1, 7, 1)
        ---------
        (8, 7, 6)

    >>> predictions()["A"]
    (8, 7, 6)
    """
    raise NotImplementedError  # 换成 return {"A": (8, 7, 6), "B": ..., ...}


def broadcast_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """补全：把上面的推法写成函数，不用 torch。两个形状不能广播时抛 ValueError。

    长度可以是 0：空张量也能广播，(1,) 与 (0,) 得到 (0,)。

    >>> broadcast_shape((8, 1, 6), (7, 1))
    (8, 7, 6)
    >>> broadcast_shape((2, 3), (4, 3))
    Traceback (most recent call last):
    ValueError: ...
    """
    raise NotImplementedError


def normalize_rows(x: Tensor) -> Tensor:
    """补全：每一行除以自己的长度 √(Σ_d x_d²)。x (N, D)，返回 (N, D)；没有全零的行。

    >>> import torch
    >>> normalize_rows(torch.tensor([[3.0, 4.0], [0.0, 2.0]]))
    tensor([[0.6000, 0.8000],
            [0.0000, 1.0000]])
    """
    raise NotImplementedError


def pairwise_distance(x: Tensor, y: Tensor) -> Tensor:
    """补全：x 的每一行到 y 的每一行的欧氏距离，不写循环。x (N, D)，y (M, D)，返回 (N, M)。

    第 i 行第 j 列是 √(Σ_d (x_id - y_jd)²)。想一想：x 和 y 各在哪里添一个长度 1 的维，相减才得到 (N, M, D)？

    >>> import torch
    >>> pairwise_distance(torch.tensor([[0.0, 0.0], [3.0, 0.0]]), torch.tensor([[3.0, 4.0]]))
    tensor([[5.],
            [4.]])
    """
    raise NotImplementedError
