r"""ex02 预分词：合并之前先把文字切成词。特殊词元是硬边界，空格归后面的词，什么也不丢，自己写一遍。

级别：手算 + 补全。先读：`3_pretokenize.md`（在 `CS336/Tokenization/`）。
检查：`pytest CS336/exercises/check_ex02.py`

只用标准库的 re。它不认识 \p{L}：一个字母（也含汉字）写 `[^\W\d_]`，一个数字写 `\d`，
别的不是空白的字符（标点、符号、表情、下划线）写 `(?:[^\s\w]|_)`。式子写成 r"…"，反斜杠才是反斜杠。
"""

# ruff: noqa: F401  做题时用得到的导入
import re


def split_specials(text: str, specials: list[str]) -> list[str]:
    """补全：在特殊词元处切开。特殊词元自己成一段，接起来恰是原文，没有空的段。

    从左到右找；同一个地方有几个特殊词元都对得上，取最长的。特殊词元里的 | ( + 都只是字符。

    >>> split_specials("一篇<|end|>又一篇", ["<|end|>"])
    ['一篇', '<|end|>', '又一篇']
    >>> split_specials("a<|end|><|end|>", ["<|end|>", "<|end|><|end|>"])
    ['a', '<|end|><|end|>']
    """
    raise NotImplementedError


def pretokenize(text: str) -> list[str]:
    r"""手算 + 补全：没有特殊词元的文字 -> 词，接起来恰是原文。比 GPT-2 的规则只少了英语的缩写。从左到右，依次试：

        1. 一串字母、一串数字、一串别的字符，各是一个词；它前面紧挨着的一个空格归它（换行、制表符不归）
        2. 一串空白，后面没有字了：整串是一个词
        3. 一串空白，后面还有字：除了最后一个，前面的是一个词；最后一个是空格就归后面的词，不是就单独成一个词

    先在纸上切 `a  b`（两个空格）与 `x1 _y`。

    >>> pretokenize("I pay  3美元!")
    ['I', ' pay', ' ', ' 3', '美元', '!']
    >>> pretokenize("end.\n\n  next ")
    ['end', '.', '\n\n ', ' next', ' ']
    """
    raise NotImplementedError


def count_words(text: str, specials: list[str]) -> dict[str, int]:
    """手算 + 补全：每个词出现几次，这就是训练 BPE 的输入。特殊词元不算词，也没有词跨过它。

    先在纸上数下面这一段：有几个不同的词？

    >>> count_words("low low<|end|>low er", ["<|end|>"]) == {"low": 2, " low": 1, " er": 1}
    True
    """
    raise NotImplementedError
