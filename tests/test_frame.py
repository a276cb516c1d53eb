"""章以外的框架：tour、doctor、progress、Makefile、constraints.txt、README 的路线图。"""

import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from book import UserError, repository_root
from tests import doctor, tour
from tests.note_shell import check_script

ROOT = repository_root()

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


# ---- make tour ----

COMMANDS = {
    "good": 'print("RESULT {\\"acc\\": 0.95}")',
    "low": 'print("RESULT {\\"acc\\": 0.5}")',
    "nan": 'print("RESULT {\\"acc\\": NaN}")',
    "crash": 'print("开始")\nraise SystemExit("错误：数据没了")',
    "silent": 'print("没有结果")',
    "other": 'print("RESULT {\\"loss\\": 1.0}")',
    "text": 'print("RESULT {\\"acc\\": \\"高\\"}")',
    "draws": 'open("Fake/plot.png", "w").close()\nprint("RESULT {\\"acc\\": 1}")',
}


def fake_chapter(root: Path, *names: str, figure: str = "") -> None:
    """一个假的章，tour 里依次跑 names 这些脚本。"""
    folder = root / "Fake"
    folder.mkdir()
    figures = f'["{figure}"]' if figure else "[]"
    lines = ["[figures]", 'commands = [["Fake/draws.py"]]']
    for name in names:
        (folder / f"{name}.py").write_text(COMMANDS[name], encoding="utf-8")
        lines += ["[[command]]", f'title = "跑 {name}"', f'argv = ["Fake/{name}.py"]', "seconds = 1"]
        lines += ['key = "acc"', "range = [0.9, 1.0]", f"figures = {figures}"]
    (folder / "tour.toml").write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture
def run_tour(tmp_path, monkeypatch, capsys):
    """跑一次假章的 tour，返回 (退出码, 屏幕输出)。"""
    monkeypatch.setattr(tour, "CHAPTERS", ("Missing", "Fake"))

    def run(*argv):
        try:
            tour.main(argv, root=tmp_path)
        except SystemExit as stop:
            return stop.code, capsys.readouterr().out
        return 0, capsys.readouterr().out

    return run


def test_tour_passes_and_shows_the_number_with_its_range(tmp_path, run_tour):
    fake_chapter(tmp_path, "good")
    status, output = run_tour()
    assert status == 0
    assert re.search(r"^Fake  跑 good   acc = 0.95  \[0.9, 1\] +\d+\.\d  通过$", output, re.MULTILINE), output
    assert "1 条通过，0 条失败" in output
    assert (tmp_path / "outputs/tour/Fake_1.log").read_text(encoding="utf-8").startswith("RESULT")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("low", "acc 不在范围里"),
        ("nan", "acc 不在范围里"),
        ("crash", "退出码 1：错误：数据没了"),
        ("silent", "没有 RESULT"),
        ("other", "没有数字 acc"),
        ("text", "没有数字 acc"),
    ],
)
def test_tour_fails_with_the_reason_and_the_log(tmp_path, run_tour, name, reason):
    fake_chapter(tmp_path, name, "good")
    status, output = run_tour()
    assert status == 1
    assert reason in output
    assert "完整输出在 outputs/tour/Fake_1.log" in output
    assert "1 条通过，1 条失败" in output, "一条失败不该挡住后面的"


def test_tour_fails_when_a_figure_was_not_drawn_this_time(tmp_path, run_tour):
    fake_chapter(tmp_path, "good", figure="Fake/plot.png")
    old = tmp_path / "Fake/plot.png"
    old.touch()
    os.utime(old, (0, 0))
    status, output = run_tour()
    assert status == 1
    assert "没有画出 Fake/plot.png" in output


def test_tour_shows_where_the_figures_are(tmp_path, run_tour):
    fake_chapter(tmp_path, "draws", figure="Fake/plot.png")
    status, output = run_tour()
    assert status == 0, output
    assert re.search(r"通过 +Fake/plot\.png$", output, re.MULTILINE), output


def test_tour_ends_a_command_that_hangs(tmp_path, run_tour, monkeypatch):
    fake_chapter(tmp_path, "good")
    (tmp_path / "Fake/good.py").write_text("import time\ntime.sleep(600)", encoding="utf-8")
    monkeypatch.setattr(tour, "LIMIT", 0.5)
    status, output = run_tour()
    assert status == 1
    assert "退出码 -" in output or "退出码 1" in output, output


def test_tour_refuses_an_unknown_chapter(tmp_path, run_tour):
    fake_chapter(tmp_path, "good")
    with pytest.raises(UserError, match="没有 Resnet 这一章"):
        run_tour("Resnet")


@pytest.mark.parametrize(("option", "script"), [("--figures", "draws"), ("--bench", "bench")])
def test_figures_and_bench_run_the_scripts_of_every_chapter(tmp_path, run_tour, option, script):
    fake_chapter(tmp_path, "good", "draws")
    (tmp_path / "Fake/bench.py").write_text("raise SystemExit(3)", encoding="utf-8")
    status, output = run_tour(option)
    assert f"$ python Fake/{script}.py" in output
    assert (status, "失败：python Fake/bench.py" in output) == ((1, True) if script == "bench" else (0, False))


@pytest.mark.parametrize("chapter", tour.find_chapters(ROOT), ids=lambda chapter: chapter.name)
def test_make_figures_redraws_every_committed_figure(chapter):
    commands = tour.read_tour(chapter)["figures"]["commands"]
    assert [problem for script, *rest in commands for problem in check_script(script, rest, ROOT)] == []
    sources = "".join((ROOT / script).read_text(encoding="utf-8") for script, *_ in commands)
    assert [path.name for path in (chapter / "figures").glob("*.png") if path.stem not in sources] == []


def test_table_columns_line_up_when_chinese_takes_two_cells():
    lines = tour.format_table(("章", "结果"), [("ResNet", "通过"), ("第一章", "失败")]).splitlines()
    assert len({tour.width(line) for line in lines}) == 1


# ---- python -m tests.doctor ----


def test_doctor_finds_everything_here(capsys):
    assert doctor.report(doctor.check_packages()) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("version", "detail"), [(None, "需要 >=1.4，没有装"), ("1.3.9", "需要 >=1.4，装的是 1.3.9")], ids=["absent", "old"]
)
def test_doctor_names_the_command_that_repairs_a_missing_package(monkeypatch, capsys, version, detail):
    real = doctor.installed_version
    monkeypatch.setattr(doctor, "installed_version", lambda name: version if name == "scikit-learn" else real(name))
    monkeypatch.setattr(doctor, "isolated", lambda: True)
    assert doctor.report(doctor.check_packages()) == 1
    output = capsys.readouterr().out
    assert f"缺失  scikit-learn：{detail}" in output
    assert re.search(r'补救：\S+ -m pip install (-c constraints\.txt )?"scikit-learn>=1\.4"', output), output


def test_doctor_asks_for_the_book_first_when_nothing_is_installed(monkeypatch, capsys):
    monkeypatch.setattr(doctor, "installed_version", lambda name: None)
    assert doctor.report([*doctor.check_packages(), *doctor.check_torch()]) == 1
    assert capsys.readouterr().out.count("补救") == 1


def test_doctor_runs_with_the_standard_library_alone():
    code = "import sys; sys.path.insert(0, '.'); import tests.doctor as d; sys.exit(d.main(['--before-install']))"
    done = subprocess.run([sys.executable, "-S", "-E", "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert "Traceback" not in done.stderr, done.stderr


def test_doctor_refuses_an_old_python(monkeypatch):
    monkeypatch.setattr(doctor, "OLDEST", (99, 0))
    assert doctor.check_python().state == "缺失"


def test_doctor_accepts_spaces_and_chinese_in_the_path():
    found = doctor.check_path(Path("/home/me/学习 资料/book"))
    assert found.state == ("注意" if doctor.WINDOWS else "OK")
    assert "空格与非 ASCII 字符" in found.detail


@pytest.mark.parametrize("line", metadata.requires(doctor.DISTRIBUTION))
def test_doctor_reads_ranges_as_pip_does(line):
    name, ranges, _ = doctor.parse_requirement(line)
    specifier = Requirement(line).specifier
    for version in ("0.1", "1.4", "1.10", "2.6", "2.6.1", "6.100", "8.0", "99"):
        assert doctor.satisfies(version, ranges) == (version in specifier), (line, version)
    assert name in ("", Requirement(line).name)


# ---- make progress ----

EXERCISES = {
    "ex01_done": "def f():\n    return 1\n",
    "ex02_empty": "def f():\n    raise NotImplementedError\n",
    "ex03_wrong": "def f():\n    return 2\n",
    "ex04_broken": "def f(:\n",
    "ex05_crash": "def f():\n    return 1 / 0\n",
}
CHECK = """
from book import expect, load_exercise
ex = load_exercise(__file__)
def test_f():
    expect(ex.f() == 1, "f() 应当是 1：忘了减 1")
"""


@pytest.fixture(scope="module")
def progress_output(tmp_path_factory):
    """五道假习题，分在两章里，检查文件有同名的。"""
    root = tmp_path_factory.mktemp("progress")
    for chapter in ("ResNet", "Agent"):
        folder = root / chapter / "exercises"
        folder.mkdir(parents=True)
        for stem, source in EXERCISES.items():
            (folder / f"{stem}.py").write_text(source, encoding="utf-8")
            (folder / f"check_{stem[:4]}.py").write_text(CHECK, encoding="utf-8")
    command = [sys.executable, "-m", "tests.progress", "--root", str(root)]
    environment = {**os.environ, "EXERCISE_TARGET": str(ROOT / "不该用到.py")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("stem", "state"),
    [
        ("ex01_done", "通过  1/1"),
        ("ex02_empty", "未做  0/1"),
        ("ex03_wrong", "出错  0/1"),
        ("ex04_broken", "出错  0/1"),
        ("ex05_crash", "出错  0/1"),
    ],
)
def test_progress_tells_done_empty_and_wrong_apart(progress_output, stem, state):
    rows = re.findall(rf"^(\w+) +{stem} +(.*)$", progress_output, re.MULTILINE)
    assert rows == [("ResNet", state), ("Agent", state)], progress_output


def test_progress_says_what_is_wrong_and_how_to_look_closer(progress_output):
    assert "ex03_wrong 出错：test_f：f() 应当是 1：忘了减 1" in progress_output
    assert "ex04_broken 出错：SyntaxError" in progress_output
    assert "ex05_crash 出错：test_f：ZeroDivisionError" in progress_output
    assert "单独跑：pytest Agent/exercises/check_ex03.py" in progress_output
    assert progress_output.splitlines()[-1] == "10 题，通过 2 题"


# ---- Makefile ----

FAKE_PYTHON = """#!/bin/sh
echo "$@" >> "$LOG"
case "$1 $2" in
"-m venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
"-c import"*) echo "-c constraints.txt" ;;
esac
"""
needs_make = pytest.mark.skipif(shutil.which("make") is None or doctor.WINDOWS, reason="没有 make")


@pytest.fixture
def make(tmp_path):
    """在只有三个文件的仓库里跑 make，Python 换成只记录参数的脚本；返回这次的参数。"""
    root = tmp_path / "书 库"
    root.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, root)
    python, log = root / "fake-python", root / "log"
    python.write_text(FAKE_PYTHON, encoding="utf-8")
    python.chmod(0o755)
    # 外层的 make test 会经环境变量把它的选项传进来
    clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "TORCH", "LATEST")}

    def run(*arguments: str) -> str:
        log.write_text("")
        command = ["make", "PYTHON=./fake-python", *arguments]
        done = subprocess.run(command, cwd=root, env={**clean, "LOG": str(log)}, capture_output=True, encoding="utf-8")
        assert done.returncode == 0, done.stderr
        return log.read_text(encoding="utf-8") + (done.stdout if "-n" in arguments else "")

    run.root = root
    return run


@needs_make
def test_make_installs_once_and_then_only_runs(make):
    first = make("test")
    assert "-m venv --clear .venv" in first
    assert "-m pip install -c constraints.txt -e .[all,test]" in first
    assert make("test") == "-m pytest -n 2 --dist loadfile tests\n"
    assert "pip" not in make("-n", "tour")


@needs_make
def test_make_installs_again_when_the_dependencies_change_but_not_when_only_touched(make):
    make("install")
    os.utime(make.root / "pyproject.toml")
    assert make("install") == ""
    with open(make.root / "pyproject.toml", "a", encoding="utf-8") as file:
        file.write("# changed\n")
    again = make("install")
    assert "pip install" in again
    assert "venv" not in again


@needs_make
def test_make_installs_again_after_the_repository_moved(make, tmp_path):
    make("install")
    moved = tmp_path / "moved"
    make.root.rename(moved)
    make.root.symlink_to(moved)  # 进程的工作目录是 moved，可编辑安装记的是旧路径
    assert "pip install" in make("install")


@needs_make
def test_make_remembers_its_options(make):
    first = make("install", "TORCH=cpu")
    assert re.search(r"pip install --upgrade --no-deps --index-url \S+/cpu -c constraints.txt torch torchvision", first)
    assert make("install") == ""
    assert "pip install --upgrade --upgrade-strategy eager" in make("install", "LATEST=1")


@needs_make
def test_make_help_lists_every_target():
    done = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, encoding="utf-8")
    for name in ("tour", "test", "bench", "figures", "progress", "clean"):
        assert f"make {name} " in done.stdout


# ---- 依赖 ----


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines)


def requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(line) for line in [*project["dependencies"], *(line for extra in extras for line in extra)]]


def test_constraints_are_plain_pins():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==\d+(\.\d+)*(\.post\d+)?", line)] == []
    names = [line.split("==")[0] for line in lines]
    assert names == sorted(set(names)), "按名字排序，不重复"
    assert not re.search(r"nvidia|cuda|triton", text), "只在一种系统上才有的包不写"


def test_constraints_satisfy_the_ranges_of_pyproject():
    wanted = [r for r in requirements() if r.name != doctor.DISTRIBUTION and r.marker is None]
    assert [str(r) for r in wanted if pins().get(r.name) not in r.specifier] == []


def test_cpu_build_of_torch_satisfies_the_pin():
    assert all(
        Requirement(f"{n}=={pins()[n]}").specifier.contains(pins()[n] + "+cpu") for n in ("torch", "torchvision")
    )


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_package_that_comes_along_is_pinned():
    missing, todo, seen = set(), [(doctor.DISTRIBUTION, "all"), (doctor.DISTRIBUTION, "test")], set()
    while todo:
        name, extra = todo.pop()
        seen.add((name, extra))
        if name not in (doctor.DISTRIBUTION, *pins()):
            missing.add(name)
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            # 只跟着与系统无关的依赖走：带 platform_system 之类条件的不固定
            if needed.marker and not re.fullmatch(r"extra == \"\w+\"", str(needed.marker)):
                continue
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                new = [(normalised(needed.name), e) for e in (needed.extras or {""})]
                todo += [item for item in new if item not in seen]
    assert not missing


def test_every_chapter_on_disk_is_installed_and_has_its_extra():
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = [name for name in tour.CHAPTERS if (ROOT / name).is_dir()]
    packages = config["tool"]["setuptools"]["packages"]
    for name in folders:
        assert name in packages
        assert name.lower() in config["project"]["optional-dependencies"]
    assert all((ROOT / package.replace(".", "/")).is_dir() for package in packages)


# ---- README 与术语表 ----

ROADMAP = [
    ("PyTorch 基础", "ResNet"),
    ("Transformer 基础", "Transformer"),
    ("langchain 基础", "LangChain"),
    ("大模型之基础 (CS336)", "CS336"),
    ("大模型之训练与微调", "TrainAndFinetune"),
    ("大模型之 RAG（Retrieval-Augmented Generation）", "RAG"),
    ("大模型之 Agent", "Agent"),
]
LEARNING_LINKS = [
    "https://github.com/chenyuntc/pytorch-book/blob/master",
    "https://www.bilibili.com/video/BV1hE411t7RN/",
    "https://www.bilibili.com/video/BV1Bo4y1A7FU/",
    "https://online.stanford.edu/courses/cs336-language-modeling-scratch",
]


def test_readme_keeps_the_roadmap_in_its_order_with_its_links():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^### (\d)\. (.+)$", text, re.MULTILINE)
    assert found == [(str(i), title) for i, (title, _) in enumerate(ROADMAP, start=1)]
    assert [folder for _, folder in ROADMAP] == list(tour.CHAPTERS)
    places = [text.find(link) for link in LEARNING_LINKS]
    assert -1 not in places
    assert places == sorted(places)


def test_readme_calls_done_only_what_exists():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### \d\. (.+?)\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    for title, folder in ROADMAP:
        state = re.search(r"\*\*状态\*\*：(\S+)", sections[title]).group(1)
        assert state == expected_state(ROOT / folder), title


def expected_state(chapter: Path) -> str:
    """没有文件夹是计划中；本章实测里还有「尚未」是正在写；都填满了才是可以读。"""
    if not chapter.is_dir():
        return "计划中"
    return "正在写" if "尚未" in (chapter / "README.md").read_text(encoding="utf-8") else "可以读"


def test_glossary_never_forbids_a_form_that_it_uses_itself():
    lines = (ROOT / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    rows = [row for row in rows if row[0] != "中文"]
    assert len(rows) > 60
    assert all(len(row) == 4 for row in rows)
    terms = [row[0] for row in rows]
    assert len(terms) == len(set(terms))
    forbidden = {word for row in rows for word in re.split("[、，]", row[3]) if word}
    assert not forbidden & set(terms)
    assert [(word, row[0]) for word in forbidden for row in rows if word in row[2]] == []
