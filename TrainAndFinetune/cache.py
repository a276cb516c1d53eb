"""模型放在哪里：用户的缓存目录，克隆多少次都只存一份；以及仓库根目录的 `.env`。

教什么：缓存目录怎么定（环境变量 `LLM_BOOK_CACHE` 优先，然后是 `.env` 里的），为什么只让自己读写。
不教什么：放进去的是什么（`download_model.py`、`serving/lifetime.py`）。
对应笔记：`1_deploy.md`。不导入 torch：第 3、6、7 章经过 `endpoint.py` 用它。
"""

import io
import os
import sys
from pathlib import Path

from book import UserError, repository_root


def default_cache() -> Path:
    """没有设 `LLM_BOOK_CACHE` 时的位置，照各个系统的习惯。"""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "llm-learning-book"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/llm-learning-book"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "llm-learning-book"


def env_file_text() -> str:
    """仓库根目录的 `.env` 的内容，没有这个文件就是空的；不是 UTF-8、有读不懂的行都抛 UserError。"""
    from dotenv.parser import parse_stream

    path = repository_root() / ".env"
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows 的记事本会在开头写 BOM
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise UserError(f"{path} 不是 UTF-8；用编辑器另存为 UTF-8") from None
    except OSError as error:
        raise UserError(f"{path} 读不了（{error.strerror}）；它应当是一个文件，没有要设的就删掉") from None
    for binding in parse_stream(io.StringIO(text)):
        if binding.error:
            given = binding.original.string
            line = binding.original.line + given[: len(given) - len(given.lstrip())].count("\n")
            raise UserError(f"{path} 第 {line} 行读不懂；一行一个 名字=值，引号要成对，说明以 # 开头")
    return text


def cache_setting() -> str | None:
    """`LLM_BOOK_CACHE` 的值：先看环境变量，再看 `.env`；每个脚本看到的都一样，不管它有没有 connect()。"""
    from dotenv import dotenv_values

    given = os.environ.get("LLM_BOOK_CACHE")
    return given or dotenv_values(stream=io.StringIO(env_file_text())).get("LLM_BOOK_CACHE")


def book_cache() -> Path:
    """缓存目录，建好了再返回；只有自己能进（里面有本地服务的密钥）。不能写就抛 UserError。"""
    folder = Path(cache_setting() or default_cache()).expanduser()
    if not folder.is_absolute():  # 相对的：从哪个目录跑就在哪里，每个目录各拼一份 253 MB 的模型
        raise UserError(f"LLM_BOOK_CACHE={folder} 是相对路径；写绝对路径，例如 {Path.cwd() / folder}")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"缓存目录 {folder} 建不了（{error.strerror}）；用 LLM_BOOK_CACHE 指一个能写的目录") from None
    if not os.access(folder, os.W_OK):
        raise UserError(f"缓存目录 {folder} 不能写；用 LLM_BOOK_CACHE 指一个能写的目录")
    return folder
