"""每章都要守的约定，读源码就能查的那些。每条是一个函数：收到路径，返回问题的列表。

整章的（大小、习题、tour.toml）在 `contract_chapters.py`，
运行起来才能查的（导入无副作用、命令行）在 `contract_scripts.py`；每条约定的反例在 `test_contracts.py`。
"""

import ast
import re
import sys
from functools import cache
from importlib import metadata
from pathlib import Path

from tests.note_source import statements

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CHINESE = re.compile(r"[\u4e00-\u9fff]")
OWN_DISTRIBUTION = "llm-learning-book"
ENDPOINT_USERS = ("LangChain", "RAG", "Agent")
LONGEST_FUNCTION, LARGEST_BOOK = 60, 400
UNSAFE_MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "shelve", "marshal"}


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def find_chapters(root: Path) -> list[Path]:
    """章：仓库根下带 __init__.py 的目录，除了 book 与 tests。"""
    return sorted(init.parent for init in root.glob("*/__init__.py") if init.parent.name not in ("book", "tests"))


def find_sources(folder: Path) -> list[Path]:
    """一个目录里的全部 Python 文件。"""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def is_script(path: Path) -> bool:
    """有没有 `if __name__ == "__main__"`。"""
    return main_guard(parse(path)) is not None


def main_guard(tree: ast.Module) -> ast.If | None:
    """`if __name__ == "__main__":` 这条语句。"""
    found = (node for node in tree.body if isinstance(node, ast.If) and "'__main__'" in ast.unparse(node.test))
    return next(found, None)


def docstring_is_chinese(path: Path) -> list[str]:
    """每个模块都有中文的文档字符串。"""
    return [] if CHINESE.search(ast.get_docstring(parse(path)) or "") else ["缺中文的模块文档字符串"]


def script_has_the_standard_shape(path: Path) -> list[str]:
    """脚本有 `main(argv=None)`，入口只有一行 `run(main)`；`数字_主题.py` 一定是脚本。"""
    tree = parse(path)
    guard = main_guard(tree)
    if guard is None:
        return ["`数字_主题.py` 要能直接运行"] if re.match(r"\d+_", path.name) else []
    problems = [] if [ast.unparse(node) for node in guard.body] == ["run(main)"] else ["入口应当只有 run(main)"]
    mains = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main"]
    if not mains or ast.unparse(mains[0].args) != "argv=None":
        problems.append("缺 main(argv=None)")
    return problems


def functions_are_short(path: Path) -> list[str]:
    """函数不超过 60 行。"""
    functions = [node for node in ast.walk(parse(path)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    lengths = {node.name: node.end_lineno - node.lineno + 1 for node in functions}
    return [f"函数 {name} 有 {n} 行，上限 {LONGEST_FUNCTION}" for name, n in lengths.items() if n > LONGEST_FUNCTION]


def nothing_unsafe(path: Path) -> list[str]:
    """不用 pickle、eval、exec；torch.load 带 weights_only=True。"""
    problems = []
    for node in ast.walk(parse(path)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            problems += [f"导入了 {name}" for name in top_modules(node) if name in UNSAFE_MODULES]
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            arguments = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            if name in ("eval", "exec"):
                problems.append(f"调用了 {name}")
            if name == "torch.load" and arguments.get("weights_only") != "True":
                problems.append("torch.load 没有 weights_only=True")
            if arguments.get("allow_pickle") == "True":
                problems.append(f"{name} 带了 allow_pickle=True")
    return problems


def top_modules(node: ast.AST) -> list[str]:
    """一条导入语句导入的顶层模块名；相对导入记作 "."。"""
    if isinstance(node, ast.Import):
        return [alias.name.split(".")[0] for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return ["." if node.level else node.module.split(".")[0]]
    return []


def imports_use_full_names(path: Path, root: Path) -> list[str]:
    """按完整的包名导入；章之间互不导入，只有 3、6、7 章可以用 TrainAndFinetune.endpoint。"""
    chapter = path.relative_to(root).parts[0]
    others = {folder.name for folder in find_chapters(root)} - {chapter}
    siblings = {entry.stem for entry in path.parent.iterdir() if entry.is_dir() or entry.suffix == ".py"}
    problems = []
    for node in ast.walk(parse(path)):
        for name in top_modules(node):
            if name == ".":
                problems.append("相对导入；写完整的包名")
            elif name in others and not (chapter in ENDPOINT_USERS and is_endpoint(node)):
                problems.append(f"导入了另一章 {name}")
            elif name == "tests":
                problems.append("导入了 tests")
            elif name in siblings and name != chapter:
                problems.append(f"用同目录的名字 {name} 导入；写 from {chapter}... import")
    return problems


def is_endpoint(node: ast.AST) -> bool:
    """是不是 `from TrainAndFinetune.endpoint import ...` 或 `from TrainAndFinetune import endpoint`。"""
    text = ast.unparse(node)
    return re.match(r"from TrainAndFinetune(\.endpoint import |\s+import endpoint$)", text) is not None


def normalised(name: str) -> str:
    """发行包的规范名：小写，-_. 都写成 -。"""
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def distributions_of_imports() -> dict[str, set[str]]:
    """{导入名: 提供它的发行包}，不含本书自己。"""
    return {
        name: {normalised(d) for d in found}
        for name, found in metadata.packages_distributions().items()
        if set(found) != {OWN_DISTRIBUTION}
    }


def basename_is_free(path: Path) -> list[str]:
    """文件名不与标准库或依赖的导入名相同：脚本所在的目录排在导入路径最前面。"""
    if path.stem in sys.stdlib_module_names:
        return [f"与标准库的 {path.stem} 同名"]
    return [f"与依赖的导入名 {path.stem} 同名"] if path.stem in distributions_of_imports() else []


def top_level_imports_are_installed(path: Path, root: Path) -> list[str]:
    """模块顶层只导入标准库、核心依赖、本章 extra 里的包；别的在用到的函数里导入。"""
    chapter = path.relative_to(root).parts[0]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    required = [*project["dependencies"], *project.get("optional-dependencies", {}).get(chapter.lower(), [])]
    allowed = {normalised(re.match(r"[\w.-]+", line).group()) for line in required}
    if path.name.startswith("check_"):
        allowed.add("pytest")
    providers = distributions_of_imports()
    problems = []
    for name in [name for node in statements(parse(path)) for name in top_modules(node)]:
        known = name in sys.stdlib_module_names or name in (".", "book", "tests", chapter) or (root / name).is_dir()
        if not known and not (providers.get(name, {normalised(name)}) & allowed):
            problems.append(f"顶层导入了 {name}：不在核心依赖与 extra {chapter.lower()} 里；移到用它的函数里")
    return problems


def book_is_small(root: Path) -> list[str]:
    """框架 book/ 合计不超过 400 行。"""
    total = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in find_sources(root / "book"))
    return [] if total <= LARGEST_BOOK else [f"book/ 共 {total} 行，上限 {LARGEST_BOOK}"]
