"""离线守卫：Python 启动时自动加载，只许连本机，不许查外面的域名。

`tests/conftest.py` 把这个目录放进 PYTHONPATH，于是测试启动的每个子进程（以及子进程的子进程）都带着它。
被挡下的调用抛 OSError 的子类，和真的没有网络时一样，所以也能测脚本在断网时的报错。
只管得住 Python 的 socket 模块；C++ 里的网络代码（gloo）由 conftest 用环境变量限制在回环网卡上。
"""

import importlib.util
import ipaddress
import socket
import sys
from importlib.machinery import PathFinder
from pathlib import Path

OWN_NAMES = {"localhost", "localhost.localdomain", socket.gethostname()}


class OfflineError(ConnectionRefusedError):
    """测试期间连了本机以外的地址。"""


class OfflineLookupError(socket.gaierror):
    """测试期间查了本机以外的域名。"""


def to_local(host):
    """把目标变成不必查 DNS 的形式：本机的名字换成 127.0.0.1，数字地址照旧，别的域名抛 OfflineLookupError。"""
    name = host.decode() if isinstance(host, (bytes, bytearray)) else host
    if name in OWN_NAMES:
        return "127.0.0.1"
    if name:  # None 与空串表示本机的全部网卡，不查 DNS
        try:
            ipaddress.ip_address(name.split("%")[0])
        except ValueError:
            raise OfflineLookupError(socket.EAI_NONAME, f"离线守卫：测试不许查域名 {name}") from None
    return host


def is_loopback(host) -> bool:
    """连这个目标是不是只到本机（连 0.0.0.0 等于连自己）。"""
    if not host:
        return True
    address = ipaddress.ip_address(host.split("%")[0])
    return address.is_loopback or address.is_unspecified


def guard_method(name, address_of) -> None:
    """把 socket.socket 的一个方法换成先检查地址的版本；Unix 套接字不管。"""
    original = getattr(socket.socket, name)

    def guarded(self, *args):
        address = address_of(args)
        is_network = self.family in (socket.AF_INET, socket.AF_INET6)
        if is_network and isinstance(address, tuple) and not is_loopback(to_local(address[0])):
            raise OfflineError(f"离线守卫：测试不许连接 {address[0]}")
        return original(self, *args)

    setattr(socket.socket, name, guarded)


def guard_lookup(name, sends_packet) -> None:
    """把一个域名查询函数换成只回答本机的版本；反查（地址到名字）对数字地址也会发包。"""
    original = getattr(socket, name)

    def guarded(host, *args, **kwargs):
        local = to_local(host)
        if sends_packet and not is_loopback(local):
            raise OfflineLookupError(socket.EAI_NONAME, f"离线守卫：测试不许反查 {host}")
        return original(local, *args, **kwargs)

    setattr(socket, name, guarded)


def install() -> None:
    """装上守卫；重复调用无害。"""
    if hasattr(socket, "offline_guard"):
        return
    socket.offline_guard = True
    for name in ("connect", "connect_ex"):
        guard_method(name, lambda args: args[0] if args else None)
    guard_method("sendto", lambda args: args[-1] if len(args) > 1 else None)
    if hasattr(socket.socket, "sendmsg"):  # Windows 没有
        guard_method("sendmsg", lambda args: args[3] if len(args) > 3 else None)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        guard_lookup(name, sends_packet=False)
    guard_lookup("gethostbyaddr", sends_packet=True)


def load_shadowed() -> None:
    """本文件挡住了原来的 sitecustomize（发行版、覆盖率工具会用）：照样执行它。"""
    own_folder = Path(__file__).resolve().parent
    others = [entry for entry in sys.path if Path(entry or ".").resolve() != own_folder]
    spec = PathFinder.find_spec("sitecustomize", others)
    if spec is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


install()
if __name__ == "sitecustomize":
    load_shadowed()
