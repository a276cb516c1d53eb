"""第 2 章的数据与训练：词表、分桶、标准形式的生成器、断点续训、分布式、坏输入、翻译与画图的脚本。"""

import gzip
import io
import os
import re
import shutil
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from book import CheckpointError, UserError, load_state, repository_root, save_state
from Transformer import corpus, normal_forms, train, translate, translator, visualize
from Transformer.attention import PAD
from Transformer.data import (
    BOS,
    EOS,
    UNK,
    BPETokenizer,
    CharTokenizer,
    Pair,
    buckets,
    collate,
    encode_pairs,
    encode_source,
    padding_share,
    tokenizer_from,
)
from Transformer.recipes import Recipe, recipe_for
from Transformer.report import bleu
from Transformer.train_options import recipe_from
from Transformer.translator import load_translator

CPU = torch.device("cpu")


# 整个文件都用一个线程（uninterrupted 也在内）：线程数不同，求和的次序不同，逐位比较就不成立
@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def random_pairs(count=300, seed=0):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 30, (count,), generator=generator).tolist()
    return [Pair([5] * n + [EOS], [BOS] + [6] * (n + n % 3) + [EOS]) for n in lengths]  # 译文与原文差不多长


# ---- 词表与分批


@pytest.mark.parametrize("text", ["三点一刻", "Two dogs, one cat.", "größer als 100 %", "a  b"])
def test_tokenizers_restore_what_they_encode(text):
    for tokenizer in (CharTokenizer.train([text]), BPETokenizer.train([text] * 2, 300)):
        assert tokenizer.decode(tokenizer.encode(text)) == text
        assert tokenizer_from(tokenizer.state()).encode(text) == tokenizer.encode(text)


def test_an_unknown_character_becomes_unk_and_is_shown():
    tokenizer = CharTokenizer.train(["三"])
    assert tokenizer.encode("三五") == [4, UNK]
    assert tokenizer.decode([4, UNK, EOS]) == "三�"


def test_byte_level_bpe_knows_every_character():
    tokenizer = BPETokenizer.train(["abc"] * 3, 300)
    assert tokenizer.decode(tokenizer.encode("漢字 ✓")) == "漢字 ✓"


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_source_is_a_user_error(text):
    with pytest.raises(UserError, match="空的输入"):
        encode_source(text, CharTokenizer.train(["a"]), 10)


def test_an_over_long_source_is_a_user_error():
    with pytest.raises(UserError, match="一句有 12 个词元，模型最多 10 个"):
        encode_source("a" * 11, CharTokenizer.train(["a"]), 10)


def test_empty_and_over_long_training_pairs_are_dropped():
    tokenizer = CharTokenizer.train(["ab"])
    pairs = encode_pairs([("a", "b"), ("", "b"), ("a", ""), ("a" * 20, "b")], tokenizer, tokenizer, 10)
    assert pairs == [Pair([4, EOS], [BOS, 5, EOS])]


def test_every_sentence_is_in_exactly_one_batch_and_no_batch_is_too_big():
    pairs = random_pairs()
    batches = buckets(pairs, 400, (0, 1))
    assert sorted(i for batch in batches for i in batch) == list(range(len(pairs)))
    for batch in batches:
        source, target = collate([pairs[i] for i in batch])
        assert source.numel() + target.numel() <= 400


def test_the_order_depends_only_on_the_key_and_every_epoch_has_as_many_batches():
    pairs = random_pairs()
    assert buckets(pairs, 400, (0, 1)) == buckets(pairs, 400, (0, 1))
    assert buckets(pairs, 400, (0, 1)) != buckets(pairs, 400, (0, 2))
    assert len({len(buckets(pairs, 400, (0, epoch))) for epoch in range(20)}) == 1


def test_no_sentences_make_no_batches_and_an_over_long_one_is_alone():
    assert buckets([], 8, (0,)) == []
    pairs = [Pair([5] * n + [EOS], [BOS, 6, EOS]) for n in (20, 1, 1)]
    assert sorted(map(sorted, buckets(pairs, 10, (0,)))) == [[0], [1, 2]]


def test_bucketing_saves_padding():
    pairs = random_pairs()
    plain, sorted_ = (padding_share(pairs, buckets(pairs, 400, (0,), sort)) for sort in (False, True))
    assert sorted_ < plain / 3


# ---- 标准形式的生成器


def test_the_three_splits_share_no_value():
    values = {split: {v for _, v in normal_forms.generate(2000, 0, split)} for split in ("train", "valid", "test")}
    assert not values["train"] & values["valid"]
    assert not values["train"] & values["test"]
    assert not values["valid"] & values["test"]


def test_only_the_training_set_practises_the_hard_kinds_more():
    """完全匹配率在四类各占四分之一的句子上量；训练集的比例不许漏进验证与测试。"""
    count = len(normal_forms.KINDS)
    shapes = {
        "date": r"\d{4}-\d\d-\d\d",
        "time": r"\d\d:\d\d",
        "number": r"\d+",
        "datetime": r"\d{4}-\d\d-\d\d \d\d:\d\d",
    }
    for split in ("valid", "test"):
        for i, (_, value) in enumerate(normal_forms.generate(200, 0, split)):
            assert re.fullmatch(shapes[normal_forms.KINDS[i % count]], value), (split, i, value)
    practised = [value for _, value in normal_forms.generate(2000, 0, "train")]
    assert sum(value.isdigit() for value in practised) == 1000


def test_no_writing_has_two_values():
    seen: dict[str, str] = {}
    for text, value in normal_forms.generate(20000, 3, "train") + normal_forms.generate(4000, 3, "test"):
        assert seen.setdefault(text, value) == value, text


def parse_reading(text: str) -> int:
    """另写的读数解析器：从左到右，万与亿把前面的合计乘上去。"""
    units, total, section, digit = {"十": 10, "百": 100, "千": 1000}, 0, 0, 0
    for c in text:
        if c in normal_forms.DIGITS:
            digit = normal_forms.DIGITS.index(c)
        elif c == "两":
            digit = 2
        elif c in units:
            section += (digit or 1) * units[c]
            digit = 0
        else:
            total += (section + digit) * {"万": 10**4, "亿": 10**8}[c]
            section = digit = 0
    return total + section + digit


def test_readings_parse_back_to_the_number():
    numbers = [*range(2000), *(10**k + d for k in range(3, 9) for d in (-1, 0, 1, 10, 305)), 20202020, 100010001]
    for n in numbers:
        assert parse_reading(normal_forms.read_integer(n)) == n
        assert parse_reading(normal_forms.with_liang(normal_forms.read_integer(n))) == n


def test_shortened_readings_name_the_next_lower_unit():
    assert normal_forms.shortened(35000) == "三万五"
    assert normal_forms.shortened(120) == "一百二"
    assert normal_forms.shortened(30500) is None
    assert normal_forms.shortened(1005) is None


# ---- 损失


def test_logits_at_real_places_give_the_same_loss_as_ignoring_padding():
    task = corpus.load_normal_forms(40)
    recipe = recipe_for("normal_forms", d_model=16, num_layers=1, d_ff=32, dropout=0.0)
    model, _ = train.build(recipe, task, CPU)
    source, target = collate(encode_pairs(task.train, *task.tokenizers, 128))
    logits = model(source, target[:, :-1])
    expected = F.cross_entropy(
        logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD, label_smoothing=0.1, reduction="sum"
    )
    torch.testing.assert_close(train.batch_loss(model, source, target, 0.1), expected)


# ---- 训练


SHORT = ["--smoke", "--save-every", "3", "--device", "cpu", "--dropout", "0.1"]  # dropout：续训时抽到的也要相同


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    return out, train.main([*SHORT, "--out", str(out)])


def flat(value, prefix=""):
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        return {key: leaf for name, item in items for key, leaf in flat(item, f"{prefix}.{name}").items()}
    return {prefix: value}


def assert_same_training(first, second):
    one, two = (flat(load_state(folder / "last.safetensors")) for folder in (first, second))
    assert one.keys() == two.keys()
    for key, value in one.items():
        if not key.endswith("seconds"):
            assert torch.equal(value, two[key]) if torch.is_tensor(value) else value == two[key], key


def test_a_run_leaves_result_model_curves_and_logs(uninterrupted):
    out, result = uninterrupted
    assert {"exact_match", "seconds", "checkpoint"} <= set(result)
    names = {"curves.png", "log.csv", "log.json", "last.safetensors", "model.safetensors"}
    assert names <= {f.name for f in out.iterdir()}


def test_kill_9_in_mid_epoch_then_resume_equals_an_uninterrupted_run_bit_for_bit(uninterrupted, tmp_path):
    out = tmp_path / "killed"
    argv = [sys.executable, str(repository_root() / "Transformer" / "train.py"), *SHORT, "--out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    deadline = time.monotonic() + 200
    while time.monotonic() < deadline and not (out / "last.safetensors").is_file():
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert load_state(out / "last.safetensors")["progress"]["step"] >= 3
    train.main([*SHORT, "--out", str(out), "--resume"])
    assert_same_training(uninterrupted[0], out)


def test_resuming_a_finished_run_only_reports(uninterrupted):
    out, result = uninterrupted
    again = train.main([*SHORT, "--out", str(out), "--resume"])
    assert again["valid_loss"] == result["valid_loss"]


def test_two_processes_under_torchrun_train_like_one(tmp_path):
    script = str(repository_root() / "Transformer" / "train.py")
    options = ["--smoke", "--dropout", "0", "--device", "cpu"]
    argv = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2", script]
    done = subprocess.run(
        [*argv, *options, "--out", str(tmp_path / "two")], capture_output=True, encoding="utf-8", timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("RESULT") == 1
    train.main([*options, "--out", str(tmp_path / "one")])
    one, two = (load_state(tmp_path / name / "last.safetensors")["progress"]["history"] for name in ("one", "two"))
    for a, b in zip(one, two):
        assert a["train_loss"] == pytest.approx(b["train_loss"], rel=1e-3)
        assert a["valid_loss"] == pytest.approx(b["valid_loss"], rel=1e-3)


def test_only_matrices_decay():
    _, optimizer = train.build(Recipe(), corpus.load_normal_forms(40), CPU)
    for group, decays in zip(optimizer.param_groups, (True, False)):
        assert {p.dim() > 1 for p in group["params"]} == {decays}


def test_noam_is_the_schedule_of_the_paper():
    """峰值由 lr 给出；形状与 C^-0.5 · min(s^-0.5, s · w^-1.5) 成比例。"""
    recipe = Recipe(schedule="noam", warmup=40, lr=1.0)
    ours = [recipe.learning_rate(step, 1000) for step in range(400)]
    paper = [min((s + 1) ** -0.5, (s + 1) * 40**-1.5) for s in range(400)]
    assert [a / b for a, b in zip(ours, paper)] == pytest.approx([40**0.5] * 400)


BAD_OPTIONS = [
    (["--num-heads", "3"], "必须整除"),
    (["--lr", "0"], "--lr 收到 0.0"),
    (["--dropout", "1"], r"--dropout 收到 1.0"),
    (["--label-smoothing", "-1"], "--label-smoothing"),
    (["--norm", "layer"], "可选 pre post"),
    (["--positions", "rope"], "可选 sinusoidal"),
    (["--schedule", "step"], "可选 cosine noam"),
    (["--precision", "fp8"], "fp32 bf16 auto"),
    (["--average", "9"], "--average 收到 9"),
    (["--clip", "-1"], "--clip 收到 -1.0"),
    (["--weight-decay", "-1"], "--weight-decay 收到 -1.0"),
    (["--task", "files", "--data", "nowhere", "--direction", "a-b"], "六个文件 train.a train.b valid.a"),
    (["--data", "x"], "只用于 --task multi30k"),
    (["--task", "files"], "要用 --data"),
    (["--task", "multi30k", "--direction", "de"], "源-目标"),
    (["--task", "multi30k", "--direction", "fr-en"], "可选 de-en"),
    (["--task", "multi30k", "--data", "nowhere"], "没有 train.de"),
    (["--resume"], "找不到检查点"),
]


@pytest.mark.parametrize(("options", "message"), BAD_OPTIONS)
def test_user_mistakes_are_user_errors(options, message, tmp_path):
    with pytest.raises(UserError, match=message):
        train.main(["--smoke", *options, "--out", str(tmp_path)])


def test_a_changed_option_is_refused_on_resume(uninterrupted):
    with pytest.raises(CheckpointError, match=r"训练时 lr=0.004，现在是 0.001"):
        train.main([*SHORT, "--lr", "0.001", "--out", str(uninterrupted[0]), "--resume"])


def test_a_changed_vocabulary_is_refused_on_resume(uninterrupted, tmp_path):
    state = load_state(uninterrupted[0] / "last.safetensors")
    state["tokenizers"][0]["characters"][-1] = "好"
    save_state(tmp_path / "last.safetensors", state)
    with pytest.raises(CheckpointError, match="词表与现在的数据建出来的不同"):
        train.main([*SHORT, "--out", str(tmp_path), "--resume"])


def test_other_data_is_refused_on_resume_and_an_old_checkpoint_without_the_entry_is_not(uninterrupted, tmp_path):
    state = load_state(uninterrupted[0] / "last.safetensors")
    assert state["data"].startswith("40 句")
    save_state(tmp_path / "last.safetensors", state | {"data": "41 句（0）"})
    with pytest.raises(CheckpointError, match=r"训练时的数据是 41 句（0），现在是 40 句"):
        train.main([*SHORT, "--out", str(tmp_path), "--resume"])
    del state["data"]
    save_state(tmp_path / "last.safetensors", state)
    train.main([*SHORT, "--out", str(tmp_path), "--resume"])


def test_a_smoke_run_does_not_write_over_the_trained_model(tmp_path):
    for smoke, out, expected in ((True, tmp_path, tmp_path / "smoke"), (False, tmp_path, tmp_path), (True, "x", "x")):
        args = SimpleNamespace(task="normal_forms", full=False, quick=False, smoke=smoke, out=out)
        recipe_from(args, tmp_path)
        assert args.out == expected


def test_a_warmup_longer_than_the_training_is_pointed_out(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(corpus.normal_forms, "generate", lambda n, seed, split: [("三点", "03:00")] * 8)
    train.main(["--epochs", "1", "--d-model", "8", "--d-ff", "8", "--device", "cpu", "--out", str(tmp_path)])
    assert "--warmup 200 走不完" in capsys.readouterr().out


# ---- 平行语料


def write_corpus(folder, lines=30, extra=0):
    for split, name in corpus.SPLITS.items():
        for language, word in (("de", "Hund"), ("en", "dog")):
            count = lines + (extra if (split, language) == ("test", "en") else 0)
            text = "".join(f"{word} {i % 7} {word}\n" for i in range(count))
            (folder / f"{name}.{language}.gz").write_bytes(gzip.compress(text.encode()))
    return folder


def test_a_parallel_corpus_trains_and_reports_bleu_with_its_signature(tmp_path):
    folder = write_corpus(tmp_path)
    options = ["--smoke", "--task", "multi30k", "--data", str(folder), "--epochs", "1", "--beam", "2"]
    result = train.main([*options, "--out", str(tmp_path / "out")])
    assert 0 <= result["bleu"] <= 100
    assert "tok:13a" in result["signature"]


def test_unequal_line_counts_are_named(tmp_path):
    with pytest.raises(UserError, match=r"test_2016_flickr.de.gz 有 30 行，test_2016_flickr.en.gz 有 32 行"):
        corpus.load_multi30k(write_corpus(tmp_path, extra=2), "de-en")


def test_a_file_that_is_not_text_is_a_user_error(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="读不了"):
        corpus.read_lines(path)


def test_no_mirror_leaves_the_manual_path(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("没有网络")

    monkeypatch.setattr(corpus.urllib.request, "urlopen", refuse)
    with pytest.raises(UserError, match=r"下载不了 train.de.gz.*没有网络.*放进"):
        corpus.download_multi30k(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_download_with_another_content_is_thrown_away(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus.urllib.request, "urlopen", lambda *_, **__: io.BytesIO(b"other"))
    with pytest.raises(UserError, match="sha256 不对"):
        corpus.download_multi30k(tmp_path)


def test_bleu_of_a_perfect_translation_is_100():
    texts = ["a man is reading a book in the park .", "two dogs are playing in the snow ."]
    assert bleu(texts, texts)["bleu"] == pytest.approx(100)


# ---- 用


def test_translating_prints_both_searches(uninterrupted, capsys, tmp_path):
    checkpoint = str(uninterrupted[0] / "model.safetensors")
    result = translate.main(["三点半", "三万五", "--checkpoint", checkpoint, "--out", str(tmp_path)])
    assert result["sentences"] == 2
    assert capsys.readouterr().out.count("贪心") == 2


def test_translating_a_file_keeps_empty_lines(uninterrupted, tmp_path):
    (tmp_path / "in.txt").write_text("三点半\n\n三万五\n", encoding="utf-8")
    checkpoint = str(uninterrupted[0] / "model.safetensors")
    translate.main(["--file", str(tmp_path / "in.txt"), "--checkpoint", checkpoint, "--out", str(tmp_path)])
    lines = (tmp_path / "translations.txt").read_text(encoding="utf-8").split("\n")
    assert len(lines) == 4
    assert lines[1] == ""


def test_a_line_that_is_too_long_is_named(uninterrupted, tmp_path):
    (tmp_path / "in.txt").write_text("三点半\n\n" + "三" * 200 + "\n", encoding="utf-8")
    checkpoint = str(uninterrupted[0] / "model.safetensors")
    with pytest.raises(UserError, match="第 3 行：一句有 201 个词元"):
        translate.main(["--file", str(tmp_path / "in.txt"), "--checkpoint", checkpoint, "--out", str(tmp_path)])


def test_unknown_characters_are_named(uninterrupted, tmp_path, capsys):
    checkpoint = str(uninterrupted[0] / "model.safetensors")
    translate.main(["三点☃", "--checkpoint", checkpoint, "--out", str(tmp_path)])
    assert "词表里没有：「☃」" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("script", "options", "message"),
    [
        (translate, ["三点", "--file", "a.txt"], "只能给一样"),
        (translate, ["三点", "--interactive"], "只能给一样"),
        (visualize, [""], "空的输入"),
    ],
)
def test_contradicting_and_empty_requests_are_user_errors(script, options, message, uninterrupted, tmp_path):
    checkpoint = str(uninterrupted[0] / "model.safetensors")
    with pytest.raises(UserError, match=message):
        script.main([*options, "--checkpoint", checkpoint, "--out", str(tmp_path)])


def test_a_smoke_checkpoint_is_never_taken_for_a_trained_one(uninterrupted, tmp_path, monkeypatch):
    monkeypatch.setattr(translator, "repository_root", lambda: tmp_path)
    place = tmp_path / "outputs" / "Transformer"
    for folder in ("train", "train/smoke", "translate/smoke"):
        (place / folder).mkdir(parents=True)
        shutil.copy(uninterrupted[0] / "model.safetensors", place / folder)  # 冒烟的更新
    assert translator.find_translator(None, CPU, tmp_path).path == place / "train" / "model.safetensors"


def test_the_attention_of_a_translation_is_a_distribution_and_is_drawn(uninterrupted, tmp_path):
    checkpoint = str(uninterrupted[0] / "model.safetensors")
    result = visualize.main(["--checkpoint", checkpoint, "--out", str(tmp_path)])
    assert result["row_sum_error"] < 1e-5
    assert (tmp_path / "alignment.png").is_file()


def test_looking_at_attention_does_not_change_the_output(uninterrupted):
    loaded = load_translator(uninterrupted[0] / "model.safetensors", CPU)
    before = loaded.hypotheses("三点半")[0]
    loaded.attention("三点半", before.ids)
    assert loaded.hypotheses("三点半")[0] == before


def test_foreign_and_mismatched_checkpoints_are_refused(uninterrupted, tmp_path):
    save_state(tmp_path / "foreign.safetensors", {"chapter": "ResNet"})
    with pytest.raises(CheckpointError, match="不是 Transformer/train.py 的检查点"):
        load_translator(tmp_path / "foreign.safetensors", CPU)
    state = load_state(uninterrupted[0] / "model.safetensors")
    state["tokenizers"][1]["characters"].append("x")
    save_state(tmp_path / "mismatch.safetensors", state)
    with pytest.raises(CheckpointError, match="权重与它的词表或配方对不上"):
        load_translator(tmp_path / "mismatch.safetensors", CPU)
