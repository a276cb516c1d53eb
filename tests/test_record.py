"""`python -m tests.record`：写出的记录完整而不含本机的痕迹，失败时什么都不写。"""

import json
import sys

import pytest

from book import UserError
from tests import record

SCRIPT = """
import sys
print("第 1 轮")
print('RESULT {"test_acc": 0.5, "seed": 7, "checkpoint": "%s", "rows": [{"file": "%s"}]}' % (sys.argv[1], sys.argv[1]))
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    (tmp_path / "ch").mkdir()
    (tmp_path / "run.py").write_text(SCRIPT, encoding="utf-8")
    monkeypatch.setattr(record, "repository_root", lambda: tmp_path)
    return tmp_path


def test_record_has_command_seed_environment_and_metrics(root, capsys):
    checkpoint = root / "outputs" / "last.safetensors"
    record.main(
        ["ch/digits", "--", sys.executable, "run.py", str(checkpoint), "--data", str(root), "--out", "/elsewhere"]
    )
    text = (root / "ch" / "results" / "digits.json").read_text(encoding="utf-8")
    written = json.loads(text)
    assert written["command"] == "python run.py outputs/last.safetensors --data DIR"
    assert written["seed"] == 7
    assert written["metrics"]["checkpoint"] == written["metrics"]["rows"][0]["file"] == "outputs/last.safetensors"
    assert {"cpu", "cores", "versions", "system"} <= set(written["environment"])
    assert len(written["date"]) == 10
    assert str(root) not in text
    shown = capsys.readouterr().out
    assert "第 1 轮\n" in shown
    assert shown.endswith("已写 ch/results/digits.json\n")


@pytest.mark.parametrize(
    ("argv", "part"),
    [
        (["ch/x"], "缺少要跑的命令"),
        (["gone/x", "--", "python", "run.py", "a"], "章/名字"),
        (["x", "--", "python", "run.py", "a"], "章/名字"),
        (["ch/../x", "--", "python", "run.py", "a"], "章/名字"),
        (["ch/x", "--", "python", "-c", "print(1)"], "没有打印 RESULT"),
        (["ch/x", "--", "python", "-c", "raise SystemExit(3)"], "退出码 3"),
        (["ch/x", "--", "no-such-program"], "跑不了 no-such-program"),
        (["ch/x", "--", "python", "run.py", "/elsewhere/a"], "仓库之外的路径"),
        (["ch/x", "--", "python", "run.py", "../a"], "仓库之外的路径"),
        (["ch/x", "--", "python", "-c", "print('RESULT {坏的')"], "RESULT 行不是 JSON"),
    ],
)
def test_failure_overwrites_nothing(root, argv, part):
    old = root / "ch" / "results" / "x.json"
    old.parent.mkdir()
    old.write_text("旧的", encoding="utf-8")
    with pytest.raises(UserError, match=part):
        record.main(argv)
    assert old.read_text(encoding="utf-8") == "旧的"
    assert [path.name for path in old.parent.iterdir()] == ["x.json"]


def test_metric_outside_the_repository_is_refused(root):
    with pytest.raises(UserError, match="RESULT 里有仓库之外的路径"):
        record.clean({"a": ["/elsewhere/a"]}, root)
    assert record.clean({"a": ["相对/路径", "/", 1.5, None]}, root) == {"a": ["相对/路径", "/", 1.5, None]}


def test_seed_falls_back_to_the_command_and_then_to_zero():
    assert record.seed_of(["python", "a.py", "--seed", "3"], {}) == 3
    assert record.seed_of(["python", "a.py", "--seed=4"], {}) == 4
    assert record.seed_of(["python", "a.py"], {}) == 0
