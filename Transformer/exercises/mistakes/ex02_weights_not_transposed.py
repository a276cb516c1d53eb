"""错：写成了 x @ w。"""

from torch.nn import functional as F

from Transformer.exercises.solutions.ex02_heads import join_heads, split_heads

HINT = "权重没有转置"


def multi_head(x, memory, w_query, w_key, w_value, w_output, num_heads, mask=None):
    q = split_heads(x @ w_query, num_heads)
    k = split_heads(memory @ w_key, num_heads)
    v = split_heads(memory @ w_value, num_heads)
    return join_heads(F.scaled_dot_product_attention(q, k, v, mask)) @ w_output
