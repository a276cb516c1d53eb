"""对话的引擎：llama.cpp（经过 xllamacpp 的轮子），在本进程里开一个只有本进程知道密钥的 HTTP 服务。

教什么：一个推理引擎要定的几件事——上下文多长、几个请求一起算、几个线程、对话模板、适配器。
不教什么：HTTP 的外层（`app.py`）；llama.cpp 里面怎么算（`1_deploy.md` 与 `decoding/`）。
对应笔记：`2_serve.md`。不导入 torch。
"""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from book import UserError
from TrainAndFinetune.models import EMBEDDED, open_gguf

TEMPLATE = Path(__file__).resolve().parent.parent / "chat_template.jinja"
MEAN_POOLING = f"{EMBEDDED}-mean"  # 没有 E5 的平台上，向量取自对话模型：词元向量的平均


def default_threads() -> int:
    """几个线程：全部的核；设了 OMP_NUM_THREADS 就照它，与 torch 相同。核被别的程序占着时，多一个线程反而慢。"""
    given = os.environ.get("OMP_NUM_THREADS", "")
    return int(given) if given.isdecimal() and int(given) else os.cpu_count() or 2


@dataclass(frozen=True)
class EngineConfig:
    """引擎的设置。"""

    model: Path  # GGUF 文件
    name: str = EMBEDDED  # 客户端用的模型名
    adapter: Path | None = None  # LoRA 的 GGUF；None 是只用基座
    context: int = 4096  # 一个请求最多多少词元（提示词加回答）
    parallel: int = 2  # 同时算几个请求；更多的排队。键值缓存的内存 = parallel × context × 每个词元的字节
    threads: int = field(default_factory=default_threads)
    embedding: bool = False  # 让同一个模型也给向量（平均池化）；只在没有 E5 时用

    def __post_init__(self):
        require_file(self.model, "--model 要 GGUF 文件的路径，不是名字；不写就用自带的")
        if self.adapter is not None:
            rule = "--adapter 要训练导出的 GGUF；不写就用本书训练的，没有它或换了 --model 就只用基座"
            require_file(self.adapter, rule)


def require_file(path: Path, rule: str) -> None:
    """path 是文件；不是就抛 UserError，说 rule。"""
    if path.is_dir():
        raise UserError(f"{path} 是文件夹，要的是里面的 .gguf 文件")
    if not path.is_file():
        raise UserError(f"没有文件 {path}；{rule}")


def check_files(config: EngineConfig) -> None:
    """先自己看一遍两个文件：llama.cpp 只说「加载不了」，不说是哪一个、为什么。断了的、放错位置的都抛 UserError。"""
    if open_gguf(config.model).metadata.get("general.type", "model") == "adapter":
        raise UserError(f"{config.model} 是 LoRA 适配器，不是模型；--model 要完整的模型，适配器用 --adapter 给")
    if config.adapter is None:
        return
    if (kind := open_gguf(config.adapter).metadata.get("general.type", "没有写")) != "adapter":
        rule = "--adapter 要的是训练导出的 GGUF"
        raise UserError(f"{config.adapter} 不是 LoRA 适配器（general.type 是 {kind}）；{rule}")


def load_library():
    """xllamacpp；没有装就抛 UserError。"""
    try:
        import xllamacpp
    except ImportError:
        raise UserError('没有装推理引擎 xllamacpp；先运行 pip install -e ".[trainandfinetune]"') from None
    return xllamacpp


def parameters(config: EngineConfig, key: str):
    """EngineConfig 变成 llama.cpp 的参数。"""
    xllamacpp = load_library()
    p = xllamacpp.CommonParams()
    p.model.path = str(config.model)
    p.model_alias = {config.name}
    p.chat_template = TEMPLATE.read_text(encoding="utf-8")
    p.n_parallel = config.parallel
    p.n_ctx = config.context * config.parallel  # llama.cpp 把 n_ctx 分给各个请求
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = config.threads
    p.hostnames, p.port, p.api_keys = ["127.0.0.1"], 0, [key]
    p.warmup, p.ui, p.verbosity, p.cors_origins = False, False, 1, ""
    if config.adapter is not None:
        p.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(config.adapter), 1.0)]
    if config.embedding:
        p.embedding, p.pooling_type = True, xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
        p.n_batch = p.n_ubatch = config.context  # 平均池化要一段文字的全部词元在同一批里
    return p


class Engine:
    """跑着的 llama.cpp：`url` 是它自己的地址，`headers` 带着密钥。对象在，服务就在。"""

    def __init__(self, config: EngineConfig):
        check_files(config)
        self.config = config
        key = secrets.token_urlsafe(24)
        try:
            self._server = load_library().Server(parameters(config, key))
        except RuntimeError:  # 它的话只有一句 Failed to init server，细节在前面的日志里
            adapter = config.adapter or "无"
            raise UserError(
                f"llama.cpp 加载不了 {config.model}（适配器 {adapter}）：不是它认识的模型，两个文件不配，或内存不够"
            ) from None
        self.url = self._server.listening_address
        self.headers = {"Authorization": f"Bearer {key}"}
