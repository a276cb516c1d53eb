"""服务的各块，不启动模型：语法约束的小例子、流式的读与拼、实验脚本跑得通。"""

import asyncio
import doctest
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from book import read_result
from TrainAndFinetune.serving import grammar, masking, streams
from TrainAndFinetune.serving.errors import ApiError

logit_rows = st.lists(
    st.lists(st.floats(-50, 50), min_size=len(masking.VOCABULARY), max_size=len(masking.VOCABULARY)),
    min_size=8,
    max_size=8,
)


@pytest.mark.parametrize("module", [masking, grammar])
def test_the_examples_in_the_docstrings_hold(module):
    assert doctest.testmod(module).attempted
    assert not doctest.testmod(module).failed


@given(logit_rows)
def test_whatever_the_logits_a_constrained_answer_is_one_of_the_allowed(rows):
    steps = iter(rows)
    assert masking.constrained_greedy(lambda written: np.array(next(steps))) in masking.ANSWERS


@given(logit_rows, st.sampled_from(["", "大", "晴", "晴天"]))
def test_a_mask_keeps_the_proportions_of_what_is_allowed(rows, written):
    logits, mask = np.array(rows[0]), masking.allowed(written)
    p = masking.masked_softmax(logits, mask)
    assert p.sum() == pytest.approx(1)
    assert (p[~mask] == 0).all()
    np.testing.assert_allclose(p[mask], np.exp(logits[mask]) / np.exp(logits[mask]).sum(), rtol=1e-6, atol=1e-12)


REPLY = {
    "id": "1",
    "created": 0,
    "model": "m",
    "object": "chat.completion",
    "usage": {"completion_tokens": 3},
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "一\u2028二\n三"}},
        {
            "index": 1,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": f"c{i}", "type": "function", "function": {"name": "f", "arguments": '{"a": "天"}'}}
                    for i in range(2)
                ],
            },
        },
    ],
}


def read_all(blocks: list[bytes]) -> list[dict]:
    async def source():
        for block in blocks:
            yield block

    async def collect():
        return [chunk async for chunk in streams.read_chunks(source())]

    return asyncio.run(collect())


@given(st.integers(1, 60))
def test_a_reply_split_into_chunks_and_cut_anywhere_is_put_together_again(size):
    stream = "".join(streams.write_chunks(streams.as_chunks(REPLY, with_usage=True))).encode()
    chunks = read_all([stream[i : i + size] for i in range(0, len(stream), size)])
    assert streams.merge(chunks) == REPLY
    assert stream.endswith(b"data: [DONE]\n\n")


def test_arguments_and_probabilities_of_many_chunks_are_joined():
    def chunk(delta, **more):
        return {"choices": [{"index": 0, "delta": delta, "finish_reason": None, **more}]}

    first = {"index": 0, "id": "c", "function": {"name": "f", "arguments": '{"a"'}}
    parts = [chunk({"tool_calls": [first]}), chunk({"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]})]
    (call,) = streams.merge(parts)["choices"][0]["message"]["tool_calls"]
    assert call == {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    parts = [chunk({"content": text}, logprobs={"content": [{"token": text}]}) for text in "甲乙"]
    choice = streams.merge(parts)["choices"][0]
    assert choice["message"]["content"] == "甲乙"
    assert [token["token"] for token in choice["logprobs"]["content"]] == ["甲", "乙"]
    texts = [{"choices": [{"index": 0, "text": text, "finish_reason": None}]} for text in "甲乙"]
    assert streams.merge(texts, "text_completion")["choices"][0]["text"] == "甲乙"


def test_an_error_in_the_middle_of_a_stream_is_an_error():
    with pytest.raises(ApiError, match="坏了"):
        read_all([b"data: " + json.dumps({"error": {"code": 500, "message": "坏了"}}).encode() + b"\n\n"])


def test_the_lab_of_the_server_runs_and_reports(run_script):
    result = run_script("TrainAndFinetune/2_serve.py", "--smoke")
    assert result.returncode == 0, result.stderr
    found = read_result(result.stdout)
    assert [row["requests"] for row in found["batches"]] == [1, 2]
    assert found["marks"]["<start_of_turn>"] == 1
    assert set(found["json"]) == {"free", "engine", "book"}
    assert found["prefixes"] is None or found["prefixes"]["top1"] >= 6
