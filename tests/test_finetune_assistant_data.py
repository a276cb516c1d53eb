"""助手的训练数据：集合不相交，答案都在资料里，参数都合 schema，评分分得出对错。"""

import datetime
import json
import random
import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from book import UserError, read_result
from TrainAndFinetune.assistant import (
    ABILITIES,
    MIX,
    arguments,
    calls,
    catalogue,
    data,
    entities,
    facts,
    gold,
    grade,
    intents,
    make,
    make_dialogues,
    make_mix,
    phrases,
    phrases_test,
    score,
    scoring,
    slots,
    specs,
    wording,
)
from TrainAndFinetune.cache import book_cache
from TrainAndFinetune.models import EMBEDDED
from TrainAndFinetune.prompts import REFUSAL
from TrainAndFinetune.tuning import check_row, render

SPLITS = ("train", "dev")


@cache
def made(split: str, ability: str, n: int = 120) -> list[dict]:
    return make_dialogues(split, ability, n, seed=7)


def rows(*abilities: str, splits=SPLITS):
    return [row for split in splits for ability in abilities or ABILITIES for row in made(split, ability)]


def user_text(row: dict) -> str:
    return " ".join(m["content"] for m in row["messages"] if m["role"] == "user")


def passages(row: dict) -> list[str]:
    """资料一段一个，次序照编号。"""
    text = next(m["content"] for m in row["messages"] if m["role"] == "user")
    body = text.removeprefix("资料：\n").partition("\n\n问题：")[0]
    found = re.findall(r"^\[(\d)\] (.*)$", body, re.MULTILINE)
    assert [int(n) for n, _ in found] == list(range(1, len(found) + 1))
    return [text for _, text in found]


# 生成器


@pytest.mark.parametrize("ability", ABILITIES)
def test_the_same_seed_gives_the_same_dialogues_and_another_seed_gives_others(ability):
    first = make_dialogues("train", ability, 12, seed=3)
    assert first == make_dialogues("train", ability, 12, seed=3)
    assert first != make_dialogues("train", ability, 12, seed=4)


def test_every_row_obeys_the_rules_of_training_data_and_carries_a_check():
    for row in rows():
        check_row(json.loads(json.dumps(row)))
        assert row["ability"] in ABILITIES
        assert row["check"]["kind"] in scoring.GRADERS
        assert row["check"]["group"]


def test_no_question_is_repeated_within_an_ability():
    for ability in ABILITIES:
        questions = [json.dumps(row["messages"][:-1], ensure_ascii=False) for row in made("train", ability)]
        assert len(set(questions)) >= 0.99 * len(questions)  # 同一句话配不同的工具，算两道题


def test_the_default_mix_has_at_least_six_thousand_dialogues_of_every_ability():
    assert set(MIX) == set(ABILITIES)
    assert sum(MIX.values()) >= 6000


def test_one_group_can_be_made_alone():
    for fresh, group in ((True, "call.unseen"), (False, "call.seen")):
        made_alone = make_dialogues("dev", "tools", 20, kind="call", fresh=fresh)
        assert {row["check"]["group"] for row in made_alone} == {group}
    absent = make_dialogues("dev", "grounded", 20, kind="absent")
    assert {row["check"]["answer"] for row in absent} == {REFUSAL}


def test_unknown_splits_and_abilities_are_refused_in_chinese():
    with pytest.raises(UserError, match="split='eval'"):
        make_dialogues("eval", "chat", 1)
    with pytest.raises(UserError, match="只有 chat"):
        make_dialogues("train", "singing", 1)


def test_asking_for_more_dialogues_than_exist_is_refused(monkeypatch):
    monkeypatch.setitem(make.MAKERS, "chat", lambda split, generator: made("dev", "chat")[0])
    with pytest.raises(UserError, match="只造得出 1 段"):
        make_dialogues("dev", "chat", 2)


# 集合不相交


def test_no_name_is_in_two_splits():
    for kind in entities.SPACES:
        sets = [set(entities.names(kind, split)) for split in entities.SPLITS]
        assert sum(map(len, sets)) == len(set().union(*sets))
        assert min(map(len, sets)) >= 20, kind


def test_every_entity_in_a_passage_belongs_to_its_own_split():
    seen = {split: {fact[1] for row in made(split, "grounded") for fact in row["check"]["facts"]} for split in SPLITS}
    assert not seen["train"] & seen["dev"]
    drugs = set(entities.names("drug", "dev")) | set(entities.names("drug", "test"))
    words = [text for row in rows("grounded", splits=("train",)) for text in passages(row)]
    assert not [drug for drug in drugs if len(drug) > 2 and any(drug in text for text in words)]


def test_tools_of_the_dev_and_test_sets_never_appear_in_training():
    train = {tool["function"]["name"] for row in rows("tools", splits=("train",)) for tool in row["tools"]}
    names = {split: {n for t in catalogue.unseen(split) for n in t.names.split("|")} for split in ("dev", "test")}
    assert len(names["dev"]) >= 5
    assert len(names["test"]) >= 7
    assert not names["dev"] & names["test"]
    assert not train & (names["dev"] | names["test"])
    groups = {row["check"]["group"] for row in rows("tools", splits=("dev",))}
    assert {"call.seen", "call.unseen"} <= groups


def ways(split: str, intent: str) -> list[str]:
    """一个意图的全部说法。"""
    return [text for line in phrases.table(split).get(intent, ()) for text in wording.expansions(line)]


def test_no_phrasing_of_the_held_out_sets_is_close_to_a_training_phrasing():
    for split in ("dev", "test") if phrases_test.COMPLETE else ("dev",):
        for intent in phrases.table(split):
            if intent not in phrases.COMMON:
                known = [phrases.skeleton(way) for way in ways("train", intent)]
                for way in ways(split, intent):
                    assert max((wording.likeness(phrases.skeleton(way), old) for old in known), default=0) <= 0.6


def test_a_held_out_phrasing_that_training_also_has_is_dropped():
    same = ways("train", "medicine.dose")[0]
    assert phrases.apart("medicine.dose", (same, "{e}，我奶奶眼神不好，看不清盒子上的字")) == (
        "{e}，我奶奶眼神不好，看不清盒子上的字",
    )
    assert phrases.closest("medicine.dose", same) == 1


@pytest.mark.parametrize("ability", ["grounded", "tools", "rewrite", "extract"])
def test_no_dev_prompt_is_a_near_copy_of_a_training_prompt(ability):
    train = [wording.shingles(user_text(row), 4) for row in made("train", ability)]
    for row in made("dev", ability)[:40]:
        pieces = wording.shingles(user_text(row), 4)
        assert max(len(pieces & other) / len(pieces | other) for other in train) < 0.6


def test_frequent_intents_have_at_least_forty_ways_to_ask():
    frames = len(ways("train", "frame"))
    assert frames >= 40
    for intent in phrases.table("train"):
        known = len(set(ways("train", intent)))
        if intent.startswith("tool."):
            assert known >= 35, intent
        if "." in intent and intent.split(".")[0] in {domain.key for domain in facts.all_domains()}:
            assert known + frames >= 50, intent


# 问法表


@pytest.mark.parametrize("split", SPLITS)
def test_every_intent_has_phrasings_with_the_slots_it_needs(split):
    assert intents.problems(split, phrases.table(split)) == []


def test_the_test_set_is_refused_until_its_phrasings_are_complete():
    if phrases_test.COMPLETE:
        assert intents.problems("test", phrases.table("test")) == []
        assert all(score(row, gold(row)) for ability in ABILITIES for row in make_dialogues("test", ability, 20))
    else:
        with pytest.raises(UserError, match="还没写完"):
            make_dialogues("test", "chat", 1)
        assert intents.intents("test").keys() == phrases_test.TABLE.keys()


def test_a_table_with_a_gap_an_example_or_a_missing_slot_is_reported():
    table = dict(phrases.table("dev"))
    del table["chat.joke"]
    table["tool.price"] = ("例：{product}……", "多少钱", "{product}在{city}的价")
    found = "\n".join(intents.problems("dev", table))
    for part in ("缺意图 chat.joke", "还是样子", "少写了槽位 product", "没有的槽位 city"):
        assert part in found


# 只根据资料回答


def test_citations_point_to_the_passage_of_the_right_entity_that_contains_the_answer():
    counted = 0
    for row in rows("grounded"):
        for one in row["check"].get("sentences", ()):
            text = passages(row)[one["cite"] - 1]
            assert one["span"] in text
            assert any(
                fact[0] == one["cite"] and fact[1] in text and fact[3] == one["span"] for fact in row["check"]["facts"]
            )
            assert f"{one['accept'][0]}[{one['cite']}]" in gold(row)["content"]
            counted += 1
    assert counted > 120


def test_every_fact_is_written_in_its_passage_and_one_to_five_passages_are_given():
    for row in rows("grounded"):
        texts = passages(row)
        assert 1 <= len(texts) <= 5
        assert all(fact[3] in texts[fact[0] - 1] for fact in row["check"]["facts"])


def test_a_refused_question_has_no_answer_in_the_passages():
    refused = [row for row in rows("grounded") if row["check"]["kind"] == "refusal"]
    assert 0.2 < len(refused) / len(rows("grounded")) < 0.4
    misses = 0
    for row in refused:
        check = row["check"]
        attribute = check["intent"].split(".")[1]
        domain = next(d for d in facts.all_domains() if check["intent"].startswith(f"{d.key}."))
        for _, name, key, value in check["facts"]:
            if name != check["entity"][0]:
                continue
            assert key not in domain.get(attribute).without
            if key == attribute:  # 只差一个条件的干扰
                assert check["condition"]
                assert not any(condition in value for condition in check["condition"])
                misses += 1
    assert misses >= 2


def test_an_answered_question_has_one_answer():
    for row in rows("grounded"):
        check = row["check"]
        if check.get("group") != "answer":
            continue
        attribute = check["intent"].split(".")[1]
        same = [fact for fact in check["facts"] if fact[1] == check["entity"][0] and fact[2] == attribute]
        if len(same) > 1:
            assert check["condition"]
            assert sum(any(c in fact[3] for c in check["condition"]) for fact in same) == 1


@pytest.mark.parametrize("domain", facts.all_domains(), ids=lambda domain: domain.key)
def test_a_different_fact_never_answers_the_same_question(domain):
    generator = random.Random(domain.key)
    for attribute in domain.attributes:
        name = facts.new_entity(domain, "train", generator)
        fact = facts.make_fact(attribute, name, "train", generator)
        other = facts.different_fact(fact, name, "train", generator)
        assert fact.value not in other.value
        assert not facts.clash(fact, other.value)
        assert wording.slots_of(fact.value) == []
        assert all("{v}" in line for line in attribute.statements)


# 工具


def expected_calls(row: dict) -> list[dict]:
    found = [c["function"] for m in row["messages"] for c in m.get("tool_calls") or ()]
    return [{"name": f["name"], "arguments": json.loads(f["arguments"])} for f in found]


def test_every_call_names_a_given_tool_and_its_arguments_fit_the_schema():
    counted = 0
    for row in rows("tools"):
        given = {tool["function"]["name"]: tool["function"]["parameters"] for tool in row["tools"]}
        assert 1 <= len(given) == len(row["tools"]) <= 5
        for call in expected_calls(row):
            schema, used = given[call["name"]], call["arguments"]
            assert set(schema["required"]) <= set(used) <= set(schema["properties"])
            assert list(used) == [key for key in schema["properties"] if key in used]
            assert all(arguments.fits(schema["properties"][key], value) for key, value in used.items())
            counted += 1
    assert counted > 150


def test_copied_arguments_are_written_in_the_request():
    for row in rows("tools"):
        text = user_text(row).translate(str.maketrans("，？！：", ",?!:"))
        for call in expected_calls(row):
            for value in call["arguments"].values():
                if isinstance(value, str) and re.fullmatch(r"[\u4e00-\u9fff]{2,}", value) and value not in SECTIONS:
                    assert value in text


SECTIONS = [value for value, _ in catalogue.SECTIONS]


def test_when_no_tool_fits_none_of_the_given_tools_could_do_it():
    wanted = [row for row in rows("tools") if row["check"].get("wanted")]
    assert len(wanted) > 8
    by_key = {tool.key: tool for tool in catalogue.ALL}
    for row in wanted:
        target = by_key[row["check"]["wanted"]]
        names = {tool["function"]["name"] for tool in row["tools"]}
        for tool in catalogue.ALL:
            if tool is target or (catalogue.related(tool, target) and tool.split == "train"):
                assert not names & (set(tool.names.split("|")) - shared_names(tool))


def shared_names(tool) -> set[str]:
    """别的工具也用的名字。"""
    return {n for other in catalogue.ALL if other is not tool for n in other.names.split("|")}


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_computed_results_are_right(seed):
    generator = random.Random(seed)
    for key in ("add", "multiply", "dose", "datediff"):
        tool = next(tool for tool in catalogue.TRAIN if tool.key == key)
        request = calls.make_request(calls.dress_tool(tool, generator), "train", generator)
        values = list(request.arguments.values())
        if key == "datediff":
            assert request.result == f"{(slots_date(values[1]) - slots_date(values[0])).days}天"
        else:
            expected = values[0] + values[1] if key == "add" else values[0] * values[1]
            assert float(request.result.removesuffix("毫克")) == pytest.approx(expected, abs=0.006)


def slots_date(text: str):
    return datetime.date.fromisoformat(text)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_spoken_dates_and_times_mean_their_values(seed):
    generator = random.Random(seed)
    spoken, iso = slots.date_pair(generator)
    assert [int(n) for n in re.findall(r"\d+", spoken)] == [int(n) for n in iso.split("-")]
    spoken, exact = slots.clock_pair(generator)
    hour, minute = map(int, exact.split(":"))
    numbers = re.findall(r"\d+", spoken)
    if numbers:
        assert int(numbers[0]) == hour
        assert int(numbers[1] if len(numbers) > 1 else 0) == minute
    else:
        word = re.search(r"([一二两三四五六七八九十]+)点", spoken)[1].replace("两", "二")
        assert word == slots.chinese_number(hour if "早上" in spoken else hour - 12)
        assert ("半" in spoken) == (minute == 30)


def test_relative_dates_follow_the_day_in_the_system_prompt():
    tool, generator, found = next(t for t in catalogue.TRAIN if t.key == "leave"), random.Random(0), set()
    today = datetime.date(2026, 12, 30)
    for _ in range(60):
        skin = calls.dress_tool(tool, generator)
        request = calls.make_request(skin, "train", generator, today)
        days = (slots_date(request.arguments[skin.keys["start"]]) - today).days
        for word, wanted in (("今天", 0), ("明天", 1), ("后天", 2)):
            if request.spoken["start"] == word:
                assert days == wanted
                found.add(word)
    assert found == {"今天", "明天", "后天"}
    assert any(row["messages"][0]["content"].startswith("今天是 2") for row in made("train", "tools"))


# 其余的能力


def test_every_react_turn_has_the_format_and_uses_a_listed_tool():
    for row in rows("react"):
        system = row["messages"][0]["content"]
        listed = dict(re.findall(r"^(\w+): .*? 参数 (\{.*\})$", system, re.MULTILINE))
        for message in row["messages"]:
            if message["role"] == "user":
                assert message["content"].startswith(("Question: ", "Observation: "))
            if message["role"] == "assistant":
                action = scoring.ACTION.fullmatch(message["content"])
                assert action or scoring.FINAL.fullmatch(message["content"])
                if action:
                    assert set(json.loads(action[2])) <= set(json.loads(listed[action[1]]))


def test_extracted_values_fit_the_schema_and_strings_are_copied():
    nulls = 0
    for row in rows("extract"):
        value, schema = row["check"]["value"], row["check"]["schema"]
        assert json.loads(gold(row)["content"]) == value
        assert list(value) == list(schema["properties"]) == schema["required"]
        for key, found in value.items():
            made_of = schema["properties"][key]
            if found is None:
                nulls += 1
            elif (
                isinstance(found, str)
                and "enum" not in made_of
                and not re.search(r"YYYY|HH", made_of.get("description", ""))
            ):
                assert found in row["messages"][1]["content"]
    assert nulls > 50


def test_rewritten_questions_stand_alone():
    pronouns = {domain.pronoun for domain in facts.all_domains() if domain.pronoun != "那里"} | {"它"}
    for row in rows("rewrite"):
        answer = gold(row)["content"]
        assert not any(pronoun in answer for pronoun in pronouns)
        assert answer.endswith("？")
        assert len(answer) < 60


def test_summaries_and_plans_keep_their_limits():
    for row in rows("summary"):
        assert len(gold(row)["content"]) <= 50
        assert all(word in row["check"]["source"] for word in row["check"]["must"])
    for row in rows("plan"):
        limit = int(re.search(r"最多 (\d+) 步", row["messages"][0]["content"])[1])
        assert 2 <= len(row["check"]["steps"]) <= limit


# 评分


def test_the_gold_answer_scores_and_an_empty_a_foreign_or_a_longer_answer_does_not():
    for row in rows():
        answer = gold(row)
        assert score(row, answer), row
        assert not score(row, "")
        assert not score(row, f"{scoring.answer_text(answer)}\n另外，999 也是 888 的答案[4]。" + "。" * 60)


def find(ability: str, kind: str, **wanted) -> dict:
    """开发集里第一段这样的题。"""
    found = (row for row in made("dev", ability) if row["check"]["kind"] == kind)
    return next(row for row in found if all(row["check"].get(key) == value for key, value in wanted.items()))


def test_a_wrong_citation_a_wrong_span_and_a_refusal_are_told_apart():
    row = find("grounded", "answer", group="answer")
    text = gold(row)["content"]
    wrong = re.sub(r"\[\d\]", "[9]", text)
    assert grade(row, wrong) == {"text": True, "cited": False, "refused": False, "exact": False}
    assert grade(row, REFUSAL)["refused"]
    assert score(row, text.replace("[", " ["))
    assert score(row, text.removesuffix("。"))
    assert not score(row, f"好的，{text}")
    absent = find("grounded", "refusal")
    assert score(absent, REFUSAL + "。")
    assert not score(absent, "抱歉，资料中没有这一项")


def test_a_call_needs_the_right_tool_the_right_arguments_and_nothing_else():
    row = find("tools", "call", group="call.seen")
    text, call = scoring.answer_text(gold(row)), row["check"]["calls"][0]
    assert grade(row, text) == {"called": True, "tool": True, "exact": True}
    changed = {"name": call["name"], "arguments": {**call["arguments"], "extra": 1}}
    assert grade(row, f"<tool_call>{json.dumps(changed)}</tool_call>") == {"called": True, "tool": True, "exact": False}
    assert not grade(row, text.replace(call["name"], "other"))["tool"]
    assert not score(row, f"好的。{text}")
    assert not score(row, text + text)
    message = {"content": None, "tool_calls": [{"function": {"name": call["name"], "arguments": call["arguments"]}}]}
    assert score(row, message)
    quiet = find("tools", "no_call", group="none")
    assert not score(quiet, text)
    assert score(quiet, "这里没有合适的工具。")


def test_json_values_compare_by_type_and_numbers_by_value():
    assert scoring.same({"a": 1, "b": ["x"]}, {"b": ["x "], "a": 1.0})
    assert not scoring.same(True, 1)
    assert not scoring.same("1", 1)
    row = find("extract", "json")
    value = row["check"]["value"]
    backwards = json.dumps(dict(reversed(value.items())), ensure_ascii=False)
    assert not score(row, backwards)  # 键的次序照 schema
    assert not score(row, json.dumps({**value, "extra": None}))


def test_an_invented_observation_never_scores():
    row = find("react", "action")
    assert score(row, gold(row)["content"])
    assert not score(row, gold(row)["content"] + "\nObservation: 好\nThought: 有结果了\nFinal Answer: 好")
    done = find("react", "final")
    assert not score(done, gold(done)["content"] + "\nObservation: 好")


# 模板


@given(st.lists(st.sampled_from(["甲", "[乙|丙]", "[丁|]", "{e}", "[戊|[己|庚]]"]), max_size=6), st.integers(0, 99))
def test_a_chosen_sentence_is_one_of_the_expansions(parts, seed):
    template = "".join(parts)
    assert wording.choose(template, random.Random(seed)) in wording.expansions(template)


def test_slots_with_a_number_get_another_value_of_the_same_kind():
    values: dict[str, str] = {}
    counter = iter(["a", "a", "b"])
    assert wording.draw("{x}{x2}{x}", values, lambda base: next(counter)) == "aba"
    assert wording.fill("{a}{b}点", {"a": "3", "b": "4"}) == "3 4点"


# 长度、脚本、自己的任务


def test_prompts_fit_in_1024_tokens():
    file = book_cache() / "hf" / EMBEDDED / "tokenizer.json"
    if not file.is_file():
        pytest.skip("没有基座的分词器；先运行 python TrainAndFinetune/gguf_to_hf.py")
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    longest = sorted((render(row["messages"], row.get("tools")) for row in rows()), key=len)[-40:]
    assert max(len(tokenizer.encode(text, add_special_tokens=False).ids) for text in longest) <= 1024


def test_the_script_writes_what_it_counts(tmp_path, capsys):
    data.main(["--smoke", "--out", str(tmp_path)])
    result = read_result(capsys.readouterr().out)
    for split in SPLITS:
        lines = (tmp_path / f"{split}.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(lines) == result[split]["dialogues"]
    assert json.loads(lines[0]) == make_mix("dev", dict.fromkeys(MIX, 4), 0)[0]
    if not phrases_test.COMPLETE:
        with pytest.raises(UserError, match="还没写完"):
            data.main(["--smoke", "--test", "2", "--out", str(tmp_path)])


EXAMPLE = data.Path(data.__file__).with_name("task_example.toml")


def test_a_task_of_your_own_becomes_dialogues_with_held_out_values_and_phrasings():
    task = specs.load(EXAMPLE)
    train, dev = specs.make_rows(task, "train"), specs.make_rows(task, "dev")
    assert len(train) == 200
    assert all(score(check_row(row), gold(row)) for row in train + dev)
    products = [{json.loads(gold(row)["content"])["product"] for row in found} for found in (train, dev)]
    assert not products[0] & products[1]
    assert len([line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if line]) <= 22


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('held_out = ["product"]', 'held_out = ["colour"]', "不在 slots 里"),
        ("rows = 200", "rows = 1", "至少 4"),
        ("店里{product}剩多少", "店里还剩多少", "里却没有说"),
        ("店里{product}剩多少", "[还|]有没有{product}", "没训练过的说法"),
        ("店里{product}剩多少", "{shop}剩{product}", "slots 里没有它"),
        ('system = "', 'sytem = "', "不认识 sytem"),
        ("[slots]", "[slots", "不是 TOML"),
    ],
)
def test_a_mistake_in_the_task_file_is_one_chinese_line(tmp_path, old, new, message):
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "task.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(UserError, match=message) as caught:
        specs.load(file)
    assert "\n" not in str(caught.value)
