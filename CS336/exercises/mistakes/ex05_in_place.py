"""错：就地改了 x。"""

from CS336.exercises.solutions.ex05_rope import frequencies, halves_order  # noqa: F401

HINT = "改了传进来的 x"


def rope(x, positions, theta):
    angles = positions[..., None].float() * frequencies(x.shape[-1], theta)
    if positions.dim() == 2:
        angles = angles.view(angles.shape[0], *[1] * (x.dim() - 3), *angles.shape[1:])
    a, b = x[..., 0::2].float(), x[..., 1::2].float()
    new_a, new_b = a * angles.cos() - b * angles.sin(), a * angles.sin() + b * angles.cos()
    x[..., 0::2], x[..., 1::2] = new_a, new_b
    return x
