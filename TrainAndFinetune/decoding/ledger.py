"""一条一条地记下算好的结果：跑几十分钟的比较断了，接着算没算过的那些。

教什么：逐条存、原子地写、设定变了就不接。
不教什么：存的是什么（`3_generate.py`）。
对应笔记：`3_generate.md`。
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from book import UserError, atomic_write


class Ledger:
    """{名字: [每条的结果]}，存在 path；resume 时读回来，settings 必须相同。"""

    def __init__(self, path: Path, settings: dict, resume: bool):
        self.path, self.content = path, {"settings": settings, "rows": {}}
        if not resume:
            return
        if not path.is_file():
            raise UserError(f"没有 {path}，没有可以接着算的；去掉 --resume")
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            raise UserError(f"{path} 读不出来；删掉它，去掉 --resume 从头算") from None
        if found["settings"] != settings:
            raise UserError(f"{path} 是另一种设定 {found['settings']} 算的，现在是 {settings}；去掉 --resume 从头算")
        self.content = found

    def each(self, name: str, function: Callable, items: Sequence) -> list:
        """对每一条调用 function（结果要能存成 JSON），算过的不再算；带进度条。"""
        rows = self.content["rows"].setdefault(name, [])
        for item in tqdm(items[len(rows) :], desc=name, leave=False):
            rows.append(function(item))
            atomic_write(self.path, json.dumps(self.content).encode())
        return rows
