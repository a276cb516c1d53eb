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
from TrainAndFinetune.models import EMBEDDED

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
        for path in (self.model, self.adapter):
            if path is not None and not path.is_file():
                raise UserError(f"没有文件 {path}；先运行 python TrainAndFinetune/download_model.py")


def parameters(config: EngineConfig, key: str):
    """EngineConfig 变成 llama.cpp 的参数。"""
    try:
        import xllamacpp
    except ImportError:
        raise UserError('没有装推理引擎 xllamacpp；先运行 pip install -e ".[trainandfinetune]"') from None
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
        import xllamacpp

        self.config = config
        key = secrets.token_urlsafe(24)
        try:
            self._server = xllamacpp.Server(parameters(config, key))
        except RuntimeError as error:
            raise UserError(
                f"llama.cpp 加载不了 {config.model.name}（{error}）；文件可能坏了，删掉它再下载一次"
            ) from None
        self.url = self._server.listening_address
        self.headers = {"Authorization": f"Bearer {key}"}
