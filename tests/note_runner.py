"""在一个子进程里依次执行一篇笔记的全部 run / raises 片段，它们共用一个命名空间。

从标准输入读 JSON 列表 [[行号, 代码], ...]，最后一行输出 JSON 列表 [{"output", "raised", "error"}, ...]。
"""

import contextlib
import io
import json
import os
import sys
import traceback
import types


def run_snippet(namespace: dict, name: str, line: int, code: str) -> dict:
    """执行一段；raised 是异常类及其父类的名字（没有异常时为空），error 是给人看的回溯。"""
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            # 前面补空行：回溯里的行号就是笔记里的行号
            exec(compile("\n" * line + code, name, "exec"), namespace)
    except (Exception, SystemExit) as error:
        print(f"{type(error).__name__}: {error}", file=output)
        raised = [c.__name__ for c in type(error).__mro__]
        return {"output": output.getvalue(), "raised": raised, "error": traceback.format_exc(limit=-3)}
    return {"output": output.getvalue(), "raised": [], "error": ""}


def main() -> None:
    sys.path[0] = os.getcwd()  # 原来是本文件所在的目录
    module = types.ModuleType("note")
    sys.modules["note"] = module  # dataclass 要能按模块名找到自己的命名空间
    snippets = json.load(sys.stdin)
    results = [run_snippet(module.__dict__, sys.argv[1], line, code) for line, code in snippets]
    print("\n" + json.dumps(results))


if __name__ == "__main__":
    main()
