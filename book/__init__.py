"""全书共用的框架，不含书要教的任何东西：选项与报错、检查点、结果记录、计时、习题加载。

只有 `checkpoint` 的存取函数和 `pick_device`、`seed_everything` 用到 torch，且在函数内导入：
导入 `book` 本身不花 torch 那 3 秒。
"""

from book.checkpoint import CheckpointError, atomic_write, load_state, save_state
from book.cli import Parser, UserError, common_options, output_dir, pick_device, repository_root, run, seed_everything
from book.exercise import expect, load_exercise
from book.record import emit_result, environment, read_result
from book.timing import compare

__all__ = [
    "CheckpointError",
    "Parser",
    "UserError",
    "atomic_write",
    "common_options",
    "compare",
    "emit_result",
    "environment",
    "expect",
    "load_exercise",
    "load_state",
    "output_dir",
    "pick_device",
    "read_result",
    "repository_root",
    "run",
    "save_state",
    "seed_everything",
]
