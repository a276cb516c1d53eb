"""测试的公共部分：只许连本机，以及在子进程里跑脚本的 `run_script`。

离线分两层：pytest 进程里由 pytest-socket 与离线守卫挡住，子进程由 PYTHONPATH 上的离线守卫挡住。
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from book import repository_root

GUARD = Path(__file__).resolve().parent / "offline_guard"


def prepare_environment() -> None:
    """设好本进程与所有子进程的环境变量。"""
    paths = [str(GUARD), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(path for path in paths if path))
    os.environ.update(PYTHONUTF8="1", MPLBACKEND="Agg", HF_HUB_OFFLINE="1", NO_PROXY="*")
    for name in ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy"):  # 本机上的代理会把请求转到外面
        os.environ.pop(name, None)
        os.environ.pop(name.upper(), None)
    # gloo 的 C++ 代码会去解析主机名：直接指定回环网卡
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo0" if sys.platform == "darwin" else "lo")
    if "PYTEST_XDIST_WORKER" in os.environ:  # 每个 worker 占一个核；都开满线程只会互相等
        os.environ["OMP_NUM_THREADS"] = "1"


def load_guard() -> None:
    """在 pytest 进程里也装上离线守卫：pytest-socket 只管 connect，不管查域名。"""
    spec = importlib.util.spec_from_file_location("offline_guard", GUARD / "sitecustomize.py")
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


prepare_environment()
load_guard()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config) -> None:
    """相当于 `--allow-hosts=... --allow-unix-socket`；不写进 addopts，习题的检查就不依赖 pytest-socket。"""
    config.option.allow_hosts = "127.0.0.1,::1,localhost"
    config.option.allow_unix_socket = True


@pytest.fixture
def run_script(tmp_path):
    """在子进程里跑 Python：`run_script("ResNet/train.py", "--smoke", SOME_VARIABLE="1")`。

    当前目录是空的临时目录，所以每次调用也证明了脚本从哪个目录都能跑。返回 CompletedProcess，不检查退出码。
    """

    def run(*argv, **environment) -> subprocess.CompletedProcess:
        first = str(argv[0])
        if first.endswith(".py"):
            first = str(repository_root() / first)
        return subprocess.run(
            [sys.executable, first, *map(str, argv[1:])],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )

    return run


@pytest.fixture(scope="session")
def local_server(tmp_path_factory):
    """真的本机服务，一个 pytest 进程一个；用的是空的缓存目录，碰不到你正在跑的服务。"""
    from tests.local_model import clean_environment, private_cache, running

    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        clean_environment(patch, private_cache(cache))
        server = running()
        started = server.__enter__()
    yield started
    with pytest.MonkeyPatch.context() as patch:  # 结束时要删它的状态文件，在同一个缓存目录里
        patch.setenv("LLM_BOOK_CACHE", str(cache))
        server.__exit__(None, None, None)


@pytest.fixture
def local_endpoint(local_server, monkeypatch):
    """环境变量指着本机的服务，像用户配置好了一样；返回地址。脚本在本进程里跑：`main(["--smoke", ...])`。"""
    from tests.local_model import VARIABLES

    state = local_server.state
    url, key = f"{state.base_url}/v1", state.api_key
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name in ("NO_PROXY", "no_proxy"):  # connect() 会改这两个；在这里设过，测试之后才会还原
        monkeypatch.setenv(name, "*")
    for half, model in (("OPENAI CHAT", state.chat_model), ("EMBEDDING EMBEDDING", state.embedding_model)):
        service, kind = half.split()
        for name, value in ((f"{service}_BASE_URL", url), (f"{service}_API_KEY", key), (f"{kind}_MODEL", model)):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("EMBEDDING_QUERY_PREFIX", "query: ")
    monkeypatch.setenv("EMBEDDING_PASSAGE_PREFIX", "passage: ")
    return url
