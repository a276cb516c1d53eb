"""框架 book/ 的测试：检查点不丢不坏、报错是一行中文、计时的比值算得对、习题加载对。"""

import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import time

import pytest
import torch

import book
from book.timing import median_interval

SAVE_FOREVER = """
import sys, torch
from book import save_state
for step in range(10**9):
    save_state(sys.argv[1], {"step": step, "weights": torch.full((2000, 500), float(step))})
    if step == 0:
        print("ready", flush=True)
"""


def same(a, b) -> bool:
    """两个嵌套结构逐位相同；元组存成列表，所以算相等。"""
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and a.dtype == b.dtype and a.shape == b.shape and same_bits(a, b)
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return isinstance(b, list) and len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return type(a) is type(b) and (a == b or a != a)


def same_bits(a: torch.Tensor, b: torch.Tensor) -> bool:
    """按字节比较：NaN 等于自己，0.0 不等于 -0.0。"""
    as_bytes = [x.detach().contiguous().reshape(-1).view(torch.uint8) for x in (a, b)]
    return torch.equal(*as_bytes)


def random_state(generator: random.Random, depth: int = 3):
    """随机的嵌套结构：字典（字符串或整数键）、列表、各种类型的张量与标量。"""
    kind = generator.choice(["dict", "list", "tensor", "scalar"]) if depth else "scalar"
    if kind == "dict":
        keys = [generator.choice([generator.randrange(99), f"键{generator.randrange(99)}"]) for _ in range(3)]
        return {key: random_state(generator, depth - 1) for key in keys}
    if kind == "list":
        return [random_state(generator, depth - 1) for _ in range(generator.randrange(4))]
    if kind == "tensor":
        dtype = generator.choice([torch.float32, torch.float64, torch.bfloat16, torch.float16, torch.int64, torch.bool])
        shape = [generator.randrange(4) for _ in range(generator.randrange(4))]
        return (torch.randn(shape) * 3).to(dtype)
    return generator.choice(
        [None, True, 0, -3, 10**18, 0.1, 1e-300, float("inf"), float("nan"), "", "文字", "__tensor__"]
    )


@pytest.mark.parametrize("seed", range(20))
def test_any_nested_state_survives_a_round_trip_bit_for_bit(tmp_path, seed):
    torch.manual_seed(seed)
    state = {"state": random_state(random.Random(seed), depth=4), "seed": seed}
    book.save_state(tmp_path / "s.safetensors", state)
    assert same(state, book.load_state(tmp_path / "s.safetensors"))


@pytest.mark.parametrize(
    "state",
    [
        {},
        {0: {"step": torch.tensor(3.0)}, 1: (1, 2.5, "三"), "1": None},
        {"__tensor__": "0", "__dict__": [["a", 1]], "nested": {"__tensor__": {"__dict__": 1}}},
        {"channels_last": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)},
        {"strided": torch.arange(10.0)[::2], "transposed": torch.randn(3, 4).T, "expanded": torch.ones(1).expand(5)},
        {"bf16": torch.randn(7).bfloat16(), "empty": torch.zeros(0, 3), "scalar": torch.tensor(5)},
        {"special": torch.tensor([float("nan"), -0.0, float("inf"), 1e-45])},
        {"parameter": torch.nn.Parameter(torch.ones(2)), "rng": torch.get_rng_state()},
    ],
    ids=["empty", "integer-keys", "reserved-words", "channels-last", "strided", "dtypes", "special-values", "training"],
)
def test_state_survives_a_round_trip_bit_for_bit(tmp_path, state):
    book.save_state(tmp_path / "s.safetensors", state)
    assert same(state, book.load_state(tmp_path / "s.safetensors"))


def test_tied_weights_and_their_optimizer_survive_a_round_trip(tmp_path):
    model = torch.nn.Sequential(torch.nn.Embedding(5, 3), torch.nn.Linear(3, 5, bias=False))
    model[1].weight = model[0].weight
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.tensor([1, 2])).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    book.save_state(tmp_path / "s.safetensors", state)
    loaded = book.load_state(tmp_path / "s.safetensors")
    assert same(dict(model.state_dict()), loaded["model"])
    model.load_state_dict(loaded["model"])
    optimizer.load_state_dict(loaded["optimizer"])
    assert same(state["optimizer"], optimizer.state_dict() | {"param_groups": loaded["optimizer"]["param_groups"]})


def test_checkpoint_always_loads_after_kill_9_in_the_middle_of_saving(tmp_path):
    path = tmp_path / "last.safetensors"
    steps = []
    for delay in (0.0, 0.007, 0.019):
        child = subprocess.Popen([sys.executable, "-c", SAVE_FOREVER, str(path)], stdout=subprocess.PIPE, text=True)
        try:
            assert child.stdout.readline() == "ready\n"
            for _ in range(8):  # 一边被改写一边读，读到的总是某一次完整的存档
                state = book.load_state(path)
                assert (state["weights"] == state["step"]).all()
            time.sleep(delay)
        finally:
            child.kill()
            child.communicate()
        state = book.load_state(path)
        assert (state["weights"] == state["step"]).all()
        steps.append(state["step"])
    assert max(steps) > 0


def test_failed_write_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "last.safetensors"
    book.save_state(path, {"step": 1})

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        book.save_state(path, {"step": 2})
    assert book.load_state(path) == {"step": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def foreign(path, metadata=None):
    from safetensors.torch import save_file

    save_file({"a": torch.ones(2)}, path, metadata=metadata)


def truncated(path):
    book.save_state(path, {"a": torch.ones(1000)})
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda path: None, "找不到"),
        (lambda path: path.mkdir(), "找不到"),
        (lambda path: path.write_bytes(b""), "读不出来"),
        (lambda path: path.write_bytes(os.urandom(1000)), "读不出来"),
        (lambda path: torch.save({"a": 1}, path), "读不出来"),
        (truncated, "读不出来"),
        (foreign, "不是本书"),
        (lambda path: foreign(path, {"book": "LLM"}), "读不出来"),
        (lambda path: foreign(path, {"book": '{"title": "LLM"}'}), "读不出来"),
    ],
    ids=["missing", "folder", "empty", "noise", "torch.save", "truncated", "foreign", "another-book", "another-json"],
)
def test_bad_checkpoint_is_one_chinese_line(tmp_path, make, part):
    path = tmp_path / "last.safetensors"
    make(path)
    with pytest.raises(book.CheckpointError, match=part) as caught:
        book.load_state(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.fixture
def parser():
    parser = book.Parser("例子")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--batch-size", type=book.cli.positive_int)
    parser.add_argument("--model", choices=["resnet18", "resnet34"])
    parser.add_argument("--pair", nargs=2)
    parser.add_argument("--files", nargs="+")
    parser.add_argument("--quiet", action="store_true")
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--full", action="store_true")
    group.add_argument("--smoke", action="store_true")
    return parser


@pytest.mark.parametrize(
    ("argv", "parts"),
    [
        (["--epoch", "3"], ["不认识", "--epoch", "是不是 --epochs"]),
        (["--batchsize", "3"], ["是不是 --batch-size"]),
        (["--zzz"], ["不认识", "--help"]),
        (["--zzz=3"], ["不认识", "--zzz"]),
        (["extra"], ["不认识", "extra"]),
        (["--epochs", "three"], ["--epochs", "three"]),
        (["--epochs"], ["--epochs", "要跟一个值"]),
        (["--pair", "1"], ["--pair", "2 个值"]),
        (["--files"], ["至少要跟一个值"]),
        (["--quiet=1"], ["不需要值", "1"]),
        (["--full", "--smoke"], ["不能与", "--full"]),
        (["--batch-size", "0"], ["'0'", "正整数"]),
        (["--batch-size", "1.5"], ["正整数"]),
        (["--batch-size", "-3"], ["正整数"]),
        (["--model", "resnet19"], ["resnet19", "resnet18", "resnet34"]),
    ],
    ids=lambda value: " ".join(value) if value and value[0].startswith("-") else "",
)
def test_option_errors_are_one_chinese_line(parser, argv, parts):
    with pytest.raises(book.UserError) as caught:
        parser.parse_args(argv)
    message = str(caught.value)
    assert "\n" not in message
    assert all(part in message for part in parts), message
    english = re.sub(r"--[\w-]+|'[^']*'|resnet\d+|int\b", "", message)
    assert not re.search(r"[a-z]{4,}", english.replace(parts[-1], "")), message


def test_options_may_not_be_abbreviated(parser):
    with pytest.raises(book.UserError):
        parser.parse_args(["--mod", "resnet18"])


def test_missing_positional_is_named():
    parser = book.Parser("例子")
    parser.add_argument("picture")
    with pytest.raises(book.UserError, match="缺少参数 picture"):
        parser.parse_args([])


def test_help_is_chinese(parser, capsys):
    with pytest.raises(SystemExit) as stop:
        parser.parse_args(["--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith("用法：")
    assert "显示这段说明并退出" in text
    assert not re.search("usage|options|show", text)


def test_common_options_point_into_outputs_of_the_chapter():
    parser = book.Parser("例子")
    book.common_options(parser, script=str(book.repository_root() / "ResNet" / "train.py"))
    args = parser.parse_args([])
    assert args.out == book.repository_root() / "outputs" / "ResNet" / "train"
    assert (args.smoke, args.seed, args.device) == (False, 0, "auto")


RUN = """
from book import UserError, run
def main():
    {body}
run(main)
"""


@pytest.mark.parametrize(
    ("body", "code", "stderr"),
    [
        ("raise UserError('收到 3\\n规则是\\t偶数')", 2, r"错误：收到 3 规则是 偶数\n"),
        ("raise KeyboardInterrupt('用 --resume 接着跑')", 130, r"\n已中断。用 --resume 接着跑\n"),
        ("print(1)", 0, ""),
        ("raise ValueError('程序的错')", 1, r"Traceback[\s\S]*ValueError: 程序的错\n"),
    ],
    ids=["user-error", "ctrl-c", "success", "bug"],
)
def test_run_turns_a_user_error_into_one_line_and_exit_2(run_script, body, code, stderr):
    done = run_script("-c", RUN.format(body=body), PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert done.returncode == code
    assert re.fullmatch(stderr, done.stderr), done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows 的 Ctrl-C 信号不同")
def test_a_reader_that_leaves_early_causes_no_traceback():
    code = RUN.format(body="for i in range(10**5): print(i, flush=True)")
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    child.stdout.readline()
    child.stdout.close()  # `| head -1`
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait(60) == 0


def test_ctrl_c_ends_with_one_line_and_exit_130():
    # 在后台启动的 make（sh -c '... &'）里 SIGINT 是被忽略的，子进程继承它；设回 Python 的默认
    restore = "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler); "
    code = RUN.format(body=restore + "print('ready', flush=True); time.sleep(60)")
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert child.stdout.readline() == "ready\n"
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=30)
    assert (child.returncode, stderr.strip()) == (130, "已中断。")


def test_output_dir_is_created_and_left_clean(tmp_path):
    assert book.output_dir(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_unwritable_output_dir_is_a_user_error(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(book.UserError, match="--out .*不能写"):
        book.output_dir(tmp_path / "file")
    with pytest.raises(book.UserError, match="--out .*不能写"):
        book.output_dir(tmp_path / "file" / "below")
    assert (tmp_path / "file").read_bytes() == b"x"


def test_missing_device_is_a_user_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert book.pick_device("auto") == book.pick_device("cpu") == torch.device("cpu")
    for name in ("cuda", "mps"):
        with pytest.raises(book.UserError, match=f"--device {name}.*--device cpu"):
            book.pick_device(name)


def test_seed_fixes_python_numpy_and_torch():
    import numpy

    def draw():
        return random.random(), numpy.random.rand(), torch.rand(1).item()

    book.seed_everything(2**40 + 5)  # NumPy 只收 32 位的种子
    first = draw()
    book.seed_everything(2**40 + 5)
    assert draw() == first
    book.seed_everything(1)
    assert draw() != first


def test_importing_book_does_not_import_torch(run_script):
    done = run_script("-c", "import sys, book; print('torch' in sys.modules, 'numpy' in sys.modules)")
    assert done.stdout == "False False\n", done.stderr


def test_result_line_round_trips_and_the_last_one_wins(capsys):
    values = {"acc": 0.123456789, "n": 3, "rows": [{"名字": "甲", "loss": 1e-9}], "none": None}
    assert book.emit_result(values) is values
    book.emit_result({**values, "n": 4})
    output = "前面的话\n" + capsys.readouterr().out + "后面的话\n"
    result = book.read_result(output)
    assert result["n"] == 4
    assert result["acc"] == 0.123457
    assert result["rows"] == values["rows"]
    assert book.read_result("没有\n RESULT {}\n") is None


def test_environment_names_versions_and_machine_but_no_host_or_path():
    import socket

    values = book.environment(["torch", "no-such-package"])
    assert values["versions"]["torch"] == torch.__version__.split("+")[0]
    assert "no-such-package" not in values["versions"]
    assert values["cores"] >= 1
    flat = [values["cpu"], values["system"], *values["versions"].values()]
    assert not any("/" in text and os.path.exists(text) for text in flat)
    assert socket.gethostname() not in flat


def test_compare_finds_the_known_ratio_with_a_zero_width_interval():
    times = {"ours": 2.0, "reference": 4.0}
    now, calls = [0.0], []

    def work(name):
        def function():
            calls.append(name)
            now[0] += times[name]

        return function

    result = book.compare(work("ours"), work("reference"), pairs=15, warmup=2, clock=lambda: now[0])
    assert (result["ratio"], result["low"], result["high"]) == (0.5, 0.5, 0.5)
    assert (result["ours_ms"], result["reference_ms"], result["pairs"]) == (2000, 4000, 15)
    timed = calls[4:]
    assert timed[:4] == ["ours", "reference", "reference", "ours"]  # 交错，先后轮换
    assert timed.count("ours") == timed.count("reference") == 15


def test_compare_cancels_a_slow_drift_of_the_machine():
    slow, now = [1.0], [0.0]

    def work(seconds):
        def function():
            now[0] += seconds * slow[0]
            slow[0] *= 1.01  # 机器越来越慢

        return function

    result = book.compare(work(3.0), work(3.0), pairs=40, clock=lambda: now[0])
    assert result["low"] <= 1.0 <= result["high"]
    assert abs(result["ratio"] - 1.0) < 0.011


def test_median_interval_holds_the_median_and_narrows_with_more_values():
    generator = random.Random(0)
    widths = []
    for n in (15, 500):
        values = [generator.gauss(1.0, 0.1) for _ in range(n)]
        low, high = median_interval(values)
        assert low <= sorted(values)[n // 2] <= high
        assert (low, high) == median_interval(values)
        widths.append(high - low)
    assert widths[1] < widths[0] / 3


@pytest.fixture
def exercise(tmp_path, monkeypatch):
    monkeypatch.delenv("EXERCISE_TARGET", raising=False)
    (tmp_path / "ex01_sum.py").write_text(
        '"""题。"""\n\n\ndef total(x):\n    raise NotImplementedError\n', encoding="utf-8"
    )
    (tmp_path / "answer.py").write_text("total = sum\n", encoding="utf-8")
    return tmp_path / "check_ex01.py"


def test_load_exercise_takes_the_stub_beside_the_check(exercise):
    assert book.load_exercise(str(exercise)).__doc__ == "题。"


def test_load_exercise_takes_the_target_of_the_environment(exercise, monkeypatch):
    monkeypatch.setenv("EXERCISE_TARGET", str(exercise.with_name("answer.py")))
    assert book.load_exercise(str(exercise)).total([1, 2]) == 3


@pytest.mark.parametrize(("target", "rule"), [("", "恰有一个"), ("gone.py", "EXERCISE_TARGET 指.*gone.py")])
def test_load_exercise_refuses_a_missing_or_ambiguous_file(exercise, monkeypatch, target, rule):
    exercise.with_name("ex01_again.py").write_text("", encoding="utf-8")
    if target:
        monkeypatch.setenv("EXERCISE_TARGET", str(exercise.with_name(target)))
    with pytest.raises(FileNotFoundError, match=rule):
        book.load_exercise(str(exercise))


def test_doctests_of_the_frame_pass():
    import doctest

    for name in ("checkpoint", "cli", "exercise", "record", "timing"):
        assert doctest.testmod(sys.modules[f"book.{name}"]).failed == 0


def test_script_runs_from_any_folder(run_script):
    code = textwrap.dedent("""
        import os, book, ResNet
        print(book.repository_root() == __import__("pathlib").Path(ResNet.__file__).parent.parent, len(os.listdir()))
    """)
    assert run_script("-c", code).stdout == "True 0\n"
