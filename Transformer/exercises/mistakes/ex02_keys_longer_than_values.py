"""错：key 来自 memory，value 来自 x，长度不同。"""

from torch.nn import functional as F

from Transformer.exercises.solutions.ex02_heads import join_heads, split_heads

HINT = "k 与 v 要一样长"


def multi_head(x, memory, w_query, w_key, w_value, w_output, num_heads, mask=None):
    q = split_heads(F.linear(x, w_query), num_heads)
    k = split_heads(F.linear(memory, w_key), num_heads)
    v = split_heads(F.linear(x, w_value), num_heads)
    weights = (q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(dim=-1)
    return F.linear(join_heads(weights @ v), w_output)
