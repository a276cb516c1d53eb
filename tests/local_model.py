"""测试用的本地模型服务：自己的缓存目录，模型文件是链接；服务在本进程的线程里，结束时停掉。"""

import contextlib
import os
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from TrainAndFinetune import endpoint, models, serve
from TrainAndFinetune.cache import book_cache
from TrainAndFinetune.models import EMBEDDED, assemble
from TrainAndFinetune.serving.lifetime import state_path, write_state

USER_CACHE = book_cache()  # 收集测试的时候，还没有哪个测试改过环境
VARIABLES = (*endpoint.CHAT, *endpoint.EMBEDDING, *endpoint.PREFIXES, endpoint.LOCAL, endpoint.OLD_NAME)


@cache
def hf_folder() -> Path:
    """转换好的 Hugging Face 文件夹，在用户的缓存里；不看测试给 LLM_BOOK_CACHE 设的值。"""
    from TrainAndFinetune import base

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "book_cache", lambda: USER_CACHE)
        patch.setattr(models, "book_cache", lambda: USER_CACHE)
        return base.hf_folder()


def private_cache(folder: Path) -> Path:
    """一个空的缓存目录，里面只有模型文件的链接：不复制 253 MB，也碰不到用户正在跑的服务。"""
    model = assemble(EMBEDDED)
    try:
        os.link(model, folder / model.name)
    except OSError:  # 不在同一个文件系统上
        os.symlink(model, folder / model.name)
    return folder


def clean_environment(patch: pytest.MonkeyPatch, cache: Path) -> None:
    """与用户的配置无关；connect() 写进环境的，patch 结束时也一并撤销。"""
    for name in (*VARIABLES, "NO_PROXY", "no_proxy"):
        patch.setenv(name, "*" if name.lower() == "no_proxy" else "")
    patch.delenv(endpoint.OLD_NAME)
    patch.setenv("LLM_BOOK_CACHE", str(cache))
    patch.setattr(endpoint, "load_env_file", lambda: None)


@contextlib.contextmanager
def running(**changes) -> Iterator[serve.Running]:
    """一个跑着的服务。"""
    server = serve.build(serve.default_config(**changes), "127.0.0.1", 0, "test-key", None)
    write_state(state_path(server.engine.config), server.state)
    thread = threading.Thread(target=server.wait)
    thread.start()
    try:
        yield server
    finally:
        server.server.should_exit = True
        thread.join()
