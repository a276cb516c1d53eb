"""对照实验的任务、语料与小模型：集合不相交，JSON 有效，槽位是原文，预训练没见过测试的任何东西。"""

import json
import random
import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book import UserError
from TrainAndFinetune.small import corpus, pretrain
from TrainAndFinetune.task import INTENTS, SLOTS, make_rows, names, score
from TrainAndFinetune.task.generator import CHOICE, PHRASES, fill

SPLITS = ("train", "dev", "test")


@cache
def parsed(split: str, n: int = 2400, seed: int = 0) -> list[tuple[str, dict]]:
    """(问题, JSON) 的列表。"""
    rows = make_rows(split, n, seed)
    return [(row["messages"][0]["content"], json.loads(row["messages"][1]["content"])) for row in rows]


def skeleton(question: str, answer: dict) -> str:
    """槽位换成名字之后的问法。"""
    for key, value in sorted(answer.items(), key=lambda item: -len(item[1])):
        question = question.replace(value, f"<{key}>") if key != "intent" else question
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
        used = {answer[key] for _, answer in parsed(split) for key in ("drug", "other") if key in answer}
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
    for intent in INTENTS:
        counts = [len({t for p in PHRASES[split][intent] for t in expansions(p)}) for split in SPLITS]
        assert counts[0] >= 30
        assert min(counts[1:]) >= 4
    by_intent = {intent: {skeleton(q, a) for q, a in parsed("train") if a["intent"] == intent} for intent in INTENTS}
    assert min(map(len, by_intent.values())) > 100


@pytest.mark.parametrize("split", SPLITS)
def test_every_answer_is_compact_json_whose_slots_are_spans_of_the_question(split):
    for row in make_rows(split, 600, 3):
        user, assistant = row["messages"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        answer = json.loads(assistant["content"])
        assert json.dumps(answer, ensure_ascii=False, separators=(",", ":")) == assistant["content"]
        assert [key for key in ("intent", *SLOTS) if key in answer] == list(answer)
        assert answer["intent"] in INTENTS
        assert all(value and value in user["content"] for key, value in answer.items() if key != "intent")
        assert "drug" in answer
        assert answer.get("other") != answer["drug"]
        assert not re.search(r"[\[\]{}|]", user["content"])


def test_every_slot_appears_and_intents_are_balanced():
    rows = parsed("train")
    assert {key for _, answer in rows for key in answer} == {"intent", *SLOTS}
    counts = [sum(answer["intent"] == intent for _, answer in rows) for intent in INTENTS]
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
    for split in ("dev", "test"):
        for phrases in PHRASES[split].values():
            for phrase in phrases:
                for core in expansions(phrase):
                    # 槽位两边的文字原样，槽位是 0-8 个字；开头结尾的槽位不算
                    pieces = [re.escape(piece) for piece in re.split(r"\{\w+\??\}", core)]
                    pattern = ".{0,8}".join(pieces)
                    if sum(len(piece) for piece in pieces) >= 6 and re.search(pattern.strip(".{0,8}"), text):
                        missed.append(core)
    assert missed == []


def test_the_pretraining_text_holds_no_json_and_no_chat_format():
    for text in (*documents(), *corpus.notes()):
        assert not corpus.has_json_object(text)
        assert not re.search(r'\{\s*"intent|<start_of_turn>|<end_of_turn>', text)


def test_names_repeat_inside_a_document_so_that_copying_pays():
    drugs = corpus.train_drugs()
    counts = [max(text.count(name) for name in drugs) for text in documents(600)]
    assert sum(count >= 2 for count in counts) > 150  # 任务的药名只占四成


def test_the_held_out_note_is_not_in_the_pretraining_text():
    held_out, text = pretrain.held_out_texts(20)["notes"], "\n".join(corpus.notes())
    assert all(piece[100:140] not in text for piece in held_out)
