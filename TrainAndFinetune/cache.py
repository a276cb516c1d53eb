"""模型放在哪里：用户的缓存目录，克隆多少次都只存一份。

教什么：缓存目录怎么定（`LLM_BOOK_CACHE` 优先），为什么只让自己读写。
不教什么：放进去的是什么（`download_model.py`、`serving/lifetime.py`）。
对应笔记：`1_deploy.md`。不导入 torch：第 3、6、7 章经过 `endpoint.py` 用它。
"""

import os
import sys
from pathlib import Path

from book import UserError


def default_cache() -> Path:
    """没有设 `LLM_BOOK_CACHE` 时的位置，照各个系统的习惯。"""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "llm-learning-book"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/llm-learning-book"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "llm-learning-book"


def book_cache() -> Path:
    """缓存目录，建好了再返回；只有自己能进（里面有本地服务的密钥）。不能写就抛 UserError。"""
    folder = Path(os.environ.get("LLM_BOOK_CACHE") or default_cache()).expanduser()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"缓存目录 {folder} 建不了（{error.strerror}）；用 LLM_BOOK_CACHE 指一个能写的目录") from None
    if not os.access(folder, os.W_OK):
        raise UserError(f"缓存目录 {folder} 不能写；用 LLM_BOOK_CACHE 指一个能写的目录")
    return folder
