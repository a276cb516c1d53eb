"""对照实验的任务：中文的用药问题 -> 意图与槽位的 JSON。"""

from TrainAndFinetune.task.generator import INTENTS, SLOTS, make_rows, score

__all__ = ["INTENTS", "SLOTS", "make_rows", "score"]
