"""习题：检查文件以 `ex = load_exercise(__file__)` 开头，用 `expect(对不对, 哪个想法错了)` 断言。"""

import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType


def load_exercise(check_file: str) -> ModuleType:
    """加载 check_exNN.py 对应的 exNN_*.py，或 EXERCISE_TARGET 指的（答案、故意做错的样本）；没写的函数报「还没写」。"""
    import pytest  # 在函数里导入：只跑脚本的人不用装它

    class Unwritten(pytest.fail.Exception):
        def __init__(self, *args):
            code = sys._getframe(1).f_code  # 抛出它的那个函数；Python 3.10 没有 co_qualname
            file, name = Path(code.co_filename).name, getattr(code, "co_qualname", code.co_name)
            super().__init__(f"还没写：{name}（{file} 第 {code.co_firstlineno} 行）", pytrace=False)

    check = Path(check_file).resolve()
    number = check.stem.removeprefix("check_")
    target = os.environ.get("EXERCISE_TARGET")
    candidates = [Path(target)] if target else sorted(check.parent.glob(f"{number}_*.py"))
    if len(candidates) != 1 or not candidates[0].is_file():
        rule = f"{check.parent} 里应当恰有一个 {number}_*.py，找到 {[c.name for c in candidates]}"
        raise FileNotFoundError(f"EXERCISE_TARGET 指的文件不存在：{target}" if target else rule)
    spec = importlib.util.spec_from_file_location(f"exercise_{number}", candidates[0])
    module = importlib.util.module_from_spec(spec)
    module.NotImplementedError = Unwritten  # 模块里的名字先于内建的同名：只印一行话，不印回溯
    spec.loader.exec_module(module)
    return module


def expect(condition: bool, idea: str) -> None:
    """检查里的断言：不成立就只印 idea（得到什么、应当是什么、错在哪个想法），不印回溯。"""
    if not condition:
        import pytest

        raise pytest.fail.Exception(idea, pytrace=False) from None  # 在 except 里调用时，不印前一个异常
