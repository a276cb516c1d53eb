"""离线是证明出来的：pytest 进程与子进程都连不到外面，本机之间照常。

用的地址 192.0.2.1 与域名 example.com 是标准（RFC 5737、RFC 2606）留给例子的；守卫在发包之前就拦下。
"""

import os
import socket
import textwrap

import pytest
from pytest_socket import SocketConnectBlockedError

OUTSIDE = ("192.0.2.1", 80)

CHILD = """
import socket
def attempt(call):
    try:
        call()
        return "open"
    except OSError as error:
        return type(error).__name__
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print(attempt(lambda: socket.create_connection(("192.0.2.1", 80), timeout=1)))
print(attempt(lambda: socket.socket().connect_ex(("192.0.2.1", 80))))
print(attempt(lambda: udp.sendto(b"x", ("192.0.2.1", 53))))
print(attempt(lambda: udp.sendto(b"x", 0, ("192.0.2.1", 53))))
print(attempt(lambda: socket.getaddrinfo("example.com", 80)))
print(attempt(lambda: socket.gethostbyname("example.com")))
print(attempt(lambda: socket.gethostbyaddr("192.0.2.1")))
"""


def test_pytest_process_cannot_connect_outside():
    with socket.socket() as sock, pytest.raises(SocketConnectBlockedError), pytest.warns(UserWarning, match="connect"):
        sock.connect(OUTSIDE)


def test_pytest_process_cannot_look_up_names():
    with pytest.raises(socket.gaierror, match="离线守卫"):
        socket.getaddrinfo("example.com", 80)


def test_child_process_cannot_reach_outside(run_script):
    done = run_script("-c", CHILD)
    assert done.stdout.split() == ["OfflineError"] * 4 + ["OfflineLookupError"] * 3, done.stderr


def test_grandchild_process_cannot_reach_outside(run_script):
    code = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-c', sys.argv[1]]))"
    done = run_script("-c", code, CHILD)
    assert done.stdout.split() == ["OfflineError"] * 4 + ["OfflineLookupError"] * 3, done.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", socket.gethostname()])
def test_loopback_works_in_child_process(run_script, host):
    code = """
    import socket, sys
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection((sys.argv[1], server.getsockname()[1]), timeout=5):
            print("connected", socket.getfqdn() != "")
    """
    done = run_script("-c", textwrap.dedent(code), host)
    assert done.stdout == "connected True\n", done.stderr


def test_loopback_works_in_pytest_process():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5).close()


def test_guard_runs_the_sitecustomize_it_hides(run_script, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("print('hidden one ran')\n", encoding="utf-8")
    done = run_script("-c", CHILD, PYTHONPATH=os.environ["PYTHONPATH"] + os.pathsep + str(tmp_path))
    assert done.stdout.startswith("hidden one ran\nOfflineError\n"), done.stderr


def test_children_have_no_proxy_and_speak_utf8(run_script):
    code = "import os, sys; print('é', [n for n in os.environ if n.lower().endswith('_proxy') and n != 'NO_PROXY'])"
    done = run_script("-c", code)
    assert done.stdout == "é []\n"
