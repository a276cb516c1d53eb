"""每一章都守约定；每条约定都有一个违反它的样本，证明检查会失败。

章与脚本是找出来的：以后的章不必改这个文件。
"""

import re

import pytest

from book import repository_root
from tests import contract_chapters, contract_scripts, contracts
from tests.contracts import find_chapters, find_sources, is_script

ROOT = repository_root()
CHAPTERS = find_chapters(ROOT)
SCRIPTS = {
    chapter.name: [path for path in find_sources(chapter) if is_script(path) and "exercises" not in path.parts]
    for chapter in CHAPTERS
}
FILE_RULES = (
    contracts.docstring_is_chinese,
    contracts.script_has_the_standard_shape,
    contracts.functions_are_short,
    contracts.nothing_unsafe,
    contracts.basename_is_free,
)
ROOT_RULES = (contracts.imports_use_full_names, contracts.top_level_imports_are_installed)
FOLDER_RULES = (contract_chapters.files_are_small, contract_chapters.no_machine_paths)
CHAPTER_RULES = (contract_chapters.exercises_are_complete, contract_chapters.tour_is_valid, *FOLDER_RULES)

each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.name)


def report(problems: dict) -> str:
    """{路径: 问题的列表} 写成报错，一行一个；没有问题是空串。"""
    return "".join(f"\n{path.relative_to(ROOT)}: {problem}" for path, found in problems.items() for problem in found)


@pytest.mark.parametrize("rule", FILE_RULES, ids=lambda rule: rule.__name__)
def test_every_source_file_keeps_the_rule(rule):
    sources = [path for folder in (ROOT / "book", *CHAPTERS) for path in find_sources(folder)]
    problems = {path: rule(path) for path in sources}
    found = report(problems)
    assert not found, found


@pytest.mark.parametrize("rule", ROOT_RULES, ids=lambda rule: rule.__name__)
def test_every_import_keeps_the_rule(rule):
    sources = [path for folder in (ROOT / "book", *CHAPTERS) for path in find_sources(folder)]
    problems = {path: rule(path, ROOT) for path in sources}
    found = report(problems)
    assert not found, found


@each_chapter
@pytest.mark.parametrize("rule", CHAPTER_RULES, ids=lambda rule: rule.__name__)
def test_every_chapter_keeps_the_rule(chapter, rule):
    assert rule(chapter) == []


def test_the_frame_stays_small_and_portable():
    assert contracts.book_is_small(ROOT) == []
    assert contract_chapters.no_machine_paths(ROOT / "book") == []


@each_chapter
def test_importing_the_chapter_does_nothing(chapter, tmp_path):
    assert contract_scripts.importing_does_nothing(chapter, tmp_path) == []


@each_chapter
def test_every_command_line_is_chinese(chapter):
    problems = {path: contract_scripts.command_line_is_chinese(path) for path in SCRIPTS[chapter.name]}
    found = report(problems)
    assert not found, found


@each_chapter
def test_training_scripts_offer_the_common_options(chapter):
    problems = {path: contract_scripts.common_options_are_offered(path) for path in SCRIPTS[chapter.name]}
    found = report(problems)
    assert not found, found


@each_chapter
def test_an_unknown_option_ends_with_one_chinese_line_in_a_real_process(chapter, run_script):
    scripts = SCRIPTS[chapter.name]
    sample = next((path for path in scripts if path.name == "train.py"), scripts[0])
    done = run_script(sample.relative_to(ROOT), "--no-such-option")
    assert done.returncode == 2
    assert re.fullmatch(r"错误：[^\n]*--no-such-option[^\n]*\n", done.stderr), done.stderr
    assert done.stdout == ""


GOOD_SCRIPT = '''"""示例脚本，--quick 打印 test_acc。"""
from book import Parser, common_options, run


def main(argv=None):
    parser = Parser(__doc__)
    common_options(parser, script=__file__)
    parser.parse_args(argv)


if __name__ == "__main__":
    run(main)
'''
PYPROJECT = """
[project]
dependencies = ["torch>=2"]
[project.optional-dependencies]
here = ["pillow"]
"""
TOUR = """
[[command]]
title = "训练"
argv = ["Here/train.py"]
seconds = 30
key = "test_acc"
range = [0.9, 1.0]
figures = []
"""


@pytest.fixture
def repository(tmp_path):
    """一个守约定的小仓库，章叫 Here；返回根目录。"""
    write = {
        "pyproject.toml": PYPROJECT,
        "book/__init__.py": "",
        "There/__init__.py": "",
        "TrainAndFinetune/__init__.py": "",
        "Agent/__init__.py": "",
        "Here/__init__.py": '"""第 0 章。"""\n',
        "Here/train.py": GOOD_SCRIPT,
        "Here/1_topic.py": GOOD_SCRIPT,
        "Here/tour.toml": TOUR,
        "Here/exercises/ex01_sum.py": "def total(x):\n    raise NotImplementedError\n",
        "Here/exercises/check_ex01.py": "from book import load_exercise\n\nex = load_exercise(__file__)\n",
        "Here/exercises/solutions/ex01_sum.py": "total = sum\n",
        **{f"Here/exercises/mistakes/ex01_{name}.py": 'HINT = "错"\n' for name in "abc"},
    }
    for name, text in write.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_sample_repository_keeps_every_rule(repository):
    train = repository / "Here" / "train.py"
    assert find_chapters(repository) == [repository / n for n in ("Agent", "Here", "There", "TrainAndFinetune")]
    assert [rule(train) for rule in FILE_RULES] == [[]] * len(FILE_RULES)
    assert [rule(train, repository) for rule in ROOT_RULES] == [[]] * len(ROOT_RULES)
    assert [rule(repository / "Here") for rule in CHAPTER_RULES] == [[]] * len(CHAPTER_RULES)
    assert contracts.book_is_small(repository) == []


LONG = "def f():\n" + "    x = 1\n" * 60
FILE_SAMPLES = [
    (contracts.docstring_is_chinese, "x.py", '"""English only."""\n', "文档字符串"),
    (contracts.docstring_is_chinese, "x.py", "x = 1\n", "文档字符串"),
    (contracts.script_has_the_standard_shape, "1_x.py", "x = 1\n", "直接运行"),
    (contracts.script_has_the_standard_shape, "x.py", GOOD_SCRIPT.replace("(argv=None)", "()"), "main(argv=None)"),
    (contracts.script_has_the_standard_shape, "x.py", GOOD_SCRIPT.replace("run(main)", "main()"), "只有 run(main)"),
    (contracts.functions_are_short, "x.py", LONG, "61 行"),
    (contracts.nothing_unsafe, "x.py", "import pickle\n", "pickle"),
    (contracts.nothing_unsafe, "x.py", "def f():\n    from pickle import load\n", "pickle"),
    (contracts.nothing_unsafe, "x.py", "eval('1')\n", "eval"),
    (contracts.nothing_unsafe, "x.py", "exec('1')\n", "exec"),
    (contracts.nothing_unsafe, "x.py", "torch.load(path)\n", "weights_only"),
    (contracts.nothing_unsafe, "x.py", "torch.load(path, weights_only=False)\n", "weights_only"),
    (contracts.nothing_unsafe, "x.py", "np.load(path, allow_pickle=True)\n", "allow_pickle"),
    (contracts.basename_is_free, "inspect.py", "", "标准库"),
    (contracts.basename_is_free, "torch.py", "", "依赖"),
]
ROOT_SAMPLES = [
    (contracts.imports_use_full_names, "Here/x.py", "from . import train\n", "相对导入"),
    (contracts.imports_use_full_names, "Here/x.py", "import train\n", "同目录"),
    (contracts.imports_use_full_names, "Here/x.py", "from exercises import ex01_sum\n", "同目录"),
    (contracts.imports_use_full_names, "Here/x.py", "import There.model\n", "另一章 There"),
    (contracts.imports_use_full_names, "Here/x.py", "from TrainAndFinetune.endpoint import connect\n", "另一章"),
    (contracts.imports_use_full_names, "Agent/x.py", "from TrainAndFinetune.lora import Lora\n", "另一章"),
    (contracts.imports_use_full_names, "Here/x.py", "from tests.notes import main\n", "tests"),
    (contracts.imports_use_full_names, "book/x.py", "import Here\n", "另一章 Here"),
    (contracts.top_level_imports_are_installed, "Here/x.py", "import sklearn\n", "sklearn"),
    (contracts.top_level_imports_are_installed, "Here/x.py", "try:\n    import faiss\nexcept E:\n    pass\n", "faiss"),
    (contracts.top_level_imports_are_installed, "There/x.py", "import PIL\n", "PIL"),
    (contracts.top_level_imports_are_installed, "Here/x.py", "import pytest\n", "pytest"),
]
ROOT_CORRECT = [
    (contracts.imports_use_full_names, "Agent/x.py", "from TrainAndFinetune.endpoint import connect\n"),
    (contracts.imports_use_full_names, "Agent/x.py", "from TrainAndFinetune import endpoint\n"),
    (
        contracts.imports_use_full_names,
        "Here/x.py",
        "from Here.train import main\nfrom Here import train\nimport torch\n",
    ),
    (contracts.top_level_imports_are_installed, "Here/x.py", "import torch, PIL, json, book, Here\n"),
    (contracts.top_level_imports_are_installed, "Here/x.py", "def f():\n    import faiss\n"),
    (contracts.top_level_imports_are_installed, "Here/exercises/check_ex01.py", "import pytest\n"),
]


@pytest.mark.parametrize(("rule", "name", "text", "part"), FILE_SAMPLES)
def test_broken_file_is_reported(tmp_path, rule, name, text, part):
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert part in "\n".join(rule(tmp_path / name))


@pytest.mark.parametrize(("rule", "name", "text", "part"), ROOT_SAMPLES)
def test_broken_import_is_reported(repository, rule, name, text, part):
    (repository / name).write_text(text, encoding="utf-8")
    assert part in "\n".join(rule(repository / name, repository))


@pytest.mark.parametrize(("rule", "name", "text"), ROOT_CORRECT)
def test_correct_import_is_accepted(repository, rule, name, text):
    (repository / name).write_text(text, encoding="utf-8")
    assert rule(repository / name, repository) == []


EXERCISES = "Here/exercises"
CHAPTER_SAMPLES = [
    (contract_chapters.exercises_are_complete, f"{EXERCISES}/ex01_sum.py", None, "恰有一个"),
    (contract_chapters.exercises_are_complete, f"{EXERCISES}/ex01_two.py", "raise NotImplementedError\n", "有 2 个"),
    (contract_chapters.exercises_are_complete, f"{EXERCISES}/check_ex01.py", None, "没有 exercises/check_ex01.py"),
    (contract_chapters.exercises_are_complete, f"{EXERCISES}/check_ex01.py", "import ex01_sum\n", "load_exercise"),
    (contract_chapters.exercises_are_complete, f"{EXERCISES}/solutions/ex01_sum.py", None, "solutions/ex01_sum.py"),
    (contract_chapters.exercises_are_complete, f"{EXERCISES}/mistakes/ex01_a.py", None, "有 2 个，至少 3 个"),
    (contract_chapters.exercises_are_complete, f"{EXERCISES}/mistakes/ex01_a.py", "HINT = 'wrong'\n", "HINT"),
    (contract_chapters.exercises_are_complete, f"{EXERCISES}/mistakes/ex01_a.py", "x = 1\n", "HINT"),
    (contract_chapters.exercises_are_complete, f"{EXERCISES}/mistakes/ex02_a.py", 'HINT = "错"\n', "ex02："),
    (contract_chapters.files_are_small, "Here/large.bin", "x" * (2**21 + 1), "large.bin"),
    (contract_chapters.no_machine_paths, "Here/x.py", 'DATA = "/home/me/data"\n', "/home/me"),
    (contract_chapters.no_machine_paths, "Here/results/x.json", f'{{"command": "python {ROOT}/x.py"}}\n', "x.json"),
    (contract_chapters.tour_is_valid, "Here/tour.toml", None, "没有 tour.toml"),
    (contract_chapters.tour_is_valid, "Here/tour.toml", "[[command", "读不出来"),
    (contract_chapters.tour_is_valid, "Here/tour.toml", "", "没有命令"),
    (contract_chapters.tour_is_valid, "Here/tour.toml", TOUR * 4, "4 条命令"),
    (contract_chapters.tour_is_valid, "Here/tour.toml", TOUR * 3, "90 秒"),
    (contract_chapters.tour_is_valid, "Here/tour.toml", TOUR.replace("title", "name"), "title"),
    (contract_chapters.tour_is_valid, "Here/tour.toml", TOUR.replace("train.py", "gone.py"), "gone.py"),
    (contract_chapters.tour_is_valid, "Here/tour.toml", TOUR.replace("test_acc", "f1"), "RESULT 里的 f1"),
    (contract_chapters.tour_is_valid, "Here/tour.toml", TOUR.replace('.py"]', '.py", "--fast"]'), "没有选项 --fast"),
    (contract_chapters.tour_is_valid, "Here/tour.toml", TOUR + '[figures]\ncommands = [["Here/plot.py"]]\n', "plot.py"),
    (contract_chapters.tour_is_valid, "Here/tour.toml", TOUR.replace("[0.9, 1.0]", "[1.0, 0.9]"), "range"),
]


@pytest.mark.parametrize(("rule", "name", "text", "part"), CHAPTER_SAMPLES)
def test_broken_chapter_is_reported(repository, rule, name, text, part):
    if text is None:
        (repository / name).unlink()
    else:
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text(text, encoding="utf-8")
    assert part in "\n".join(rule(repository / "Here"))


def test_a_large_frame_is_reported(repository):
    (repository / "book" / "x.py").write_text("x = 1\n" * 401, encoding="utf-8")
    assert "401 行" in contracts.book_is_small(repository)[0]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("print('训练开始')\n", "训练开始"),
        ("open('log.txt', 'w').close()\n", "log.txt"),
        ("open(__file__ + '.log', 'w').close()\n", "x.py.log"),
        ("import socket; socket.create_connection(('192.0.2.1', 80))\n", "离线守卫"),
        ("raise SystemExit(3)\n", "SystemExit"),
        ("import os; os._exit(3)\n", "意外结束"),
    ],
)
def test_a_module_that_does_something_on_import_is_reported(repository, tmp_path_factory, text, part):
    (repository / "Here" / "x.py").write_text(text, encoding="utf-8")
    found = contract_scripts.importing_does_nothing(repository / "Here", tmp_path_factory.mktemp("work"))
    assert part in "\n".join(found)


def bad_script(options: str) -> str:
    return GOOD_SCRIPT.replace("    common_options(parser, script=__file__)\n", options)


ENGLISH = '    parser.add_argument("--epochs", help="number of epochs")\n'
ARGPARSE = GOOD_SCRIPT.replace("Parser(__doc__)", "__import__('argparse').ArgumentParser(__doc__)")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (bad_script(ENGLISH), "--epochs 没有中文说明"),
        (bad_script('    parser.add_argument("--epochs")\n'), "--epochs 没有中文说明"),
        (bad_script("").replace("parser.parse_args(argv)", "pass"), "没有调用 parse_args"),
        (ARGPARSE.replace("    common_options(parser, script=__file__)\n", ""), "UserError"),
    ],
)
def test_a_bad_command_line_is_reported(tmp_path, text, part):
    (tmp_path / "x.py").write_text(text, encoding="utf-8")
    assert part in "\n".join(contract_scripts.command_line_is_chinese(tmp_path / "x.py"))


@pytest.mark.parametrize("name", ["train.py", "1_topic.py", "bench.py", "x.py"])
def test_missing_common_options_are_reported(tmp_path, name):
    smoke = "" if name != "x.py" else '    parser.add_argument("--smoke", help="冒烟")\n'
    (tmp_path / name).write_text(bad_script(smoke), encoding="utf-8")
    assert "--device" in "\n".join(contract_scripts.common_options_are_offered(tmp_path / name))


def test_common_options_satisfy_the_rule_and_other_scripts_may_do_without(tmp_path):
    (tmp_path / "x.py").write_text(bad_script(""), encoding="utf-8")
    assert contract_scripts.common_options_are_offered(tmp_path / "x.py") == []
