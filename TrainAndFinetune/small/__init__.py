"""对照实验的小模型：170 万个参数，在本书自己的文字上预训练。"""

from TrainAndFinetune.small.loading import load_small

__all__ = ["load_small"]
