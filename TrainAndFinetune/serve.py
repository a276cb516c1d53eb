"""本地模型服务：OpenAI 兼容的 HTTP 接口，对话与向量在一个地址上。

教什么：前台启动、查看、停止一个推理服务；它由哪几块组成（`serving/`）。
不教什么：在脚本里用它（`endpoint.connect()`，第 3、6、7 章）。
怎么跑：`python TrainAndFinetune/serve.py` 前台启动（几秒钟；第一次要拼模型文件），Ctrl-C 结束；
`--smoke` 启动、答一句、结束。
对应笔记：`2_serve.md`。不导入 torch。
"""

import argparse
import contextlib
import errno
import os
import re
import secrets
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from book import Parser, UserError, common_options, emit_result, positive_int, repository_root, run
from TrainAndFinetune.cache import book_cache
from TrainAndFinetune.endpoint import LOOPBACK, is_alive
from TrainAndFinetune.models import EMBEDDED, assemble
from TrainAndFinetune.serving import embeddings
from TrainAndFinetune.serving.engine import MEAN_POOLING, Engine, EngineConfig
from TrainAndFinetune.serving.lifetime import Lifetime, State, read_state, state_path, write_state

ASSISTANT = "book-assistant"
ADAPTER = repository_root() / "TrainAndFinetune" / "adapter" / f"{ASSISTANT}.gguf"


def default_config(model: Path | None = None, adapter: Path | None = None, **changes) -> EngineConfig:
    """默认的引擎设置：自带的基座，加上本书训练的适配器（有的话）。"""
    if model is None and adapter is None and ADAPTER.is_file():
        adapter = ADAPTER
    embedded = assemble(EMBEDDED)
    model = model or embedded
    name = ASSISTANT if adapter else EMBEDDED if model == embedded else model.stem
    return EngineConfig(model, name, adapter, embedding=not embeddings.has_e5(), **changes)


def listen(host: str, port: int) -> socket.socket:
    """绑好、在听的套接字：服务还没准备好时来的连接排队，不会被拒绝。绑不上就说清楚为什么。"""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    if os.name != "nt":  # Windows 上的 SO_REUSEADDR 会让两个进程绑到同一个端口
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, UnicodeError) as error:  # 写得太怪的主机名在查之前就编不成 IDNA
        listener.close()
        raise UserError(f"{host}:{port} 绑不上（{cause_of(error)}）") from None
    return listener


def cause_of(error: OSError | UnicodeError) -> str:
    """绑不上的原因，与可以试什么。"""
    if isinstance(error, (socket.gaierror, UnicodeError)) or error.errno == errno.EADDRNOTAVAIL:
        return "没有这个地址；--host 要本机的 IP，默认 127.0.0.1"
    if error.errno == errno.EADDRINUSE:
        return "端口被占用；试试 --port 0 让系统选一个"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "没有权限；1024 以下的端口要管理员权限，默认 8000"
    return str(error.strerror)


@dataclass
class Running:
    """一个跑着的服务：状态、uvicorn 的服务器、听着的套接字、里面的引擎。"""

    state: State
    server: object
    listener: socket.socket
    engine: Engine

    def wait(self) -> None:
        """一直服务到结束。"""
        self.server.run(sockets=[self.listener])


def build(config: EngineConfig, host: str, port: int, api_key: str, idle: float | None) -> Running:
    """加载模型、绑端口，还不开始服务。"""
    import uvicorn

    from TrainAndFinetune.serving.app import build_app
    from TrainAndFinetune.serving.gateway import Gateway

    listener = listen(host, port)
    embedder = None if config.embedding else embeddings.E5Embedder(embeddings.load_e5())
    instance = secrets.token_hex(8)

    def stop() -> None:
        server.should_exit = True

    engine = Engine(config)
    gateway = Gateway(engine, embedder, api_key, instance, Lifetime(idle, stop), stop)
    loopback = host in LOOPBACK
    app = build_app(gateway, ["127.0.0.1", "localhost"] if loopback else ["*"])
    settings = uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2)
    server = uvicorn.Server(settings)
    local = "127.0.0.1" if loopback or host == "0.0.0.0" else f"[{host}]" if ":" in host else host
    address = f"http://{local}:{listener.getsockname()[1]}"
    name = embedder.name if embedder else MEAN_POOLING
    state = State(address, api_key, os.getpid(), instance, config.name, name)
    return Running(state, server, listener, engine)


def serve(config: EngineConfig, host: str, port: int, api_key: str, idle: float | None) -> None:
    """服务到结束；状态文件在服务期间存在。"""
    running = build(config, host, port, api_key, idle)
    path = state_path(config)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # 默认的处理直接结束进程，不走 finally
    write_state(path, running.state)
    describe(running.state)
    try:
        running.wait()
    finally:
        if (state := read_state(path)) and state.instance == running.state.instance:
            path.unlink(missing_ok=True)


def describe(state: State) -> None:
    """打印怎么用；密钥不打印。"""
    print(f"地址 {state.base_url}/v1    对话 {state.chat_model}    向量 {state.embedding_model}", flush=True)
    if state.embedding_model == MEAN_POOLING:
        print("这个平台没有 E5 的轮子，向量取自对话模型，检索会差；要换就设三个 EMBEDDING_ 变量（.env.example）")
    print("Ctrl-C 结束；另开一个终端：python TrainAndFinetune/serve.py --status", flush=True)


def known_states() -> tuple[list[tuple[Path, State]], list[State]]:
    """缓存目录里记着的服务：(在答的, 不答的)。不答的也不删记录：它可能只是忙，下一个 connect() 会处理。"""
    alive, silent = [], []
    for path in sorted(book_cache().glob("server-*.json")):
        if (state := read_state(path)) and is_alive(state):
            alive.append((path, state))
        elif state:
            silent.append(state)
    return alive, silent


def mention(silent: list[State]) -> None:
    """说出没有回答的服务。"""
    if silent:
        processes = "、".join(str(state.pid) for state in silent)
        print(f"另有 {len(silent)} 个记着、没有回答（进程 {processes}）：可能在忙，或已经死了")


def show_status() -> None:
    alive, silent = known_states()
    for _, state in alive:
        print(f"{state.base_url}/v1    对话 {state.chat_model}    向量 {state.embedding_model}    进程 {state.pid}")
    print(f"共 {len(alive)} 个服务在跑")
    mention(silent)


def stop_all(seconds: float = 20) -> None:
    """停掉所有记着的服务，等它们真的结束。"""
    import httpx

    alive, silent = known_states()
    for path, state in alive:
        with contextlib.suppress(httpx.TransportError):  # 刚好结束了，或者忙得没有回答：看状态文件还在不在
            httpx.post(f"{state.base_url}/shutdown", headers=state.headers, trust_env=False)
        end = time.monotonic() + seconds
        while path.exists() and time.monotonic() < end:
            time.sleep(0.1)
        if path.exists():
            raise UserError(f"{seconds:.0f} 秒里服务没有结束；用系统的工具结束进程 {state.pid}")
    print(f"停掉了 {len(alive)} 个服务")
    mention(silent)


def smoke(config: EngineConfig) -> None:
    """启动、答一句、给一个向量、结束。"""
    import httpx

    start = time.perf_counter()
    running = build(config, "127.0.0.1", 0, secrets.token_urlsafe(16), None)
    thread = threading.Thread(target=running.wait)
    thread.start()
    ready = time.perf_counter() - start
    client = httpx.Client(base_url=running.state.base_url, headers=running.state.headers, timeout=300, trust_env=False)
    question = [{"role": "user", "content": "中国的首都是哪里？"}]
    answer = client.post("/v1/chat/completions", json={"messages": question, "max_tokens": 8, "temperature": 0}).json()
    vector = client.post("/v1/embeddings", json={"input": "query: 首都"}).json()
    running.server.should_exit = True
    thread.join()
    print(f"问：{question[0]['content']}\n答：{answer['choices'][0]['message']['content']}")
    width = len(vector["data"][0]["embedding"])
    emit_result({"ready_seconds": ready, "tokens": answer["usage"]["completion_tokens"], "embedding_width": width})


def header_key(text: str) -> str:
    """argparse 的 type：放得进 HTTP 请求头的密钥。报错里不写出它。"""
    if not re.fullmatch("[!-~]+", text):
        raise argparse.ArgumentTypeError("密钥只能是英文字母、数字与符号，不能有空格，不能是空的：它要放进请求头")
    return text


def parse(argv: list[str] | None):
    parser = Parser(description=__doc__)
    common_options(parser, __file__)
    parser.add_argument("--status", action="store_true", help="看有没有服务在跑")
    parser.add_argument("--stop", action="store_true", help="停掉所有在跑的服务")
    parser.add_argument("--model", type=Path, metavar="GGUF", help="模型文件，默认自带的 Gemma 3 270M")
    parser.add_argument("--adapter", type=Path, metavar="GGUF", help="LoRA 适配器，默认本书训练的（有的话）")
    parser.add_argument("--context", type=positive_int, default=4096, metavar="N", help="一个请求的词元上限，默认 4096")
    parser.add_argument("--parallel", type=positive_int, default=2, metavar="N", help="同时算几个请求，默认 2")
    parser.add_argument("--host", default="127.0.0.1", help="监听的地址，默认只有本机；换别的必须给 --api-key")
    parser.add_argument("--port", type=int, default=8000, metavar="N", help="端口，默认 8000；0 让系统选")
    parser.add_argument("--api-key", type=header_key, metavar="KEY", help="客户端要带的密钥，默认不要（只有本机能连）")
    parser.add_argument("--idle", type=float, default=None, metavar="秒", help="多久没人用就结束，默认不结束")
    return parser.parse_args(argv)


def require_cpu(device: str) -> None:
    """引擎只用 CPU；要别的设备就抛 UserError，不悄悄换。"""
    if device not in ("auto", "cpu"):
        raise UserError(f"--device {device}：这里的引擎只用 CPU；GPU 用 vLLM、SGLang（2_serve.md「更大的模型」）")


def main(argv=None) -> None:
    args = parse(argv)
    if args.status or args.stop:
        return stop_all() if args.stop else show_status()
    require_cpu(args.device)
    if args.host not in LOOPBACK and not args.api_key:
        raise UserError(f"--host {args.host} 让别的机器也能连；必须给 --api-key，免得谁都能用")
    if not 0 <= args.port <= 65535:
        raise UserError(f"--port {args.port} 不是端口；0 到 65535，0 让系统选")
    config = default_config(args.model, args.adapter, context=args.context, parallel=args.parallel)
    adapter = config.adapter.name if config.adapter else "无"
    print(f"模型 {config.model.name}  适配器 {adapter}  设备 cpu  线程 {config.threads}")
    if args.smoke:
        return smoke(config)
    # 后台启动的（endpoint.py）密钥经环境变量来：命令行参数谁都看得见
    key = args.api_key or os.environ.pop("LLM_BOOK_SERVER_KEY", "")
    existing = read_state(state_path(config))
    if existing and is_alive(existing):
        raise UserError(f"同样的服务已经在跑：{existing.base_url}/v1；直接用它，或先 --stop")
    serve(config, args.host, args.port, key, args.idle)


if __name__ == "__main__":
    run(main)
