"""第 5 章的数据流水线与微调：模板、标签、裁剪、分批、打包、损失、训练脚本。"""

import doctest
import errno
import importlib
import itertools
import json
import math
import multiprocessing
import os
import signal
import socket
import sys
import time
from types import SimpleNamespace

import accelerate
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from torch.nn.functional import cross_entropy
from transformers import Gemma3TextConfig, PreTrainedTokenizerFast

from book import CheckpointError, UserError, load_state, repository_root
from TrainAndFinetune import figures_full, finetune
from TrainAndFinetune.base import load_base, tiny_model
from TrainAndFinetune.methods import COUNTS, LINEARS, trainable
from TrainAndFinetune.tuning import (
    Example,
    answer_loss,
    check_row,
    collate,
    collate_packed,
    encode_example,
    encode_rows,
    length_batches,
    memory,
    pack,
    prompt_ids,
    read_jsonl,
    render,
    repeated,
    split_rows,
)
from TrainAndFinetune.tuning.batching import block_mask, epoch_batches
from TrainAndFinetune.tuning.chat import IGNORE, TEMPLATE, pieces
from TrainAndFinetune.tuning.evaluate import grade, write_answers
from TrainAndFinetune.tuning.inputs import load_rows
from TrainAndFinetune.tuning.memory import activation_bytes, available_bytes, estimate, logit_bytes
from TrainAndFinetune.tuning.settings import LAYERS, METHODS, Settings, freeze_as_stored, install
from TrainAndFinetune.tuning.wrong import mismatches, on_everything, without_end

SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
END = SPECIAL.index("<end_of_turn>")
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "add",
            "description": "两数相加 <a & b>",
            "parameters": {"type": "object", "properties": {"a": {"type": "number"}}},
        },
    }
]
CALL = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "add", "arguments": {"a": 1}}}]}
PLAIN = [{"role": "user", "content": "一加一？"}, {"role": "assistant", "content": "二。"}]
TURNS = [
    {"role": "system", "content": "简短。"},
    {"role": "user", "content": "用工具算 1 + 1"},
    CALL,
    {"role": "tool", "content": "2"},
    {"role": "assistant", "content": "二。\n\n还要算吗 "},
    {"role": "user", "content": "不了，再见"},
    {"role": "assistant", "content": "再见"},
]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def new_tokenizer(extra: str = "") -> PreTrainedTokenizerFast:
    """字节级 BPE，换行与后面的空白会合并：与 Gemma 有同样的陷阱。"""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    text = render(TURNS, TOOLS) + "\n\n" * 20 + " 再见" * 9 + extra
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    raw.train_from_iterator(
        [text] * 4, trainers.BpeTrainer(vocab_size=420, special_tokens=SPECIAL, initial_alphabet=alphabet)
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, pad_token="<pad>", eos_token="<eos>", bos_token="<bos>", unk_token="<unk>"
    )


@pytest.fixture(scope="module")
def tokenizer():
    return new_tokenizer()


class GemmaTokenizer:
    """真的 Gemma 词表，只要三个方法：经过 transformers 要多花几秒。"""

    def __init__(self, path):
        self.raw = Tokenizer.from_file(str(path))

    def __call__(self, text, add_special_tokens):
        return SimpleNamespace(input_ids=self.raw.encode(text, add_special_tokens=add_special_tokens).ids)

    def convert_tokens_to_ids(self, token):
        return self.raw.token_to_id(token)

    def decode(self, ids):
        return self.raw.decode(ids, skip_special_tokens=False)


@pytest.fixture(scope="module")
def gemma():
    from TrainAndFinetune.base import hf_folder

    return GemmaTokenizer(hf_folder() / "tokenizer.json")


def answers(example: Example) -> list[list[int]]:
    """标签里连续的几段答案。"""
    found, last = [], IGNORE
    for label in example.labels:
        if label != IGNORE and last == IGNORE:
            found.append([])
        if label != IGNORE:
            found[-1].append(label)
        last = label
    return found


# ---- 模板


@pytest.mark.parametrize("tools", [None, TOOLS])
@pytest.mark.parametrize("generation", [True, False])
def test_the_template_renders_byte_for_byte_as_transformers_does(tokenizer, tools, generation):
    for messages in (PLAIN, TURNS, PLAIN[:1], TURNS[:4]):
        want = tokenizer.apply_chat_template(
            messages, tools, chat_template=TEMPLATE.read_text(), tokenize=False, add_generation_prompt=generation
        )
        assert render(messages, tools, generation).encode() == want.encode()


@pytest.mark.parametrize("name", ["tokenizer", "gemma"])
def test_training_ids_are_the_inference_prompt_followed_by_the_answer(name, request):
    tokenizer = request.getfixturevalue(name)
    end = tokenizer.convert_tokens_to_ids("<end_of_turn>")
    for messages, tools in ((PLAIN, None), (TURNS, TOOLS), (TURNS[:3], TOOLS), (TURNS[:5], None)):
        example = encode_example(tokenizer, messages, tools)
        whole = tokenizer(render(messages, tools).removesuffix("\n"), add_special_tokens=False).input_ids
        assert example.ids == whole
        prompt = prompt_ids(tokenizer, messages[:-1], tools)
        assert example.ids[: len(prompt)] == prompt
        answer = example.ids[len(prompt) :]
        assert example.labels[len(prompt) :] == answer
        assert answer[-1] == end
        assert tokenizer.decode(answer) == render(messages, tools)[len(render(messages[:-1], tools, True)) : -1]


def test_labels_cover_every_answer_with_its_end_token_and_nothing_else(tokenizer):
    example = encode_example(tokenizer, TURNS, TOOLS)
    texts = [tokenizer.decode(ids) for ids in answers(example)]
    call = '<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>'
    assert texts == [call + "<end_of_turn>", "二。\n\n还要算吗 <end_of_turn>", "再见<end_of_turn>"]
    assert all(label in (IGNORE, token) for token, label in zip(example.ids, example.labels))
    assert [ids.count(END) for ids in answers(example)] == [1, 1, 1]
    assert "".join(text for text, _ in pieces(TURNS, TOOLS)) + "\n" == render(TURNS, TOOLS)


@pytest.mark.parametrize("name", ["tokenizer", "gemma"])
def test_an_answer_that_merges_with_the_newline_before_it_is_refused(name, request):
    messages = [PLAIN[0], {"role": "assistant", "content": "\n\n\n二"}]
    with pytest.raises(UserError, match="切成了一个词元.*去掉答案开头的空白"):
        encode_example(request.getfixturevalue(name), messages)


def test_marks_inside_the_content_are_refused_or_removed_by_the_template(tokenizer):
    clean = [{"role": "user", "content": "一加一<end_of_turn>？"}, PLAIN[1]]
    assert encode_example(tokenizer, clean).ids == encode_example(tokenizer, PLAIN).ids
    call = {"function": {"name": "add", "arguments": {"a": "<end_of_turn>"}}}
    for messages in (
        [{"role": "user", "content": "一加一<bos>？"}, PLAIN[1]],
        [PLAIN[0], {"role": "assistant", "content": "", "tool_calls": [call]}],
    ):
        with pytest.raises(UserError, match="消息里夹着 <.*>，它是对话的标记；从数据里删掉它"):
            encode_example(tokenizer, messages)


def test_a_conversation_without_messages_is_refused():
    with pytest.raises(UserError, match="messages 是空的"):
        render([])


# ---- 裁剪


words = st.text(st.sampled_from("一加二 ab\n"), min_size=1, max_size=12).map(lambda text: "问" + text)


@settings(max_examples=60, deadline=None)
@given(turns=st.lists(st.tuples(words, words), min_size=1, max_size=4), limit=st.integers(8, 120))
def test_truncation_never_cuts_an_answer_or_its_end_token(tokenizer, turns, limit):
    messages = [{"role": "system", "content": "简短"}]
    for question, answer in turns:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    whole = encode_example(tokenizer, messages, max_length=10_000)
    try:
        example = encode_example(tokenizer, messages, max_length=limit)
    except UserError:
        assert len(whole) > limit
        with pytest.raises(UserError, match="答案不能裁"):
            encode_example(tokenizer, messages, max_length=limit)
        return
    assert len(example) <= limit
    kept, full = answers(example), answers(whole)
    assert kept == full[-len(kept) :]  # 留下的答案一个词元也没少，少的是最早的几轮
    assert kept
    if len(kept) < len(full):  # 多留一轮就放不下了
        one_more = messages[:1] + messages[1 + 2 * (len(full) - len(kept) - 1) :]
        assert len(encode_example(tokenizer, one_more, max_length=10_000)) > limit
    assert example.ids[-1] == END
    assert example.cut == len(whole) - len(example)
    assert (example.cut == 0) == (len(whole) <= limit)
    assert tokenizer.decode(example.ids).startswith("<bos><start_of_turn>user\n简短\n\n")  # system 还在


def test_the_oldest_turns_go_first_and_the_tools_stay(tokenizer):
    whole = encode_example(tokenizer, TURNS, TOOLS)
    last = TURNS[:1] + TURNS[5:]
    example = encode_example(tokenizer, TURNS, TOOLS, len(whole) - 1)
    assert example.ids == encode_example(tokenizer, last, TOOLS).ids
    assert example.cut == len(whole) - len(example)


def test_a_long_question_loses_its_beginning_only_as_far_as_needed(tokenizer):
    messages = [{"role": "user", "content": "".join(map(str, range(200)))}, PLAIN[1]]
    whole = encode_example(tokenizer, messages)
    example = encode_example(tokenizer, messages, max_length=100)
    text = tokenizer.decode(example.ids)
    assert 98 <= len(example) <= 100 < len(whole)
    assert text.startswith("<bos><start_of_turn>user\n")
    assert text.endswith("198199<end_of_turn>\n<start_of_turn>model\n二。<end_of_turn>")


def test_encoding_names_the_row_that_cannot_be_encoded(tokenizer):
    rows = [{"messages": PLAIN}, {"messages": [PLAIN[0], {"role": "assistant", "content": "长" * 500}]}]
    with pytest.raises(UserError, match="^第 2 行：.*放不进 64 个"):
        encode_rows(tokenizer, rows, 64)
    assert encode_rows(tokenizer, rows[:1], 64) == [encode_example(tokenizer, PLAIN)]


# ---- 读数据


def line(messages, **more) -> str:
    return json.dumps({"messages": messages, **more}, ensure_ascii=False)


U, A = PLAIN
BAD_ROWS = {
    "{": "不是 JSON",
    "": "是空的",
    "[1]": "没有 messages",
    '{"text": "x"}': "没有 messages（非空的列表），只有 text",
    line([]): "没有 messages",
    line([U]): "最后一条是 user",
    line([A]): "messages\\[0\\] 是 assistant，前面却是对话的开头",
    line([U, U, A]): "messages\\[1\\] 是 user，前面却是user",
    line([U, A, {"role": "system", "content": "x"}, U, A]): "只能是第一条",
    line([{"role": "human", "content": "x"}, A]): "role 是 'human'，可选 system、user、assistant、tool",
    line([{"role": "user"}, A]): "messages\\[0\\] 缺 content",
    line([{"content": "x"}, A]): "messages\\[0\\] 缺 role",
    line([{"role": "user", "content": 3}, A]): "content 应当是字符串，收到 3",
    line([U, {"role": "assistant", "content": " "}]): "content 是空的",
    line([U, CALL, A]): "前面却是要用工具的 assistant",
    line([U, {"role": "tool", "content": "2"}, A]): "messages\\[1\\] 是 tool，前面却是user",
    line([U | {"tool_calls": CALL["tool_calls"]}, A]): "只有 assistant 可以有 tool_calls",
    line([U, CALL | {"tool_calls": [{"name": "add"}]}]): "缺 function.name",
    line([U, CALL | {"tool_calls": [{"function": {"name": "add", "arguments": "{"}}]}]): "不是完整的 JSON",
    line([U, CALL | {"tool_calls": [{"function": {"name": "add", "arguments": "[1]"}}]}]): "应当是一个 JSON 对象",
    line([U, CALL | {"tool_calls": {"function": 1}}]): "tool_calls 应当是列表",
    line([U, A], tools={"name": "add"}): "tools 应当是列表",
    line([U, A], tools=[{"function": {"name": "add"}}]): "name、description、parameters",
    line([U, "x"]): "messages\\[1\\] 应当是一个对象",
}


@pytest.mark.parametrize("bad", BAD_ROWS)
def test_a_bad_row_is_named_by_its_number_in_one_line(bad, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join([line(PLAIN), line(TURNS, tools=TOOLS), bad, line(PLAIN)]) + "\n", encoding="utf-8")
    with pytest.raises(UserError, match=f"第 3 行：.*{BAD_ROWS[bad]}") as caught:
        read_jsonl(path)
    assert "\n" not in str(caught.value)


def test_reading_keeps_every_row_and_ignores_a_byte_order_mark(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([line(PLAIN), line(TURNS, tools=TOOLS)]).encode() + b"\r\n\n")
    assert read_jsonl(path) == [{"messages": PLAIN}, {"messages": TURNS, "tools": TOOLS}]


def test_an_empty_missing_or_undecodable_file_is_one_chinese_line(tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n\n")
    with pytest.raises(UserError, match="是空的，一条对话也没有"):
        read_jsonl(empty)
    with pytest.raises(UserError, match="读不了.*检查 --data"):
        read_jsonl(tmp_path / "none.jsonl")
    (tmp_path / "rows.jsonl").write_text(line(PLAIN), encoding="utf-8")
    with pytest.raises(UserError, match="读不了.*none.jsonl.*检查 --dev"):
        load_rows(SimpleNamespace(data=tmp_path / "rows.jsonl", dev=tmp_path / "none.jsonl"))
    (tmp_path / "gbk.jsonl").write_bytes((line(PLAIN) + "\n").encode() + line(PLAIN).encode("gbk"))
    with pytest.raises(UserError, match="第 2 行不是 UTF-8"):
        read_jsonl(tmp_path / "gbk.jsonl")


@pytest.mark.parametrize("indent", [None, 1])
def test_a_json_array_is_told_to_drop_its_brackets(indent, tmp_path):
    path = tmp_path / "array.jsonl"
    path.write_text(json.dumps([{"messages": PLAIN}] * 2, indent=indent), encoding="utf-8")
    with pytest.raises(UserError, match="array.jsonl 是 JSON 数组；要一行一个对象，不要外面的方括号"):
        read_jsonl(path)


def test_the_split_keeps_the_same_question_on_one_side():
    rows = [{"messages": [{"role": "user", "content": f"{i % 50}"}, {"role": "assistant", "content": f"{i}"}]}
            for i in range(200)]  # fmt: skip
    train, dev = split_rows(rows, 0.2)
    assert len(train) + len(dev) == 200
    assert 0 < len(dev) < 100
    assert repeated(dev, train) == 0.0
    assert repeated(dev[:1] + train[:3], train) == 0.75
    assert split_rows(rows[:100], 0.2)[1] == [row for row in rows[:100] if row in dev]  # 与别的行无关
    assert split_rows(rows, 0.2, seed=1)[1] != dev
    assert check_row(rows[0]) is rows[0]


# ---- 分批与打包


def random_examples(n: int, longest: int, seed: int = 0, vocabulary: int = 97) -> list[Example]:
    generator = torch.Generator().manual_seed(seed)
    examples = []
    for _ in range(n):
        length = int(torch.randint(3, longest + 1, (1,), generator=generator))
        ids = torch.randint(6, vocabulary, (length,), generator=generator).tolist()
        start = int(torch.randint(1, length, (1,), generator=generator))
        examples.append(Example(ids, [IGNORE] * start + ids[start:]))
    return examples


def test_collate_pads_on_the_right_and_never_trains_on_padding():
    a, b = Example([2, 5, 6, 7], [IGNORE, IGNORE, 6, 7]), Example([2, 9], [IGNORE, 9])
    batch = collate([a, b], pad_id=0)
    assert batch["input_ids"].tolist() == [[2, 5, 6, 7], [2, 9, 0, 0]]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1], [1, 1, 0, 0]]
    assert batch["labels"].tolist() == [[-100, -100, 6, 7], [-100, 9, -100, -100]]


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 60), budget=st.integers(4, 200), seed=st.integers(0, 9))
def test_length_batches_use_every_example_once_within_the_budget(n, budget, seed):
    examples = random_examples(n, 40, seed)
    batches = length_batches(examples, budget, torch.Generator().manual_seed(seed))
    assert sorted(id(e) for batch in batches for e in batch) == sorted(map(id, examples))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(map(len, batch)) <= budget
    again = length_batches(examples, budget, torch.Generator().manual_seed(seed))
    assert [[id(e) for e in batch] for batch in again] == [[id(e) for e in batch] for batch in batches]


def test_length_batches_waste_little_and_come_in_another_order_each_epoch():
    examples = random_examples(400, 100)
    generator = torch.Generator().manual_seed(0)
    first, second = length_batches(examples, 800, generator), length_batches(examples, 800, generator)
    assert [[id(e) for e in b] for b in first] != [[id(e) for e in b] for b in second]
    assert [len(b[0]) for b in first] != sorted(len(b[0]) for b in first)  # 不是从短到长
    real, padded = sum(map(len, examples)), sum(len(b) * max(map(len, b)) for b in first)
    assert real / padded > 0.9
    with pytest.raises(UserError, match="一条对话也没有"):
        length_batches([], 100, generator)


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 40), seed=st.integers(0, 9), room=st.integers(40, 90))
def test_packing_uses_every_example_once_and_no_row_is_too_long(n, seed, room):
    examples = random_examples(n, 40, seed)
    rows = pack(examples, room)
    assert sorted(id(e) for row in rows for e in row) == sorted(map(id, examples))
    totals = [sum(map(len, row)) for row in rows]
    assert max(totals) <= room
    assert sum(total <= room / 2 for total in totals) <= 1  # 首次适应：至多一行没过半
    with pytest.raises(UserError, match="打包的行只有"):
        pack(examples, max(map(len, examples)) - 1)


def test_every_packed_example_counts_its_positions_from_zero():
    a, b = Example([2, 5, 6], [IGNORE, 5, 6]), Example([2, 7], [IGNORE, 7])
    batch = collate_packed([[a, b], [b]], pad_id=0)
    assert batch["position_ids"].tolist() == [[0, 1, 2, 0, 1], [0, 1, 0, 0, 0]]
    assert batch["segments"].tolist() == [[1, 1, 1, 2, 2], [1, 1, 0, 0, 0]]
    assert batch["input_ids"].tolist() == [[2, 5, 6, 2, 7], [2, 7, 0, 0, 0]]
    assert batch["labels"].tolist() == [[-100, 5, 6, -100, 7], [-100, 7, -100, -100, -100]]


def test_the_block_mask_is_the_definition():
    segments = torch.tensor([[1, 1, 1, 2, 2, 0], [1, 2, 2, 3, 0, 0]])
    for window in (None, 2):
        got = block_mask(segments, window)
        for b in range(2):
            for i in range(6):
                for j in range(6):
                    near = window is None or i - j < window
                    same = segments[b, i] == segments[b, j] and (segments[b, j] > 0 or i == j)
                    assert bool(got[b, 0, i, j]) == bool(j <= i and near and same)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_packed_loss_and_gradients_equal_unpacked(attention):
    model = tiny_model(sliding_window=8, layer_types=["sliding_attention", "full_attention"])
    model.set_attn_implementation(attention)
    examples = random_examples(9, 30)  # 比窗口长：滑动窗口也要对
    rows = pack(examples, 64)
    assert len(rows) < len(examples)
    results = []
    for batch in (collate(examples, 0), collate_packed(rows, 0)):
        model.zero_grad()
        loss, tokens = answer_loss(model, batch)
        loss.backward()
        results.append((loss.item(), tokens, [p.grad.clone() for p in model.parameters()]))
    (loss, tokens, grads), (packed_loss, packed_tokens, packed_grads) = results
    assert tokens == packed_tokens == sum(label != IGNORE for e in examples for label in e.labels)
    assert packed_loss == pytest.approx(loss, abs=1e-6)
    for a, b in zip(grads, packed_grads):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


def test_editing_one_packed_example_never_changes_another():
    model = tiny_model()
    a, b = random_examples(2, 30, seed=3)
    changed = Example([i % 90 + 6 for i in a.ids], a.labels)
    with torch.no_grad():
        from TrainAndFinetune.tuning.loss import answer_logits

        n = sum(label != IGNORE for label in b.labels)
        first, _ = answer_logits(model, collate_packed([[a, b]], 0))
        second, _ = answer_logits(model, collate_packed([[changed, b]], 0))
        swapped, _ = answer_logits(model, collate_packed([[b, a]], 0))
    assert torch.equal(first[-n:], second[-n:])
    torch.testing.assert_close(swapped[:n], first[-n:], rtol=1e-4, atol=1e-5)  # 在行里的位置无关
    assert not torch.equal(first[:-n], second[:-n])


# ---- 损失


def test_answer_loss_equals_the_loss_over_all_logits_and_its_gradients():
    model, batch = tiny_model(), collate(random_examples(5, 25), 0)
    loss, tokens = answer_loss(model, batch)
    loss.backward()
    grads = {name: p.grad.clone() for name, p in model.named_parameters()}
    model.zero_grad()
    output = model(batch["input_ids"], attention_mask=batch["attention_mask"])
    want = cross_entropy(output.logits[:, :-1].flatten(0, 1), batch["labels"][:, 1:].flatten(), ignore_index=IGNORE)
    want.backward()
    assert tokens == int((batch["labels"][:, 1:] != IGNORE).sum())
    assert loss.item() == pytest.approx(want.item(), abs=1e-6)
    for name, p in model.named_parameters():
        torch.testing.assert_close(grads[name], p.grad, rtol=1e-4, atol=1e-6)
    theirs = model(batch["input_ids"], attention_mask=batch["attention_mask"], labels=batch["labels"]).loss
    assert loss.item() == pytest.approx(theirs.item(), abs=1e-6)  # transformers 自己的损失


def test_logits_are_computed_at_answer_positions_only():
    model, batch, shapes = tiny_model(), collate(random_examples(5, 25), 0), []
    model.lm_head.register_forward_hook(lambda module, args, output: shapes.append(tuple(output.shape)))
    _, tokens = answer_loss(model, batch)
    assert shapes == [(tokens, 97)]
    assert tokens < batch["input_ids"].numel()
    assert 262_144 * torch.finfo(torch.float32).bits // 8 == 2**20  # 笔记里的“一个位置 1 MiB”


def test_an_untrained_model_starts_at_the_log_of_the_vocabulary():
    loss, _ = answer_loss(tiny_model(initializer_range=0.002), collate(random_examples(20, 25), 0))
    assert loss.item() == pytest.approx(math.log(97), rel=0.02)


def test_a_batch_without_answers_costs_nothing_but_keeps_its_gradient():
    model = tiny_model()
    loss, tokens = answer_loss(model, collate([Example([2, 7, 8], [IGNORE] * 3)], 0))
    loss.backward()
    assert (loss.item(), tokens) == (0.0, 0)
    assert not any(p.grad.any() for p in model.parameters() if p.grad is not None)


def test_soft_prompts_refuse_packed_rows():
    from TrainAndFinetune.methods import add_prefix, add_prompt

    for add in (add_prefix, add_prompt):
        with pytest.raises(UserError, match="去掉 --pack"):
            answer_loss(add(tiny_model(), length=4), collate_packed([random_examples(2, 9)], 0))


# ---- 训练脚本


# 答案长短不一：各进程各自平均再平均的错才看得出来
REPEAT = {"a": 1, "b": 5, "c": 1, "d": 3}
LETTERS = [
    {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": text[0] * REPEAT[text[0]]}]}
    for text in ("".join(letters) for letters in itertools.product("abcd", repeat=3))
]
FAST = ["--device", "cpu", "--precision", "fp32", "--max-length", "64", "--tokens-per-batch", "256", "--graded", "4"]
FAST += ["--lr", "0.003", "--eval-every", "4"]


@pytest.fixture(scope="module")
def folder(tokenizer, tmp_path_factory):
    """一个随机的小模型与 64 行数据：照抄第一个字母几遍。"""
    folder = tmp_path_factory.mktemp("finetune")
    tiny_model(vocab_size=len(tokenizer), sliding_window=64).save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in LETTERS), encoding="utf-8")
    return folder


def train(folder, name, *more) -> dict:
    data = [] if "--data" in more else ["--data", str(folder / "rows.jsonl")]
    return finetune.main([*FAST, "--model", str(folder / "base"), *data, "--out", str(folder / name), *more])


def weights(folder, name) -> dict:
    return load_file(folder / name / "model" / "model.safetensors")


def history(folder, name) -> list:
    return json.loads((folder / name / "log.json").read_text(encoding="utf-8"))["history"]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def train_on(port: int, *arguments):
    """accelerate 的进程里训练；它设好了别的环境变量，端口换成空着的。"""

    def child() -> None:
        os.environ["MASTER_PORT"] = str(port)
        train(*arguments)

    return child


def start(folder, name, *more, world: int = 1) -> list:
    """在 fork 出来的进程里训练，省去每个进程几秒的导入；world 个进程一组，环境变量与 torchrun 设的相同。"""
    import torch.distributed.checkpoint.state_dict
    import torch.distributed.fsdp  # noqa: F401  在父进程里导入一次

    port = free_port()

    def child(rank: int) -> None:
        os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(world))
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
        train(folder, name, *more)

    processes = [multiprocessing.get_context("fork").Process(target=child, args=(rank,)) for rank in range(world)]
    for process in processes:
        process.start()
    return processes


def kill_after_first_checkpoint(processes, path) -> None:
    while not path.is_file():
        assert all(process.exitcode is None for process in processes)
        time.sleep(0.005)
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert [process.exitcode for process in processes] == [-signal.SIGKILL] * len(processes)


needs_fork = pytest.mark.skipif(sys.platform != "linux", reason="fork 之后还能用 torch 的只有 Linux")
LONG = ["--steps", "20"]


@pytest.fixture(scope="module")
def whole(folder):
    """一个进程、不中断的 20 步。"""
    return train(folder, "whole", *LONG)


def test_training_learns_to_answer_and_to_stop(folder):
    pairs = [(text, text[0]) for text in map("".join, itertools.product("abcd", repeat=3))]
    rows = [line([{"role": "user", "content": q}, {"role": "assistant", "content": a}]) for q, a in pairs]
    (folder / "copy.jsonl").write_text("\n".join(rows), encoding="utf-8")
    options = ["--steps", "80", "--graded", "8", "--lr", "0.01", "--eval-every", "80"]
    result = train(folder, "learned", "--data", str(folder / "copy.jsonl"), *options)
    assert result["dev_loss"] < 0.5 * result["dev_loss_before"]
    assert result["stops_by_itself"] == 1.0
    assert result["accuracy"] >= 0.9
    assert result["trained_parameters"] == sum(p.numel() for p in tiny_model(vocab_size=420).parameters())
    assert result["steps"] == 80
    assert min(result["tokens_per_second"], result["seconds"]) > 0


def test_an_answer_without_its_end_is_neither_stopped_nor_right(folder, tokenizer):
    written = write_answers(load_base(folder=folder / "base")[0], tokenizer, LETTERS[:4], 3, lambda text, row: True)
    assert [(w.stopped, w.right) for w in written] == [(False, False)] * 4  # 没训练过：写满 3 个也没有停
    assert grade(written) == {"accuracy": 0.0, "stops_by_itself": 0.0, "graded": 4}


@needs_fork
def test_a_killed_run_resumes_to_bit_identical_weights(folder, whole):
    kill_after_first_checkpoint(start(folder, "killed", *LONG), folder / "killed" / "last.ckpt")
    assert not (folder / "killed" / "model").exists()
    result = train(folder, "killed", *LONG, "--resume")
    one, two = weights(folder, "whole"), weights(folder, "killed")
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert history(folder, "whole") == history(folder, "killed")
    assert result["dev_loss"] == whole["dev_loss"]


def assert_close_runs(folder, one, two, file) -> None:
    first, second = (load_file(folder / name / file) for name in (one, two))
    assert first.keys() == second.keys()
    for key, value in first.items():
        torch.testing.assert_close(second[key], value, rtol=1e-3, atol=1e-4)
    for a, b in zip(history(folder, one)[1:], history(folder, two)[1:], strict=True):
        assert a == pytest.approx(b, rel=1e-4)


@needs_fork
@pytest.mark.parametrize("kind", ["ddp", "fsdp"])
def test_two_processes_equal_one(folder, whole, kind, monkeypatch):
    def fit(model, *arguments):
        local = sum(getattr(p, "_local_tensor", p).numel() for p in model.parameters())
        if finetune.ranks()[0] == 0:
            (folder / f"{kind}.json").write_text(json.dumps([local, sum(p.numel() for p in model.parameters())]))
        return original(model, *arguments)

    original = finetune.fit
    monkeypatch.setattr(finetune, "fit", fit)
    if kind == "ddp":  # 由 accelerate 启动
        accelerate.debug_launcher(train_on(free_port(), folder, kind, *LONG), num_processes=2)
    else:
        processes = start(folder, kind, *LONG, "--parallel", kind, world=2)
        for process in processes:
            process.join(600)  # 机器忙时也要等到
        assert [process.exitcode for process in processes] == [0, 0]
    assert_close_runs(folder, "whole", kind, "model/model.safetensors")
    local, total = json.loads((folder / f"{kind}.json").read_text())
    assert (local == total) if kind == "ddp" else (local < 0.6 * total)  # FSDP 的每个进程只有一半


@needs_fork
def test_an_adapter_killed_under_fsdp_continues_in_one_process(folder):
    lora = [*LONG, "--method", "lora", "--set", "rank=4"]
    result = train(folder, "lora-one", *lora)
    processes = start(folder, "lora-fsdp", *lora, "--parallel", "fsdp", world=2)
    kill_after_first_checkpoint(processes, folder / "lora-fsdp" / "last.ckpt")
    train(folder, "lora-fsdp", *lora, "--resume")
    assert_close_runs(folder, "lora-one", "lora-fsdp", "adapter/adapter_model.safetensors")
    assert result["trained_parameters"] == COUNTS["lora"](tiny_model(vocab_size=420).config, rank=4)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_trains_and_saves_what_it_trained(folder, method):
    result = train(folder, method, "--steps", "3", "--method", method)
    assert result["method"] == method
    assert math.isfinite(result["dev_loss"])
    assert result["dev_loss"] != result["dev_loss_before"]
    config = tiny_model(vocab_size=420).config
    assert result["trained_parameters"] == COUNTS[method](config)
    if method != "full":
        from TrainAndFinetune.methods import load_adapter, own_parameters

        model = load_adapter(load_base(folder=folder / "base")[0], folder / method / "adapter", same_base=False)
        assert sum(p.numel() for p in own_parameters(model).values()) == result["trained_parameters"]
    saved = load_state(folder / method / "last.ckpt")["weights"]  # 存档里只有训练的
    assert sum(value.numel() for value in saved.values()) == result["trained_parameters"]


def test_checkpointing_changes_memory_and_not_the_result(folder):
    plain, less = train(folder, "plain", "--steps", "4"), train(folder, "less", "--steps", "4", "--checkpointing")
    assert less["dev_loss"] == pytest.approx(plain["dev_loss"], rel=1e-5)


def test_packing_sees_every_example_once_an_epoch(folder):
    sizes = ["--max-length", "128"]
    result = train(folder, "packed", "--epochs", "1", "--pack", *sizes)
    plain = train(folder, "unpacked", "--epochs", "1", *sizes)
    assert result["steps"] <= plain["steps"] + 1
    assert math.isfinite(result["dev_loss"])
    state, other = (load_state(folder / name / "last.ckpt")["progress"] for name in ("packed", "unpacked"))
    assert state["tokens"] == other["tokens"]


def test_a_dev_set_of_training_rows_is_warned_about(folder, capsys):
    result = train(folder, "leak", "--steps", "1", "--dev", str(folder / "rows.jsonl"))
    assert result["repeated"] == 1.0
    out, saved = capsys.readouterr().out, folder / "leak" / "model"
    assert "警告：100% 的验证题在训练集里一字不差地出现过" in out
    assert result["saved"] == str(saved)
    assert f"成品在 {saved}；用它：python TrainAndFinetune/generate.py --model {saved} --chat" in out


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--lr", "0.004"], "训练时 lr=0.003，现在是 0.004"),
        (["--method", "lora"], "训练时 method=full，现在是 lora"),
        (["--steps", "50"], "训练时 steps=20，现在是 50"),
    ],
)
def test_resuming_with_other_settings_is_refused(folder, whole, more, message):
    with pytest.raises(CheckpointError, match=message):
        train(folder, "whole", *LONG, "--resume", *more)


def test_resuming_on_other_data_or_without_a_checkpoint_is_refused(folder, whole):
    other = folder / "other.jsonl"
    other.write_text("\n".join(json.dumps(row) for row in LETTERS[1:]), encoding="utf-8")
    with pytest.raises(CheckpointError, match="训练时的数据与现在的不同"):
        train(folder, "whole", *LONG, "--resume", "--data", str(other))
    with pytest.raises(CheckpointError, match="找不到检查点.*去掉 --resume"):
        train(folder, "nothing", "--resume")
    assert not (folder / "nothing").exists()


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--model", "no-such-folder"], "里没有 config.json；可选 small、gemma"),
        (["--method", "lora", "--set", "ranks=4"], "--set ranks=4：要写成 名字=值；lora 的选项有 .*rank"),
        (["--set", "rank=4"], "full 没有选项"),
        (["--method", "lora", "--set", "rank=0"], "秩是正整数"),
        (["--method", "prefix", "--pack"], "去掉 --pack"),
        (["--method", "prompt", "--checkpointing"], "去掉 --checkpointing"),
        (["--tokens-per-batch", "32"], "小于 --max-length 64"),
        (["--lr", "-1"], "lr=-1.0，需要不小于 0"),
        (["--lr", "nan"], "lr=nan，需要不小于 0"),
        (["--warmup", "2"], "收到 --warmup 2；--warmup 是几成，需要 0 到 1"),
        (["--steps", "20", "--lr", "1e30", "--clip", "0", "--warmup", "0"], "学习率 1e\\+30 太大"),
    ],
)
def test_a_wrong_option_is_one_chinese_line(folder, more, message):
    with pytest.raises(UserError, match=message):
        train(folder, "wrong", *more)


@pytest.mark.parametrize(
    ("method", "text", "message"),
    [
        ("lora", "rank=abc", "收到 rank='abc'，秩是正整数；试试 rank=8"),
        ("lora", "rank=-1", "收到 rank=-1，秩是正整数"),
        ("qlora", "rank=true", "收到 rank=True，秩是正整数"),
        ("lora", "alpha=big", "--set alpha=big：alpha 要写成正数，如 16"),
        ("lora", "alpha=0", "alpha 要写成正数"),
        ("lora", "alpha=NaN", "alpha 要写成正数"),
        ("lora", "dropout=1", "dropout 要写成不小于 0、小于 1 的数"),
        ("lora", "rslora=yes", "rslora 要写成 true 或 false"),
        ("lora", "dora=1", "dora 要写成 true 或 false"),
        ("lora", "targets=q_proj", "targets 要写成层名的列表，如"),
        ("lora", 'targets=["q"]', "targets 要写成层名的列表，.*可选 q_proj、k_proj"),
        ("lora", "targets=[[1]]", "targets 要写成层名的列表"),
        ("qlora", "block=63", "block 要写成正偶数，如 64"),
        ("ia3", "outputs=5", "outputs 要写成层名的列表"),
        ("ia3", "inputs=[]", "inputs 要写成层名的列表"),
        ("adapter", "size=big", "收到 size='big'，瓶颈的宽度是正整数"),
        ("prefix", "length=1.5", "收到 length=1.5，前缀的长度是正整数"),
        ("prefix", "init=vocab", "收到 init='vocab'，可选 .*activations"),
        ("prompt", "init=activations", "收到 init='activations'，可选 .*vocab"),
    ],
)
def test_a_wrong_value_of_a_method_option_is_refused_before_anything_is_read(method, text, message):
    with pytest.raises(UserError, match=message):
        finetune.options(["--method", method, "--set", text])


def test_right_values_of_method_options_are_kept():
    texts = ["rank=4", "alpha=8", "dropout=0.5", "dora=true", 'targets=["q_proj","v_proj"]']
    _, chosen = finetune.options(["--method", "lora", *(word for text in texts for word in ("--set", text))])
    assert dict(chosen.options) == {
        "rank": 4, "alpha": 8, "dropout": 0.5, "dora": True, "targets": ["q_proj", "v_proj"]
    }  # fmt: skip
    assert finetune.options(["--method", "prefix", "--set", "init=random"])[1].options == (("init", "random"),)
    assert finetune.options(["--warmup", "1"])[1].warmup == 1.0
    assert "、".join(LINEARS) in LAYERS


def test_a_dev_file_without_a_training_file_is_refused():
    with pytest.raises(UserError, match="--dev 要与 --data 一起给；随书的任务自带验证题"):
        finetune.options(["--dev", "dev.jsonl"])


def test_an_encoding_error_names_the_file_and_its_own_line(folder):
    rows = [line(row["messages"]) for row in LETTERS[:40]]
    late = next(
        i for i in range(20, 40) if len(split_rows(LETTERS[:i])[1]) > 1 and LETTERS[i] in split_rows(LETTERS)[0]
    )
    rows[late] = line([LETTERS[late]["messages"][0], {"role": "assistant", "content": "长" * 500}])
    bad, good = folder / "bad.jsonl", folder / "rows.jsonl"
    bad.write_text("\n".join(rows), encoding="utf-8")
    for files in (["--data", str(bad)], ["--data", str(good), "--dev", str(bad)]):
        with pytest.raises(UserError, match=f"^{bad} 第 {late + 1} 行：这段对话 .*放不进 64 个"):
            train(folder, "bad", *files)


def test_a_full_disk_keeps_the_old_checkpoint_and_says_so(folder, monkeypatch):
    train(folder, "disk", "--steps", "4")
    before = (folder / "disk" / "last.ckpt").read_bytes()

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CheckpointError, match="写存档 .*last.ckpt 失败（No space left on device）；旧的存档还在"):
        train(folder, "disk", "--steps", "4")
    assert (folder / "disk" / "last.ckpt").read_bytes() == before
    assert [path.name for path in (folder / "disk").iterdir() if path.name.endswith(".tmp")] == []


def test_ctrl_c_saves_and_the_run_continues_to_the_same_weights(folder, whole, monkeypatch):
    original, steps = finetune.train_step, []

    def train_step(*arguments):
        steps.append(1)
        if len(steps) == 7:
            os.kill(os.getpid(), signal.SIGINT)
        return original(*arguments)

    monkeypatch.setattr(finetune, "train_step", train_step)
    with pytest.raises(KeyboardInterrupt, match="加 --resume 接着训"):
        train(folder, "ctrl-c", *LONG)
    assert load_state(folder / "ctrl-c" / "last.ckpt")["progress"]["step"] == 7  # 做完一步再停
    train(folder, "ctrl-c", *LONG, "--resume")
    assert all(torch.equal(weights(folder, "ctrl-c")[k], value) for k, value in weights(folder, "whole").items())


def test_too_few_rows_for_a_dev_set_are_refused(folder):
    few = folder / "few.jsonl"
    few.write_text(line(PLAIN), encoding="utf-8")
    with pytest.raises(UserError, match="只有 1 行，分不出验证的一成；多写几道不同的题，或用 --dev 另给"):
        train(folder, "few", "--data", str(few))


# ---- 内存


def saved_bytes(model, batch) -> int:
    """autograd 为反向存下的张量（不算参数），字节。"""
    found, own = {}, {p.untyped_storage().data_ptr() for p in model.parameters()}

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            found[storage.data_ptr()] = (storage.nbytes(), tensor)  # 留着张量：地址不能被重用
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        answer_loss(model, batch)
    return sum(size for size, _ in found.values())


@pytest.mark.parametrize("changes", [{}, {"intermediate_size": 200}, {"hidden_size": 96}, {"num_attention_heads": 8}])
def test_the_activation_formula_is_close_to_what_autograd_saves(changes):
    shape = {"hidden_size": 64, "intermediate_size": 96, "head_dim": 16} | changes
    batch, saved = collate([Example(list(range(6, 38)), [IGNORE] * 28 + [7] * 4)] * 3, 0), []
    for layers in (2, 5):
        saved.append(saved_bytes(tiny_model(num_hidden_layers=layers, **shape).train(), batch))
    config = tiny_model(num_hidden_layers=3, **shape).config
    assert activation_bytes(config, 3 * 32) == pytest.approx(saved[1] - saved[0], rel=0.08)
    wide = [  # 窗口装得下、没有填充，就没有掩码：键与值不复制，公式略多
        saved_bytes(tiny_model(num_hidden_layers=layers, sliding_window=64, **shape).train(), batch)
        for layers in (2, 5)
    ]
    assert 0.8 * (saved[1] - saved[0]) < wide[1] - wide[0] < saved[1] - saved[0]


def test_full_fine_tuning_needs_16_bytes_a_parameter_and_lora_little_more_than_the_base():
    config = Gemma3TextConfig(
        vocab_size=262_144, hidden_size=640, intermediate_size=2048, num_hidden_layers=18,
        num_attention_heads=4, num_key_value_heads=1, head_dim=256,
    )  # fmt: skip
    full, lora = (estimate(config, Settings(method=method)) for method in ("full", "lora"))
    assert sum(full[part] for part in ("weights", "gradients", "optimizer")) == 16 * 268_098_176
    assert 4 * 268_098_176 < sum(lora[part] for part in ("weights", "gradients", "optimizer")) < 4.3 * 268_098_176
    stored = estimate(config, Settings(method="lora", precision="bf16"))["weights"]
    assert lora["weights"] - stored == 2 * 268_098_176  # 冻结的按文件里的 bf16，训练的还是 float32
    less = estimate(config, Settings(checkpointing=True))
    assert less["activations"] < 0.1 * full["activations"]
    assert logit_bytes(config, 1) == 3 * 2**20


def test_a_frozen_base_stored_as_bf16_loses_no_bit_and_the_adapter_stays_float32():
    model = tiny_model()
    for parameter in model.parameters():
        parameter.data = parameter.data.bfloat16().float()  # 文件里的权重就是 bf16
    before = {name: value.clone() for name, value in model.state_dict().items()}
    lora = install(model, Settings(method="lora", precision="bf16"), [])
    freeze_as_stored(lora)
    kept = {name.replace(".base_layer", ""): value for name, value in lora.state_dict().items()}
    assert all(kept[name].dtype == torch.bfloat16 for name in before)
    assert all(torch.equal(kept[name].float(), before[name]) for name in before)
    assert {value.dtype for value in trainable(lora).values()} == {torch.float32}


@pytest.mark.parametrize("amx", [True, False])
def test_auto_precision_takes_bf16_only_where_it_was_measured_to_be_faster(folder, monkeypatch, amx):
    used = []
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(finetune, "train", lambda args, settings, device: used.append(settings.precision) or {})
    for model in ("small", "gemma"):
        finetune.main(["--model", model, "--device", "cpu", "--out", str(folder / "precision")])
    assert used == ["fp32", "bf16" if amx else "fp32"]


def test_too_little_memory_is_refused_before_the_model_is_loaded(folder, monkeypatch):
    monkeypatch.setattr(memory, "available_bytes", lambda device: 1000)
    monkeypatch.setattr(finetune, "load_model", lambda name: pytest.fail("已经装了模型"))
    with pytest.raises(
        UserError, match="要约 .* GiB（权重 .*现在只有 0.00 GiB；减小 --tokens-per-batch.*--method lora"
    ):
        train(folder, "memory")
    assert memory.available_bytes is not available_bytes
    monkeypatch.undo()
    assert memory.available_bytes(torch.device("cpu")) > 2**20


def test_the_learning_rate_warms_up_and_falls_along_half_a_cosine():
    settings = Settings(lr=2.0, warmup=0.1, floor=0.1)
    rates = [settings.learning_rate(step, 100) for step in range(100)]
    assert rates[:10] == pytest.approx([0.2 * (i + 1) for i in range(10)])
    assert max(rates) == rates[10] == 2.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[55] == pytest.approx(0.2 + 1.8 / 2)
    assert settings.learning_rate(100, 100) == pytest.approx(0.2)
    assert Settings(method="lora").peak > Settings().peak > Settings(model="gemma").peak


# ---- 反例、实验脚本、笔记里的数


def test_the_wrong_labels_are_wrong_in_one_way_only(tokenizer):
    example = encode_example(tokenizer, TURNS, TOOLS)
    no_end, everything = without_end(example, END), on_everything(example)
    changed = [i for i, (a, b) in enumerate(zip(example.labels, no_end.labels)) if a != b]
    assert [example.ids[i] for i in changed] == [END] * 3
    assert {no_end.labels[i] for i in changed} == {IGNORE}
    assert everything.labels == [IGNORE, *example.ids[1:]]
    assert no_end.ids == everything.ids == example.ids


def test_only_one_of_the_inference_prompts_equals_training(tokenizer):
    row = {"messages": PLAIN}
    found = mismatches(tokenizer, row)
    right = prompt_ids(tokenizer, PLAIN[:1])
    assert [name for name, ids in found.items() if ids == right] == ["same"]
    assert len({tuple(ids) for ids in found.values()}) == len(found)


def test_the_lab_and_the_training_script_run_on_the_shipped_model(tmp_path, capsys):
    lab = importlib.import_module("TrainAndFinetune.4_full")
    result = lab.main(["--smoke", "--device", "cpu", "--out", str(tmp_path)])
    assert {"base", "good", "no_end", "on_prompt", "replay", "mismatch", "peak_mib", "real_share"} <= result.keys()
    assert result["peak_mib"]["answer"] < result["peak_mib"]["full"]
    assert result["real_share"]["random"] < min(result["real_share"]["by_length"], result["real_share"]["packed"])
    assert capsys.readouterr().out.splitlines()[-1].startswith("RESULT {")
    result = finetune.main(["--smoke", "--device", "cpu", "--out", str(tmp_path / "finetune")])
    assert result["dev_loss"] < result["dev_loss_before"]
    assert result["repeated"] == 0.0


def test_the_memory_numbers_of_the_note_are_recomputed():
    path = repository_root() / "TrainAndFinetune" / "results" / "4_full.json"
    recorded = json.loads(path.read_text(encoding="utf-8"))["metrics"]
    for key, value in memory.budgets().items():
        assert recorded[key] == pytest.approx(value, rel=1e-5), key


def test_the_figures_are_redrawn_from_the_record(tmp_path):
    assert figures_full.main(["--out", str(tmp_path)]) == {"figures": 2}
    for name in ("full_damage", "full_rates"):
        assert (tmp_path / f"{name}.png").stat().st_size > 5000


def test_the_examples_in_the_docstrings_hold():
    modules = ("rows", "chat", "batching", "loss", "settings", "memory", "parallel", "progress", "evaluate", "inputs")
    for name in modules:
        module = importlib.import_module(f"TrainAndFinetune.tuning.{name}")
        assert doctest.testmod(module).failed == 0, name


def test_an_epoch_uses_every_example_once_in_an_order_of_its_own():
    examples = random_examples(40, 30)
    for pack_rows in (False, True):
        settings = Settings(max_length=32, tokens_per_batch=96, pack=pack_rows)
        first, again, second = (epoch_batches(settings, examples, epoch) for epoch in (0, 0, 1))
        assert sorted(id(e) for batch in first for row in batch for e in row) == sorted(map(id, examples))
        assert [[list(map(id, row)) for row in b] for b in first] == [[list(map(id, row)) for row in b] for b in again]
        assert [[list(map(id, row)) for row in b] for b in first] != [[list(map(id, row)) for row in b] for b in second]
        assert len(first) == len(second)  # 总步数由第 0 轮算
