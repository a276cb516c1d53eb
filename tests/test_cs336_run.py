"""第 4 章的工作流程：语料与清洗、准备数据、训练、续训、评估、命令行。"""

import hashlib
import json
import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from book import CheckpointError, UserError, load_state, read_result, repository_root
from CS336 import corpora, experiments, figures_workflow, generate, lab_workflow, run
from CS336.cleaning import SHORTEST, clean, drop_repeated
from CS336.config import Config, build_model, config_for
from CS336.corpora import END, Corpus, load_corpus
from CS336.evaluation import mean_loss, scores
from CS336.prepare import fingerprint_of, prepare
from CS336.progress import resume
from CS336.Transformer.functional import cross_entropy
from CS336.Transformer.model import TransformerLM

CPU = torch.device("cpu")
TEXT = "".join(f"line {i * i % 97}: the quick fox jumps over {i % 13} dogs\n\n" for i in range(400))
SMALL = ["--smoke", "--device", "cpu", "--precision", "fp32"]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def text_file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def small_run(out, text_file, *more) -> dict:
    return run.main([*SMALL, "--corpus", "file", "--data", str(text_file), "--out", str(out), *more])


# ---- 清洗与语料


def test_a_repeated_long_paragraph_is_kept_once_and_a_short_one_always():
    long = "x" * SHORTEST
    assert drop_repeated([f"{long}\n\nshort", f"{long}\n\nshort\n\nnew"]) == [f"{long}\n\nshort", "short\n\nnew"]
    assert drop_repeated([long, long]) == [long]


def test_cleaning_counts_characters_after_every_step():
    kept, sizes = clean(["a\r\nb\x00", "  ", "cafe\u0301"])
    assert kept == ["a\nb", "café"]
    assert sizes == {"raw": 12, "normalised": 7, "deduplicated": 7}


@pytest.mark.parametrize("name", ["docs", "notes"])
def test_embedded_corpora_do_not_share_a_paragraph_between_training_and_validation(name):
    corpus = load_corpus(name)
    paragraphs = [
        {p for d in part for p in d.split("\n\n") if len(p) >= SHORTEST} for part in (corpus.train, corpus.valid)
    ]
    assert min(map(len, paragraphs)) > 20
    assert not paragraphs[0] & paragraphs[1]
    assert corpus.fingerprint == load_corpus(name).fingerprint


def test_shakespeare_is_cut_at_nine_tenths_and_left_as_it_is(text_file):
    corpus = load_corpus("shakespeare", text_file)
    assert corpus.train[0] + corpus.valid[0] == TEXT
    assert len(corpus.train[0]) == int(0.9 * len(TEXT))


def test_tinystories_are_cut_at_the_end_of_text(tmp_path):
    for split, content in (("train", f"One day.\n{END}\nTwo days.\n{END}\n"), ("valid", "Three.")):
        (tmp_path / f"TinyStoriesV2-GPT4-{split}.txt").write_text(content, encoding="utf-8")
    corpus = load_corpus("tinystories", tmp_path)
    assert (corpus.train, corpus.valid) == (["One day.", "Two days."], ["Three."])


class Answer:
    """假的下载：status 与内容。"""

    def __init__(self, data: bytes, status: int):
        self.data, self.status = [data, b""], status

    def read(self, size):
        return self.data.pop(0)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        return False


@pytest.mark.parametrize("status", [200, 206])
def test_a_download_goes_on_where_it_stopped(tmp_path, monkeypatch, status):
    whole, asked = b"0123456789", []

    def open_url(request, timeout):
        asked.append(request.headers.get("Range"))
        return Answer(whole[4:] if status == 206 else whole, status)

    monkeypatch.setattr(corpora.urllib.request, "urlopen", open_url)
    (tmp_path / "x.part").write_bytes(whole[:4])
    corpora.fetch(tmp_path / "x", ("https://example.org/x",), hashlib.sha256(whole).hexdigest())
    assert (tmp_path / "x").read_bytes() == whole
    assert asked == ["bytes=4-"]


def test_a_download_with_a_wrong_checksum_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(corpora.urllib.request, "urlopen", lambda *a, **k: Answer(b"evil", 200))
    with pytest.raises(UserError, match="sha256 是 .*应当是 aaaa"):
        corpora.fetch(tmp_path / "x", ("https://example.org/x",), "a" * 64)
    assert list(tmp_path.iterdir()) == []


# ---- 设定与评估


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocab_size": 256}, "--vocab-size 收到 256"),
        ({"vocab_size": 65537}, "--vocab-size"),
        ({"num_heads": 3}, "--num-heads 3"),
        ({"d_model": 20, "num_heads": 4}, "应当是偶数"),
        ({"norm": "batch"}, "--norm 收到 batch"),
        ({"lr": 0.0}, "--lr"),
        ({"min_lr": 1.0}, "--min-lr"),
        ({"lr": math.inf}, "--lr"),
        ({"clip": -1.0}, "--clip"),
        ({"beta2": 1.0}, "--beta2"),
    ],
)
def test_a_bad_setting_is_one_chinese_line(change, message):
    with pytest.raises(UserError, match=message):
        config_for("docs", **change)


def test_the_learning_rate_starts_above_zero_and_ends_at_the_minimum():
    config = Config(steps=100, warmup=10)
    rates = [config.learning_rate(step) for step in range(100)]
    assert rates[0] == pytest.approx(config.lr / 10)
    assert max(rates) == rates[9] == pytest.approx(config.lr)
    assert rates[-1] == pytest.approx(config.min_lr)


@pytest.mark.parametrize("count", [2, 9, 10, 11, 57, 400])
def test_evaluation_scores_every_token_once(count):
    torch.manual_seed(0)
    model, tokens, T = TransformerLM(20, 10, 16, 1, 2), np.arange(count, dtype=np.uint16) % 20, 10
    total = 0.0
    with torch.no_grad():
        for start in range(0, count - 1, T):
            row = torch.from_numpy(tokens[start : start + T + 1].astype(np.int64))[None]
            total += cross_entropy(model(row[:, :-1]), row[:, 1:]).item() * (row.shape[1] - 1)
    assert mean_loss(model, tokens, T, CPU) == pytest.approx(total / (count - 1), rel=1e-5)


def test_a_model_that_knows_nothing_scores_the_bits_of_a_uniform_guess():
    model = TransformerLM(256, 8, 16, 1, 2)
    torch.nn.init.zeros_(model.lm_head.weight)
    loss = mean_loss(model, np.arange(100, dtype=np.uint16), 8, CPU)
    result = scores(loss, tokens=100, characters=100, utf8_bytes=200)
    assert loss == pytest.approx(math.log(256), rel=1e-5)
    assert result == pytest.approx({"perplexity": 256, "bits_per_char": 8, "bits_per_byte": 4}, rel=1e-4)


# ---- 准备


def test_prepared_files_decode_to_the_documents_and_are_used_again(tmp_path):
    corpus = Corpus("file", ["猫 and dog 🐈", TEXT], ["one dog"], {})
    data = prepare(corpus, config_for("file", "smoke"), tmp_path)
    assert data.tokenizer.decode(data.train.tolist()) == f"猫 and dog 🐈{END}{TEXT}{END}"
    assert (data.characters, data.bytes) == (len("one dog" + END), len("one dog" + END))
    before = (tmp_path / "train.bin").stat().st_mtime_ns
    again = prepare(corpus, config_for("file", "smoke"), tmp_path)
    assert (tmp_path / "train.bin").stat().st_mtime_ns == before
    assert again.seconds == {}
    assert fingerprint_of(corpus, config_for("file")) != data.fingerprint


def test_a_preparation_that_broke_off_is_done_again(tmp_path, monkeypatch):
    corpus, config = Corpus("file", [TEXT], ["one dog"], {}), config_for("file", "smoke")
    data = prepare(corpus, config, tmp_path)
    other = Corpus("file", [TEXT + "more"], ["one dog"], {})
    monkeypatch.setattr("CS336.prepare.write_tokens", lambda *a: (_ for _ in ()).throw(OSError("磁盘满")))
    with pytest.raises(OSError, match="磁盘满"):
        prepare(other, config, tmp_path)
    monkeypatch.undo()
    assert prepare(corpus, config, tmp_path).train.tolist() == data.train.tolist()


# ---- 训练与续训


def test_a_smoke_run_reports_everything_and_its_model_writes(tmp_path, text_file, capsys):
    result = small_run(tmp_path / "out", text_file)
    wanted = {
        "val_loss",
        "bits_per_char",
        "bits_per_byte",
        "tokens_per_second",
        "seconds",
        "checkpoint",
        "mfu",
        "perplexity",
    }
    assert wanted <= read_result(capsys.readouterr().out).keys()
    assert (tmp_path / "out" / "curves.png").stat().st_size > 5000
    log = json.loads((tmp_path / "out" / "log.json").read_text())
    assert log["history"][-1]["step"] == result["steps"]
    written = generate.main(["line", "--checkpoint", result["checkpoint"], "--max-tokens", "5", "--device", "cpu"])
    assert 1 <= written["tokens"] <= 5


def test_training_lowers_the_loss_and_the_same_seed_gives_the_same_weights(tmp_path, text_file):
    options = ["--steps", "40", "--d-model", "32", "--lr", "0.01"]
    results = [small_run(tmp_path / name, text_file, *options) for name in ("a", "b")]
    assert results[0]["val_loss"] == results[1]["val_loss"] < 4.2
    other = small_run(tmp_path / "c", text_file, *options, "--seed", "1")
    assert other["val_loss"] != results[0]["val_loss"]


def weights(folder):
    return load_state(folder / "model.safetensors")["model"]


def test_after_kill_9_the_resumed_weights_are_bit_identical(tmp_path, text_file):
    options = [*SMALL, "--corpus", "file", "--data", str(text_file), "--steps", "120", "--eval-every", "10"]
    run.main([*options, "--out", str(tmp_path / "whole")])
    command = [sys.executable, str(repository_root() / "CS336" / "run.py"), *options, "--out", str(tmp_path / "killed")]
    child = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    end = time.monotonic() + 120
    while not (tmp_path / "killed" / "last.pt").is_file() and time.monotonic() < end:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert (tmp_path / "killed" / "last.pt").is_file()
    (tmp_path / "killed" / "model.safetensors").unlink(missing_ok=True)  # 机器太快，已经训完了
    result = run.main([*options, "--out", str(tmp_path / "killed"), "--resume"])
    assert result["steps"] == 120
    one, two = weights(tmp_path / "whole"), weights(tmp_path / "killed")
    assert all(torch.equal(one[name], two[name]) for name in one)
    histories = [json.loads((tmp_path / name / "log.json").read_text())["history"] for name in ("whole", "killed")]
    for row in [*histories[0], *histories[1]]:
        del row["tokens_per_second"]
    assert histories[0] == histories[1]


@pytest.mark.parametrize(
    ("more", "message"),
    [(["--lr", "0.001"], "lr=0.003，现在是 0.001"), (["--d-model", "64"], "d_model=32，现在是 64")],
)
def test_resuming_with_other_settings_is_refused(tmp_path, text_file, more, message):
    small_run(tmp_path / "out", text_file)
    with pytest.raises(CheckpointError, match=message):
        small_run(tmp_path / "out", text_file, "--resume", *more)


def test_resuming_on_other_text_is_refused(tmp_path, text_file):
    small_run(tmp_path / "out", text_file)
    before = (tmp_path / "out" / "data" / "vocab.json").read_bytes()
    with pytest.raises(CheckpointError, match="词表的大小不同"):
        small_run(tmp_path / "out", text_file, "--resume", "--vocab-size", "280")
    text_file.write_text(TEXT.replace("fox", "cat"), encoding="utf-8")
    with pytest.raises(CheckpointError, match="语料与现在的不同"):
        small_run(tmp_path / "out", text_file, "--resume")
    assert (tmp_path / "out" / "data" / "vocab.json").read_bytes() == before  # 已有的模型还写得出字


def test_resuming_without_a_checkpoint_says_so(tmp_path, text_file):
    with pytest.raises(CheckpointError, match="找不到检查点"):
        small_run(tmp_path / "out", text_file, "--resume")
    assert not (tmp_path / "out").exists()  # 一上来就说，不先准备数据
    (tmp_path / "out").mkdir()
    torch.save({"model": {}, "optimizer": {}, "step": 0}, tmp_path / "out" / "last.pt")
    with pytest.raises(CheckpointError, match="不是 CS336/run.py 存的"):
        small_run(tmp_path / "out", text_file, "--resume")


def test_two_processes_equal_one(tmp_path, text_file):
    options = [*SMALL, "--corpus", "file", "--data", str(text_file), "--steps", "8"]
    run.main([*options, "--out", str(tmp_path / "one")])
    script = str(repository_root() / "CS336" / "run.py")
    argv = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", script, *options]
    done = subprocess.run([*argv, "--out", str(tmp_path / "two")], capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    one, two = weights(tmp_path / "one"), weights(tmp_path / "two")
    # 两半的平均与一次的平均，加法的次序不同：只相等到浮点误差，Adam 开头几步又会放大它
    assert max((one[name] - two[name]).abs().max().item() for name in one) < 1e-4
    assert done.stdout.count("RESULT ") == 1


# ---- 用户的错误


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--corpus", "docs", "--data", "x"], "自带的"),
        (["--corpus", "file"], "要用 --data"),
        (["--corpus", "file", "--data", "no/such.txt"], "读不了"),
        (["--corpus", "shakespeare", "--data", "no/such.txt"], "--download"),
        (["--vocab-size", "100"], "--vocab-size 收到 100"),
    ],
)
def test_a_user_mistake_is_one_chinese_line(tmp_path, arguments, message):
    with pytest.raises(UserError, match=message):
        run.main([*SMALL, "--out", str(tmp_path), *arguments])


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "是空的"), (b"abc\xff", "UTF-8"), (b"a", "分不出"), (b"abc", "训练部分 2 个词.*至少要 33 与 2")],
)
def test_a_bad_text_file_is_refused(tmp_path, content, message):
    path = tmp_path / "bad.txt"
    path.write_bytes(content)
    with pytest.raises((UserError, ValueError), match=message):
        run.main([*SMALL, "--corpus", "file", "--data", str(path), "--out", str(tmp_path / "out")])


def test_a_broken_token_file_is_refused_and_a_foreign_model_too(tmp_path, text_file):
    result = small_run(tmp_path / "out", text_file)
    (tmp_path / "out" / "data" / "valid.bin").write_bytes(b"\x01\x00\x01")
    with pytest.raises(UserError, match="valid.bin 有 3 字节"):
        small_run(tmp_path / "out", text_file)
    (tmp_path / "out" / "data" / "vocab.json").unlink()
    with pytest.raises((UserError, ValueError)):
        generate.main(["x", "--checkpoint", result["checkpoint"], "--device", "cpu"])
    with pytest.raises(UserError, match="找不到检查点"):
        generate.main(["x", "--checkpoint", str(tmp_path / "none.safetensors"), "--device", "cpu"])


def test_generate_refuses_wrong_sampling_options(tmp_path, text_file):
    checkpoint = small_run(tmp_path / "out", text_file)["checkpoint"]
    for options, message in ((["--top-p", "2"], "top_p=2.0"), (["--temperature", "-1"], "temperature=-1.0")):
        with pytest.raises(UserError, match=message):
            generate.main(["x", "--checkpoint", checkpoint, "--device", "cpu", *options])
    with pytest.raises(UserError, match='加引号：python CS336/generate.py "The function is"'):
        generate.main(["The", "function", "is", "--checkpoint", checkpoint])
    with pytest.raises(UserError, match="不认识的选项 --temprature.*是不是 --temperature"):
        generate.main(["--temprature", "1"])
    with pytest.raises(UserError, match="开头是空的"):
        generate.main(["", "--checkpoint", checkpoint, "--device", "cpu"])


def test_with_and_without_the_cache_the_same_text_is_written(tmp_path, text_file, capsys):
    checkpoint = small_run(tmp_path / "out", text_file)["checkpoint"]
    capsys.readouterr()
    options = ["line", "--checkpoint", checkpoint, "--device", "cpu", "--max-tokens", "50"]  # 上下文只有 32
    outputs = []
    for more in ([], ["--no-cache"]):
        generate.main([*options, *more])
        outputs.append(capsys.readouterr().out.split("RESULT")[0])
    assert outputs[0] == outputs[1]


def test_a_model_is_built_with_every_ablation():
    for change in ({"norm": "post"}, {"norm": "none"}, {"ffn": "silu"}, {"rope_theta": 0.0}):
        model = build_model(config_for("docs", "smoke", **change), 300)
        assert model(torch.zeros(1, 4, dtype=torch.long)).shape == (1, 4, 300)


def test_the_resumed_progress_is_the_saved_one(tmp_path, text_file):
    small_run(tmp_path / "out", text_file)
    corpus = load_corpus("file", text_file)
    config = config_for("file", "smoke", precision="fp32")
    data = prepare(corpus, config, tmp_path / "other")
    model = build_model(config, data.vocab_size)
    with pytest.raises(CheckpointError, match="语料"):  # 冒烟只用了语料的一部分
        resume(tmp_path / "out" / "last.pt", model, run.build_optimizer(model, config), config, data)


# ---- 实验


def test_experiments_train_every_variant_once_and_go_on_where_they_stopped(tmp_path, capsys):
    options = ["--smoke", "--device", "cpu", "--out", str(tmp_path)]
    rows = experiments.main(options)["rows"]
    wanted = [(group, name) for group in experiments.DEFAULT_GROUPS for name in experiments.GROUPS[group]]
    assert [(row["group"], row["variant"]) for row in rows] == wanted
    assert len({row["bits_per_char"] for row in rows}) == 5  # 三组的基准是同一次训练
    done = (tmp_path / "rows.jsonl").read_text()
    assert len(done.splitlines()) == 5
    assert experiments.main(options)["rows"] == rows
    assert (tmp_path / "rows.jsonl").read_text() == done


@pytest.mark.parametrize("name", list(experiments.GROUPS["ffn"]))
def test_both_feed_forward_networks_have_the_same_number_of_parameters(name):
    base = build_model(config_for("docs"), 1024)
    model = build_model(config_for("docs", **experiments.GROUPS["ffn"][name]), 1024)
    assert sum(p.numel() for p in model.parameters()) == sum(p.numel() for p in base.parameters())


def test_every_batch_size_sees_the_same_number_of_tokens():
    sizes = experiments.GROUPS["batch"].values()
    assert len({change["batch_size"] * change["steps"] for change in sizes}) == 1


def test_a_diverged_training_is_recorded_as_a_blind_guess(tmp_path):
    config = config_for("file", "smoke", precision="fp32", lr=1e30, min_lr=0.0, clip=0.0, steps=30)
    data = prepare(Corpus("file", [TEXT], ["one dog"], {}), config, tmp_path)
    assert experiments.train_variant(config, data, CPU)["bits_per_char"] == 8.0


def test_the_figures_of_the_experiments_are_drawn(tmp_path):
    rows = [{"group": "lr", "variant": str(i), "values": [2.0, 2.1], "bits_per_char": 2.05} for i in range(3)]
    assert figures_workflow.draw_experiments(rows, tmp_path) == 1
    assert (tmp_path / "experiment_lr.png").stat().st_size > 3000


def test_the_lab_of_the_note_prints_its_numbers(capsys):
    lab_workflow.main(["--smoke"])
    result = read_result(capsys.readouterr().out)
    assert result["long"] * 2 == pytest.approx(result["short"], rel=1e-4)
    assert result["leaked_clean"] == 0 < result["leaked_raw"]
    assert result["estimate"] < result["gflops_per_step"]


def test_generate_prefers_a_trained_model_and_names_an_unfinished_training(tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "repository_root", lambda: tmp_path)
    folder = tmp_path / "outputs" / "CS336"
    for name in ("a/model.safetensors", "run/smoke/model.safetensors"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
    assert generate.find_checkpoint(None) == folder / "a" / "model.safetensors"
    for path in folder.rglob("model.safetensors"):
        path.unlink()
    (folder / "a" / "last.pt").write_bytes(b"")
    with pytest.raises(UserError, match="训练还没完"):
        generate.find_checkpoint(None)
    with pytest.raises(CheckpointError, match="只用来续训"):
        generate.load(folder / "a" / "last.pt", CPU)
