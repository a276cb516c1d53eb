"""本地服务的一生与 connect()：几个进程共用一个、死了再起、走光了就结束、没有配置与配置了各怎样。"""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from book import UserError
from tests.local_model import VARIABLES, clean_environment, private_cache
from TrainAndFinetune import cache as cache_module
from TrainAndFinetune import endpoint, serve
from TrainAndFinetune.serving.lifetime import Lifetime, State, read_state, write_state

CLIENT = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # 在后台（&）启动的测试，子进程会继承「忽略 SIGINT」
from TrainAndFinetune import endpoint
endpoint.IDLE_SECONDS = 5  # 机器忙的时候，客户端从看到服务到租下它要好几秒
endpoint.load_env_file = lambda: None
print(endpoint.connect().base_url, flush=True)
time.sleep(1000)
"""
STATE = State("http://127.0.0.1:9", "secret-key", 1, "abc", "chat-model", "multilingual-e5-small")


def wait_for(condition, seconds: float = 120) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def alive(pid: int) -> bool:
    """进程还在，而且不是等着收尸的僵尸。"""
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


class Clients:
    """几个用本地模型的进程。"""

    def __init__(self, environment: dict):
        self.environment, self.processes = environment, []

    def start(self) -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", CLIENT], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            encoding="utf-8", start_new_session=True,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def kill(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    clean_environment(monkeypatch, private_cache(tmp_path))
    return tmp_path


@pytest.fixture
def clients(cache):
    clients = Clients(dict(os.environ))
    yield clients
    clients.kill()


class Foreign(BaseHTTPRequestHandler):
    """别人的服务：什么都答 200，记下收到的密钥。"""

    keys: list = []

    def do_GET(self):
        self.keys.append(self.headers.get("Authorization"))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *args):
        pass


def only_state(cache) -> tuple:
    (path,) = cache.glob("server-*.json")
    return path, read_state(path)


def test_a_server_is_shared_survives_ctrl_c_is_replaced_when_dead_and_ends_with_its_last_client(cache, clients, capsys):
    first, second = clients.start(), clients.start()  # 同时来
    urls = {process.stdout.readline().strip() for process in (first, second)}
    path, state = only_state(cache)
    assert urls == {f"{state.base_url}/v1"}
    log = path.with_suffix(".log")
    assert [stat.S_IMODE(file.stat().st_mode) for file in (path, log)] == [0o600, 0o600]
    assert not any(state.api_key in word for word in processes_words())

    os.killpg(first.pid, signal.SIGINT)  # 终端里的 Ctrl-C 发给整个前台进程组
    first.wait(timeout=120)
    serve.main(["--status"])
    shown = capsys.readouterr().out
    assert state.base_url in shown
    assert "共 1 个" in shown
    assert state.api_key not in shown

    os.kill(state.pid, signal.SIGKILL)  # 服务崩了，端口又被别人占去
    assert wait_for(lambda: not alive(state.pid))
    foreign = HTTPServer(("127.0.0.1", 0), Foreign)
    threading.Thread(target=foreign.serve_forever).start()
    write_state(path, State(**{**vars(state), "base_url": f"http://127.0.0.1:{foreign.server_port}"}))
    third = clients.start()
    url = third.stdout.readline().strip()
    foreign.shutdown()
    foreign.server_close()
    path, fresh = only_state(cache)
    assert fresh.instance != state.instance
    assert url == f"{fresh.base_url}/v1"
    assert Foreign.keys
    assert set(Foreign.keys) == {None}  # 问过它是谁，没有把密钥给它

    assert alive(fresh.pid)
    clients.kill()  # SIGKILL：谁也没有机会告别
    assert wait_for(lambda: not alive(fresh.pid))
    assert wait_for(lambda: not path.exists())
    assert state.api_key not in log.read_text(encoding="utf-8")
    assert fresh.api_key not in log.read_text(encoding="utf-8")


def processes_words() -> list[str]:
    """本机每个进程的命令行：谁都看得见，密钥不能在里面。"""
    import psutil

    return [word for process in psutil.process_iter(["cmdline"]) for word in process.info["cmdline"] or ()]


def test_stop_ends_a_server_and_a_second_foreground_server_is_refused(cache, clients, monkeypatch, capsys):
    process = clients.start()
    process.stdout.readline()
    path, state = only_state(cache)
    with pytest.raises(UserError, match=f"已经在跑：{state.base_url}"):
        serve.main(["--port", "0"])
    assert state.api_key not in capsys.readouterr().out
    serve.main(["--stop"])
    assert "停掉了 1 个" in capsys.readouterr().out
    assert wait_for(lambda: not alive(state.pid))
    assert not path.exists()
    serve.main(["--status"])
    assert "共 0 个" in capsys.readouterr().out


def test_a_server_that_cannot_start_is_reported_with_its_last_line(cache, monkeypatch):
    from TrainAndFinetune.serving.engine import EngineConfig

    broken = cache / "broken.gguf"
    broken.write_bytes(b"GGUF")
    with pytest.raises(UserError, match="启动失败.*broken.*server-.*log"):
        endpoint.find_or_start(EngineConfig(broken, "broken"))
    assert not list(cache.glob("server-*.json"))


def test_a_busy_port_is_explained():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UserError, match="端口被占用；试试 --port 0"):
            serve.listen("127.0.0.1", taken.getsockname()[1])


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--host", "0.0.0.0"], "必须给 --api-key"),
        (["--port", "70000"], "不是端口"),
        (["--port", "abc"], "收到 'abc'，需要整数；"),
        (["--idle", "soon"], "收到 'soon'，需要数；"),
        (["--device", "cuda"], "引擎只用 CPU；GPU 用 vLLM"),
        (["--model", "missing.gguf"], "没有文件"),
    ],
)
def test_a_wrong_option_of_the_server_is_explained(cache, argv, says):
    with pytest.raises(UserError, match=says):
        serve.main(argv)


def test_the_smoke_run_of_the_server_answers_once(run_script):
    result = run_script("TrainAndFinetune/serve.py", "--smoke")
    assert result.returncode == 0, result.stderr
    last = json.loads(result.stdout.splitlines()[-1].removeprefix("RESULT "))
    assert last["tokens"] == 8
    assert last["embedding_width"] in (384, 640)


def test_a_lifetime_counts_leases_and_requests_as_use():
    lifetime = Lifetime(1, None)
    lifetime.last_used -= 10
    assert lifetime.unused_seconds() >= 10
    for name in ("leases", "busy"):
        lifetime.last_used -= 10
        setattr(lifetime, name, 1)
        assert lifetime.unused_seconds() < 5
        setattr(lifetime, name, 0)


# ---- connect()：不碰真的服务


@pytest.fixture
def local(monkeypatch, tmp_path):
    """connect() 以为找到了本机的服务 STATE；返回它被找了几次。"""
    clean_environment(monkeypatch, tmp_path)
    found = []
    monkeypatch.setattr(endpoint, "find_or_start", lambda: found.append(1) or STATE)
    return found


def set_half(patch, names, values=("http://cloud/v1", "cloud-key", "cloud-model")) -> None:
    for name, value in zip(names, values):
        patch.setenv(name, value)


def test_without_configuration_both_halves_come_from_the_local_server(local):
    found = endpoint.connect()
    assert found.local
    assert [os.environ[name] for name in endpoint.CHAT] == ["http://127.0.0.1:9/v1", "secret-key", "chat-model"]
    assert os.environ["EMBEDDING_MODEL"] == found.embedding_model == "multilingual-e5-small"
    assert (found.query_prefix, found.passage_prefix) == ("query: ", "passage: ")
    assert "127.0.0.1" in os.environ["NO_PROXY"].split(",")


def test_a_half_that_is_set_is_left_alone(local, monkeypatch):
    set_half(monkeypatch, endpoint.CHAT)
    found = endpoint.connect()
    assert (found.base_url, found.chat_model, found.local) == ("http://cloud/v1", "cloud-model", False)
    assert (found.embedding_base_url, found.query_prefix) == ("http://127.0.0.1:9/v1", "query: ")
    set_half(monkeypatch, endpoint.EMBEDDING)
    monkeypatch.setenv("EMBEDDING_QUERY_PREFIX", "")
    monkeypatch.setenv("EMBEDDING_PASSAGE_PREFIX", "")
    local.clear()
    found = endpoint.connect()
    assert (found.embedding_model, found.query_prefix, found.passage_prefix) == ("cloud-model", "", "")
    assert not local  # 两半都有，就不启动本机的服务


def test_a_half_of_embeddings_keeps_its_own_prefixes_and_has_none_by_default(local, monkeypatch):
    set_half(monkeypatch, endpoint.EMBEDDING)
    monkeypatch.setenv("EMBEDDING_QUERY_PREFIX", "问：")
    monkeypatch.delenv("EMBEDDING_PASSAGE_PREFIX")
    found = endpoint.connect()
    assert (found.query_prefix, found.passage_prefix, found.local) == ("问：", "", True)


@pytest.mark.parametrize("missing", [*endpoint.CHAT, *endpoint.EMBEDDING])
def test_a_half_that_is_partly_set_names_the_missing_variable(local, monkeypatch, missing):
    set_half(monkeypatch, endpoint.CHAT if missing in endpoint.CHAT else endpoint.EMBEDDING)
    monkeypatch.setenv(missing, "")
    with pytest.raises(UserError, match=f"没有设 {missing}（.*后面是空的也算没有设.*）；.*\\.env\\.example"):
        endpoint.connect()
    monkeypatch.delenv(missing)
    with pytest.raises(UserError, match=f"没有设 {missing}；.*\\.env\\.example"):
        endpoint.connect()
    assert not local


@pytest.mark.parametrize("address", ["127.0.0.1:8000/v1", "localhost:8000", "http://", "http:///v1"])
@pytest.mark.parametrize("names", [endpoint.CHAT, endpoint.EMBEDDING])
def test_an_address_without_its_scheme_or_host_is_refused(local, monkeypatch, names, address):
    set_half(monkeypatch, names, (address, "key", "model"))
    with pytest.raises(UserError, match=f"{names[0]}={address} 不是完整的地址；要以 http://"):
        endpoint.connect()
    assert not local


def test_an_own_server_on_this_machine_does_not_go_through_a_proxy_either(local, monkeypatch):
    for address, wanted in (("http://cloud/v1", ""), ("http://localhost:9/v1", "127.0.0.1,localhost")):
        set_half(monkeypatch, endpoint.CHAT, (address, "key", "model"))
        set_half(monkeypatch, endpoint.EMBEDDING)
        monkeypatch.setenv("NO_PROXY", "")
        endpoint.connect()
        assert os.environ["NO_PROXY"] == wanted
    assert not local


def test_the_old_name_of_the_address_is_refused(local, monkeypatch):
    monkeypatch.setenv("OPENAI_API_BASE", "http://elsewhere/v1")
    with pytest.raises(UserError, match="OPENAI_API_BASE=http://elsewhere/v1；改用 OPENAI_BASE_URL"):
        endpoint.connect()


def test_a_child_of_a_connected_process_looks_for_the_server_again(local, monkeypatch):
    endpoint.connect()
    endpoint.connect()  # 环境变量已经填好，与子进程继承到的一样：不能当成用户的配置
    assert len(local) == 2
    assert os.environ["OPENAI_BASE_URL"] == "http://127.0.0.1:9/v1"


def test_without_the_embedding_package_there_are_no_prefixes(local, monkeypatch):
    monkeypatch.setattr(
        endpoint, "find_or_start", lambda: State(**{**vars(STATE), "embedding_model": endpoint.MEAN_POOLING})
    )
    found = endpoint.connect()
    assert (found.query_prefix, found.passage_prefix) == ("", "")


def test_the_env_file_is_read_and_the_environment_wins(monkeypatch, tmp_path):
    for name in VARIABLES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    lines = [f"{name}=http://from-file" for name in (*endpoint.CHAT, *endpoint.EMBEDDING)]
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(cache_module, "repository_root", lambda: tmp_path)
    monkeypatch.setenv("CHAT_MODEL", "from-shell")
    found = endpoint.connect()
    assert (found.chat_model, found.embedding_model, found.local) == ("from-shell", "http://from-file", False)


def test_the_local_address_does_not_go_through_a_proxy(local, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "example.org")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    endpoint.connect()
    endpoint.connect()
    assert os.environ["NO_PROXY"] == "example.org,127.0.0.1,localhost"
    assert os.environ["no_proxy"] == "127.0.0.1,localhost"
    with socket.socket() as direct:  # 占着端口、不接电话：直接来的连得上，经过代理的连不上
        direct.bind(("127.0.0.1", 0))
        direct.listen()
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"http://127.0.0.1:{direct.getsockname()[1]}", timeout=0.2)


def test_a_broken_state_file_is_no_server(tmp_path):
    path = tmp_path / "server-x.json"
    assert read_state(path) is None
    for content in ("", "{", "[]", '{"base_url": 1}'):
        path.write_text(content, encoding="utf-8")
        assert read_state(path) is None
    write_state(path, STATE)
    assert read_state(path) == STATE
    assert [file.name for file in tmp_path.iterdir()] == ["server-x.json"]
