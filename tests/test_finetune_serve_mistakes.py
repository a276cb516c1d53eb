"""用户会犯的错：错的文件、地址、密钥、`.env`，没有密钥的与不答的服务。都是一行中文，没有回溯；不启动模型。"""

import errno
import os
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import gguf
import numpy as np
import pytest

from book import UserError
from tests.local_model import clean_environment
from TrainAndFinetune import cache, endpoint, serve
from TrainAndFinetune.serving.engine import Engine, EngineConfig, check_files
from TrainAndFinetune.serving.lifetime import State, write_state


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """空的缓存目录；仓库根目录是 tmp_path / "root"，里面没有 .env。"""
    (tmp_path / "root").mkdir()
    clean_environment(monkeypatch, tmp_path)
    monkeypatch.setattr(cache, "repository_root", lambda: tmp_path / "root")
    return tmp_path


@pytest.fixture
def read_env(folder, monkeypatch):
    """把内容写进 `.env` 再照 connect() 的办法读。"""
    monkeypatch.undo()
    monkeypatch.setattr(cache, "repository_root", lambda: folder / "root")
    for name in ("LLM_BOOK_CACHE", "CHAT_MODEL"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)

    def read(content: bytes) -> None:
        (folder / "root" / ".env").write_bytes(content)
        endpoint.load_env_file()

    return read


# ---- 停掉服务


@contextmanager
def pretended(path: Path, key: str, answers: bool):
    """一个假的服务：认得出自己，收到 /shutdown 就删掉状态文件；`answers` 为假时不回答就断开。给出收到的密钥。"""
    keys = []

    class Service(BaseHTTPRequestHandler):
        def do_GET(self):
            self.reply(b'{"instance": "abc"}')

        def do_POST(self):
            keys.append(self.headers.get("Authorization"))
            path.unlink()
            if answers:
                self.reply(b"{}")

        def reply(self, body: bytes):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    write_state(path, State(f"http://127.0.0.1:{server.server_port}", key, 1, "abc", "chat", "vectors"))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield keys
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize(("key", "sent"), [("", None), ("secret", "Bearer secret")])
def test_stop_ends_a_server_with_or_without_a_key_though_it_leaves_without_an_answer(
    folder, capsys, key, sent, answers
):
    with pretended(folder / "server-x.json", key, answers) as keys:
        serve.stop_all(seconds=2)
    assert keys == [sent]
    assert capsys.readouterr().out == "停掉了 1 个服务\n"


def test_a_server_that_does_not_answer_is_mentioned_and_left_alone(folder, capsys):
    path = folder / "server-x.json"
    with socket.socket() as closed:  # 占着、不听：连接被拒绝
        closed.bind(("127.0.0.1", 0))
        write_state(path, State(f"http://127.0.0.1:{closed.getsockname()[1]}", "", 4711, "abc", "chat", "vectors"))
        for option, first in (("--status", "共 0 个服务在跑"), ("--stop", "停掉了 0 个服务")):
            serve.main([option])
            hint = "另有 1 个记着、没有回答（进程 4711）：可能在忙，或已经死了"
            assert capsys.readouterr().out.splitlines() == [first, hint]
    assert path.exists()


TERMINATED = """
import os, signal, time
from pathlib import Path
from types import SimpleNamespace
from TrainAndFinetune import serve
from TrainAndFinetune.serving.lifetime import State
path = Path("state.json")
serve.state_path = lambda config: path
def wait():
    assert path.exists()
    signal.raise_signal(signal.SIGTERM)  # uvicorn 收拾完以后也是这样
state = State("http://127.0.0.1:9", "", os.getpid(), "abc", "chat", "vectors")
serve.build = lambda *args: SimpleNamespace(state=state, wait=wait)
serve.serve(None, "", 0, "", None)
"""


def test_a_terminated_server_takes_its_record_with_it(run_script, tmp_path):
    result = run_script("-c", TERMINATED)
    assert result.returncode == 143, result.stderr
    assert not (tmp_path / "state.json").exists()


# ---- 模型与适配器的文件


def write_tiny(path: Path, kind: str | None, architecture: str = "nonsense") -> Path:
    """一个完整的、没有权重的 GGUF。"""
    writer = gguf.GGUFWriter(path, architecture)
    if kind:
        writer.add_type(kind)
    writer.add_tensor("x", np.zeros(32, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize("option", ["model", "adapter"])
def test_a_file_that_is_not_there_names_its_own_option(tmp_path, option):
    files = {"model": write_tiny(tmp_path / "model.gguf", "model")}
    with pytest.raises(UserError, match=f"没有文件 .*gone；--{option} 要.*；不写就用") as caught:
        EngineConfig(**files | {option: tmp_path / "gone"})
    assert "download_model" not in str(caught.value)
    with pytest.raises(UserError, match="是文件夹，要的是里面的 .gguf 文件"):
        EngineConfig(**files | {option: tmp_path})


def test_the_file_that_is_wrong_is_the_one_that_is_named(tmp_path):
    model, untyped = write_tiny(tmp_path / "model.gguf", "model"), write_tiny(tmp_path / "untyped.gguf", None)
    adapter = write_tiny(tmp_path / "adapter.gguf", "adapter")
    cut, empty = tmp_path / "cut.gguf", tmp_path / "empty.gguf"
    cut.write_bytes(model.read_bytes()[:40])
    empty.write_bytes(b"")
    for good in (EngineConfig(model), EngineConfig(model, adapter=adapter), EngineConfig(untyped)):
        check_files(good)
    for wrong, says in (
        (EngineConfig(model, adapter=model), f"{model} 不是 LoRA 适配器（general.type 是 model）"),
        (EngineConfig(model, adapter=untyped), f"{untyped} 不是 LoRA 适配器（general.type 是 没有写）"),
        (EngineConfig(adapter), f"{adapter} 是 LoRA 适配器，不是模型；.*用 --adapter"),
        (EngineConfig(cut), f"{cut} 不是完整的 GGUF"),
        (EngineConfig(model, adapter=empty), f"{empty} 不是完整的 GGUF"),
    ):
        with pytest.raises(UserError, match=says) as caught:
            Engine(wrong)  # 还没有走到 llama.cpp，所以没有它的日志
        assert "删掉" not in str(caught.value)


def test_a_model_that_the_engine_refuses_is_named_with_its_adapter(tmp_path):
    model, adapter = write_tiny(tmp_path / "m.gguf", "model"), write_tiny(tmp_path / "a.gguf", "adapter")
    for config, says in ((EngineConfig(model), "无"), (EngineConfig(model, adapter=adapter), str(adapter))):
        with pytest.raises(UserError, match=f"加载不了 {model}（适配器 {says}）：不是它认识的模型"):
            Engine(config)


def test_a_broken_model_is_one_line_of_chinese_and_nothing_else(tmp_path, run_script):
    empty = tmp_path / "empty.gguf"
    empty.write_bytes(b"")
    result = run_script("TrainAndFinetune/serve.py", "--model", empty, "--port", "0")
    assert result.returncode == 2
    assert result.stderr.startswith(f"错误：{empty} 不是完整的 GGUF")
    assert result.stderr.count("\n") == 1


# ---- 地址与密钥


def test_why_an_address_cannot_be_bound_is_told_apart():
    for host in ("192.0.2.1", "a" * 64 + ".b"):  # 文档用的地址，没有机器有它；太长的名字
        with pytest.raises(UserError, match="没有这个地址；--host 要本机的 IP") as caught:
            serve.listen(host, 0)
        assert "端口" not in str(caught.value)
    assert "没有这个地址" in serve.cause_of(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    assert "1024 以下的端口要管理员权限" in serve.cause_of(OSError(errno.EACCES, "Permission denied"))
    assert serve.cause_of(OSError(errno.ENOBUFS, "No buffer space")) == "No buffer space"


@pytest.mark.parametrize("key", ["我的密钥", "two words", "line\nbreak", ""])
def test_a_key_that_no_header_can_carry_is_refused_and_not_shown(key):
    with pytest.raises(UserError, match="密钥只能是英文字母、数字与符号") as caught:
        serve.main(["--api-key", key])
    assert not key or key not in str(caught.value)


# ---- .env


def test_the_cache_named_in_the_env_file_is_used_by_every_script(read_env, folder, monkeypatch, capsys):
    place = folder / "elsewhere"
    (folder / "root" / ".env").write_text(f"LLM_BOOK_CACHE={place}\n", encoding="utf-8")
    assert cache.book_cache() == place  # 还没有谁 connect() 过
    serve.main(["--status"])
    assert "共 0 个" in capsys.readouterr().out
    monkeypatch.setenv("LLM_BOOK_CACHE", str(folder / "shell"))
    assert cache.book_cache() == folder / "shell"


def test_a_relative_cache_is_refused_because_it_would_move_with_the_working_directory(monkeypatch):
    monkeypatch.setenv("LLM_BOOK_CACHE", "models")
    with pytest.raises(UserError, match="LLM_BOOK_CACHE=models 是相对路径；写绝对路径"):
        cache.book_cache()


def test_an_env_file_with_a_byte_order_mark_is_read(read_env, monkeypatch):
    read_env("\ufeffCHAT_MODEL=模型\n".encode())
    assert os.environ["CHAT_MODEL"] == "模型"
    assert cache.env_file_text().startswith("CHAT_MODEL")  # 旧的 python-dotenv 不认 BOM，所以自己去掉


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("CHAT_MODEL=通义\n".encode("gbk"), r"\.env 不是 UTF-8；用编辑器另存为 UTF-8"),
        ("# 说明\n\nCHAT_MODEL=a\n\n\n= 没有名字\n".encode(), r"\.env 第 6 行读不懂；一行一个 名字=值"),
        (b'CHAT_MODEL="a\n', r"\.env 第 1 行读不懂；.*引号要成对"),
    ],
    ids=["GBK", "no name", "open quote"],
)
def test_an_env_file_that_cannot_be_read_says_where(read_env, caplog, content, says):
    with pytest.raises(UserError, match=says):
        read_env(content)
    with pytest.raises(UserError, match=says):
        cache.book_cache()
    assert not caplog.records  # python-dotenv 自己的英文警告
