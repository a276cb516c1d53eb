"""全书的测试，以及笔记用的两个命令：`python -m tests.notes`、`python -m tests.record`。"""
