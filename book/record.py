"""结果的出口：脚本最后打印一行 `RESULT {json}`，`python -m tests.record` 把它连同环境写进 results/。"""

import csv
import io
import json
import os
import platform
import re
from importlib import metadata
from pathlib import Path

from book.checkpoint import atomic_write

PREFIX = "RESULT "
PACKAGES = ("torch", "torchvision", "numpy", "scikit-learn", "transformers", "peft", "xllamacpp")


def emit_result(values: dict) -> dict:
    """打印 RESULT 行并原样返回 values；浮点保留 6 位有效数字。

    >>> emit_result({"test_acc": 0.99444444})
    RESULT {"test_acc": 0.994444}
    {'test_acc': 0.99444444}
    """
    rounded = json.loads(json.dumps(values), parse_float=lambda text: float(f"{float(text):.6g}"))
    print(PREFIX + json.dumps(rounded, ensure_ascii=False), flush=True)
    return values


def read_result(output: str) -> dict | None:
    """取一段输出里最后一行 RESULT；没有就返回 None。"""
    lines = [line for line in output.splitlines() if line.startswith(PREFIX)]
    return json.loads(lines[-1][len(PREFIX) :]) if lines else None


def cpu_name() -> str:
    """CPU 型号；拿不到就用体系结构名。"""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            found = re.search(r"^model name\s*:\s*(.+)$", file.read(), re.MULTILINE)
        return found.group(1).strip() if found else platform.machine()
    except OSError:
        return platform.processor() or platform.machine()


def environment(packages=PACKAGES) -> dict:
    """写进结果文件的环境：Python、包的版本、CPU 型号、核数。没有主机名，没有路径。"""
    installed = {distribution.name: distribution.version for distribution in metadata.distributions()}
    versions = {"python": platform.python_version()} | {name: installed[name] for name in packages if name in installed}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"versions": versions, "cpu": cpu_name(), "cores": cores, "system": platform.system()}


def write_logs(history: list[dict], summary: dict, directory: Path) -> None:
    """history 每轮一行写成 log.csv，连同 summary 写成 log.json；都是原子写。"""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(dict.fromkeys(key for row in history for key in row)))
    writer.writeheader()
    writer.writerows(history)
    atomic_write(directory / "log.csv", buffer.getvalue().encode())
    atomic_write(directory / "log.json", json.dumps({**summary, "history": history}, ensure_ascii=False).encode())


def save_figure(figure, path: Path) -> None:
    """matplotlib 的图存成 PNG；不写软件版本与日期，重画同样的数据得到同样的文件。"""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="png", dpi=110, metadata={"Software": None})
