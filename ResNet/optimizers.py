"""手写的优化器与学习率日程：SGD（动量、Nesterov、权重衰减）、Adam、AdamW、预热加余弦、OneCycle。

教什么：每一步更新只是几行张量运算；权重衰减放在哪里决定了 Adam 与 AdamW 的差别；日程是步数的纯函数。
不教什么：参数组、dampening、maximize、AMSGrad、foreach/fused 的加速（这些在 torch.optim 里）。
怎么用：与 torch.optim 一样，`optimizer.zero_grad()`、`loss.backward()`、`optimizer.step()`；
日程则在每步之前写 `optimizer.lr = one_cycle(step, ...)`。
对应笔记：`3_training.md`；与 torch.optim 的比较见 `tests/test_resnet_layers.py`。
"""

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Optimizer:
    """两个优化器的公共部分：持有参数、清梯度、存取状态。

    `state` 的第 i 项是第 i 个参数的缓冲区；`step_count` 是已走的步数。两样都要进检查点。
    """

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float):
        self.parameters = [p for p in parameters if p.requires_grad]
        if not self.parameters:
            raise ValueError("没有可训练的参数：收到空的迭代器。model.parameters() 只能遍历一次，要用两次就先变成 list")
        if lr < 0:
            raise ValueError(f"lr={lr} 不能为负：负的学习率是梯度上升。试试 lr=0.1")
        self.lr = lr
        self.step_count = 0
        self.state: list[dict[str, Tensor]] = [{} for _ in self.parameters]

    def zero_grad(self) -> None:
        """丢掉旧梯度。设成 None 而不是 0：省一次写内存，也让「没有算过梯度」与「梯度恰为 0」分得开。"""
        for p in self.parameters:
            p.grad = None

    @torch.no_grad()  # 更新参数本身不该进计算图
    def step(self) -> None:
        """用各参数的 .grad 走一步；没有梯度的参数不动。"""
        self.step_count += 1
        for p, state in zip(self.parameters, self.state):
            if p.grad is not None:
                self.update(p, p.grad, state)

    def update(self, p: Tensor, grad: Tensor, state: dict[str, Tensor]) -> None:
        """就地更新一个参数；由子类实现。"""
        raise NotImplementedError

    def state_dict(self) -> dict:
        """续训要存的全部状态（张量是副本，之后再 step 不会改到它）。"""
        buffers = [{name: value.clone() for name, value in state.items()} for state in self.state]
        return {"step_count": self.step_count, "state": buffers}

    def load_state_dict(self, saved: dict) -> None:
        """装回 `state_dict` 的结果；参数个数必须一样。"""
        if len(saved["state"]) != len(self.parameters):
            raise ValueError(
                f"检查点有 {len(saved['state'])} 个参数的状态，模型有 {len(self.parameters)} 个；模型换了吗"
            )
        self.step_count = saved["step_count"]
        self.state = [{name: value.clone() for name, value in state.items()} for state in saved["state"]]


class SGD(Optimizer):
    """随机梯度下降，可带动量（Polyak 1964）、Nesterov 动量（Sutskever et al. 2013）与 L2 权重衰减。

    动量按 torch 的写法：v <- μ v + g，再 θ <- θ - lr v。改 lr 时旧的 v 不变，与 lr 乘在 v 里面的写法不同。

    >>> w = nn.Parameter(torch.tensor([1.0]))
    >>> optimizer = SGD([w], lr=0.1, momentum=0.9)
    >>> for _ in range(2):
    ...     w.grad = 2 * w.detach()  # 损失 w² 的梯度
    ...     optimizer.step()
    ...     print(round(w.item(), 4), round(optimizer.state[0]["velocity"].item(), 4))
    0.8 2.0
    0.46 3.4
    """

    def __init__(self, parameters, lr: float, momentum: float = 0.0, nesterov: bool = False, weight_decay: float = 0.0):
        super().__init__(parameters, lr)
        if nesterov and momentum == 0:
            raise ValueError("nesterov=True 需要 momentum > 0：它是「先按旧速度走一步再看梯度」。试试 momentum=0.9")
        self.momentum, self.nesterov, self.weight_decay = momentum, nesterov, weight_decay

    def update(self, p: Tensor, grad: Tensor, state: dict[str, Tensor]) -> None:
        grad = grad + self.weight_decay * p  # λ/2 |θ|² 的梯度                      式 (3.5)
        if self.momentum:
            if "velocity" in state:
                state["velocity"].mul_(self.momentum).add_(grad)  # v <- μ v + g    式 (3.6)
            else:
                state["velocity"] = grad.clone()  # 第一步 v = g，与 torch 相同
            v = state["velocity"]
            grad = grad + self.momentum * v if self.nesterov else v  #              式 (3.7)
        p.sub_(self.lr * grad)


class Adam(Optimizer):
    """Adam（Kingma & Ba 2014，算法 1）；`decoupled=True` 就是 AdamW（Loshchilov & Hutter 2019，算法 2）。

    第一步的大小恰为 lr（与梯度的大小无关）：m̂ = g，v̂ = g²，m̂ / √v̂ = ±1。

    >>> w = nn.Parameter(torch.tensor([1.0, 1.0]))
    >>> optimizer = Adam([w], lr=0.1)
    >>> w.grad = torch.tensor([1000.0, -0.001])
    >>> optimizer.step()
    >>> w.data
    tensor([0.9000, 1.1000])
    """

    def __init__(
        self, parameters, lr: float = 1e-3, betas=(0.9, 0.999), eps: float = 1e-8, weight_decay=0.0, decoupled=False
    ):
        super().__init__(parameters, lr)
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"betas={betas} 必须都在 [0, 1)：等于 1 时均值永远停在 0。试试 (0.9, 0.999)")
        self.betas, self.eps, self.weight_decay, self.decoupled = betas, eps, weight_decay, decoupled

    def update(self, p: Tensor, grad: Tensor, state: dict[str, Tensor]) -> None:
        if not state:
            state["m"], state["v"] = torch.zeros_like(p), torch.zeros_like(p)
        if self.decoupled:
            p.mul_(1 - self.lr * self.weight_decay)  # AdamW：直接缩小参数，不经过 √v̂     式 (3.11)
        else:
            grad = grad + self.weight_decay * p  # Adam：混进梯度，随后被 √v̂ 除
        beta1, beta2 = self.betas
        m = state["m"].mul_(beta1).add_((1 - beta1) * grad)  #                        式 (3.8)
        v = state["v"].mul_(beta2).add_((1 - beta2) * grad**2)  #                     式 (3.9)
        m_hat = m / (1 - beta1**self.step_count)  # m、v 从 0 起步，偏小；除以已有的权重之和
        v_hat = v / (1 - beta2**self.step_count)
        p.sub_(self.lr * m_hat / (v_hat.sqrt() + self.eps))  # eps 在根号外面           式 (3.10)


def adamw(parameters, lr: float = 1e-3, betas=(0.9, 0.999), eps: float = 1e-8, weight_decay: float = 1e-2) -> Adam:
    """AdamW：默认值与 torch.optim.AdamW 相同（weight_decay 默认 0.01，不是 0）。"""
    return Adam(parameters, lr, betas, eps, weight_decay, decoupled=True)


def cosine_between(start: float, end: float, fraction: float) -> float:
    """沿半个余弦从 start 走到 end；fraction 从 0 到 1，两头平、中间陡。

    >>> [round(cosine_between(1.0, 0.0, f), 3) for f in (0, 0.25, 0.5, 0.75, 1)]
    [1.0, 0.854, 0.5, 0.146, 0.0]
    """
    return end + (start - end) * (1 + math.cos(math.pi * fraction)) / 2


def warmup_cosine(
    step: int, total_steps: int, peak: float, warmup_steps: int = 0, start_factor: float = 0.01, final: float = 0.0
) -> float:
    """第 step 步（从 0 数）的学习率：线性升到 peak，再沿余弦降到 final（SGDR，Loshchilov & Hutter 2017，不重启）。

    等于 torch 的 SequentialLR([LinearLR, CosineAnnealingLR])。最后一步的值还差一点到 final：
    final 是「第 total_steps 步」的值，而步数只数到 total_steps - 1。

    >>> [round(warmup_cosine(s, 8, peak=1.0, warmup_steps=4, start_factor=0.2), 3) for s in range(8)]
    [0.2, 0.4, 0.6, 0.8, 1.0, 0.854, 0.5, 0.146]
    """
    if not 0 <= warmup_steps < total_steps:
        raise ValueError(f"warmup_steps={warmup_steps} 必须在 [0, total_steps={total_steps}) 里。试试总步数的 5 %")
    if step < warmup_steps:
        return peak * (start_factor + (1 - start_factor) * step / warmup_steps)
    return cosine_between(peak, final, (step - warmup_steps) / (total_steps - warmup_steps))


def one_cycle(
    step: int, total_steps: int, peak: float, rise: float = 0.3, start_div: float = 25.0, final_div: float = 1e4
) -> float:
    """第 step 步（从 0 数）的学习率：peak/start_div -> peak -> peak/start_div/final_div，两段都是余弦。

    Smith & Topin 2017 的 1cycle 的 torch 版：等于 OneCycleLR(pct_start=rise)。只管学习率：
    torch 的默认还会让动量从 0.95 降到 0.85 再升回去（cycle_momentum=True）。

    >>> [round(one_cycle(s, 10, peak=1.0, rise=0.3), 3) for s in (0, 1, 2, 3, 9)]
    [0.04, 0.52, 1.0, 0.95, 0.0]
    """
    top = rise * total_steps - 1  # 走到峰值的步；可以不是整数
    if not 0 < top < total_steps - 1:
        raise ValueError(
            f"rise={rise}、total_steps={total_steps}：上升段不到一步。步数太少就调大 rise，或改用 warmup_cosine"
        )
    start = peak / start_div
    if step <= top:
        return cosine_between(start, peak, step / top)
    return cosine_between(peak, start / final_div, (step - top) / (total_steps - 1 - top))
