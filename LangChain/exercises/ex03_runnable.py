"""ex03 可运行对象：数请求，自己写可以接、批、重试、回退的一步。

级别：手算、补全、扩展。先读：`3_Runnable.md`。
检查：`pytest LangChain/exercises/check_ex03.py`
"""

from collections.abc import Callable, Sequence
from typing import Any


def requests_sent(client_retries: int, attempts: int, inputs: int = 1) -> int:
    """手算：端点一直答 500。客户端 max_retries=client_retries，外面 with_retry(stop_after_attempt=attempts)，
    一批 inputs 个输入。端点一共收到几个请求？

    >>> requests_sent(0, 1), requests_sent(2, 1)  # max_retries=2：第一次，再加两次
    (1, 3)
    """
    raise NotImplementedError


class Step:
    """一步：一个参数进，一个结果出。每个方法都返回新的 Step，不改动自己。

    >>> count = Step(str.strip) | {"text": lambda text: text, "length": len}
    >>> count.invoke(" 血压 ")
    {'text': '血压', 'length': 2}
    >>> Step(len).batch(["血压", "布洛芬"])
    [2, 3]
    """

    def __init__(self, function: Callable[[Any], Any]):
        self.function = function

    def invoke(self, value: Any):
        """跑一次。"""
        return self.function(value)

    def __or__(self, other: "Step | Callable | dict"):
        """补全：先自己，再 other。other 是 Step 或函数；是字典，就把自己的结果交给每一项，得到同样键的字典。

        字典的值也可以是 Step、函数、字典。别的东西抛 TypeError，在接的时候，不等到跑。
        """
        raise NotImplementedError

    def batch(self, values: Sequence, most: int = 4, keep_errors: bool = False) -> list:
        """补全：线程里同时跑，至多 most 个；结果与 values 同序，values 可以是空的。

        有一个抛异常就抛出来；keep_errors=True 时把异常对象放在它的位置上，别的照样算完。
        """
        raise NotImplementedError

    def with_retry(self, attempts: int = 3, on: tuple[type[BaseException], ...] = (Exception,)) -> "Step":
        """补全：总共至多跑 attempts 次（至少 1），只重试 on 里的异常；都坏了抛最后一次的异常。不用等待。"""
        raise NotImplementedError

    def with_fallbacks(
        self, spares: "Sequence[Step | Callable]", on: tuple[type[BaseException], ...] = (Exception,)
    ) -> "Step":
        """扩展：自己抛 on 里的异常，就依次试 spares，用原来的输入；都坏了抛自己的（第一个）异常。

        on 之外的异常不接，备用的抛的也一样。
        """
        raise NotImplementedError
