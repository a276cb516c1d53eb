"""第 4 章分词的实验脚本与计时：都跑得通，两边做的是同一件事，数出来的量等于按定义数的。"""

import importlib

import pytest

from book import read_result
from CS336.Tokenization import bench
from CS336.Tokenization.merging import Merger
from CS336.Tokenization.naive import count_pairs, merge_pair, split_bytes, train_naive
from CS336.Tokenization.pretokenize import count_words
from CS336.Tokenization.texts import text_of

training, encoding = (importlib.import_module(f"CS336.Tokenization.{name}") for name in ("4_training", "5_encoding"))


@pytest.fixture(scope="module")
def words():
    return count_words([text_of("english", 4000)]) | count_words([text_of("chinese", 3000)])


def run_smoke(lab, capsys, tmp_path) -> dict:
    lab.main(["--smoke", "--out", str(tmp_path)])
    return read_result(capsys.readouterr().out)


def test_the_bench_runs_and_both_sides_do_the_same(capsys, tmp_path):
    result = run_smoke(bench, capsys, tmp_path)
    assert [(row["task"], row["corpus"]) for row in result["rows"]] == [
        (task, corpus) for corpus in bench.CORPORA for task in ["training"] * 2 + ["encoding"] * 4
    ]
    for found in result["corpora"].values():
        assert found["common_merges"] >= 0.95 * found["merges"]
        assert abs(found["bytes_per_token"] / found["library_bytes_per_token"] - 1) < 0.01


def test_the_training_lab_runs_and_its_versions_agree(capsys, tmp_path):
    result = run_smoke(training, capsys, tmp_path)
    assert result["same_merges"] is True
    assert all(row["common"] < 1 for row in result["wrong"])


def test_the_counted_visits_follow_the_definition(words):
    """朴素版真的做一遍，按定义数：从头数的对、只重数的对、换了几处、还有次数的对。"""
    found, expected = training.visits(words, 30), dict.fromkeys(("all", "recounted", "occurrences", "live_pairs"), 0)
    split = {word: split_bytes(word) for word in words}
    for pair in train_naive(words, 30):
        expected["live_pairs"] += len(count_pairs(split, words))
        for word, tokens in split.items():
            merged = merge_pair(tokens, pair)
            expected["all"] += len(tokens) - 1
            expected["recounted"] += (len(tokens) - 1) * (merged != tokens)
            expected["occurrences"] += len(tokens) - len(merged)
            split[word] = merged
    assert {key: found[key] for key in expected} == expected


def test_every_queue_takes_the_same_pairs(words):
    found = [training.train_with(words, 200, queue) for queue in (training.ScanQueue, training.HeapQueue)]
    assert found == [training.train_with(words, 200, training.PairQueue)] * 2


def test_the_encoding_lab_runs_and_its_methods_agree(capsys, tmp_path):
    result = run_smoke(encoding, capsys, tmp_path)
    for name in ("english", "chinese"):
        assert result[name]["same"] is True
        assert result[name]["equals_naive"] is True
        assert [row["name"] for row in result[name]["wrong"]] == ["unchecked", "right_first", "latest_first"]


def test_the_wrong_encoders_are_wrong():
    merger = Merger(train_naive({"low": 5, "lower": 2, "widest": 3, "newest": 6}, 30))
    assert encoding.encode_unchecked(merger, "lowest") != merger.merge("lowest")
    merger = Merger([(b"a", b"a")])
    assert encoding.reverse_encode(merger, "aaa") != merger.merge("aaa")


@pytest.mark.parametrize("name", ["figures_training", "figures_encoding"])
def test_figures_are_drawn_from_the_records(name, tmp_path, capsys):
    importlib.import_module(f"CS336.Tokenization.{name}").main(["--out", str(tmp_path)])
    assert len(list(tmp_path.glob("*.png"))) == 1
