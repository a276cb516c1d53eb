"""读一个 UTF-8 文本文件：一块一块地读，坏的字节说在第几个。

教什么：按块读时一个字符可能跨两块，增量解码器替你留着没写完的字节；换行原样保留，编码才能一字不差。
不教什么：猜编码。
对应笔记：`1_unicode.md`。
"""

import codecs
from collections.abc import Iterator
from pathlib import Path

from book import UserError

READ = 1 << 14  # 一次读几个字节；小块多半是纯 ASCII，Python 里一个字符就只占一个字节


class InputError(UserError, ValueError):
    """收到的数据不合规则：脚本里是一行中文与退出码 2，当库用时是 ValueError。"""


def read_chunks(path: str | Path, size: int = READ) -> Iterator[str]:
    """一块一块地读一个 UTF-8 文件。读不了、不是 UTF-8 都是 InputError，说出路径与字节的位置（从 0 数）。"""
    decoder = codecs.getincrementaldecoder("utf-8")()
    position = held = 0  # 已经读过几个字节；其中末尾几个还没凑成一个字符
    try:
        with open(path, "rb") as file:
            while data := file.read(size):
                yield decoder.decode(data)
                position, held = position + len(data), len(decoder.getstate()[0])
            decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        byte, where = error.object[error.start], position - held + error.start
        rule = f"{path} 不是 UTF-8：第 {where} 个字节（从 0 数）0x{byte:02x} 读不成字符"
        raise InputError(f"{rule}；先转成 UTF-8，例如 iconv -f GB18030 -t UTF-8") from None
    except OSError as error:
        raise InputError(f"读不了 {path}（{error.strerror}）；需要一个 UTF-8 的文本文件") from None
