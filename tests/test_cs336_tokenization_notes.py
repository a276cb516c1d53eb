"""第 4 章分词的笔记：实验脚本跑得通；UTF-8 与 Python 的相等；笔记说的每件事都成立。不导入 torch。"""

import codecs
import doctest
import importlib
import json
import random
from collections import Counter
from itertools import product

import pytest

from book import UserError, read_result, repository_root
from CS336.Tokenization import counting, naive, printing, texts, train, utf8
from CS336.Tokenization.counting import count_tokens, cut, token_counts
from CS336.Tokenization.naive import count_pairs, decode_naive, encode_naive, merge_pair, split_bytes, train_naive
from CS336.Tokenization.pretokenize import PATTERN, count_words, pretokenize, safe_blocks
from CS336.Tokenization.tokenizer import BPETokenizer
from CS336.Tokenization.training import Learner

LABS = ("1_unicode", "2_naive_bpe", "3_pretokenize", "6_experiments")
unicode_lab, naive_lab, words_lab, trials_lab = (importlib.import_module(f"CS336.Tokenization.{name}") for name in LABS)


@pytest.mark.parametrize("name", LABS)
def test_a_tokenization_lab_runs(name, capsys, tmp_path):
    importlib.import_module(f"CS336.Tokenization.{name}").main(["--smoke", "--out", str(tmp_path)])
    assert read_result(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["figures_unicode", "figures_naive_bpe", "figures_pretokenize", "figures_experiments"])
def test_the_figures_of_a_tokenization_note_are_drawn(name, capsys, tmp_path):
    importlib.import_module(f"CS336.Tokenization.{name}").main(["--out", str(tmp_path)])
    assert len(list(tmp_path.glob("*.png"))) == read_result(capsys.readouterr().out)["figures"]


@pytest.mark.parametrize(
    "module",
    [counting, naive, printing, texts, train, utf8, naive_lab, words_lab, trials_lab],
    ids=lambda module: module.__name__,
)
def test_the_examples_in_the_docstrings_hold(module):
    result = doctest.testmod(module)
    assert (result.failed, result.attempted > 0) == (0, True)


# ---------------------------------------------------------------- 1_unicode


def test_every_code_point_is_encoded_and_decoded_as_by_python():
    for first in range(0, 0x110000, 0x800):
        if first == 0xD800:  # 代理
            continue
        codes = range(first, first + 0x800)
        data = "".join(map(chr, codes)).encode("utf-8")
        assert b"".join(map(utf8.encode_code_point, codes)) == data
        assert utf8.decode_bytes(data) == list(codes)


@pytest.mark.parametrize("code", [-1, 0xD800, 0xDFFF, 0x110000])
def test_what_is_no_character_is_refused(code):
    with pytest.raises(ValueError, match="不是字符"):
        utf8.encode_code_point(code)


def python_decodes(data: bytes) -> list[int]:
    return [ord(char) for char in data.decode("utf-8", errors="replace")]


def test_invalid_bytes_are_replaced_as_by_python():
    for length in (1, 2):
        for values in product(range(256), repeat=length):
            assert utf8.decode_bytes(bytes(values)) == python_decodes(bytes(values)), values
    rng = random.Random(0)
    edges = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xE4, 0xED, 0xF0, 0xF4, 0xF5]
    for _ in range(20_000):
        data = bytes(rng.choices(edges, k=7))
        assert utf8.decode_bytes(data) == python_decodes(data), data


def test_pieces_decoded_on_their_own_lose_chinese_and_not_english():
    assert unicode_lab.lost_in_chunks("你好", 1) == 1
    assert unicode_lab.lost_in_chunks("你好啊", 4) == pytest.approx(2 / 3)  # 第二个字切成两半，第三个也是
    assert unicode_lab.lost_in_chunks("你好", 3) == 0
    assert unicode_lab.lost_in_chunks("plain text", 1) == 0


@pytest.mark.parametrize("size", range(1, 8))
def test_the_incremental_decoder_does_not_care_where_bytes_are_cut(size):
    text = "a你é\U0001f600。"
    data, decoder = text.encode("utf-8"), codecs.getincrementaldecoder("utf-8")()
    assert "".join(decoder.decode(data[i : i + size]) for i in range(0, len(data), size)) == text


def test_a_lost_byte_damages_one_character_of_utf8_and_all_that_follow_of_utf16():
    text = "今天天气很好，我们去公园走走。"
    assert {unicode_lab.damaged(text, "utf-8", i) for i in range(3 * len(text))} == {1}
    assert unicode_lab.damaged(text, "utf-16-le", 0) == len(text)
    assert unicode_lab.damaged(text, "utf-16-le", 2 * len(text) - 1) == 1


def test_training_and_test_text_do_not_overlap():
    train, test = texts.train_and_test("chinese", 3000, 1000)
    assert train + test == texts.text_of("chinese", 4000)
    assert 2997 <= len(train.encode("utf-8")) <= 3000


def test_asking_for_more_text_than_there_is_is_one_chinese_line():
    with pytest.raises(UserError, match="只有"):
        texts.text_of("chinese", 10**8)
    with pytest.raises(ValueError, match="没有文字"):
        texts.text_of("french", 10)


# ---------------------------------------------------------------- 2_naive_bpe

HANDOUT_MERGES = "s t, e st, o w, l ow, w est, n e, ne west, w i, wi d, wid est, low e, lowe r"
ALPHABET = ["a", "b", "ab", "的", "，", "\U0001f600", "é"]


def random_words(seed: int, kinds: int = 30) -> dict[str, int]:
    """几十个随机的词，字符少，所以重复、重叠、平手都多。"""
    rng = random.Random(seed)
    return {"".join(rng.choices(ALPHABET, k=rng.randint(1, 8))): rng.randint(1, 5) for _ in range(kinds)}


def test_the_merges_of_the_handout_are_learned_and_training_stops_by_itself():
    merges = train_naive(naive_lab.HANDOUT, 100)
    assert ", ".join(f"{a.decode()} {b.decode()}" for a, b in merges) == HANDOUT_MERGES
    assert [row["merge"].replace(" + ", " ") for row in naive_lab.part_handout()["handout"]] == HANDOUT_MERGES.split(
        ", "
    )


@pytest.mark.parametrize("seed", range(3))
def test_tokens_joined_are_the_text_whatever_the_merges(seed):
    rng, words = random.Random(seed), random_words(seed)
    merges = train_naive(words, 20)
    for table in (merges, rng.sample(merges, len(merges)), [(b"x", b"y")]):
        for word in random_words(seed + 100):
            tokens = encode_naive(word, table)
            assert b"".join(tokens) == word.encode("utf-8")
            assert decode_naive(tokens) == word


@pytest.mark.parametrize("seed", range(3))
def test_a_word_of_the_corpus_is_encoded_as_training_left_it(seed):
    words = random_words(seed) | naive_lab.HANDOUT
    split, merges = {word: split_bytes(word) for word in words}, train_naive(words, 25)
    for pair in merges:
        split = {word: merge_pair(tokens, pair) for word, tokens in split.items()}
    assert {word: encode_naive(word, merges) for word in words} == split


@pytest.mark.parametrize("seed", range(3))
def test_neither_the_order_of_words_nor_how_repetition_is_written_changes_the_merges(seed):
    words = random_words(seed)
    shuffled = random.Random(seed).sample(list(words.items()), len(words))
    merges = train_naive(words, 25)
    assert train_naive(dict(shuffled), 25) == merges
    repeated = [word for word, count in words.items() for _ in range(count)]
    assert train_naive(Counter(repeated), 25) == merges


@pytest.mark.parametrize("seed", range(3))
def test_a_merge_removes_as_many_tokens_as_its_pair_was_counted_unless_it_overlaps_itself(seed):
    words = random_words(seed)
    split = {word: split_bytes(word) for word in words}

    def total():
        return sum(words[word] * len(tokens) for word, tokens in split.items())

    for pair in train_naive(words, 25):
        before, count = total(), count_pairs(split, words)[pair]
        split = {word: merge_pair(tokens, pair) for word, tokens in split.items()}
        removed = before - total()
        assert removed == count or (pair[0] == pair[1] and 0 < removed < count)


def test_overlapping_pairs_are_counted_as_by_hugging_face():
    tokenizers = pytest.importorskip("tokenizers")
    words = {"aaaa": 2, "bc": 5}  # 重叠地数 (a, a) 是 6，不重叠是 4
    library = tokenizers.Tokenizer(tokenizers.models.BPE())
    library.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=5, show_progress=False, initial_alphabet=["a", "b", "c"])
    library.train_from_iterator([" ".join(word for word, n in words.items() for _ in range(n))], trainer)
    assert library.id_to_token(3) == "aa"
    assert train_naive(words, 1) == [(b"a", b"a")]


def test_the_longest_match_is_another_encoding_of_the_same_text():
    merges = train_naive(naive_lab.HANDOUT, 12)
    assert encode_naive("lowest", merges) == [b"low", b"est"]
    assert naive_lab.encode_greedy("lowest", merges) == [b"lowe", b"st"]


def test_first_come_ties_depend_on_the_order_of_words_and_written_rules_do_not():
    rows = naive_lab.part_ties("b a b a ab ba cd dc dc cd ef fe", 3, seed=1)["ties"]
    assert rows["greatest"]["moved_when_shuffled"] == rows["smallest"]["moved_when_shuffled"] == 0
    assert rows["first"]["moved_when_shuffled"] > 0


# ---------------------------------------------------------------- 3_pretokenize

PIECES = [
    "a",
    "Bc",
    "'s",
    "'LL",
    "don't",
    "12",
    "3",
    "。",
    "!?",
    "-",
    " ",
    "  ",
    "\n",
    "\t",
    "汉字",
    "é",
    "\U0001f600",
    "\u00a0",
]


def random_text(seed: int, length: int = 200) -> str:
    return "".join(random.Random(seed).choices(PIECES, k=length))


def test_the_six_branches_joined_are_the_pattern():
    assert "|".join(words_lab.BRANCHES.values()) == PATTERN


@pytest.mark.parametrize("seed", range(5))
def test_words_are_those_of_hugging_face_and_joined_give_the_text(seed):
    tokenizers = pytest.importorskip("tokenizers")
    library, text = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False), random_text(seed)
    words = pretokenize(text)
    assert "".join(words) == text
    assert words == [text[start:end] for _, (start, end) in library.pre_tokenize_str(text)]


@pytest.mark.parametrize("seed", range(3))
def test_counting_words_first_gives_the_same_merges_as_looking_at_every_position(seed):
    text = random_text(seed)
    every = dict.fromkeys(enumerate(pretokenize(text)), 1)  # 同样的词不合在一起
    split, merges = {key: split_bytes(key[1]) for key in every}, []
    for _ in range(8):
        pairs = count_pairs(split, every)
        merges.append(max(pairs, key=lambda pair: (pairs[pair], pair)))  # noqa: B023
        split = {key: merge_pair(tokens, merges[-1]) for key, tokens in split.items()}
    assert train_naive(count_words([text]), 8) == merges


@pytest.mark.parametrize("size", [1, 2, 3, 7, 50])
def test_safe_blocks_give_the_same_words_however_the_text_was_cut(size):
    text = random_text(size)
    chunks = [text[i : i + size] for i in range(0, len(text), size)]
    assert [word for block in safe_blocks(chunks) for word in pretokenize(block)] == pretokenize(text)
    assert [word for chunk in chunks for word in pretokenize(chunk)] != pretokenize(text)


@pytest.mark.parametrize("seed", range(3))
def test_one_replace_per_merge_counts_the_tokens_of_the_naive_encoder(seed):
    words = list(random_words(seed))
    merges = train_naive(random_words(seed), 20)
    counts = count_tokens(words, merges)
    for step in (0, 5, 20):
        assert counts[step] == sum(len(encode_naive(word, merges[:step])) for word in words)


def test_a_special_token_split_off_leaves_no_trace_in_the_merges():
    text = words_lab.END.join(["the cat.", "the dog.", "a bird."] * 5)
    right = Learner(count_words([text], [words_lab.END])).run(300)
    wrong = Learner(count_words([text])).run(300)
    assert not any(set(b"<|>") & set(a + b) for a, b in right)
    assert any(a + b == b".<|" for a, b in wrong)  # 一篇末尾的句号与它连在一起


def test_the_damage_of_an_unsplit_special_token_is_measured():
    row = words_lab.part_specials(4000, 50)
    assert row["wasted"] > 0
    assert {"|>", "<|"} <= set(row["fragments"])
    assert row["special_tokens_right"] == 1 < row["special_tokens_wrong"] < row["special_tokens_untrained"]


def test_without_boundaries_words_are_learned_with_their_marks():
    text = "my dog. your dog! her dog? " * 20
    inside, across = (Learner(Counter(split)).run(290) for split in (pretokenize(text), [text]))
    assert words_lab.variants(inside)["word_and_mark"] == words_lab.variants(inside)["inner_space"] == 0
    assert words_lab.variants(across)["word_and_mark"] > 0
    assert words_lab.variants(across)["inner_space"] > 0


# ---------------------------------------------------------------- 6_experiments


def test_counted_tokens_are_those_of_the_tokenizer_and_a_small_vocabulary_is_the_start_of_a_large_one():
    train, unseen = texts.train_and_test("chinese", 8000, 2000)
    learner = Learner(count_words([train]))
    merges = learner.run(600)
    assert Learner(count_words([train])).run(400) == merges[:144]
    for text in (unseen, "Plain English, 12%.", "def f(x):\n    return x\n"):
        counts = count_tokens(pretokenize(text), merges)
        assert counts == sorted(counts, reverse=True)  # 一条合并不会让词元变多
        for size in (400, 600):
            vocab = dict(enumerate([bytes([i]) for i in range(256)] + [a + b for a, b in merges[: size - 256]]))
            assert len(BPETokenizer(vocab, merges[: size - 256]).encode(text)) == counts[size - 256]


def test_kinds_and_frequencies_of_tokens_add_up():
    text = texts.text_of("chinese", 6000)
    merges = Learner(count_words([text])).run(500)
    counts = token_counts(pretokenize(text), merges)
    assert counts.total() == count_tokens(pretokenize(text), merges)[-1]
    assert b"".join(cut(text[:40], merges)) == text[:40].encode("utf-8")
    kinds = Counter(trials_lab.kind_of(token) for token in counts)
    assert set(kinds) == {"ascii", "one", "many", "head", "inside"}


def recorded(name: str) -> dict:
    path = repository_root() / "CS336" / "Tokenization" / "results" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))["metrics"]


def test_the_ratios_written_in_the_notes_follow_from_the_records():
    rows = {(row["text"], row["boundary"]): row for row in recorded("3_pretokenize")["boundary"]}

    def gain(text, key):
        return round(100 * (rows[text, "no"][key] / rows[text, "yes"][key] - 1))

    assert (gain("english", "bytes_per_token"), gain("chinese", "bytes_per_token")) == (9, 13)
    assert (gain("english", "on_code"), gain("chinese", "on_code")) == (2, 16)
    assert rows["english", "no"]["words"] / rows["english", "yes"]["words"] == pytest.approx(0.75, abs=0.01)
    found = {(row["trained_on"], row["vocab_size"]): row for row in recorded("6_experiments")["languages"]}
    english, chinese = found["english", 8192], found["chinese", 8192]
    assert round(chinese["chinese"] / english["chinese"], 1) == 2.7
    assert 1.8 < english["english"] / chinese["english"] < 2
    merges = recorded("6_experiments")["merges"]
    assert (256 + merges["english"], 256 + merges["code"]) == (7651, 4216)
    phrases = [row["many"] for row in recorded("6_experiments")["chinese"]][-2:]
    assert 0.8 < (phrases[1] - phrases[0]) / 4096 < 0.9
    rare = [row["rare"] for row in recorded("6_experiments")["rare"] if row["vocab_size"] == 1024]
    assert (round(min(rare), 2), round(max(rare), 2)) == (0.08, 0.2)
    width = recorded("1_unicode")["widths"]["chinese"]["bytes_per_character"]
    assert round(1024 * english["chinese"] / width, -1) == 640
    assert round(1024 * chinese["chinese"] / width, -1) == 1750
    tokens = [row["tokens"] for row in recorded("2_naive_bpe")["ties"].values()]
    assert max(tokens) / min(tokens) < 1.001
