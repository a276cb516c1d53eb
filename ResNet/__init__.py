"""第 1 章：从张量到 ResNet。笔记从 `1_tensors.md` 开始读。"""
