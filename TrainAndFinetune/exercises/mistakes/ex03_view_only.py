"""错：直接 view 成结果的形状，词与层混了。"""

from TrainAndFinetune.exercises.solutions.ex03_prefix import attend, extend_inputs, prefix_count  # noqa: F401

HINT = "先 view 成 (P, L, 2, H, D)，再 permute"


def unpack_prefix(flat, layers, kv_heads, batch):
    states = flat.view(layers, 2, kv_heads, flat.shape[0], -1)
    return states[:, :, None].expand(-1, -1, batch, -1, -1, -1)
