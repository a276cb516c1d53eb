"""全书共用的框架，不含书要教的任何东西。用到 torch 的函数在函数内导入它：导入 `book` 不花那 3 秒。"""

from book.checkpoint import CheckpointError, atomic_write, interruptible, load_state, save_state
from book.cli import Parser, UserError, common_options, has_fast_bf16, output_dir, pick_device, positive_int
from book.cli import repository_root, run, seed_everything, seeded
from book.exercise import expect, load_exercise
from book.record import emit_result, environment, read_result, save_figure, write_logs
from book.timing import compare
