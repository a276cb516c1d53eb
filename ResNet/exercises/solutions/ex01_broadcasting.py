"""ex01 的答案。"""

from torch import Tensor


def predictions() -> dict[str, tuple[int, ...] | None]:
    return {
        "A": (8, 7, 6),
        "B": (3, 3),  # (1, 3) 与 (3, 1)：没有报错，但多半不是你要的
        "C": None,  # (2, 3) 与 (1, 2)：末维 3 对 2
        "D": (5, 3, 4),  # (5, 1, 4) 与 (1, 3, 1)
        "E": (2, 2),  # 标量没有维，左边补两个 1
        "F": (0,),  # 1 让位给 0：结果是空的
    }


def broadcast_shape(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    rank = max(len(a), len(b))
    a, b = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b  # 右对齐 = 左边补 1
    for m, n in zip(a, b):
        if m != n and 1 not in (m, n):
            raise ValueError(f"{a} 与 {b} 不能广播：{m} 与 {n} 不相等，也没有一个是 1")
    return tuple(n if m == 1 else m for m, n in zip(a, b))  # 不用 max：1 与 0 广播成 0


def normalize_rows(x: Tensor) -> Tensor:
    length = x.square().sum(dim=1, keepdim=True).sqrt()  # (N, D) -> (N, 1)，留住这一维才能对着行除
    return x / length


def pairwise_distance(x: Tensor, y: Tensor) -> Tensor:
    difference = x[:, None, :] - y[None, :, :]  # (N, 1, D) - (1, M, D) -> (N, M, D)
    return difference.square().sum(dim=2).sqrt()  # -> (N, M)
