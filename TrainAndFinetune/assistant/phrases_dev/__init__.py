"""开发集的问法与写法：选学习率、秩、数据配比时看的。句式与训练集不同。"""

from TrainAndFinetune.assistant.phrases_dev import grounded, talk, texts, tools

COMPLETE = True
TABLE = grounded.TABLE | tools.TABLE | talk.TABLE | texts.TABLE
