"""本书的助手：训练数据的生成器与评分。

make_dialogues("train", "grounded", 100, seed=0) -> [{"messages": …, "tools": …?, "ability": …, "check": …}]
score(dialogue, answer) -> 对不对；最后一条消息是标准答案，它前面的是提示。
"""

from TrainAndFinetune.assistant.make import ABILITIES, MIX, make_dialogues, make_mix
from TrainAndFinetune.assistant.scoring import gold, grade, score

__all__ = ["ABILITIES", "MIX", "gold", "grade", "make_dialogues", "make_mix", "score"]
