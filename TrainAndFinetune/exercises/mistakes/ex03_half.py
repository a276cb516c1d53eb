"""错：忘了值也要一份。"""

from TrainAndFinetune.exercises.solutions.ex03_prefix import attend, extend_inputs, unpack_prefix  # noqa: F401

HINT = "只数了一半"


def prefix_count(layers, kv_heads, head_dim, length):
    return layers * length * kv_heads * head_dim
