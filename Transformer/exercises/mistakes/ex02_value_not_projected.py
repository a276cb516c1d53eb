"""错：value 没有过 w_value。"""

from torch.nn import functional as F

from Transformer.exercises.solutions.ex02_heads import join_heads, split_heads

HINT = "输出应当是 x @ w_value.T @ w_output.T"


def multi_head(x, memory, w_query, w_key, w_value, w_output, num_heads, mask=None):
    q = split_heads(F.linear(x, w_query), num_heads)
    k = split_heads(F.linear(memory, w_key), num_heads)
    v = split_heads(memory, num_heads)
    return F.linear(join_heads(F.scaled_dot_product_attention(q, k, v, mask)), w_output)
