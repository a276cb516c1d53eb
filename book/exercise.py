"""习题加载：检查文件的第一行 `ex = load_exercise(__file__)`。

`check_ex01.py` 旁边的 `ex01_*.py` 是你要填的题；环境变量 EXERCISE_TARGET 可以换成别的文件
（答案、故意做错的样本），测试用它证明检查两头都对。
"""

import importlib.util
import os
from pathlib import Path
from types import ModuleType


def load_exercise(check_file: str) -> ModuleType:
    """加载 check_exNN.py 对应的 exNN_*.py，或 EXERCISE_TARGET 指的文件。"""
    check = Path(check_file).resolve()
    number = check.stem.removeprefix("check_")
    target = os.environ.get("EXERCISE_TARGET")
    candidates = [Path(target)] if target else sorted(check.parent.glob(f"{number}_*.py"))
    if len(candidates) != 1 or not candidates[0].is_file():
        raise FileNotFoundError(f"{check.parent} 里应当恰有一个 {number}_*.py，找到 {[c.name for c in candidates]}")
    spec = importlib.util.spec_from_file_location(f"exercise_{number}", candidates[0])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
