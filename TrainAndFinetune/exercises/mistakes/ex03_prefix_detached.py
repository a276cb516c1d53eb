"""错：前缀从计算图里断开了，训练不动。"""

from TrainAndFinetune.exercises.solutions import ex03_prefix as solution
from TrainAndFinetune.exercises.solutions.ex03_prefix import extend_inputs, prefix_count, unpack_prefix  # noqa: F401

HINT = "没有梯度"


def attend(q, k, v, prefix_k, prefix_v):
    return solution.attend(q, k, v, prefix_k.detach(), prefix_v.detach())
