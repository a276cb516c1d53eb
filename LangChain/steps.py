"""可运行对象的普通 Python 版：一步是一个函数，接起来还是一步。

教什么：`|` 只是函数复合；字典是同一个输入交给几步；批是线程池，次序不变。
不教什么：重试、回退、限并发（`exercises/ex03_runnable.py`）；流（`8_LCEL.md`）。
不是脚本，由本章的脚本与测试导入。对应笔记：`3_Runnable.md`「手算小例子」。
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class Step:
    """一步：一个参数进，一个结果出。

    >>> both = {"double": lambda x: 2 * x, "same": lambda x: x}
    >>> chain = Step(lambda x: x + 1) | both | (lambda d: d["double"] - d["same"])
    >>> chain.invoke(3), chain.batch([1, 2])
    (4, [2, 3])
    """

    def __init__(self, function: Callable[[Any], Any]):
        self.function = function

    def invoke(self, value):
        return self.function(value)

    def __or__(self, other):
        after = as_step(other)
        return Step(lambda value: after.invoke(self.invoke(value)))

    def __ror__(self, other):  # 左边是字典时，Python 才来问右边会不会 |
        return as_step(other) | self

    def batch(self, values: Sequence, most: int = 4) -> list:
        """同时至多 most 个；结果的次序与输入的相同。"""
        with ThreadPoolExecutor(most) as pool:
            return list(pool.map(self.invoke, values))


def as_step(thing) -> Step:
    """函数变成一步；字典变成“同一个输入交给每一项”的一步。

    >>> as_step({"a": len, "b": str.upper}).invoke("ab")
    {'a': 2, 'b': 'AB'}
    """
    if isinstance(thing, Step):
        return thing
    if isinstance(thing, dict):
        steps = {name: as_step(part) for name, part in thing.items()}
        return Step(lambda value: {name: step.invoke(value) for name, step in steps.items()})
    if callable(thing):
        return Step(thing)
    raise TypeError(f"收到 {type(thing).__name__}，要函数、字典或 Step")
