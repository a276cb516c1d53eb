"""错：key 用了 w_query。"""

from torch.nn import functional as F

from Transformer.exercises.solutions.ex02_heads import join_heads, split_heads

HINT = "各过自己的权重"


def multi_head(x, memory, w_query, w_key, w_value, w_output, num_heads, mask=None):
    q = split_heads(F.linear(x, w_query), num_heads)
    k = split_heads(F.linear(memory, w_query), num_heads)
    v = split_heads(F.linear(memory, w_value), num_heads)
    return F.linear(join_heads(F.scaled_dot_product_attention(q, k, v, mask)), w_output)
