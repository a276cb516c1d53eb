"""对照实验的任务：中文的用药问题 -> 意图与槽位的 JSON。"""

from TrainAndFinetune.task.generator import INTENT, INTENTS, SLOTS, make_rows, score

__all__ = ["INTENT", "INTENTS", "SLOTS", "make_rows", "score"]
