"""缩放定律的拟合：每个预算一条抛物线，谷底连成一条幂律，区间用自助法；另一条路是五个参数的曲面。

教什么：为什么在 log N 上拟合抛物线；幂律在双对数坐标里是直线；怎样给指数一个区间。
不教什么：训练那些模型（`scaling_laws.py`）。
怎么跑：被 `scaling_laws.py` 使用，没有命令行。
对应笔记：`outlook.md` 第 4 部分。
"""

import numpy as np

SCALES = (1e5, 1e7)  # 曲面里 N 与 D 除以它们：数都在 1 附近，拟合才稳


def fit_parabola(sizes, losses) -> tuple[np.ndarray, float]:
    """损失对 log₁₀ N 的抛物线：返回三个系数（二次在前）与谷底的 N。

    开口朝下、或谷底在试过的大小之外 10 倍以上时，谷底是 nan：那是外推，不是量到的。

    >>> coefficients, best = fit_parabola([1e4, 1e5, 1e6], [2.1, 2.0, 2.1])
    >>> round(best)
    100000
    """
    x = np.log10(sizes)
    coefficients = np.polyfit(x, losses, 2)
    bend, slope, _ = coefficients
    if bend <= 0 or not x.min() - 1 < -slope / (2 * bend) < x.max() + 1:
        return coefficients, float("nan")
    return coefficients, float(10 ** (-slope / (2 * bend)))


def fit_power(x, y) -> tuple[float, float]:
    """y = k xᵃ，在双对数坐标里最小二乘；返回 (a, k)。

    >>> a, k = fit_power([1, 10, 100], [2, 20, 200])
    >>> round(a, 6), round(k, 6)
    (1.0, 2.0)
    """
    a, intercept = np.polyfit(np.log10(x), np.log10(y), 1)
    return float(a), float(10**intercept)


def by_budget(rows: list[dict]) -> dict[float, list[dict]]:
    """按预算分组，从小到大，组里按 N 排。"""
    groups: dict[float, list[dict]] = {}
    for row in sorted(rows, key=lambda row: (row["budget"], row["N"])):
        groups.setdefault(row["budget"], []).append(row)
    return groups


def valleys(rows: list[dict]) -> list[dict]:
    """每个预算的谷底：N_opt、那里的损失、D_opt = C / 6N，以及谷底是不是落在试过的大小之间。"""
    found = []
    for budget, group in by_budget(rows).items():
        sizes, losses = [row["N"] for row in group], [row["loss"] for row in group]
        coefficients, best = fit_parabola(sizes, losses)
        if np.isnan(best):
            found.append({"budget": budget, "N_opt": None, "inside": False})
            continue
        residual = np.abs(np.polyval(coefficients, np.log10(sizes)) - losses).max()
        found.append(
            {
                "budget": budget,
                "N_opt": best,
                "D_opt": budget / 6 / best,
                "tokens_per_parameter": budget / 6 / best**2,
                "loss": float(np.polyval(coefficients, np.log10(best))),
                "residual": float(residual),
                "inside": bool(sizes[0] < best < sizes[-1]),
                "curve": [float(value) for value in coefficients],
            }
        )
    return found


def exponent(rows: list[dict]) -> float:
    """N_opt ∝ Cᵃ 的 a；少于两个预算有谷底时是 nan。"""
    good = [valley for valley in valleys(rows) if valley["N_opt"]]
    if len(good) < 2:
        return float("nan")
    return fit_power([valley["budget"] for valley in good], [valley["N_opt"] for valley in good])[0]


def exponent_interval(rows: list[dict], resamples: int, seed: int) -> tuple[float, float]:
    """a 的 95 % 区间：残差自助法，每个预算里把抛物线的残差打乱重抽，加回去，重新拟合。

    n 个点、3 个系数，残差平均偏小，先乘 √(n / (n-3))。只管得住点的抖动，管不住大家一起偏。
    """
    rng, groups = np.random.default_rng(seed), list(by_budget(rows).values())
    fitted = []
    for group in groups:
        x, y = np.log10([row["N"] for row in group]), np.array([row["loss"] for row in group])
        line = np.polyval(np.polyfit(x, y, 2), x)
        fitted.append((line, (y - line) * np.sqrt(len(y) / max(1, len(y) - 3))))
    values = []
    for _ in range(resamples):
        again = []
        for group, (line, residual) in zip(groups, fitted):
            losses = line + rng.choice(residual, len(residual))
            again += [row | {"loss": loss} for row, loss in zip(group, losses)]
        values.append(exponent(again))
    if np.isnan(values).all():
        return float("nan"), float("nan")
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def fit_surface(rows: list[dict], steps: int = 300) -> dict:
    """损失 = E + A/Nᵅ + B/Dᵝ，在 log 损失上最小化 Huber（Hoffmann et al. 2022 的方法 3）；返回五个参数与 a = β/(α+β)。

    A、B 是 N = 1e5、D = 1e7 处的两项。几个起点里取最好的：曲面有局部极小。
    """
    import torch

    N, D, loss = (torch.tensor([row[key] for row in rows], dtype=torch.float64) for key in ("N", "D", "loss"))
    x, y, target = torch.log(N / SCALES[0]), torch.log(D / SCALES[1]), torch.log(loss)

    def objective(theta):  # theta = log E, log A, log B, α, β
        parts = torch.stack([theta[0].expand_as(x), theta[1] - theta[3] * x, theta[2] - theta[4] * y])
        return torch.nn.functional.huber_loss(torch.logsumexp(parts, 0), target, delta=1e-3, reduction="sum") * 1e6

    best, found = float("inf"), None
    for start in ((0.0, -1.0, -1.0, 0.3, 0.3), (-1.0, 0.0, -1.0, 0.2, 0.5), (0.3, -2.0, -2.0, 0.6, 0.3)):
        theta = torch.tensor(start, dtype=torch.float64, requires_grad=True)
        solver = torch.optim.LBFGS([theta], max_iter=steps, line_search_fn="strong_wolfe", tolerance_change=1e-14)

        def closure(theta=theta, solver=solver):
            solver.zero_grad()
            value = objective(theta)
            value.backward()
            return value

        solver.step(closure)
        value = objective(theta).item()
        if value < best:
            best, found = value, theta.detach()
    (E, A, B), (alpha, beta) = found[:3].exp().tolist(), found[3:].tolist()
    return {"E": E, "A": A, "B": B, "alpha": alpha, "beta": beta, "a": beta / (alpha + beta)}
