"""第 4 章：从零写一个语言模型（CS336）。笔记从 `Tokenization/1_unicode.md` 开始读。"""
