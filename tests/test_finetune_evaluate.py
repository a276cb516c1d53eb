"""助手的评估：分组、请求、续答、区间、目标都对；一道题真的问一次服务。"""

import doctest
import json
import re
import threading
from functools import cache

import httpx
import pytest
import torch

from book import UserError, read_result
from tests.local_model import clean_environment, hf_folder, private_cache, running
from TrainAndFinetune import base, compare, serve
from TrainAndFinetune import evaluate_assistant as script
from TrainAndFinetune.assistant import answers, gold, groups, make_dialogues, report, score, systems
from TrainAndFinetune.assistant.answers import Store, answer_all, job_key
from TrainAndFinetune.assistant.entities import split_of
from TrainAndFinetune.assistant.groups import GROUPS
from TrainAndFinetune.assistant.scoring import answer_text
from TrainAndFinetune.assistant.systems import SYSTEMS, Answer, Asker, Job
from TrainAndFinetune.methods import METHODS, own_parameters, save_adapter
from TrainAndFinetune.models import EMBEDDED
from TrainAndFinetune.prompts import REFUSAL
from TrainAndFinetune.serving.lifetime import State
from TrainAndFinetune.small import load_small
from TrainAndFinetune.task.measures import perplexity
from TrainAndFinetune.tuning.chat import BOS, END, START, prompt_ids, render, token_ids

NAMES = [group.name for group in GROUPS]
BY_NAME = {group.name: group for group in GROUPS}
CONTEXT = 4096
STATE = State("http://127.0.0.1:9", "secret", 1, "x", "book-assistant", "e5")


@cache
def tokenizer():
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(hf_folder(), local_files_only=True)


def encode(text: str) -> list[int]:
    return token_ids(tokenizer(), text)


@cache
def items(name: str, n: int = 6, split: str = "dev") -> list[dict]:
    return groups.make_items(BY_NAME[name], split, n, 0)


def right(job: Job) -> Answer:
    return Answer(answer_text(gold(job.dialogue)), "stop", 5)


def garbage(job: Job) -> Answer:
    return Answer("天地玄黄宇宙洪荒" * 10, "length", 80)


class Counting:
    """记下问了哪些题；第 `most` 题之后断掉。"""

    def __init__(self, ask=right, most: int = 10**6):
        self.ask, self.most, self.jobs, self.lock = ask, most, [], threading.Lock()

    def __call__(self, job: Job) -> Answer:
        with self.lock:
            if len(self.jobs) >= self.most:
                raise UserError("服务断了")
            self.jobs.append(job)
        return self.ask(job)


def evaluate(out, ask, *argv: str, adapter: str = "abc") -> dict:
    """不启动服务，照命令行考一遍。"""
    args = script.options(["--n", "6", "--baseline-n", "3", *argv])
    chosen = [SYSTEMS[name] for name in args.systems or systems.DEFAULT]
    return script.evaluate(script.plan(args, chosen, None), ask, out, adapter, args.workers)


# 评分


@pytest.mark.parametrize("module", [groups, systems, report])
def test_the_examples_in_the_docstrings_hold(module):
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed


def test_gold_answers_are_all_right_and_nothing_answerable_is_refused(tmp_path):
    result = evaluate(tmp_path, right)
    assert set(result["rows"]) == set(systems.DEFAULT)
    for name, rows in result["rows"].items():
        constrained = name == "base+grammar"
        assert list(rows) == [g.name for g in GROUPS if g.ability in systems.CONSTRAINED or not constrained]
        assert all(row["exact"] == row["stops"] == 1 == pytest.approx(row["high"]) for row in rows.values())
        assert all(0 < row["low"] < 1 for row in rows.values())
        assert all(row["tokens"] == 5 for row in rows.values())
    bars = result["bars"]["tuned"]
    assert bars.pop("false_refusals")["value"] == 0
    assert set(bars) == set(report.BARS) - {"false_refusals"}
    assert all(bar["value"] == 1 for bar in bars.values())


def test_garbage_is_never_right(tmp_path):
    result = evaluate(tmp_path, garbage)
    for rows in result["rows"].values():
        assert all(row["exact"] == row["stops"] == 0 == pytest.approx(row["low"]) for row in rows.values())
        assert all(0 < row["high"] < 1 for row in rows.values())
    for bars in result["bars"].values():
        assert all(bar["value"] == 0 for bar in bars.values())


def test_a_model_that_always_refuses_has_full_refusals_and_full_false_refusals(tmp_path):
    bars = evaluate(tmp_path, lambda job: Answer(REFUSAL, "stop", 3), "--systems", "tuned")["bars"]["tuned"]
    values = {name: bar["value"] for name, bar in bars.items()}
    assert (values["refusal_rate"], values["false_refusals"], values["grounded_exact"]) == (1, 1, 0)


def test_an_answer_that_does_not_stop_by_itself_is_not_right():
    rows = items("rewrite")
    written = [Answer(answer_text(gold(row)), finish, 9) for row, finish in zip(rows, ("stop", "length") * 3)]
    found = report.row_of(rows, written)
    assert (found["exact"], found["stops"]) == (0.5, 0.5)
    calls = items("tools_seen")
    assert report.row_of(calls, [Answer(answer_text(gold(row)), "tool_calls", 9) for row in calls])["exact"] == 1


def test_the_parts_are_averaged_over_the_items_that_have_them():
    rows = items("react", 40)
    kinds = [row["check"]["kind"] for row in rows]
    assert set(kinds) == {"action", "final"}
    found = report.row_of(rows, [right(Job(SYSTEMS["tuned"], row, 9)) for row in rows])["parts"]
    assert found == {"format": 1, "tool": 1}
    row = items("extract")[0]
    value = dict(row["check"]["value"])
    value[next(iter(value))] = "没有这回事"
    part = report.parts_of(row, Answer(json.dumps(value, ensure_ascii=False), "stop", 9))
    assert part["fields"] == pytest.approx(1 - 1 / len(value))
    assert part["parsed"] == 1


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_intervals_are_those_of_the_literature(monkeypatch, count, total, low, high):
    """Newcombe 1998，Statistics in Medicine 17，表 I 的四个例子（Wilson，不校正）。"""
    monkeypatch.setattr(report, "grade", lambda dialogue, text: {"exact": text == "对"})
    found = report.row_of([{}] * total, [Answer("对" if i < count else "错", "stop", 1) for i in range(total)])
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=5e-5)


def hand_made(n: int, exact: float, stops: float = 1.0, **parts: float) -> dict:
    return {"n": n, "exact": exact, "stops": stops, "parts": parts}


def test_the_bars_pool_their_groups_by_the_number_of_items():
    rows = {
        "grounded_answer": hand_made(60, 0.9, refused=0.05),
        "grounded_multi": hand_made(20, 0.5, 0.5, refused=0.25),
        "grounded_absent": hand_made(10, 0.8, refused=0.8),
        "tools_seen": hand_made(30, 0.9, tool=1.0),
        "tools_unseen": hand_made(10, 0.5, tool=0.6),
        "extract": hand_made(40, 0.75, valid=0.875),
    }
    bars = report.bars_of(rows, grammar=False)
    found = {name: (bar["value"], bar["n"]) for name, bar in bars.items()}
    assert found == {
        "grounded_exact": (pytest.approx(64 / 80), 80),
        "refusal_rate": (pytest.approx(0.8), 10),
        "false_refusals": (pytest.approx(8 / 80), 80),
        "tool_choice": (pytest.approx(36 / 40), 40),
        "call_exact_seen": (pytest.approx(0.9), 30),
        "call_exact_unseen": (pytest.approx(0.5), 10),
        "json_valid": (pytest.approx(0.875), 40),
        "stops": (pytest.approx(160 / 170), 170),
    }
    assert all(bar["low"] < bar["value"] < bar["high"] for bar in bars.values())
    only = report.bars_of({"extract": rows["extract"]}, grammar=True)
    assert set(only) == {"json_valid_with_grammar", "stops"}


def test_the_samples_are_the_first_right_and_wrong_ones_and_keep_the_question():
    rows = items("grounded_answer", 12)
    written = [right(Job(SYSTEMS["tuned"], row, 9)) if i % 2 else garbage(None) for i, row in enumerate(rows)]
    found = report.samples_of(rows, written)
    assert [one["gold"] for one in found["right"]] == [answer_text(gold(row)) for row in rows[1:6:2]]
    assert [one["gold"] for one in found["wrong"]] == [answer_text(gold(row)) for row in rows[0:5:2]]
    question = rows[1]["messages"][-2]["content"].rpartition("问题：")[2]
    assert found["right"][0]["question"].endswith(question)
    long = report.sample_of(rows[0] | {"tools": None}, Answer("长" * 3000, "length", 1))
    assert max(len(long[key]) for key in ("question", "gold", "answer")) <= report.LONGEST
    assert report.sample_of(items("tools_seen")[0], garbage(None))["tools"]


# 分组与例子


def test_the_groups_hold_what_their_names_say():
    kinds = {name: {row["check"]["kind"] for row in items(name)} for name in NAMES}
    assert kinds["grounded_answer"] == kinds["grounded_multi"] == {"answer"}
    assert kinds["grounded_absent"] == {"refusal"}
    assert kinds["tools_seen"] == kinds["tools_unseen"] == {"call"}
    assert kinds["tools_no_call"] == {"no_call"}
    found = {name: {row["check"]["group"] for row in items(name)} for name in NAMES}
    assert found["grounded_multi"] == {"entities", "attributes"}
    assert (found["tools_seen"], found["tools_unseen"]) == ({"call.seen"}, {"call.unseen"})
    assert {group.partition(".")[0] for group in found["tools_no_call"]} == {"none", "missing"}


def test_the_base_is_asked_the_first_of_the_items_the_assistant_is_asked():
    for name in NAMES:
        assert items(name, 3) == items(name)[:3]
    tasks = script.plan(script.options(["--n", "9", "--baseline-n", "4"]), list(SYSTEMS.values()), None)
    counts = {(task.system.name, task.group.name): len(task.jobs) for task in tasks}
    assert counts["tuned", "grounded_absent"] == 3
    assert counts["tuned", "chat"] == 9
    assert counts["base+few-shot", "grounded_absent"] == 2
    assert counts["base+few-shot", "chat"] == 4
    assert ("base+grammar", "react") not in counts
    for ability in ("grounded", "tools"):
        assert sum(counts["tuned", g.name] for g in groups.of_ability(ability)) >= 9


@pytest.mark.parametrize("split", ["dev", "test"])
def test_two_hundred_items_of_every_ability_exist_and_gold_is_right(split):
    for group in GROUPS:
        rows = groups.make_items(group, split, groups.share(group, 200), 0)
        assert len(rows) == groups.share(group, 200)
        assert all(score(row, gold(row)) for row in rows)
        questions = {json.dumps([row["messages"][:-1], row.get("tools")], ensure_ascii=False) for row in rows}
        assert len(questions) == len(rows)


@cache
def training_pool(ability: str, kind: str) -> list[dict]:
    """例子从中挑的那些训练集里的对话。"""
    options = {"kind": kind} if kind else {}
    return make_dialogues("train", ability, groups.CANDIDATES, groups.SHOT_SEED, **options)


@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_examples_come_from_the_training_split_and_never_hold_an_item(name, mixed):
    group = BY_NAME[name]
    shots = groups.pick_shots(group, mixed)
    kinds = {o.get("kind", "") for g in (groups.of_ability(group.ability) if mixed else [group]) for o in g.options}
    pool = [row for kind in kinds for row in training_pool(group.ability, kind)]
    assert all(shot in pool for shot in shots)
    assert len({json.dumps(shot) for shot in shots}) == groups.SHOTS
    assert shots == groups.pick_shots(group, mixed)
    text = "".join(render(shot["messages"], shot.get("tools")) for shot in shots)
    for row in items(name, 40, "dev") + items(name, 40, "test"):
        prompt = render(row["messages"][:-1], row.get("tools")).removeprefix(BOS)
        assert prompt not in text
        assert row["check"].get("entity", ["《没有实体》"])[0] not in text
    assert all(split_of(shot["check"]["entity"][1]) == "train" for shot in shots if is_drug(shot))


def is_drug(row: dict) -> bool:
    return row["check"].get("intent", "").startswith("medicine.") and "entity" in row["check"]


def test_examples_of_one_kind_are_of_that_kind_and_mixed_ones_are_not():
    first = {shot["messages"][2]["content"] for shot in groups.pick_shots(BY_NAME["grounded_absent"])}
    assert first == {REFUSAL}
    mixed = groups.pick_shots(BY_NAME["grounded_absent"], mixed=True)
    assert [shot["messages"][2]["content"] == REFUSAL for shot in mixed] == [False, True, False]
    assert mixed == groups.pick_shots(BY_NAME["grounded_answer"], mixed=True)


# 请求


def job_of(name: str, system: str, **changes) -> Job:
    return Job(SYSTEMS[system], items(name)[0], changes.pop("limit", 9), **changes)


@pytest.mark.parametrize("name", NAMES)
def test_the_raw_prompt_is_the_prompt_of_training(name):
    for row in items(name):
        path, body = systems.request_of(Job(SYSTEMS["tuned"], row, 9), "m", encode)
        assert path == "/v1/completions"
        assert body.keys() == {"model", "max_tokens", "temperature", "prompt"}
        assert body["prompt"] == prompt_ids(tokenizer(), row["messages"][:-1], row.get("tools"))
        assert (body["temperature"], body["max_tokens"]) == (0, 9)


@pytest.mark.parametrize("name", NAMES)
def test_examples_stand_in_front_of_the_prompt_and_everything_fits_the_context(name):
    group = BY_NAME[name]
    limit = groups.answer_limit(group, "dev", 0, tokenizer())
    longest_gold = max(
        len(tokenizer()(answer_text(gold(row)), add_special_tokens=False).input_ids) for row in items(name)
    )
    assert limit >= 2 * longest_gold + 16
    shots = groups.pick_shots(group)
    assert not any(
        systems.GAP in answer_text(m) for shot in shots for m in shot["messages"] if m["role"] == "assistant"
    )
    head = encode(BOS + "".join(systems.plain(render(shot["messages"], shot.get("tools"))) for shot in shots))
    for row in items(name):
        assert systems.GAP not in answer_text(gold(row))  # 空行是结束，标准答案里不能有
        _, body = systems.request_of(Job(SYSTEMS["base+few-shot"], row, limit, shots), "m", encode)
        assert body["stop"][0] == systems.GAP
        prompt, text = body["prompt"], tokenizer().decode(body["prompt"])
        assert prompt[: len(head)] == head  # 前缀逐个词元相同，服务才能不重算
        assert prompt.count(tokenizer().bos_token_id) == 1
        assert START not in text
        assert END not in text
        alone = systems.plain(render(row["messages"][:-1], row.get("tools"), add_generation_prompt=True))
        assert text.endswith(systems.GAP + alone)
        assert alone.endswith(systems.MODEL)
        assert len(head) + 1024 + limit <= CONTEXT


def test_a_grammar_request_carries_the_tools_or_the_schema_of_its_item():
    job = job_of("tools_unseen", "tuned+grammar")
    path, body = systems.request_of(job, "m", encode)
    assert path == "/v1/chat/completions"
    assert body["tools"] == job.dialogue["tools"]
    assert body["tool_choice"] == "auto"
    assert body["messages"] == job.dialogue["messages"][:-1]
    assert "response_format" not in body
    job = job_of("extract", "base+grammar")
    path, body = systems.request_of(job, "m", encode)
    assert path == "/v1/chat/completions"
    assert body["response_format"]["type"] == "json_schema"
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema == job.dialogue["check"]["schema"]
    assert list(schema["properties"]) == list(job.dialogue["check"]["value"])
    assert "tools" not in body


def asker(handle) -> Asker:
    made = Asker(STATE, tokenizer())
    made.client = httpx.Client(base_url=STATE.base_url, transport=httpx.MockTransport(handle))
    return made


def reply(finish: str = "stop", **choice) -> dict:
    return {"choices": [{"finish_reason": finish, **choice}], "usage": {"completion_tokens": 7}}


def test_base_and_assistant_are_two_models_of_one_server_and_answers_are_read_in_both_forms():
    seen = []

    def handle(request):
        seen.append((request.url.path, json.loads(request.content)["model"]))
        call = {"function": {"name": "f", "arguments": '{"a": 1}'}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        chat = reply("tool_calls", message=message)
        return httpx.Response(200, json=chat if "chat" in request.url.path else reply("length", text="你好"))

    ask = asker(handle)
    assert ask(job_of("chat", "tuned")) == Answer("你好", "length", 7)
    call = '<tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>'
    assert ask(job_of("tools_seen", "base+grammar")) == Answer(call, "tool_calls", 7)
    assert seen == [("/v1/completions", "book-assistant"), ("/v1/chat/completions", EMBEDDED)]


def test_an_unreadable_call_is_a_wrong_answer_but_a_refused_request_or_a_dead_server_ends_the_run():
    broken = asker(lambda request: httpx.Response(500, json={"error": {"message": "Failed to parse"}}))
    answer = broken(job_of("tools_seen", "tuned+grammar"))
    assert (answer.text, answer.stopped) == ("", False)
    assert report.row_of(items("tools_seen")[:1], [answer])["broken"] == 1
    for status, system in ((500, "tuned"), (400, "tuned+grammar"), (502, "tuned+grammar")):
        refusing = asker(lambda request, status=status: httpx.Response(status, json={"error": {"message": "太长"}}))
        with pytest.raises(UserError, match=f"{status}.*太长"):
            refusing(job_of("tools_seen", system))

    def dead(request):
        raise httpx.ConnectError("no")

    with pytest.raises(UserError, match="接着答"):
        asker(dead)(job_of("chat", "tuned"))


# 续答


def test_an_interrupted_run_asks_only_what_is_missing_and_a_finished_one_nothing(tmp_path):
    first = Counting(most=20)
    with pytest.raises(UserError, match="断了"):
        evaluate(tmp_path, first)
    second = Counting()
    result = evaluate(tmp_path, second)
    whole = Counting()
    assert evaluate(tmp_path / "other", whole) == result
    assert len(first.jobs) == 20
    assert len(second.jobs) == len(whole.jobs) - 20
    third = Counting()
    assert evaluate(tmp_path, third) == result
    assert third.jobs == []
    fourth = Counting()
    evaluate(tmp_path, fourth, adapter="other")
    assert fourth.jobs
    assert all(job.system.tuned for job in fourth.jobs)


def test_abilities_without_a_grammar_are_copied_not_asked_again(tmp_path):
    counting = Counting()
    result = evaluate(tmp_path, counting, "--systems", "tuned", "tuned+grammar")
    asked = [(job.system.name, job.dialogue["ability"]) for job in counting.jobs]
    assert {ability for name, ability in asked if name == "tuned+grammar"} == {"tools", "extract"}
    rows = result["rows"]["tuned+grammar"]
    assert {name for name, row in rows.items() if "answered_by" in row} == {
        g.name for g in GROUPS if g.ability not in systems.CONSTRAINED
    }
    assert rows["chat"] == result["rows"]["tuned"]["chat"] | {"answered_by": "tuned"}


def test_a_file_cut_anywhere_loses_only_the_last_answer(tmp_path):
    store = Store(tmp_path / "a.jsonl")
    texts = ["一\u2028行", "二\n行", "三"]
    for i, text in enumerate(texts):
        store.add(f"k{i}", Answer(text, "stop", i))
    assert Store(store.path).found == store.found
    whole = store.path.read_bytes()
    start = whole.rindex(b"\n", 0, len(whole) - 1) + 1
    for end in range(start, len(whole) - 1):
        store.path.write_bytes(whole[:end])
        cut = Store(store.path)
        assert list(cut.found) == ["k0", "k1"]
        cut.add("k3", Answer("四", "stop", 3))
        cut.add("k4", Answer("五", "length", 4))
        assert [Store(store.path).found[key].text for key in ("k0", "k1", "k3", "k4")] == [*texts[:2], "四", "五"]
    store.path.write_bytes(whole[:-1])  # 只差换行：这一行是完整的
    assert list(Store(store.path).found) == ["k0", "k1", "k2"]


def test_everything_that_decides_an_answer_is_in_its_key(monkeypatch):
    row, other = items("chat")[:2]
    shots = groups.pick_shots(BY_NAME["chat"])
    few = Job(SYSTEMS["base+few-shot"], row, 9, shots)
    tuned = Job(SYSTEMS["tuned"], row, 9)
    variants = [
        (tuned, "a"), (tuned, "b"), (Job(SYSTEMS["tuned"], other, 9), "a"), (Job(SYSTEMS["tuned"], row, 10), "a"),
        (few, "a"), (Job(few.system, row, 9, shots[:2]), "a"),
        (Job(SYSTEMS["base+few-shot-mixed"], row, 9, shots), "a"),
    ]  # fmt: skip
    keys = [job_key(*variant) for variant in variants]
    assert len(set(keys)) == len(keys)
    assert job_key(few, "a") == job_key(few, "b")  # 基座不用适配器
    assert job_key(tuned, "a") == keys[0]

    class Changed:
        def read_text(self, encoding):
            return "另一个模板"

    monkeypatch.setattr(answers, "TEMPLATE", Changed())
    assert job_key(tuned, "a") != keys[0]


def test_answers_come_back_in_the_order_of_the_questions_whoever_finishes_first(tmp_path):
    second_done = threading.Event()

    def ask(job: Job) -> Answer:
        if job.limit == 0:
            second_done.wait(60)
        elif job.limit == 1:
            second_done.set()
        return Answer(str(job.limit), "stop", 1)

    jobs = [Job(SYSTEMS["tuned"], row, i) for i, row in enumerate(items("chat"))]
    ticks = []
    found = answer_all(jobs, ask, Store(tmp_path / "x.jsonl"), "a", 2, lambda: ticks.append(1))
    assert [answer.text for answer in found] == [str(i) for i in range(len(jobs))]
    assert len(ticks) == len(jobs)


# 命令行


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--systems", "tuned+grammer"], "tuned.grammer"),
        (["--split", "train"], "train"),
        (["--n", "0"], "正整数"),
        (["--systems", "tuned"], "考不了 tuned"),
        (["--systems", "tuned", "--base-only"], "不能同时用"),
        (["--gguf", "missing.gguf"], "missing.gguf"),
        (["--gguf", "text.gguf"], "不是完整的 GGUF"),
        (["--gguf", "model.gguf"], "不是 LoRA 适配器"),
        (["--base-only", "--adapter", "nowhere"], "nowhere"),
    ],
)
def test_a_mistake_of_the_user_is_one_chinese_line(tmp_path, monkeypatch, argv, message):
    import gguf

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(serve, "ADAPTER", tmp_path / "none.gguf")
    monkeypatch.setattr(base, "load_base", load_small)
    (tmp_path / "text.gguf").write_text("不是")
    writer = gguf.GGUFWriter("model.gguf", "gemma3")
    writer.add_type("model")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    with pytest.raises(UserError, match=message) as caught:
        script.main([*argv, "--out", str(tmp_path / "out")])
    assert "\n" not in str(caught.value)
    assert re.search(r"[\u4e00-\u9fff]", str(caught.value))


def test_without_an_adapter_only_the_base_is_evaluated_and_one_line_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(serve, "ADAPTER", tmp_path / "none.gguf")
    chosen = script.systems_of(script.options([]), None)
    assert [system.name for system in chosen] == ["base+few-shot", "base+grammar"]
    assert capsys.readouterr().out.count("\n") == 1
    for adapter in (None, tmp_path):
        assert script.systems_of(script.options(["--base-only"]), adapter) == chosen
    assert capsys.readouterr().out == ""
    assert [s.name for s in script.systems_of(script.options([]), tmp_path)] == list(systems.DEFAULT)
    assert "base+few-shot-mixed" not in systems.DEFAULT


def test_forgetting_is_the_perplexity_before_and_with_the_adapter(tmp_path, monkeypatch):
    model, words = load_small()
    monkeypatch.setattr(base, "load_base", load_small)
    monkeypatch.setattr(script, "NOTES", 300)
    METHODS["lora"](model, rank=2)
    with torch.no_grad():
        for parameter in own_parameters(model).values():
            parameter.add_(0.05)
    save_adapter(model, tmp_path)
    found = script.forgetting(tmp_path, torch.device("cpu"))
    text = compare.other_texts(300)["notes"]
    assert found["before"] == pytest.approx(perplexity(*load_small(), text, False))
    assert found["after"] == pytest.approx(perplexity(model.eval(), words, text, False))
    assert found["after"] != pytest.approx(found["before"], rel=1e-3)


def test_the_smoke_run_shows_the_whole_result_and_says_that_it_means_nothing(run_script, tmp_path):
    done = run_script("TrainAndFinetune/evaluate_assistant.py", "--smoke", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "没有意义" in done.stdout
    found = read_result(done.stdout)
    assert found.keys() == {"split", "n", "baseline_n", "smoke", "adapter", "perplexity", "rows", "bars", "samples"}
    assert found["smoke"]
    assert list(found["rows"]) == list(systems.DEFAULT)
    for name, rows in found["rows"].items():
        for group, row in rows.items():
            assert row.keys() - {"answered_by"} == {"n", "exact", "low", "high", "stops", "tokens", "broken", "parts"}
            assert row["n"] == 2
            assert (group in found["samples"][name]) == ("answered_by" not in row)
            if "answered_by" in row:
                continue
            samples = found["samples"][name][group]
            assert len(samples["right"]) + len(samples["wrong"]) == 2
            assert {"question", "gold", "answer", "finish"} <= (samples["right"] + samples["wrong"])[0].keys()
    assert found["bars"]["tuned"].keys() == report.BARS.keys()
    assert "json_valid_with_grammar" in found["bars"]["tuned+grammar"]
    assert "grounded_exact" not in found["bars"]["base+grammar"]
    exact = {row["exact"] for rows in found["rows"].values() for row in rows.values()}
    assert len(exact) > 1
    assert str(tmp_path) not in done.stdout.splitlines()[-1]


# 真的服务


class Recording(Asker):
    """记下每次的请求与回答。"""

    def post(self, path: str, body: dict) -> tuple[int, dict]:
        self.body, (status, self.reply) = body, super().post(path, body)
        return status, self.reply


def test_the_real_server_takes_every_kind_of_request(tmp_path, monkeypatch):
    clean_environment(monkeypatch, private_cache(tmp_path))
    with running() as server:
        ask = Recording(server.state, tokenizer())
        tools = ask(job_of("tools_seen", "base+grammar", limit=6))
        assert 1 <= tools.tokens <= 6
        assert tools.finish in ("length", "stop", "tool_calls")
        job = job_of("extract", "base+grammar", limit=6)
        assert ask(job).text.startswith('{"' + next(iter(job.dialogue["check"]["value"])))
        raw = ask(job_of("chat", "base+few-shot", limit=3, shots=groups.pick_shots(BY_NAME["chat"])))
        assert ask.reply["usage"]["prompt_tokens"] == len(ask.body["prompt"])  # 没有第二个 <bos>
        assert raw.text == ask.reply["choices"][0]["text"]
        assert 1 <= raw.tokens <= 3
        ask.client.close()
