"""答过的题不再答：一个系统、一组题一个 JSONL 文件，答完一题就追加一行；中断、断电、kill -9 只丢正在答的几题。

教什么：键里要有决定答案的一切——题目、谁答、整个请求（例子、上限都在里面）、适配器的文件、对话模板，少一样就会把旧答案当成新的。
不教什么：怎样评分：文件里只有答案，改了评分规则不用重新问模型。
不是脚本，由 `evaluate_assistant.py` 导入。不导入 torch。对应笔记：`assistant.md`「评估」。
"""

import hashlib
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path

from TrainAndFinetune.assistant.systems import BROKEN, ENDED, Answer, Job, request_of
from TrainAndFinetune.tuning.chat import TEMPLATE


def job_key(job: Job, adapter: str) -> str:
    """一道题的键；adapter 是适配器文件的校验和，基座的答案与它无关。"""
    template = TEMPLATE.read_text(encoding="utf-8")
    request = request_of(job, job.system.name, str)
    parts = [job.system.name, job.dialogue, request, adapter if job.system.tuned else "", template]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:24]


class Store:
    """一个 JSONL 文件里的答案，键 -> Answer；`add` 可以几个线程一起调用。"""

    def __init__(self, path: Path):
        self.path, self.lock, self.found = path, threading.Lock(), {}
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        self.torn = bool(text) and not text.endswith("\n")  # 上次写到一半断了：新的一行要另起
        for line in text.split("\n"):  # splitlines 还会在 U+2028 处断，答案里可以有它
            if record := read_line(line):
                self.found[record["key"]] = Answer(record["text"], record["finish"], record["tokens"])

    def add(self, key: str, answer: Answer) -> None:
        """追加一行，落了盘才算。"""
        line = json.dumps({"key": key, **asdict(answer)}, ensure_ascii=False) + "\n"
        with self.lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "ab") as file:
                file.write(("\n" * self.torn + line).encode("utf-8", "replace"))
                file.flush()
                os.fsync(file.fileno())
            self.torn = False
            self.found[key] = answer


def read_line(line: str) -> dict | None:
    """一行记录；断掉的一行是 None。"""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    shape = {"key": str, "text": str, "finish": str, "tokens": int}
    right = isinstance(record, dict) and record.keys() == shape.keys()
    right = right and all(isinstance(record[name], kind) for name, kind in shape.items())
    return record if right and record["finish"] in (*ENDED, "length", BROKEN) else None


def answer_all(
    jobs: list[Job], ask: Callable[[Job], Answer], store: Store, adapter: str, workers: int, done: Callable[[], None]
) -> list[Answer]:
    """每道题的答案，次序与 jobs 相同；存着的不再问。一题出错或 Ctrl-C，还没开始的都取消，答完的已经在文件里。"""
    keys = [job_key(job, adapter) for job in jobs]

    def work(key: str, job: Job) -> None:
        store.add(key, ask(job))

    pool = ThreadPoolExecutor(workers)
    try:
        futures = [pool.submit(work, key, job) for key, job in zip(keys, jobs) if key not in store.found]
        for _ in range(len(jobs) - len(futures)):
            done()
        for future in as_completed(futures):
            future.result()
            done()
    finally:
        pool.shutdown(cancel_futures=True)
    return [store.found[key] for key in keys]
