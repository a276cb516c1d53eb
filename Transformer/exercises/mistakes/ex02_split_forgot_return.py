"""错：算完没有 return。"""

from Transformer.exercises.solutions import ex02_heads as solution
from Transformer.exercises.solutions.ex02_heads import join_heads, multi_head  # noqa: F401

HINT = "忘了 return"


def split_heads(x, num_heads):
    solution.split_heads(x, num_heads)
