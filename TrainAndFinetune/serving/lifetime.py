"""本地服务的一生：状态文件、租约、没人用了就结束。

教什么：几个进程怎样共用一个服务、怎样知道它们都走了。每个客户端拿着一条不关的 HTTP 连接（租约）：进程一死，
连 `kill -9` 也算，操作系统就替它关掉连接，服务立刻知道；不必轮询进程号，也不怕进程号被别人用去。
不教什么：客户端的一半（`endpoint.py`）。
对应笔记：`2_serve.md`。
"""

import asyncio
import hashlib
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from TrainAndFinetune.cache import book_cache
from TrainAndFinetune.serving.engine import TEMPLATE, EngineConfig

PROTOCOL = 1  # 外层服务的行为变了就加 1，旧的服务不再被新的代码找到


@dataclass(frozen=True)
class State:
    """一个跑着的服务：写在缓存目录里，只有自己能读（里面有密钥）。"""

    base_url: str  # 不含 /v1
    api_key: str
    pid: int
    instance: str  # 每次启动都不同：认得出「同一个端口上换了别的服务」
    chat_model: str
    embedding_model: str

    @property
    def headers(self) -> dict[str, str]:
        """带密钥的请求头；没有密钥就什么都不带：「Bearer 」后面空着不是合法的请求头，httpx 不肯发。"""
        return {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}


def fingerprint(config: EngineConfig) -> str:
    """什么样的服务可以共用：同样的模型文件、适配器、模板、设置。"""
    files = [path for path in (config.model, config.adapter) if path is not None]
    stats = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    text = TEMPLATE.read_text(encoding="utf-8")
    key = (PROTOCOL, stats, text, config.name, config.context, config.parallel, config.embedding)
    return hashlib.sha256(repr(key).encode()).hexdigest()[:12]


def state_path(config: EngineConfig) -> Path:
    """这样设置的服务的状态文件。"""
    return book_cache() / f"server-{fingerprint(config)}.json"


def write_state(path: Path, state: State) -> None:
    """写状态文件，原子地；一建好就只有自己能读，不是写完再改权限。"""
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(state), file)
    os.replace(temporary, path)


def read_state(path: Path) -> State | None:
    """读状态文件；没有、写坏了都是 None。"""
    try:
        return State(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


class Lifetime:
    """记着几个租约、几个请求在算；`idle` 秒没有人用就调用 `stop`。"""

    def __init__(self, idle: float | None, stop):
        self.idle, self.stop = idle, stop
        self.leases = self.busy = 0
        self.last_used = time.monotonic()

    def touch(self) -> None:
        self.last_used = time.monotonic()

    def unused_seconds(self) -> float:
        """多久没有人用；有租约或有请求在算，就是 0。"""
        if self.leases or self.busy:
            self.touch()
        return time.monotonic() - self.last_used

    async def lease(self, gone):
        """一个租约：先回一个换行（客户端由此知道租到了），然后等到连接断开（`gone`）。"""
        self.leases += 1
        try:
            yield b"\n"
            await gone
        finally:
            self.leases -= 1
            self.touch()

    async def watch(self) -> None:
        """后台任务：没人用了就停；从能接请求的时候算起，加载模型的时间不算。"""
        self.touch()
        while self.idle is None or self.unused_seconds() < self.idle:
            await asyncio.sleep(0.5)
        self.stop()
