"""ex02 标签：哪些词元算损失，答案连同结束符；太长时裁什么；损失怎样平均。

级别：手算、补全。先读：`4_full.md`。
检查：`pytest TrainAndFinetune/exercises/check_ex02.py`

一段对话是几个片段 (词元编号, 是不是答案)，依次接起来；答案的片段以结束符 <end_of_turn> 结尾。
"""

# ruff: noqa: F401  做题时用得到的导入
import torch
from torch import Tensor

IGNORE = -100


def build_labels(segments: list[tuple[list[int], bool]]) -> tuple[list[int], list[int]]:
    """补全：返回 (ids, labels)，一样长。答案的位置（连结束符）labels 等于 ids，其余是 IGNORE。

    labels 不用左移：移位由损失做。先手算：<bos> 2，结束符 5，提示 [2, 10, 11]、答案 [20, 5]，五个标签是什么？

    >>> build_labels([([2, 10, 11], False), ([20, 5], True)])
    ([2, 10, 11, 20, 5], [-100, -100, -100, 20, 5])
    """
    raise NotImplementedError


def truncate(ids: list[int], labels: list[int], max_length: int) -> tuple[list[int], list[int]]:
    """补全：只有一轮的一条（前面是提示，后面是答案），裁到 max_length 个词元，返回新的 (ids, labels)，不改传进来的。

    答案与结束符一个也不裁；第一个词元 <bos> 也留着；裁的是 <bos> 之后最早的提示，刚好放得下就停。
    <bos> 加答案都放不下，就抛 ValueError：答案裁掉半句，模型学会的是不停。
    这是简化：`tuning/chat.py` 的 encode_example 裁的是消息的内容，模板的词元留着。

    >>> truncate([2, 10, 11, 12, 20, 5], [-100, -100, -100, -100, 20, 5], 4)
    ([2, 12, 20, 5], [-100, -100, 20, 5])
    """
    raise NotImplementedError


def masked_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """补全：logits (B, T, V)，labels (B, T)；位置 t 的 logits 预测 t + 1 的词元。返回每个答案词元的平均损失（一个数）。

    平均是全批的答案词元一起算：损失之和除以它们的个数。不能先求每条的平均再平均，那样短答案的每个词元分量更重。
    labels 是 IGNORE 的不算。不用自己防没有答案的批。

    >>> import torch
    >>> masked_loss(torch.zeros(1, 3, 4), torch.tensor([[-100, 1, 2]])).item()  # 两个词元，各 ln 4
    1.3862943649291992
    """
    raise NotImplementedError
