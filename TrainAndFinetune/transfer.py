"""把一个大文件下载到本地：断了接着下，下完核对，不对就不放到位。

教什么：HTTP 的 Range 续传；`.part` 文件与原子的改名；校验和从哪里来；开始之前先看磁盘。
不教什么：从哪里下载（`download_model.py`）。
对应笔记：`1_deploy.md`「代码走读」。不导入 torch。
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tqdm import tqdm

from book import UserError
from TrainAndFinetune.models import file_sha256

SPARE = 64 << 20  # 磁盘至少再留 64 MB
MAGIC = b"GGUF"


@dataclass(frozen=True)
class Source:
    """要下载的文件：地址、已知的大小与校验和（不知道的是 0 与空串，那就用服务器给的）。"""

    url: str
    bytes: int = 0
    sha256: str = ""


class Interrupted(Exception):
    """连接断了，或者服务器一时不行：值得再试。"""


def partial_path(target: Path) -> Path:
    """下到一半的文件。"""
    return target.with_name(target.name + ".part")


def check_disk(folder: Path, needed: int) -> None:
    """磁盘放得下 needed 字节再开始；放不下抛 UserError。"""
    free = shutil.disk_usage(folder).free
    if free < needed + SPARE:
        raise UserError(
            f"{folder} 只剩 {free / 1e6:,.0f} MB，还要 {(needed + SPARE) / 1e6:,.0f} MB；腾出空间，或用 --to 换个目录"
        )


def header_sha256(response: httpx.Response) -> str:
    """服务器给的 SHA-256；没有就是空串。

    大文件的地址会转到别的服务器，X-Linked-Etag 在转之前的那个响应里。普通的 ETag 不能当校验和用：
    小文件的是 git 的 SHA-1，有的存储给的是自己的散列，长得像，却不是内容的 SHA-256。
    """
    for hop in [*response.history, response]:
        found = re.fullmatch(r'(?:W/)?"?([0-9a-f]{64})"?', hop.headers.get("x-linked-etag", ""))
        if found:
            return found[1]
    return ""


def total_bytes(response: httpx.Response, start: int) -> int:
    """整个文件多大；206 看 Content-Range，200 看 Content-Length；没说是 0。"""
    if response.status_code == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("content-range", ""))
        if not found or int(found[1]) != start:
            raise Interrupted(f"要从第 {start} 字节起，服务器给的是 {response.headers.get('content-range')!r}")
        return int(found[2])
    return int(response.headers.get("content-length", 0))


def check_status(response: httpx.Response, url: str) -> None:
    """不是 200、206 的：4xx 再试也没用，抛 UserError；5xx、429 值得再试，抛 Interrupted。"""
    status = response.status_code
    if status in (200, 206):
        return
    if status >= 500 or status == 429:
        raise Interrupted(f"服务器答 {status}")
    reason = {401: "要登录", 403: "不许下载，多半要先在网页上同意条款", 404: "没有这个文件"}.get(status, "")
    raise UserError(f"{url} 答 {status}{f'（{reason}）' if reason else ''}；查仓库名与文件名，或换一个 --source")


@contextmanager
def only_one(target: Path) -> Iterator[None]:
    """同一个文件同时只有一个进程在下载：两个一起往 .part 里写，谁都下不对。"""
    import filelock

    try:
        with filelock.FileLock(target.with_name(f".{target.name}.lock"), timeout=0):
            yield
    except filelock.Timeout:
        raise UserError(f"另一个进程正在下载 {target.name}；等它下完") from None


def receive(client: httpx.Client, source: Source, partial: Path) -> str:
    """接着 partial 下载到底，返回应有的 SHA-256（没有是空串）；断了抛 Interrupted，已到的留在 partial 里。"""
    start = partial.stat().st_size if partial.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with client.stream("GET", source.url, headers=headers) as response:
        if response.status_code == 416:  # 要的起点不在文件里：正好下完了，或者 .part 是别的版本
            if response.headers.get("content-range", "").endswith(f"/{start}"):
                return source.sha256 or header_sha256(response)
            partial.unlink()
            raise Interrupted("已下载的比文件还长，从头来")
        check_status(response, source.url)
        if response.status_code == 200:
            start = 0  # 服务器不会续传，从头来
        total, expected = total_bytes(response, start), header_sha256(response)
        for name, known, given in (("大小", source.bytes, total), ("校验和", source.sha256, expected)):
            if known and given and known != given:
                raise UserError(f"{name}与记录的不同：记录是 {known}，服务器说 {given}；仓库里的文件换过了，没有下载")
        check_disk(partial.parent, (total or source.bytes) - start)
        write_body(response, partial, start, total)
        return source.sha256 or expected


def write_body(response: httpx.Response, partial: Path, start: int, total: int) -> None:
    """把响应的内容写到 partial 的第 start 字节之后，边写边显示进度；没下够 total 抛 Interrupted。"""
    with (
        open(partial, "ab" if start else "wb") as file,
        tqdm(
            total=total or None, initial=start, unit="B", unit_scale=True, unit_divisor=1000, desc=partial.stem
        ) as bar,
    ):
        for block in response.iter_raw():  # 到多少写多少：凑成大块再写，断的时候就丢了凑到一半的
            file.write(block)
            bar.update(len(block))
        file.flush()
        os.fsync(file.fileno())
    if total and (size := partial.stat().st_size) < total:
        raise Interrupted(f"只到了 {size:,} / {total:,} 字节")


def has_magic(path: Path) -> bool:
    """开头是不是 GGUF 的四个字节。"""
    with open(path, "rb") as file:
        return file.read(4) == MAGIC


def verify(partial: Path, source: Source, expected: str) -> None:
    """核对大小、SHA-256、开头四个字节；不对就删掉 partial（留着只会接着错下去），抛 UserError。"""
    size = partial.stat().st_size
    problem = ""
    if source.bytes and size != source.bytes:
        problem = f"有 {size:,} 字节，应当是 {source.bytes:,}"
    elif expected and (found := file_sha256(partial)) != expected:
        problem = f"SHA-256 是 {found[:12]}…，应当是 {expected[:12]}…"
    elif not has_magic(partial):  # 登录页、报错页也会以 200 送来
        problem = "开头不是 GGUF，多半是一个网页"
    if problem:
        partial.unlink()
        raise UserError(f"下载的 {partial.stem} {problem}；已删掉，再运行一次从头下载")


def download(source: Source, target: Path, timeout: float = 30, tries: int = 3) -> str:
    """下载到 target，返回核对过的 SHA-256（都没有的是空串）。失败抛 UserError：target 不动，.part 留着续传。"""
    partial = partial_path(target)
    with only_one(target), httpx.Client(follow_redirects=True, timeout=timeout) as client:
        problem = ""
        for _ in range(tries):
            try:
                expected = receive(client, source, partial)
            except (Interrupted, httpx.TransportError) as error:
                problem = str(error) or type(error).__name__
            except httpx.InvalidURL as error:
                raise UserError(f"地址 {source.url} 不对（{error}）") from None
            except OSError as error:
                raise UserError(
                    f"写 {partial} 失败（{error.strerror}）；已下载的留着，腾出空间再运行会接着下"
                ) from None
            else:
                verify(partial, source, expected)
                os.replace(partial, target)
                return expected
        kept = (
            f"已下载的 {partial.stat().st_size / 1e6:,.0f} MB 留着，再运行会接着下"
            if partial.exists()
            else "再运行一次"
        )
        raise UserError(f"下载没有成功（{problem}）；{kept}，或换一个 --source")
