"""检查环境：缺什么，给出补救的那条命令。

怎么跑：`python3 -m tests.doctor`（什么都没装时也能跑，只用标准库），或 `make doctor`。
    --before-install   只看能不能安装，没有问题就什么都不说（make 在安装前调用）
退出码：必需的都在是 0，有缺失是 1。注意 只是提醒。
"""

from __future__ import annotations  # 版本太旧的 Python 也要能跑到“版本太旧”那一行

import argparse
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
WINDOWS = os.name == "nt"
VENV_PYTHON = ROOT / ".venv" / ("Scripts/python.exe" if WINDOWS else "bin/python")
DISTRIBUTION = "llm-learning-book"
OLDEST = (3, 10)
GIGABYTE = 2**30
TORCH_PROBE = """
import torch
gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else ""
print(torch.__version__, torch.get_num_threads(), gpu, sep="|")
"""


class Check(NamedTuple):
    """一项检查：state 是 OK、缺失、注意；repair 是补救的命令或做法。"""

    state: str
    name: str
    detail: str
    repair: str = ""


def python_name() -> str:
    """这个 Python 在命令行里怎么写：在仓库里就写相对路径。"""
    here = Path(sys.prefix)
    return VENV_PYTHON.relative_to(ROOT).as_posix() if here == ROOT / ".venv" else Path(sys.executable).name


def pip_install(*what: str) -> str:
    """装 what 的命令；Python 3.11 起用测试过的版本。"""
    pins = ["-c", "constraints.txt"] if sys.version_info >= (3, 11) else []
    return " ".join([python_name(), "-m", "pip", "install", *pins, *(f'"{word}"' for word in what)])


def check_python() -> Check:
    found = platform.python_version()
    if sys.version_info < OLDEST:
        return Check("缺失", "Python", f"是 {found}，需要 3.10 或更新", "装新的 Python，再 make PYTHON=python3.12")
    return Check("OK", "Python", f"{found}，{python_name()}")


def check_tools() -> list[Check]:
    """pip 与 venv：Debian、Ubuntu 把它们拆成了单独的包。"""
    repair = "sudo apt install python3-pip python3-venv" if shutil.which("apt") else "重装 python.org 的 Python"
    missing = [name for name in ("pip", "venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if sys.prefix != sys.base_prefix:  # 已经在虚拟环境里，只还用得到 pip
        missing = [name for name in missing if name == "pip"]
    if missing:
        return [Check("缺失", "pip 与 venv", f"没有 {'、'.join(missing)}", repair)]
    return [Check("OK", "pip 与 venv", "都在")]


def check_disk() -> Check:
    """Linux 默认的 torch 连 CUDA 库约 5.5 GB；只有 CPU 的约 1 GB。"""
    free = shutil.disk_usage(ROOT).free / GIGABYTE
    need = 1 if VENV_PYTHON.exists() else 8
    if free < need:
        return Check(
            "注意", "磁盘", f"剩 {free:.1f} GB，不到 {need} GB", "腾出空间，或 make TORCH=cpu install（约 1.5 GB）"
        )
    return Check("OK", "磁盘", f"剩 {free:.0f} GB")


def check_path(path: Path = ROOT) -> Check:
    """仓库路径里的空格与汉字：Linux、macOS 上没有问题，Windows 上有的编译库不认。"""
    odd = [
        what for what, pattern in (("空格", r"\s"), ("非 ASCII 字符", r"[^\x00-\x7f]")) if re.search(pattern, str(path))
    ]
    if odd and WINDOWS:
        return Check("注意", "仓库路径", f"含{'与'.join(odd)}", "出怪错时把仓库移到 C:\\book 这样的路径再装一次")
    return Check("OK", "仓库路径", f"含{'与'.join(odd)}，可以用" if odd else "只有 ASCII 字符")


def isolated() -> bool:
    """在虚拟环境或 conda 环境里；在外面装包会弄乱系统的 Python，新的 Debian 干脆不许。"""
    return sys.prefix != sys.base_prefix or "CONDA_PREFIX" in os.environ


def check_environment() -> Check:
    if not isolated():
        return Check("注意", "虚拟环境", "用的是系统的 Python", install_command())
    if "VIRTUAL_ENV" not in os.environ and "CONDA_PREFIX" not in os.environ:
        folder = python_name().rpartition("/bin/")[0] or sys.prefix
        activate = f"{folder}\\Scripts\\Activate.ps1" if WINDOWS else f"source {folder}/bin/activate"
        return Check("注意", "虚拟环境", "没有激活：直接敲 python，用的不是这里检查的这个", activate)
    return Check("OK", "虚拟环境", Path(sys.prefix).name)


def install_command() -> str:
    """从头装好的命令。"""
    if shutil.which("make"):
        return "make install"
    if isolated():
        return pip_install("-e", ".[all,test]").replace('"-e"', "-e")
    return f"{python_name()} -m venv .venv，激活它，再运行一次 tests.doctor"


def parse_version(text: str) -> tuple[int, ...]:
    """版本号开头的数字：2.6.0+cpu -> (2, 6, 0)。

    >>> parse_version("2.6.0+cpu") >= parse_version("2.6")
    True
    """
    return tuple(int(part) for part in re.match(r"\d+(?:\.\d+)*", text).group().split("."))


def satisfies(version: str, ranges: str) -> bool:
    """version 是否满足 ">=1.4,<3" 这样的范围；pyproject.toml 只用 >= 与 <。

    >>> satisfies("1.10", ">=1.4,<2"), satisfies("2.0", ">=1.4,<2")
    (True, False)
    """
    for operator, bound in re.findall(r"(>=|<)\s*([\w.]+)", ranges):
        if (parse_version(version) >= parse_version(bound)) != (operator == ">="):
            return False
    return True


def parse_requirement(line: str) -> tuple[str, str, str]:
    """一条依赖拆成 (名字, 范围, extra)；这个 Python 用不着的依赖，名字是空串。

    >>> parse_requirement('torchvision>=0.21; extra == "resnet"')
    ('torchvision', '>=0.21', 'resnet')
    >>> parse_requirement('tomli>=2.0; python_version < "3.0"')
    ('', '>=2.0', '')
    """
    requirement, _, marker = line.partition(";")
    name, ranges = re.match(r"([\w.-]+)(?:\[.*\])?\s*(.*)", requirement.strip()).groups()
    older = re.search(r"python_version < [\"']([\d.]+)", marker)
    if older and sys.version_info >= parse_version(older.group(1)):
        name = ""
    extra = re.search(r"extra == [\"']([\w-]+)", marker)
    return name, ranges.strip(" ()"), extra.group(1) if extra else ""


def installed_version(name: str) -> str | None:
    """装着的版本；没装是 None。"""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_packages() -> list[Check]:
    """本书与每个 extra 的包：没装、版本不够的各一行，都好的每组一行。"""
    if installed_version(DISTRIBUTION) is None:
        return [Check("缺失", "本书", "没装进这个 Python（ModuleNotFoundError: book 就是它）", install_command())]
    groups: dict[str, list[Check]] = {}
    for line in metadata.requires(DISTRIBUTION) or []:
        name, ranges, extra = parse_requirement(line)
        if name and name != DISTRIBUTION:
            groups.setdefault(extra, []).append(check_package(name, ranges))
    missing = [check for found in groups.values() for check in found if check.state != "OK"]
    if missing and not isolated():
        return [Check("缺失", "包", "、".join(check.name for check in missing), install_command())]
    return missing + [
        Check("OK", f"包（{extra or '核心'}）", "、".join(f"{check.name} {check.detail}" for check in found))
        for extra, found in groups.items()
        if not set(found) & set(missing)
    ]


def check_package(name: str, ranges: str) -> Check:
    version = installed_version(name)
    if version is not None and satisfies(version, ranges):
        return Check("OK", name, version)
    detail = f"需要 {ranges}，" + ("没有装" if version is None else f"装的是 {version}")
    return Check("缺失", name, detail, pip_install(name + ranges))


def check_torch() -> list[Check]:
    """真的导入一次 torch（另开进程）：装坏了、缺系统库只有这样才看得出来。"""
    if installed_version("torch") is None:
        return []
    done = subprocess.run([sys.executable, "-c", TORCH_PROBE], capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"退出码 {done.returncode}"]
        return [
            Check("缺失", "导入 torch", lines[-1], pip_install("torch").replace("install", "install --force-reinstall"))
        ]
    version, threads, gpu = done.stdout.strip().split("|")
    checks = [Check("OK", "导入 torch", f"{version}，{threads} 个线程")]
    return [*checks, Check("OK", "GPU", gpu or "没有；不需要，全书在 CPU 上跑")]


def check_machine() -> list[Check]:
    """核数、内存、CPU 指令。"""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    checks = [Check("OK", "核数", str(cores)) if cores >= 2 else Check("注意", "核数", "1 个；时间要加倍")]
    memory = total_memory()
    if memory:
        enough = memory >= 4 * GIGABYTE
        checks.append(
            Check("OK" if enough else "注意", "内存", f"{memory / GIGABYTE:.0f} GB" + ("" if enough else "，偏小"))
        )
    flags = cpu_flags()
    if flags:
        known = [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in flags]
        note = "" if {"avx512_bf16", "amx_bf16"} & set(known) else "；没有 bf16 指令，混合精度不会更快"
        checks.append(Check("OK", "CPU 指令", (" ".join(known) or platform.machine()) + note))
    return checks


def total_memory() -> int:
    """物理内存的字节数；拿不到是 0。"""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def cpu_flags() -> set[str]:
    """x86 Linux 的 CPU 指令集；别的系统是空集。"""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return set()
    found = re.search(r"^flags\s*:\s*(.+)$", text, re.MULTILINE)
    return set(found.group(1).split()) if found else set()


def check_optional() -> list[Check]:
    """没有也能学的工具。"""
    make = "OK" if shutil.which("make") else "注意"
    git = "OK" if shutil.which("git") else "注意"
    return [
        Check(make, "make", "有" if make == "OK" else "没有", "用 README.md 里的 pip 写法，不需要 make"),
        Check(git, "git", "有" if git == "OK" else "没有", "用不到；更新书时重新下载压缩包"),
    ]


def all_checks() -> list[Check]:
    first = [check_python(), *check_tools(), check_environment(), check_path(), check_disk()]
    return [*first, *check_packages(), *check_torch(), *check_machine(), *check_optional()]


def report(checks: list[Check]) -> int:
    """逐项打印，返回退出码。"""
    for check in checks:
        print("{}{}  {}：{}".format(check.state, "  " if check.state == "OK" else "", check.name, check.detail))
        if check.state != "OK" and check.repair:
            print(f"      补救：{check.repair}")
    return 1 if any(check.state == "缺失" for check in checks) else 0


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before-install", action="store_true", help="只看能不能安装，没有问题就什么都不说")
    args = parser.parse_args(argv)
    if args.before_install:
        return report([check for check in (check_python(), *check_tools(), check_disk()) if check.state != "OK"])
    if VENV_PYTHON.exists() and Path(sys.prefix) != ROOT / ".venv" and not os.environ.get("CONDA_PREFIX"):
        print(f"用 {VENV_PYTHON.relative_to(ROOT).as_posix()} 检查", flush=True)
        return subprocess.call([str(VENV_PYTHON), "-m", "tests.doctor"], cwd=str(ROOT))
    status = report(all_checks())
    print("必需的都在" if status == 0 else "有缺失：照上面的“补救”做，再检查一次")
    return status


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):  # Windows 的控制台默认不是 UTF-8
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(main())
