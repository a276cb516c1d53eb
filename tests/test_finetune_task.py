"""对照实验的任务、语料与小模型：集合不相交，JSON 有效，槽位是原文，预训练没见过测试的任何东西。"""

import json
import random
import re
from dataclasses import replace
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from book import UserError, read_result
from TrainAndFinetune.small import corpus, load_small, pretrain
from TrainAndFinetune.small.loading import FOLDER, SPECIAL, Size, new_model, train_tokenizer
from TrainAndFinetune.task import INTENT, INTENTS, SLOTS, generator, make_rows, names, score
from TrainAndFinetune.task.generator import CHOICE, PHRASES, TOPICS, fill

SPLITS = ("train", "dev", "test")


@cache
def parsed(split: str, n: int = 2400, seed: int = 0) -> list[tuple[str, dict]]:
    """(问题, JSON) 的列表。"""
    rows = make_rows(split, n, seed)
    return [(row["messages"][0]["content"], json.loads(row["messages"][1]["content"])) for row in rows]


def skeleton(question: str, answer: dict) -> str:
    """槽位换成名字之后的问法。"""
    for key, value in sorted(answer.items(), key=lambda item: -len(item[1])):
        question = question.replace(value, f"<{key}>") if key != INTENT else question
    return question


def expansions(template: str) -> set[str]:
    """模板里的 `[甲|乙]` 全部展开，槽位留着。"""
    match = CHOICE.search(template)
    if match is None:
        return {template}
    head, tail = template[: match.start()], template[match.end() :]
    return {text for word in match[1].split("|") for text in expansions(head + word + tail)}


def test_no_drug_name_is_in_two_splits_and_every_split_has_enough():
    sets = [set(names.drugs(split)) for split in SPLITS]
    assert sum(map(len, sets)) == len(set().union(*sets)) == len(set(names.all_drugs()))
    assert min(map(len, sets)) > 500
    for split, allowed in zip(SPLITS, sets):
        used = {answer[key] for _, answer in parsed(split) for key in ("药名", "另一种药") if key in answer}
        assert used <= allowed
        assert len(used) > 300


def test_no_name_hides_inside_another_name():
    drugs = names.all_drugs()
    assert not [(a, b) for a in drugs if len(a) == 2 for b in drugs if a != b and a in b]


def test_no_phrasing_is_in_two_splits():
    cores = {split: {t for ts in PHRASES[split].values() for p in ts for t in expansions(p)} for split in SPLITS}
    asked = {split: {skeleton(*pair) for pair in parsed(split)} for split in SPLITS}
    for sets in (cores, asked):
        assert not sets["train"] & sets["test"]
        assert not sets["train"] & sets["dev"]
        assert not sets["dev"] & sets["test"]


def test_training_has_many_ways_to_ask_for_each_of_the_twelve_intents():
    assert len(INTENTS) == 12
    for intent in TOPICS:
        counts = [len({t for p in PHRASES[split][intent] for t in expansions(p)}) for split in SPLITS]
        assert counts[0] >= 30
        assert min(counts[1:]) >= 4
    by_intent = {intent: {skeleton(q, a) for q, a in parsed("train") if a[INTENT] == intent} for intent in INTENTS}
    assert min(map(len, by_intent.values())) > 100


@pytest.mark.parametrize("split", SPLITS)
def test_every_answer_is_compact_json_whose_slots_are_spans_of_the_question(split):
    for row in make_rows(split, 600, 3):
        user, assistant = row["messages"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        answer = json.loads(assistant["content"])
        assert json.dumps(answer, ensure_ascii=False, separators=(",", ":")) == assistant["content"]
        assert [key for key in (INTENT, *SLOTS) if key in answer] == list(answer)
        assert answer[INTENT] in INTENTS
        assert all(value and value in user["content"] for key, value in answer.items() if key != INTENT)
        assert "药名" in answer
        assert answer.get("另一种药") != answer["药名"]
        assert not re.search(r"[\[\]{}|]", user["content"])


def test_every_slot_appears_and_intents_are_balanced():
    rows = parsed("train")
    assert {key for _, answer in rows for key in answer} == {INTENT, *SLOTS}
    counts = [sum(answer[INTENT] == intent for _, answer in rows) for intent in INTENTS]
    assert max(counts) - min(counts) <= 0.15 * len(rows) / len(INTENTS)


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(SPLITS), st.integers(1, 60), st.integers(0, 9))
def test_rows_are_deterministic_distinct_and_as_many_as_asked(split, n, seed):
    rows = make_rows(split, n, seed)
    assert rows == make_rows(split, n, seed)
    assert len({row["messages"][0]["content"] for row in rows}) == n
    assert n < 20 or rows != make_rows(split, n, seed + 1)


def test_an_optional_slot_is_in_the_answer_only_when_it_is_in_the_question():
    seen = {len(fill("{person?}吃{drug}", "train", random.Random(i))[1]) for i in range(20)}
    assert seen == {1, 2}


def test_the_two_drugs_of_a_question_differ(monkeypatch):
    monkeypatch.setitem(generator.DRUGS, "train", ["岚宁", "柏宁"])
    for i in range(20):
        slots = fill("{drug}和{other}", "train", random.Random(i))[1]
        assert {slots["drug"], slots["other"]} == {"岚宁", "柏宁"}


def test_scoring_wants_the_whole_json_and_forgives_spaces_and_order():
    row = {"messages": [{}, {"content": '{"intent":"food","drug":"岚宁","food":"酒"}'}]}
    assert score('{"food": "酒", "drug": "岚宁", "intent": "food"}', row)
    for wrong in ('{"intent":"food","drug":"岚宁"}', '{"intent":"food","drug":"岚宁","food":"酒"', "", "null", "[]"):
        assert not score(wrong, row)
    assert not score('{"intent":"food","drug":"岚宁","food":"酒","dose":"一片"}', row)


def test_an_unknown_split_is_refused_with_its_name():
    with pytest.raises(UserError, match="valid"):
        make_rows("valid", 3)


# ---------------------------------------------------------------- 预训练的语料


@cache
def documents(count: int = 4000) -> tuple[str, ...]:
    return tuple(corpus.generated(i) for i in range(count))


def test_the_pretraining_text_holds_no_held_out_drug_name():
    text = "\n".join((*documents(), *corpus.notes()))
    assert [name for split in ("dev", "test") for name in names.drugs(split) if name in text] == []


def test_the_pretraining_text_holds_no_held_out_phrasing():
    text = "\n".join((*documents(), *corpus.notes()))
    missed = []
    for phrase in (p for split in ("dev", "test") for phrases in PHRASES[split].values() for p in phrases):
        for core in expansions(phrase):
            # 槽位两边的文字原样，中间的槽位是 0-8 个字，开头结尾的不算
            pieces = [re.escape(piece) for piece in re.split(r"(?:\{\w+\??\})+", core) if piece]
            if sum(map(len, pieces)) >= 6 and re.search(".{0,8}".join(pieces), text):
                missed.append(core)
    assert missed == []


def test_the_pretraining_text_holds_no_json_and_no_chat_format():
    for text in (*documents(), *corpus.notes()):
        assert not corpus.has_json_object(text)
        assert not re.search(r'\{\s*"意图|<start_of_turn>|<end_of_turn>', text)


def test_names_repeat_inside_a_document_so_that_copying_pays():
    drugs = corpus.train_drugs()
    counts = [max(text.count(name) for name in drugs) for text in documents(600)]
    assert sum(count >= 2 for count in counts) > 150  # 任务的药名只占四成


def test_the_held_out_note_is_not_in_the_pretraining_text():
    held_out, text = pretrain.held_out_texts(20)["notes"], "\n".join(corpus.notes())
    assert all(piece[100:140] not in text for piece in held_out)


# ---------------------------------------------------------------- 小模型


TINY = pretrain.Plan(steps=4, batch_size=2, length=24, warmup=1, size=Size(300, 16, 2, 24, 2, 8))


@cache
def tiny_tokenizer():
    return train_tokenizer(documents(40), 300)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",)), max_size=30))
def test_the_tokenizer_writes_any_text_back(text):
    ids = tiny_tokenizer()(text).input_ids
    assert "<" in text or (tiny_tokenizer().decode(ids) == text and tiny_tokenizer().unk_token_id not in ids)


def test_merges_never_cross_a_chinese_character():
    pieces = tiny_tokenizer().backend_tokenizer.pre_tokenizer.pre_tokenize_str('问drug"岚宁"：12 片')
    assert [end - start for _, (start, end) in pieces] == [1, 4, 1, 1, 1, 2, 1, 1, 1, 1]


def test_the_shipped_tokenizer_cuts_a_name_the_same_everywhere():
    tokenizer = load_small()[1]
    assert tokenizer.convert_tokens_to_ids(list(SPECIAL)) == list(range(6))
    for name in names.all_drugs()[::37]:
        ids = tokenizer(name).input_ids
        assert len(ids) == len(name)  # 一个汉字一个词元
        for text in (f"请问{name}怎么吃", f'{{"意图":"用法用量","药名":"{name}","吃的量":"一片"}}'):
            around = tokenizer(text).input_ids
            assert ids in [around[i : i + len(ids)] for i in range(len(around))]


def test_a_killed_pretraining_continues_to_the_same_weights(tmp_path, monkeypatch):
    device = torch.device("cpu")

    def train(path, model):
        return pretrain.train(model, tiny_tokenizer(), TINY, path, False, device, save_every=2)

    straight, broken = new_model(TINY.size, 0), new_model(TINY.size, 0)
    losses = train(tmp_path / "a", straight)
    real, calls = pretrain.next_token_loss, []

    def dies(*args):
        calls.append(1)
        if len(calls) == 4:
            raise RuntimeError("kill -9")
        return real(*args)

    monkeypatch.setattr(pretrain, "next_token_loss", dies)
    with pytest.raises(RuntimeError):
        train(tmp_path / "b", broken)
    monkeypatch.setattr(pretrain, "next_token_loss", real)
    resumed = new_model(TINY.size, 1)
    assert train(tmp_path / "b", resumed) == losses
    assert all(torch.equal(a, b) for a, b in zip(straight.parameters(), resumed.parameters()))


def test_a_checkpoint_of_another_plan_is_not_continued(tmp_path, capsys):
    device = torch.device("cpu")
    pretrain.train(new_model(TINY.size, 0), tiny_tokenizer(), TINY, tmp_path / "a", False, device)
    other = replace(TINY, lr=1e-4)
    pretrain.train(new_model(TINY.size, 0), tiny_tokenizer(), other, tmp_path / "a", False, device)
    assert "接着训" not in capsys.readouterr().out


def test_the_saved_model_is_bf16_in_small_pieces_and_loads_equal(tmp_path):
    model = new_model(replace(TINY.size, vocab_size=300, hidden_size=512, intermediate_size=1024), 0)
    size = pretrain.save_small(model, tiny_tokenizer(), tmp_path)
    files = list(tmp_path.glob("*.safetensors"))
    assert len(files) > 1
    assert max(file.stat().st_size for file in files) < 2 * 2**20
    again, _ = load_small(folder=tmp_path)
    assert size < 2.1 * sum(p.numel() for p in again.parameters())
    assert all(torch.equal(a.float(), b) for a, b in zip(model.parameters(), again.parameters()))


def test_the_shipped_model_is_small_of_the_same_class_and_knows_its_text():
    model, tokenizer = load_small()
    assert type(model).__name__ == "Gemma3ForCausalLM"
    assert sum(p.numel() for p in model.parameters()) <= 3_000_000
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert sum(file.stat().st_size for file in FOLDER.glob("*.safetensors")) <= 6_000_000
    bits = pretrain.held_out_loss(model, tokenizer, pretrain.held_out_texts(6)["domain"], False, torch.device("cpu"))
    assert bits < 2.5  # 没训练过的约 11 比特每字符


def test_a_missing_small_model_says_how_to_make_it(tmp_path):
    with pytest.raises(UserError, match="pretrain"):
        load_small(folder=tmp_path)


def test_pretraining_runs(tmp_path, capsys):
    pretrain.main(["--smoke", "--out", str(tmp_path)])
    result = read_result(capsys.readouterr().out)
    assert result["loss"] < result["loss_start"]
    assert (tmp_path / "smoke" / "model" / "config.json").is_file()
