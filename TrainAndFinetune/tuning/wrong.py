"""反例：标签与模板的几种错法，每一种都不报错。

教什么：结束符不学、连提示一起学、推理时的模板与训练的差一点。
不教什么：对的写法（`chat.py`）；每种错值多少分（`4_full.py` 量）。
不是脚本，由 `4_full.py` 与测试导入。对应笔记：`4_full.md`。
"""

from TrainAndFinetune.tuning.chat import END, IGNORE, START, Example, render, token_ids


# region labels
def without_end(example: Example, end: int) -> Example:
    """错：<end_of_turn>（编号 end）不算损失，模型没学过停。"""
    return Example(example.ids, [IGNORE if label == end else label for label in example.labels])


def on_everything(example: Example) -> Example:
    """错：提示里的词元也算损失，模型花力气学怎样提问。"""
    return Example(example.ids, [IGNORE, *example.ids[1:]])


# endregion


# region mismatches
def mismatches(tokenizer, row: dict) -> dict[str, list[int]]:
    """同一道题，推理时的几种写法（词元编号）；只有 same 与训练的相同。"""
    question = row["messages"][0]["content"]
    same = render(row["messages"][:-1], add_generation_prompt=True)
    texts = {
        "same": same,
        "no_newline": same.removesuffix("\n"),
        "no_bos": same.removeprefix("<bos>"),
        "no_generation_prompt": same.removesuffix(f"{START}model\n"),
        "two_turns": same.replace(question, f"你好{END}\n{START}user\n{question}"),
        "plain": f"<bos>{question}\n",
        "other_template": f"<bos>### 问题：\n{question}\n\n### 回答：\n",
    }
    return {name: token_ids(tokenizer, text) for name, text in texts.items()}


# endregion
