"""语法约束的小例子：词表只有十来个词元，「文法」是几个允许的答案，每一步能手算。

教什么：每一步遮住接不成任何允许的答案的词元，再在剩下的里面挑；写完才许结束。不管 logits 是什么，结果一定合文法。
不教什么：文法怎么编译成快的掩码（llguidance 对 26 万个词元、任意的 JSON schema 做同样的事）。
对应笔记：`2_serve.md`。
"""

import numpy as np

END = "<end_of_turn>"
VOCABULARY = ("晴", "雨", "天", "大", "小", "大雨", "今", "。", "\n", END)
ANSWERS = ("晴天", "大雨", "雨")


def allowed(written: str, answers=ANSWERS, vocabulary=VOCABULARY) -> np.ndarray:
    """(V,) 的布尔：接上这个词元以后，还是不是某个答案的开头；已经是完整的答案，才许结束。

    >>> [token for token, ok in zip(VOCABULARY, allowed("大")) if ok]
    ['雨']
    """
    return np.array(
        [
            written in answers if token == END else any(answer.startswith(written + token) for answer in answers)
            for token in vocabulary
        ]
    )


def masked_softmax(logits: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """(V,) -> (V,)：遮住的概率是 0，剩下的照原来的比例分掉 1。"""
    kept = np.where(mask, logits, -np.inf)  # 先遮再 softmax：反过来就要重新归一
    weights = np.exp(kept - kept.max())
    return weights / weights.sum()


def constrained_greedy(next_logits, answers=ANSWERS, vocabulary=VOCABULARY) -> str:
    """每一步在允许的词元里挑概率最大的；`next_logits(written)` 给 (V,) 的 logits。一定会结束：每步都更接近某个答案。"""
    written = ""
    while True:
        probabilities = masked_softmax(next_logits(written), allowed(written, answers, vocabulary))
        token = vocabulary[int(probabilities.argmax())]
        if token == END:
            return written
        written += token
