"""`connect()`：让脚本有模型可用。没有配置就用本机的服务（找到或启动），配置了就原样用你的。

教什么：换模型只改配置不改代码；几个进程怎样共用一个服务，走了以后服务怎样自己结束。
不教什么：服务本身（`serve.py`、`serving/`）。
怎么用：在脚本的 `main` 里调用一次，然后照常用 `ChatOpenAI(...)`、`OpenAI()`、`OpenAIEmbeddings(...)`。
对应笔记：`2_serve.md`。不导入 torch，导入很快：第 3、6、7 章每个脚本都用它。
"""

import http.client
import io
import os
import re
import secrets
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from book import UserError, repository_root
from TrainAndFinetune.cache import book_cache, env_file_text
from TrainAndFinetune.serving.engine import MEAN_POOLING, EngineConfig
from TrainAndFinetune.serving.lifetime import State, read_state, state_path

CHAT = ("OPENAI_BASE_URL", "OPENAI_API_KEY", "CHAT_MODEL")
EMBEDDING = ("EMBEDDING_BASE_URL", "EMBEDDING_API_KEY", "EMBEDDING_MODEL")
PREFIXES = ("EMBEDDING_QUERY_PREFIX", "EMBEDDING_PASSAGE_PREFIX")
OLD_NAME = "OPENAI_API_BASE"  # LangChain 还认这个旧名字，而且优先：它指着别处，对话就去了别处
LOCAL = "LLM_BOOK_ENDPOINT"  # 记着哪个地址是本书的服务填的：子进程继承环境变量，不能把它当成用户的配置
LOOPBACK = ("127.0.0.1", "localhost")
IDLE_SECONDS = 60
START_SECONDS = 300
_leases: dict[str, tuple] = {}  # 实例 -> (连接, 回答)：拿着不放，进程结束时系统替我们关


@dataclass(frozen=True)
class Endpoint:
    """接上的两半；`local` 说对话是不是本机的服务。"""

    base_url: str
    chat_model: str
    embedding_base_url: str
    embedding_model: str
    query_prefix: str
    passage_prefix: str
    local: bool


def connect() -> Endpoint:
    """补上没有设的一半：对话、向量各自看环境变量与 `.env`；设了一部分就抛 UserError，说缺哪个。"""
    load_env_file()
    if os.environ.get(OLD_NAME, os.environ.get(CHAT[0])) != os.environ.get(CHAT[0]):
        raise UserError(f"环境里有旧的变量 {OLD_NAME}={os.environ[OLD_NAME]}；改用 {CHAT[0]}，或 unset {OLD_NAME}")
    missing_chat, missing_embedding = is_unset(CHAT), is_unset(EMBEDDING)
    if missing_chat or missing_embedding:
        state = find_or_start()
        url = f"{state.base_url}/v1"
        key = state.api_key or "not-needed"  # openai 库不许密钥为空
        os.environ[LOCAL] = url
        if missing_chat:
            os.environ.update(zip(CHAT, (url, key, state.chat_model)))
        if missing_embedding:
            e5 = state.embedding_model != MEAN_POOLING
            os.environ.update(zip(EMBEDDING, (url, key, state.embedding_model)))
            os.environ.update(zip(PREFIXES, ("query: ", "passage: ") if e5 else ("", "")))
    for name in PREFIXES:
        os.environ.setdefault(name, "")
    if any(urlsplit(os.environ[name]).hostname in LOOPBACK for name in (CHAT[0], EMBEDDING[0])):
        bypass_proxy()
    names = (CHAT[0], CHAT[2], EMBEDDING[0], EMBEDDING[2], *PREFIXES)
    return Endpoint(*(os.environ[name] for name in names), local=missing_chat)


def bypass_proxy() -> None:
    """本机的地址不经过代理：openai 库照 `http_proxy` 走，代理连不到你的 127.0.0.1。"""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join(dict.fromkeys([*hosts, *LOOPBACK]))


def load_env_file() -> None:
    """读仓库根目录的 `.env`；已经在环境里的不覆盖。"""
    from dotenv import load_dotenv

    load_dotenv(stream=io.StringIO(env_file_text()), override=False)


def is_unset(names: tuple[str, str, str]) -> bool:
    """这一半是不是没有设（或者是上一次 connect 填的本机服务）；只设了一部分、地址写得不对就抛 UserError。"""
    given = [name for name in names if os.environ.get(name)]
    if not given or names[0] in given and os.environ[names[0]] == os.environ.get(LOCAL):
        return True
    missing = [name for name in names if name not in given]
    if missing:
        empty = "（写了等号、后面是空的也算没有设；服务不要密钥就随便填几个字）"
        found = f"没有设 {'、'.join(missing)}{empty if any(name in os.environ for name in missing) else ''}"
        rule = "三个要么都设，要么都不设（用本机的模型）"
        raise UserError(f"设了 {'、'.join(given)}，{found}；{rule}，看 .env.example")
    if not re.match(r"https?://[^/]", url := os.environ[names[0]]):
        raise UserError(
            f"{names[0]}={url} 不是完整的地址；要以 http:// 或 https:// 开头，例如 http://127.0.0.1:8000/v1"
        )
    return False


def find_or_start(config: EngineConfig | None = None) -> State:
    """本机的服务：在跑的就用，没有就启动；返回时已经租到。"""
    from filelock import FileLock

    from TrainAndFinetune.serve import default_config

    config = config or default_config()
    path = state_path(config)
    with FileLock(book_cache() / "start.lock"):  # 两个进程同时来，只启动一个
        for _ in range(2):
            state = read_state(path)
            if state is None or not is_alive(state):
                state = start(config, path)
            if take_lease(state):
                return state
    raise UserError(f"本机的模型服务刚启动就没了；看 {path.with_suffix('.log')}")


def is_alive(state: State, timeout: float = 10) -> bool:
    """状态文件里的服务还在不在，而且还是那一个（不是别人占了同一个端口）。"""
    try:
        status, body = get(state, "/health", timeout)
        return status == 200 and state.instance in body
    except OSError:
        return False


def get(state: State, path: str, timeout: float) -> tuple[int, str]:
    connection = open_connection(state, timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace")
    except http.client.HTTPException as error:
        raise OSError(str(error)) from None
    finally:
        connection.close()


def open_connection(state: State, timeout: float) -> http.client.HTTPConnection:
    """直连，不看代理的环境变量。"""
    parts = urlsplit(state.base_url)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)


def take_lease(state: State) -> bool:
    """租下服务：一条不关的连接。收到第一个字节才算租到。"""
    if state.instance in _leases:
        return True
    try:
        connection = open_connection(state, timeout=30)
        connection.request("GET", "/lease", headers=state.headers)
        response = connection.getresponse()
        if response.status != 200 or response.read(1) != b"\n":
            return False
    except (OSError, http.client.HTTPException):
        return False
    _leases[state.instance] = (connection, response)
    return True


def start(config: EngineConfig, path: Path) -> State:
    """在后台启动服务（自己的进程，不随本进程的 Ctrl-C 结束），等到能用。"""
    print(f"启动本机的模型服务（{config.name}），几秒钟……", file=sys.stderr, flush=True)
    log = path.with_suffix(".log")
    path.unlink(missing_ok=True)
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as output:
        process = subprocess.Popen(
            command(config),
            env={**os.environ, "LLM_BOOK_SERVER_KEY": secrets.token_urlsafe(24), "PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=repository_root(),
            **detached(),
        )
    return wait_until_ready(process, path, log)


def command(config: EngineConfig) -> list[str]:
    """后台服务的命令行。"""
    options = ["--port", "0", "--idle", str(IDLE_SECONDS), "--context", str(config.context)]
    options += ["--parallel", str(config.parallel), "--model", str(config.model)]
    if config.adapter is not None:
        options += ["--adapter", str(config.adapter)]
    return [sys.executable, "-m", "TrainAndFinetune.serve", *options]


def detached() -> dict:
    """不与本进程共用终端的信号：Ctrl-C 只打断脚本，不打断别的进程也在用的服务。"""
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def wait_until_ready(process: subprocess.Popen, path: Path, log: Path) -> State:
    """等状态文件出现而且服务能答；进程先死了，就把它的最后一行报出来。"""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        state = read_state(path)
        if state and is_alive(state):
            return state
        if process.poll() is not None:
            lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["没有输出"]
            raise UserError(f"本机的模型服务启动失败：{lines[-1].removeprefix('错误：')}（全文在 {log}）")
        time.sleep(0.05)
    process.kill()
    raise UserError(f"{START_SECONDS} 秒里服务没有就绪；看 {log}")
