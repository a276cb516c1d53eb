"""每条笔记规则都能失败：写错的样本必须被指出，写对的样本没有问题，`--write` 把过时的改成对的。"""

import doctest
import json

import pytest

from tests import note_run, note_shell, notes, record
from tests.note_run import same_output
from tests.note_source import excerpt
from tests.note_text import Note

SOURCE = '''"""示例模块。"""
import argparse
from helper import add_common, unrelated

LIMIT = 3
small, large = 1, 2


def twice(x):
    """两倍。"""
    return 2 * x


class Layer:
    size: int = 4

    @property
    def double(self):
        # region body
        y = twice(self.size)
        # endregion
        return y

    if LIMIT:

        def hidden(self):
            return {"test_acc": 0.5}


def main(argv=None):
    parser = argparse.ArgumentParser()
    add_common(parser)
    parser.add_argument("--epochs")
    for name in ("data", "batch-size"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--fast", action=argparse.BooleanOptionalAction)
'''
HELPER = """
def add_common(parser):
    parser.add_argument("--seed")

def unrelated(parser):
    parser.add_argument("--not-yours")
"""
RECORD = {
    "command": "python ch/model.py",
    "date": "2026-01-01",
    "environment": {"cpu": "CPU X", "cores": 2, "versions": {"torch": "9.9"}},
    "metrics": {
        "test_acc": 0.99166,
        "steps": 12345,
        "nested": {"rows": [{"acc": 0.5}]},
        "models": {"a": {"acc": 0.5}, "b": {"acc": 0.25, "note": "x|y"}},
    },
}
ROWS = {
    "command": "python ch/model.py",
    "metrics": {"rows": [{"depth": 20, "acc": 0.9166}, {"depth": 56, "acc": None}]},
}
GLOSSARY = """# 术语

| 中文 | English | 说明 | 不用的说法 |
| --- | --- | --- | --- |
| 卷积核 | kernel | 滑动的权重 | 滤波器、过滤器 |
| 大池 | large pool | 例子 | 池 |
"""
TABLE = """
| 指标 | 值 |
| --- | --- |
| 准确率 | 0.992 |
| steps | 12,345 |

命令 `python ch/model.py`，2 核 CPU X，torch 9.9，2026-01-01。

"""
ROW_TABLE = """
| depth | acc |
| --- | --- |
| 20 | 91.7% |
| 56 | — |

命令 `python ch/model.py`。

"""
CHAPTER = """# 标题

## 1. 本章目标

## 五分钟跑起来

## 别的标题

## 常见错误（反例）

## 小结

## 练习

## 参考
""".replace("## 常见", "## 怎么知道写对了\n\n## 常见")


@pytest.fixture
def root(tmp_path):
    """一个小仓库：一章、一个脚本、两个记录、Makefile、术语表。"""
    chapter = tmp_path / "ch"
    (chapter / "results").mkdir(parents=True)
    (chapter / "figures").mkdir()
    (chapter / "figures" / "a.png").write_bytes(b"")
    (chapter / "model.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    (chapter / "other.md").write_text("# 第 1 节：`conv2d` 的用法\n\n## 小结\n\n## 小结\n", encoding="utf-8")
    (chapter / "results" / "x.json").write_text(json.dumps(RECORD), encoding="utf-8")
    (chapter / "results" / "rows.json").write_text(json.dumps(ROWS), encoding="utf-8")
    (chapter / "results" / "bad.json").write_text("{}", encoding="utf-8")
    (tmp_path / "Makefile").write_text("X := 1\ntest tour: .venv\n\tpytest\n", encoding="utf-8")
    (tmp_path / "GLOSSARY.md").write_text(GLOSSARY, encoding="utf-8")
    return tmp_path


def problems_of(root, text, name="note.md", only=None):
    """把 text 存成 ch/name，返回 [(规则, 说明)]。"""
    path = root / "ch" / name
    path.write_text(text, encoding="utf-8")
    return [(rule, p.message) for rule, p in notes.check(Note(path, root)) if only in (None, rule)]


def fence(marker, body, language="python"):
    return f"<!-- {marker} -->\n```{language}\n{body}\n```\n"


TWICE = 'def twice(x):\n    """两倍。"""\n    return 2 * x'
DOUBLE = "@property\ndef double(self):\n    y = twice(self.size)\n    return y"
RESULT = 'RESULT {"test_acc": 1}'
GOOD = {
    "code-function": fence("code: ch/model.py::twice", TWICE),
    "code-method": fence("code: ch/model.py::Layer.double", DOUBLE),
    "code-in-if": fence("code: ch/model.py::Layer.hidden", 'def hidden(self):\n    return {"test_acc": 0.5}'),
    "code-constant": fence("code: ch/model.py::LIMIT", "LIMIT = 3"),
    "code-tuple": fence("code: ch/model.py::large", "small, large = 1, 2"),
    "code-annotated": fence("code: ch/model.py::Layer.size", "size: int = 4"),
    "code-region": fence("code: ch/model.py::body", "y = twice(self.size)"),
    "code-file": fence("code: Makefile", "X := 1\ntest tour: .venv\n\tpytest", "make"),
    "code-indented": "1. 项\n\n   <!-- code: ch/model.py::LIMIT -->\n   ```python\n   LIMIT = 3\n   ```\n",
    "run": fence("run", "print(1 / 3)") + "\n```text\n0.333\n```\n" + fence("run", "x = 1"),
    "run-shared": fence("run", "x = 2") + fence("run", "print(x)") + "```text\n2\n```\n",
    "run-in-root": fence("run", "import helper"),
    "raises": fence("raises: ZeroDivisionError", "1 / 0") + "\n```text\nZeroDivisionError: division...\n```\n",
    "raises-parent": fence("raises: ArithmeticError", "1 / 0"),
    "number": "准确率 <!-- n: ch/results/x.json#test_acc .3f -->0.992<!-- /n -->，"
    "步数 <!-- n: ch/results/x.json#steps -->12345<!-- /n -->",
    "number-nested": "<!-- n: ch/results/x.json#nested.rows.0.acc .1% -->50.0%<!-- /n -->",
    "number-environment": "<!-- n: ch/results/x.json#environment.cpu -->CPU X<!-- /n -->",
    "number-in-code": "写成 `<!-- n: 文件#键 -->`",
    "table": "<!-- result: ch/results/x.json columns=test_acc:.3f,steps:,d titles=准确率,steps -->\n"
    f"{TABLE}<!-- /result -->",
    "table-rows": f"<!-- result: ch/results/rows.json columns=depth,acc:.1% -->\n{ROW_TABLE}<!-- /result -->",
    "shell": fence("shell", f"$ python ch/model.py --seed 1 --no-fast --data DIR  # 说明\nloss 1\n{RESULT}", "console"),
    "shell-commands": "```bash\npip install -e .\nX=1 make test && pytest ch/model.py -q\npython -m venv .venv\n```\n",
    "shell-module": "```bash\npython -m ch.model \\\n  --batch-size=2\ntorchrun --nproc_per_node=2 ch/model.py\n```\n",
    "links": "[甲](other.md) [乙](other.md#第-1-节conv2d-的用法) [丙](other.md#小结-1) [丁](../Makefile) [网](https://example.com)",
    "image": "![曲线](figures/a.png) <img src='figures/a.png' alt='曲线'>",
    "style": "你向服务器发请求。`您` 是代码；第 1 步用 `x` 的 $y$ 值，约 3.5 GB，50 % 与 (B, T)。He 等. Deep。",
    "math": "当 $x_i$ 与 $y$ 相等：\n\n$$\nx = y\n$$\n\n价格 \\$5。",
    "terms": "卷积核与大池。",
    "order": CHAPTER,
}  # fmt: skip
BAD = {
    "code-drift": ("code", fence("code: ch/model.py::twice", "def twice(x):\n    return x"), "源码不同"),
    "code-no-symbol": ("code", fence("code: ch/model.py::thrice", "x"), "里没有 thrice"),
    "code-no-file": ("code", fence("code: ch/gone.py::twice", "x"), "没有文件"),
    "unmarked-python": ("unmarked", "```python\nx = 1\n```\n", "标记"),
    "unmarked-shell": ("unmarked", fence("shell", "x = 1"), "标记"),
    "marker-without-block": ("unmarked", "<!-- run -->\n\n正文\n", "不是代码块"),
    "unclosed": ("unmarked", "```text\n没有结束\n", "没有结束"),
    "run-output": ("run", fence("run", "print(1 / 3)") + "\n```text\n0.334\n```\n", "0.3333"),
    "run-no-output-block": ("run", fence("run", "print(1)"), "缺 ```text"),
    "run-error": ("run", fence("run", "x = 1\nraise ValueError('坏')"), "line 4"),
    "run-exit": ("run", fence("run", "import sys\nsys.exit(3)"), "SystemExit"),
    "run-dies": ("run", fence("run", "import os\nos._exit(3)"), "退出码 3"),
    "run-not-pasteable": ("run", fence("run", "for i in ():\n    pass\nx = 1"), "缩进的块之后空一行"),
    "run-blank-inside": ("run", fence("run", "def f():\n    x = 1\n\n    return x"), "块里不能有空行"),
    "raises-nothing": ("run", fence("raises: ValueError", "x = 1"), "却跑通了"),
    "raises-other": ("run", fence("raises: ValueError", "1 / 0"), "ZeroDivisionError"),
    "raises-text": ("run", fence("raises: ValueError", "int('x')") + "```text\nValueError: 乙\n```\n", "invalid"),
    "number-drift": ("numbers", "<!-- n: ch/results/x.json#test_acc .3f -->0.999<!-- /n -->", "是 0.992"),
    "number-no-key": ("numbers", "<!-- n: ch/results/x.json#nested.rows.1.acc -->1<!-- /n -->", "里没有"),
    "number-no-file": ("numbers", "<!-- n: ch/results/y.json#a -->1<!-- /n -->", "没有记录"),
    "number-not-record": ("numbers", "<!-- n: ch/results/bad.json#a -->1<!-- /n -->", "没有 metrics"),
    "number-format": ("numbers", "<!-- n: ch/results/x.json#test_acc d -->1<!-- /n -->", "不能按"),
    "number-open": ("pairs", "<!-- n: ch/results/x.json#test_acc -->0.992", "不成对"),
    "number-spelling": ("pairs", "<!-- n ch/results/x.json#test_acc -->0.992<!-- /n -->", "不成对"),
    "table-drift": ("tables", "<!-- result: ch/results/rows.json -->\n旧表\n<!-- /result -->", "记录不同"),
    "table-column": ("tables", "<!-- result: ch/results/rows.json columns=gone -->\n<!-- /result -->", "没有 gone"),
    "table-titles": ("tables", "<!-- result: ch/results/rows.json titles=甲 -->\n<!-- /result -->", "2 列"),
    "table-option": ("tables", "<!-- result: ch/results/rows.json column=acc -->\n<!-- /result -->", "不认识 column"),
    "table-scalar": ("tables", "<!-- result: ch/results/x.json#steps -->\n<!-- /result -->", "不是表"),
    "table-open": ("pairs", "<!-- result: ch/results/rows.json -->\n表\n", "不成对"),
    "shell-script": ("shell", "```bash\npython ch/gone.py\n```\n", "没有脚本"),
    "shell-module": ("shell", "```bash\npython -m ch.gone\n```\n", "没有脚本"),
    "shell-option": ("shell", fence("shell", "$ python ch/model.py --epoch 3", "console"), "没有选项 --epoch"),
    "shell-option-of-another": ("shell", "```bash\npython ch/model.py --not-yours\n```\n", "没有选项"),
    "shell-make": ("shell", "```bash\nmake X tests\n```\n", "目标 tests"),
    "shell-pytest": ("shell", "```bash\npytest ch/check_ex01.py\n```\n", "没有 ch/check_ex01.py"),
    "shell-outside": ("shell", "```bash\npython ch/model.py --data ../data\n```\n", "在仓库之外"),
    "shell-result-key": ("shell", fence("shell", '$ python ch/model.py\nRESULT {"f1": 1, ...}', "console"), "f1"),
    "shell-result-alone": ("shell", fence("shell", 'RESULT {"f1": 1}', "console"), "之前没有"),
    "shell-unmarked": ("shell", "```console\n$ make test\n```\n", "shell"),
    "link-file": ("links", "[甲](gone.md)", "不存在"),
    "link-case": ("links", "[甲](Other.md)", "不存在"),
    "link-anchor": ("links", "[甲](other.md#没有)", "没有锚点"),
    "link-own-anchor": ("links", "[甲](#没有)", "没有锚点"),
    "link-absolute": ("links", "[甲](/ch/other.md)", "不在仓库里"),
    "link-escapes": ("links", "[甲](../../x.md)", "不在仓库里"),
    "link-reference": ("links", "[甲][1]\n\n[1]: gone.md\n", "不存在"),
    "link-html": ("links", "<a href='gone.md'>甲</a>", "不存在"),
    "image-external": ("links", "![图](https://example.com/a.png)", "外面的网站"),
    "image-alt": ("links", "![](figures/a.png)", "中文说明"),
    "image-english-alt": ("links", "![loss](figures/a.png)", "中文说明"),
    "image-html-alt": ("links", "<img src='figures/a.png'>", "alt"),
    "image-missing": ("links", "![图](figures/b.png)", "不存在"),
    "style-you": ("style", "您好", "你"),
    "style-obvious": ("style", "这显然成立", "显然"),
    "style-please": ("style", "请运行", "删掉"),
    "style-todo": ("style", "TODO", "写完"),
    "style-emoji": ("style", "完成 \U0001f389", "表情"),
    "style-comma": ("style", "先看图,再看公式", "中文标点"),
    "style-space": ("style", "用torch", "空一格"),
    "style-path": ("style", "`/home/me/x`", "某台机器"),
    "math-unbalanced": ("math", "当 $x 时", "不成对"),
    "math-display": ("math", "$$ x", "不成对"),
    "math-adjacent": ("math", "当$x$时", "空一格"),
    "math-inner-space": ("math", "当 $ x$ 时", "内侧"),
    "terms": ("terms", "这个滤波器", "卷积核"),
    "terms-part": ("terms", "这个池", "大池"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_correct_sample_has_no_problem(root, name):
    assert problems_of(root, GOOD[name], "1_topic.md" if name == "order" else "note.md") == []


@pytest.mark.parametrize("name", BAD)
def test_broken_sample_is_reported(root, name):
    rule, text, part = BAD[name]
    found = [message for _, message in problems_of(root, text, only=rule)]
    assert any(part in message for message in found), found


@pytest.mark.parametrize(
    ("edit", "part"),
    [
        (lambda text: text.replace("## 小结\n\n## 练习", "## 练习\n\n## 小结"), "“小结”应当在“练习”之前"),
        (lambda text: text.replace("## 参考\n", ""), "缺二级标题 参考"),
        (lambda text: text.replace("## 小结\n", "## 小结\n\n## 小结\n"), "出现了两次"),
        (lambda text: text.replace("# 标题\n", ""), "一级标题"),
        (lambda text: text.replace("## 参考", "## 参考文献"), "缺二级标题 参考"),
    ],
)
def test_wrong_section_order_is_reported(root, edit, part):
    found = problems_of(root, edit(CHAPTER), "1_topic.md", only="order")
    assert any(part in message for _, message in found), found


def test_every_rule_has_a_broken_sample():
    assert {rule for rule, _, _ in BAD.values()} | {"order"} == set(notes.CHECKS)


FIXABLE = ("code-drift", "run-output", "run-no-output-block", "raises-text", "number-drift", "table-drift")


def test_write_repairs_drift_and_is_idempotent(root):
    path = root / "ch" / "note.md"
    path.write_text("\n".join(BAD[name][1] for name in FIXABLE) + GOOD["code-indented"], encoding="utf-8")
    assert len(notes.report(Note(path, root))) == len(FIXABLE)
    assert notes.refresh(Note(path, root))
    assert notes.report(Note(path, root)) == []
    once = path.read_bytes()
    assert not notes.refresh(Note(path, root))
    assert path.read_bytes() == once


def test_write_keeps_the_indentation_of_a_block_in_a_list(root):
    path = root / "ch" / "note.md"
    path.write_text(GOOD["code-indented"].replace("LIMIT = 3", "LIMIT = 4"), encoding="utf-8")
    assert notes.refresh(Note(path, root))
    assert path.read_text(encoding="utf-8") == GOOD["code-indented"]


def test_command_exits_1_with_file_and_line(root, monkeypatch, capsys):
    path = root / "ch" / "note.md"
    path.write_text("# 好\n\n您好\n", encoding="utf-8")
    monkeypatch.setattr(notes, "repository_root", lambda: root)
    with pytest.raises(SystemExit) as stop:
        notes.main([str(path)])
    assert stop.value.code == 1
    assert capsys.readouterr().out.startswith("ch/note.md:3 [style] ")
    path.write_text("# 好\n", encoding="utf-8")
    notes.main([str(path)])


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("0.333", "0.33349", True),
        ("0.333", "0.3336", False),
        ("1.50e-3", "0.001502", True),
        ("tensor([1., 2.])", "tensor([1.0000, 2.0000])", True),
        ("3", "3.4", False),
        ("12", "13", False),
        ("a b", "a\n  b", True),
        ("a ... d", "a b c d", True),
        ("a ... d", "a b c", False),
        ("...", "任何东西", True),
        ("x ... y ... z", "x 1 y 2 z", True),
        ("x ... y ... z", "x 1 z", False),
        ("a ... a", "a", False),
        ("-0.5", "0.5", False),
        ("0.0", "0", True),
        ("nan", "nan", True),
        ("1.0", "nan", False),
    ],
)
def test_outputs_are_compared_to_three_significant_digits(expected, actual, same):
    assert same_output(expected, actual) is same


def test_last_definition_wins_in_excerpts(root):
    (root / "twice.py").write_text("def f():\n    return 1\n\n\ndef f():\n    return 2\n", encoding="utf-8")
    assert excerpt(root, "twice.py::f") == "def f():\n    return 2\n"


@pytest.mark.parametrize("module", [note_run, note_shell, record], ids=lambda module: module.__name__)
def test_examples_in_the_docstrings_hold(module):
    result = doctest.testmod(module)
    assert (result.failed, result.attempted > 0) == (0, True)
