"""第 5 章的下载：断线、续传、校验和、磁盘、许可，都对着本机的 HTTP 服务器试；没有一种失败会覆盖已有的文件。"""

import collections
import hashlib
import os
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import gguf
import numpy as np
import pytest

from book import UserError
from TrainAndFinetune import download_model, models, transfer
from TrainAndFinetune.models import APACHE, GEMMA_270M, KNOWN, Model
from TrainAndFinetune.transfer import Source, download, partial_path

PAYLOAD = b"GGUF" + np.random.default_rng(0).bytes(300_000)
DIGEST = hashlib.sha256(PAYLOAD).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """照 `server.behaviour` 行事：一个名字到做法的表。"""

    def do_GET(self):
        server = self.server
        server.requests.append((self.path, self.headers.get("Range")))
        status = server.statuses.pop(0) if server.statuses else 200
        if self.path.startswith("/moved/"):
            return self.answer(302, b"", {"Location": self.path.removeprefix("/moved"), **server.extra})
        if status != 200:
            return self.answer(status, b"no", {})
        body, start = server.body, 0
        wanted = self.headers.get("Range")
        if wanted and server.ranges:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(body):
                return self.answer(416, b"", {"Content-Range": f"bytes */{len(body)}"})
        headers = {} if self.path.startswith("/plain/") else dict(server.extra)
        if start:
            headers["Content-Range"] = f"bytes {start + server.shift}-{len(body) - 1}/{len(body)}"
        self.answer(206 if start else 200, body[start:], headers)

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts and body else len(body)
        self.wfile.write(body[:cut])
        self.close_connection = True

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.body, httpd.extra, httpd.ranges, httpd.shift = PAYLOAD, {}, True, 0
    httpd.cuts, httpd.statuses, httpd.requests = [], [], []
    httpd.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield httpd
    httpd.shutdown()
    httpd.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("LLM_BOOK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def real_file(tmp_path_factory):
    """一个真的、很小的 GGUF。"""
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_license("mit")
    writer.add_tensor("token_embd.weight", np.arange(64, dtype=np.float32).reshape(2, 32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def small(monkeypatch, real_file):
    """一个认识的小模型：内容是 real_file。"""
    body = real_file.read_bytes()
    model = Model("small", 64, len(body), hashlib.sha256(body).hexdigest(), APACHE, "", "small.gguf", "me/small-GGUF",
                  GEMMA_270M)  # fmt: skip
    monkeypatch.setitem(KNOWN, "small", model)
    return model


def run_main(*argv) -> None:
    download_model.main([str(word) for word in argv])


def message_of(call, *args, **options) -> str:
    """失败的那句话：一行、中文。"""
    with pytest.raises(UserError) as caught:
        call(*args, **options)
    text = str(caught.value)
    assert "\n" not in text
    assert any("\u4e00" <= char <= "\u9fff" for char in text)
    return text


def test_a_file_arrives_whole_and_checked(server, tmp_path):
    target = tmp_path / "model.gguf"
    assert download(Source(f"{server.url}/m", len(PAYLOAD), DIGEST), target) == DIGEST
    assert target.read_bytes() == PAYLOAD
    assert not partial_path(target).exists()


def test_a_cut_connection_is_resumed_where_it_stopped(server, tmp_path):
    server.cuts = [100_000, 50_000]
    target = tmp_path / "model.gguf"
    download(Source(f"{server.url}/m", sha256=DIGEST), target)
    assert target.read_bytes() == PAYLOAD
    ranges = [wanted for _, wanted in server.requests]
    assert ranges[0] is None
    assert [int(wanted[6:-1]) for wanted in ranges[1:]] == [100_000, 150_000]


def test_giving_up_keeps_the_part_and_the_next_run_continues(server, tmp_path):
    server.cuts = [80_000, 10, 10]
    target = tmp_path / "model.gguf"
    assert "接着下" in message_of(download, Source(f"{server.url}/m", sha256=DIGEST), target)
    assert not target.exists()
    assert partial_path(target).read_bytes() == PAYLOAD[:80_020]
    download(Source(f"{server.url}/m", sha256=DIGEST), target)
    assert server.requests[-1][1] == "bytes=80020-"
    assert target.read_bytes() == PAYLOAD


@pytest.mark.parametrize("already", [0, 1, 123_456, len(PAYLOAD) - 1, len(PAYLOAD)])
def test_any_part_already_there_leads_to_the_same_file(server, tmp_path, already):
    target = tmp_path / "model.gguf"
    partial_path(target).write_bytes(PAYLOAD[:already])
    download(Source(f"{server.url}/m", len(PAYLOAD), DIGEST), target)
    assert target.read_bytes() == PAYLOAD


def test_a_server_without_ranges_starts_over(server, tmp_path):
    server.ranges = False
    target = tmp_path / "model.gguf"
    partial_path(target).write_bytes(b"GGUF of another time")
    download(Source(f"{server.url}/m", sha256=DIGEST), target)
    assert target.read_bytes() == PAYLOAD


def test_a_part_longer_than_the_file_is_thrown_away(server, tmp_path):
    target = tmp_path / "model.gguf"
    partial_path(target).write_bytes(PAYLOAD + b"more")
    download(Source(f"{server.url}/m", sha256=DIGEST), target)
    assert target.read_bytes() == PAYLOAD


def test_a_range_that_starts_elsewhere_is_refused(server, tmp_path):
    server.shift = 7
    target = tmp_path / "model.gguf"
    partial_path(target).write_bytes(PAYLOAD[:1000])
    assert "从第 1000 字节" in message_of(download, Source(f"{server.url}/m", sha256=DIGEST), target)
    assert not target.exists()


def test_a_wrong_checksum_leaves_neither_the_file_nor_the_part(server, tmp_path):
    target = tmp_path / "model.gguf"
    assert "SHA-256" in message_of(download, Source(f"{server.url}/m", sha256="0" * 64), target)
    assert list(tmp_path.glob("model*")) == []


def test_a_part_of_another_version_is_caught_by_the_checksum(server, tmp_path):
    target = tmp_path / "model.gguf"
    partial_path(target).write_bytes(b"GGUF" + bytes(5000))
    message_of(download, Source(f"{server.url}/m", sha256=DIGEST), target)
    download(Source(f"{server.url}/m", sha256=DIGEST), target)
    assert target.read_bytes() == PAYLOAD


def test_the_checksum_of_the_first_hop_is_used_and_a_plain_etag_is_not(server, tmp_path):
    target = tmp_path / "model.gguf"
    server.extra = {"X-Linked-Etag": f'"{DIGEST}"'}
    assert download(Source(f"{server.url}/moved/plain/m"), target) == DIGEST
    target.unlink()
    server.extra = {"X-Linked-Etag": f'"{"1" * 64}"'}
    assert "SHA-256" in message_of(download, Source(f"{server.url}/moved/plain/m"), target)
    server.extra = {"ETag": f'"{"1" * 64}"'}
    assert download(Source(f"{server.url}/m"), target) == ""


@pytest.mark.parametrize(("extra", "source"), [
    ({"X-Linked-Etag": f'"{"2" * 64}"'}, {"sha256": DIGEST}),
    ({}, {"bytes": 17}),
])  # fmt: skip
def test_a_file_replaced_in_the_repository_is_noticed_before_the_download(server, tmp_path, extra, source):
    server.extra = extra
    target = tmp_path / "model.gguf"
    assert "换过了" in message_of(download, Source(f"{server.url}/m", **source), target)
    assert list(tmp_path.glob("model*")) == []


def test_a_missing_file_is_not_tried_again_and_a_busy_server_is(server, tmp_path):
    server.statuses = [404]
    assert "404" in message_of(download, Source(f"{server.url}/m"), tmp_path / "model.gguf")
    assert len(server.requests) == 1
    server.statuses = [503, 429]
    download(Source(f"{server.url}/m", sha256=DIGEST), tmp_path / "model.gguf")
    assert len(server.requests) == 4


def test_a_web_page_instead_of_a_model_is_refused(server, tmp_path):
    server.body = b"<html>sign in</html>"
    assert "网页" in message_of(download, Source(f"{server.url}/m"), tmp_path / "model.gguf")
    assert list(tmp_path.glob("model*")) == []


def test_too_little_disk_is_said_before_the_first_byte(server, tmp_path, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda folder: usage(1, 1, transfer.SPARE + 1000))
    assert "只剩" in message_of(download, Source(f"{server.url}/m"), tmp_path / "model.gguf")
    assert list(tmp_path.glob("model*")) == []


def test_a_disk_that_fills_up_keeps_what_arrived(server, tmp_path, monkeypatch):
    def full(response, partial, start, total):
        partial.write_bytes(PAYLOAD[:500])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(transfer, "write_body", full)
    target = tmp_path / "model.gguf"
    assert "腾出空间" in message_of(download, Source(f"{server.url}/m"), target)
    assert not target.exists()
    assert partial_path(target).stat().st_size == 500


def test_two_downloads_of_one_file_do_not_mix(server, tmp_path):
    with transfer.only_one(tmp_path / "model.gguf"):
        assert "另一个进程" in message_of(download, Source(f"{server.url}/m"), tmp_path / "model.gguf")


def test_a_known_model_is_downloaded_with_its_licence(server, cache, small, real_file, capsys):
    server.body = real_file.read_bytes()
    run_main("--source", "hf", "--mirror", server.url, "--model", "small")
    assert server.requests[0][0] == "/me/small-GGUF/resolve/main/small.gguf"
    assert (cache / "small.gguf").read_bytes() == server.body
    licence = (cache / "small.LICENSE.txt").read_text(encoding="utf-8")
    assert APACHE.link in licence
    assert all(point in licence for point in APACHE.points)
    run_main("--source", "hf", "--mirror", server.url, "--model", "small")
    assert len(server.requests) == 1
    assert "已经有了，校验和对" in capsys.readouterr().out


def test_modelscope_has_its_own_address(monkeypatch, server, cache, small, real_file):
    server.body = real_file.read_bytes()
    monkeypatch.setattr(download_model, "MODELSCOPE", server.url)
    run_main("--source", "modelscope", "--model", "small")
    assert server.requests[0][0] == "/models/me/small-GGUF/resolve/master/small.gguf"


def test_any_file_of_a_repository_can_be_named(server, cache, real_file, capsys):
    server.body = real_file.read_bytes()
    run_main("--source", "hf", "--mirror", server.url, "--repo", "you/other", "--gguf", "sub/other.gguf")
    assert server.requests[0][0] == "/you/other/resolve/main/sub/other.gguf"
    assert "mit（文件自述）" in (cache / "other.LICENSE.txt").read_text(encoding="utf-8")
    assert "只核对了大小" in capsys.readouterr().out


def test_a_wrong_file_in_place_is_never_overwritten(server, cache, small, real_file):
    server.body = real_file.read_bytes()
    cache.mkdir()
    (cache / "small.gguf").write_bytes(b"mine")
    for source in (("hf", "--mirror", server.url), ("file", "--path", real_file)):
        assert "没有覆盖" in message_of(run_main, "--model", "small", "--source", *source)
    assert (cache / "small.gguf").read_bytes() == b"mine"
    assert server.requests == []


def test_no_network_ends_with_the_manual_way(cache):
    text = message_of(run_main, "--source", "modelscope", "--model", "qwen3-0.6b")
    assert "--source file --model qwen3-0.6b --path" in text
    assert "https://modelscope.cn/models/Qwen/Qwen3-0.6B-GGUF/resolve/master/Qwen3-0.6B-Q8_0.gguf" in text


def test_a_dry_run_writes_nothing(server, cache, small, capsys):
    run_main("--source", "hf", "--mirror", server.url, "--model", "small", "--dry-run", "--to", cache / "deep")
    assert server.requests == []
    assert not (cache / "deep").exists()
    assert APACHE.name in capsys.readouterr().out


def test_the_list_tells_size_memory_licence_and_source(capsys):
    run_main("--list")
    text = capsys.readouterr().out
    for model in KNOWN.values():
        assert model.name in text
        assert f"{model.bytes / 1e6:,.0f} MB" in text
        assert model.licence.link in text
    assert "274 MB（权重 253 + 4,096 个词元的缓存 20）" in text


def test_a_file_at_hand_is_checked_and_copied(cache, small, real_file, tmp_path):
    run_main("--source", "file", "--path", real_file, "--model", "small", "--to", tmp_path / "models")
    assert (tmp_path / "models" / "small.gguf").read_bytes() == real_file.read_bytes()
    changed = tmp_path / "changed.gguf"
    changed.write_bytes(real_file.read_bytes()[:-1] + b"\1")
    assert "SHA-256" in message_of(run_main, "--source", "file", "--path", changed, "--model", "small")
    cut = tmp_path / "cut.gguf"
    cut.write_bytes(real_file.read_bytes()[:-40])
    (tmp_path / "text.gguf").write_text("hello")
    (tmp_path / "empty.gguf").touch()
    for name in ("cut", "text", "empty"):
        assert "不是完整的 GGUF" in message_of(run_main, "--source", "file", "--path", tmp_path / f"{name}.gguf")
    assert not list(cache.glob("*"))


@pytest.mark.parametrize(("argv", "said"), [
    (["--model", "nope"], "不认识模型 nope"),
    (["--model", "qwen3-0.6b"], "不随 pip 包来"),
    (["--source", "hf"], "--model"),
    (["--source", "hf", "--model", "gemma-3-270m"], "只随 pip 包来"),
    (["--source", "hf", "--repo", "a/b"], "--gguf"),
    (["--source", "hf", "--repo", "a/../b", "--gguf", "x.gguf"], "OWNER/NAME"),
    (["--source", "hf", "--repo", "a/b", "--gguf", "x.bin"], ".gguf"),
    (["--source", "hf", "--model", "qwen3-0.6b", "--mirror", "nowhere"], "--mirror"),
    (["--source", "file"], "--path"),
    (["--source", "file", "--path", "/no/such.gguf"], "没有文件"),
    (["--path", "x.gguf"], "没有作用"),
    (["--sha256", "abc"], "64 位"),
    (["--timeout", "0"], "大于 0"),
    (["--source", "ftp"], "ftp"),
])  # fmt: skip
def test_a_wrong_option_is_one_chinese_line(cache, argv, said):
    assert said in message_of(run_main, *argv)


@pytest.fixture
def chunks(monkeypatch, tmp_path):
    """随 pip 包来的两个分块。"""
    paths = [tmp_path / "a", tmp_path / "b"]
    for path, data in zip(paths, (PAYLOAD[:1000], PAYLOAD[1000:])):
        path.write_bytes(data)
    monkeypatch.setattr(models, "chunks_of_embedded", lambda: (paths, DIGEST))
    monkeypatch.setitem(KNOWN, models.EMBEDDED, replace(KNOWN[models.EMBEDDED], bytes=len(PAYLOAD), sha256=DIGEST))
    return paths


def test_the_embedded_model_is_assembled_once_with_its_licence(chunks, cache):
    path = models.assemble()
    assert path.read_bytes() == PAYLOAD
    assert models.GEMMA.link in models.licence_path(path).read_text(encoding="utf-8")
    before = path.stat().st_mtime_ns
    assert models.assemble() == path
    assert path.stat().st_mtime_ns == before
    path.write_bytes(PAYLOAD[:10])
    assert models.assemble().read_bytes() == PAYLOAD


def test_a_damaged_chunk_or_a_full_disk_leaves_no_half_model(chunks, cache, monkeypatch):
    chunks[0].write_bytes(bytes(1000))
    assert "校验和" in message_of(models.assemble)
    assert not list(cache.glob("*gguf*"))

    def full(paths):
        yield PAYLOAD[:10]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(models, "read_blocks", full)
    assert "空间" in message_of(models.assemble)
    assert not list(cache.glob("*gguf*")) + list(cache.glob("*part*"))


def test_the_record_of_the_embedded_model_is_the_package_itself():
    found, expected = models.chunks_of_embedded()
    assert expected == KNOWN[models.EMBEDDED].sha256
    assert sum(os.path.getsize(path) for path in found) == KNOWN[models.EMBEDDED].bytes
    assert Path(found[0]).read_bytes()[:4] == transfer.MAGIC
