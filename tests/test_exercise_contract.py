"""习题的规矩自己也要查得出错：从一道合格的小题出发，每次弄坏一处，对应的规矩要说出来。"""

import os
import textwrap

import pytest

from tests.exercise_contract import chapter_problems, find_exercises, problems, run_checks

GOOD = {
    "ex01_double.py": '''
        """翻倍。

        级别：补全。先读：`1_topic.md`。
        """


        def double(x: int) -> int:
            """两倍。

            >>> double(3)
            6
            """
            raise NotImplementedError
    ''',
    "check_ex01.py": """
        from book import expect, load_exercise

        ex = load_exercise(__file__)


        def test_zero():
            expect(ex.double(0) == 0, "0 的两倍是 0：是乘，不是加 2")


        def test_three():
            expect(ex.double(3) == 6, "3 的两倍是 6：是乘 2，不是平方或原样返回")
    """,
    "solutions/ex01_double.py": "def double(x: int) -> int:\n    return 2 * x\n",
    "mistakes/ex01_adds.py": 'HINT = "不是加 2"\n\n\ndef double(x):\n    return x + 2\n',
    "mistakes/ex01_squares.py": 'HINT = "不是平方"\n\n\ndef double(x):\n    return x * x\n',
    "mistakes/ex01_same.py": 'HINT = "原样返回"\n\n\ndef double(x):\n    return x\n',
    "README.md": "[ex01](ex01_double.py)\n",
}
ALWAYS_TRUE = "\n\ndef test_nothing():\n    ex.double(1)\n"
NOT_ABOUT_THE_STUB = "\n\ndef test_constant():\n    expect(True, '')\n"


@pytest.fixture
def chapter(tmp_path):
    for name, text in GOOD.items():
        path = tmp_path / "exercises" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip(), encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def stubs_count_as_committed(monkeypatch):
    """临时目录不在版本库里，当成没有人改过。"""
    monkeypatch.setattr("tests.exercise_contract.is_edited", lambda stub: False)


def all_problems(chapter):
    return "\n".join([*(p for e in find_exercises(chapter) for p in problems(e)), *chapter_problems(chapter)])


def edit(chapter, name, old, new):
    path = chapter / "exercises" / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_good_exercise_has_no_problem(chapter):
    assert all_problems(chapter) == ""


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("solutions/ex01_double.py", "2 * x", "3 * x", "答案没有通过 test_three"),
        ("solutions/ex01_double.py", "double(x: int)", "double(y: int, x=1)", "double 与题目的参数不同"),
        (
            "ex01_double.py",
            "raise NotImplementedError",
            "return 2 * x",
            "test_zero 应当只说「还没写：函数名」，却是：通过",
        ),
        ("ex01_double.py", "raise NotImplementedError", "return 2 * x", "没有东西要写"),
        ("ex01_double.py", "raise NotImplementedError", "return x.y", "AttributeError"),
        ("ex01_double.py", "    6\n", "    7\n", "例子对答案不成立"),
        ("ex01_double.py", ">>> double(3)", "double(3)", "没有例子"),
        ("ex01_double.py", "x: int", "x", "参数 x 没有写类型"),
        ("ex01_double.py", "级别：补全。", "", "要有一行「级别：」"),
        ("ex01_double.py", "先读：`1_topic.md`", "", "要有一行「先读："),
        ("mistakes/ex01_adds.py", 'HINT = "不是加 2"', 'HINT = "别的话"', "ex01_adds.py 的第一条失败里应当有 HINT"),
        ("mistakes/ex01_adds.py", 'HINT = "不是加 2"', 'HINT = ""', "ex01_adds.py 的第一条失败里应当有 HINT"),
        ("mistakes/ex01_adds.py", "x + 2", "x + x", "全部通过"),
        ("check_ex01.py", "def test_three", ALWAYS_TRUE.strip() + "\n\n\ndef test_three", "能让 test_nothing 失败"),
        ("check_ex01.py", "def test_three", NOT_ABOUT_THE_STUB.strip() + "\n\n\ndef test_three", "却是：通过"),
        ("README.md", "(ex01_double.py)", "", "没有列出 ex01_double.py"),
    ],
)
def test_a_broken_exercise_is_named(chapter, name, old, new, complaint):
    edit(chapter, name, old, new)
    assert complaint in all_problems(chapter)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("check_ex01.py", "缺文件：check_ex01.py"),
        ("solutions/ex01_double.py", "缺文件：ex01_double.py"),
        ("mistakes/ex01_same.py", "错误样本只有 2 个"),
    ],
)
def test_a_missing_file_is_named(chapter, name, complaint):
    (chapter / "exercises" / name).unlink()
    assert complaint in all_problems(chapter)


def test_a_stray_mistake_is_named(chapter):
    (chapter / "exercises" / "mistakes" / "ex02_other.py").write_text("HINT = ''\n", encoding="utf-8")
    assert "ex02_other.py 不属于任何一道题" in all_problems(chapter)


def test_unwritten_message_names_the_method_and_its_line(chapter):
    stub = chapter / "exercises" / "ex01_double.py"
    code = "class A:\n    def f(self):\n        raise NotImplementedError\n\n\ndef double(x):\n    return A().f()\n"
    stub.write_text(code, encoding="utf-8")
    message = run_checks(stub.with_name("check_ex01.py"))["test_zero"]
    assert message in (
        "还没写：A.f（ex01_double.py 第 2 行）",
        "还没写：f（ex01_double.py 第 2 行）",
    )  # 后者是 Python 3.10


def test_target_of_the_environment_is_restored(chapter, monkeypatch):
    monkeypatch.setenv("EXERCISE_TARGET", "before")
    run_checks(chapter / "exercises" / "check_ex01.py", chapter / "exercises" / "solutions" / "ex01_double.py")
    assert os.environ["EXERCISE_TARGET"] == "before"
