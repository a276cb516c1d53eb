"""第 4 章分词的实验脚本与计时：都跑得通，两边做的是同一件事，数出来的量前后一致。"""

from book import read_result
from CS336.Tokenization import bench


def test_the_bench_runs_and_both_sides_do_the_same(capsys, tmp_path):
    bench.main(["--smoke", "--out", str(tmp_path)])
    result = read_result(capsys.readouterr().out)
    assert [(row["task"], row["corpus"]) for row in result["rows"]] == [
        (task, corpus) for corpus in bench.CORPORA for task in ["training"] * 2 + ["encoding"] * 4
    ]
    for found in result["corpora"].values():
        assert found["common_merges"] >= 0.95 * found["merges"]
        assert abs(found["bytes_per_token"] / found["library_bytes_per_token"] - 1) < 0.01
