"""第 4 章的分词：训练与朴素版逐条相同，编码与朴素版、HF tokenizers、tiktoken 相同，怎么切都相同，坏输入都说清楚。"""

import json
import random
import re
import subprocess
import sys
import tracemalloc
from collections import Counter
from itertools import chain, islice

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from book import UserError, read_result
from CS336.Tokenization import BPETokenizer, merging, train, train_bpe
from CS336.Tokenization.corpus import build, mixed, notes
from CS336.Tokenization.gpt2_format import from_printable, to_printable
from CS336.Tokenization.merging import Merger
from CS336.Tokenization.naive import decode_naive, encode_naive, train_naive
from CS336.Tokenization.pretokenize import (
    ASCII_WORD,
    BLOCK,
    PATTERN,
    WORD,
    count_words,
    pretokenize,
    safe_blocks,
    safe_cut,
    split_specials,
)
from CS336.Tokenization.reading import READ, read_chunks
from CS336.Tokenization.training import Learner

HANDOUT = {"low": 5, "lower": 2, "widest": 3, "newest": 6}
END = "<|endoftext|>"
SPECIALS = ["<|e|>", "<|e|><|e|>", "|>a", "你!"]  # 一个是另一个的开头，一个与另一个重叠
ALPHABET = "ab'slervd 1²!.,<|>\n\t\u3000 \x1c你，é\u0301😀"

texts = st.text(alphabet=ALPHABET, max_size=40)
with_specials = st.lists(st.one_of(texts, st.sampled_from(SPECIALS)), max_size=6).map("".join)
small_words = st.dictionaries(
    st.one_of(st.text("ab", min_size=1, max_size=14), st.text("aé你我😀", min_size=1, max_size=8)),
    st.integers(1, 4),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """中英文、表情、缩写、长短空白，中间有特殊词元。"""
    path = tmp_path_factory.mktemp("corpus") / "corpus.txt"
    english = build("docstrings", 30_000)
    chinese = mixed(len(notes().encode("utf-8")) + 60_000)[-20_000:]
    path.write_text(f"{english}{END}{chinese}{END}it's I'll they've 😀👍🏽 café e\u0301 aaaaaaa   \n\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def trained(corpus):
    vocab, merges = train_bpe(corpus, 1500, [END])
    return BPETokenizer(vocab, merges, [END])


def whole(text, specials):
    """整段一次切开：特殊词元与词，没有空串。"""
    pieces = split_specials(text, specials)
    words = chain.from_iterable([piece] if i % 2 else pretokenize(piece) for i, piece in enumerate(pieces))
    return [word for word in words if word]


# ---- 预分词 ----


@given(texts)
def test_the_ascii_pattern_equals_the_unicode_one(text):
    ascii_text = "".join(c for c in text if c < "\x80")
    assert ASCII_WORD.findall(ascii_text) == WORD.findall(ascii_text)
    assert "".join(pretokenize(text)) == text


def test_the_ascii_pattern_knows_every_ascii_character():
    pairs = "".join(f"{chr(a)}{chr(b)}x" for a in range(128) for b in range(128))
    assert ASCII_WORD.findall(pairs) == WORD.findall(pairs)


@settings(max_examples=300)
@given(with_specials, texts, st.sampled_from([[], SPECIALS, SPECIALS[::-1]]))
def test_a_safe_cut_is_safe_whatever_follows(text, future, specials):
    for end in range(len(text) + 1):
        cut = safe_cut(text[:end], specials)
        for rest in (text[cut:], text[cut:end] + future):
            assert whole(text[:cut], specials) + whole(rest, specials) == whole(text[:cut] + rest, specials)


def test_text_with_spaces_or_punctuation_can_be_cut():
    assert safe_cut("an ordinary sentence") == len("an ordinary")
    assert safe_cut("你好，世界") == len("你好，")
    assert safe_cut("unbroken") == 0


def test_a_longer_special_token_wins_and_may_still_come():
    assert split_specials("<|e|><|e|>", SPECIALS) == ["", "<|e|><|e|>", ""]
    assert safe_cut("a <|e|>", SPECIALS) == 1  # 后面可能还有一个 <|e|>
    assert safe_cut("a <|e|>", ["<|e|>"]) == len("a <|e|>")  # 这里不会再长
    assert safe_cut("<a>b ", ["<a>", "a>b c"]) == len("<a>b")  # a>b 在认出的 <a> 里面，不算没写完


@given(st.lists(with_specials, max_size=8), st.sampled_from([(), tuple(SPECIALS)]))
def test_counting_in_blocks_equals_counting_at_once(chunks, specials):
    expected = Counter(word for word in whole("".join(chunks), specials) if word not in specials)
    assert count_words(chunks, specials) == expected


def test_counting_with_two_processes_equals_one(corpus):
    chunks = list(read_chunks(corpus)) * 30  # 超过一份，两个进程都有活
    one, two = count_words(chunks, [END]), count_words(chunks, [END], num_workers=2)
    assert list(one.items()) == list(two.items())


def test_a_long_word_is_not_searched_again_for_every_character(monkeypatch):
    from CS336.Tokenization import pretokenize as module

    looked, cut = [], module.safe_cut
    monkeypatch.setattr(module, "safe_cut", lambda text, specials: looked.append(len(text)) or cut(text, specials))
    assert list(safe_blocks("a" * 4096)) == ["a" * 4096]
    assert sum(looked) < 4 * 4096


# ---- 训练 ----


def test_the_handout_example_gives_the_published_merges(tmp_path):
    path = tmp_path / "corpus.txt"
    path.write_text(" ".join(word for word, n in HANDOUT.items() for _ in range(n)))
    merges = Learner(HANDOUT).run(256 + 12)
    found = [f"{a.decode()} {b.decode()}" for a, b in merges]
    assert ", ".join(found) == "s t, e st, o w, l ow, w est, n e, ne west, w i, wi d, wid est, low e, lowe r"
    assert train_bpe(path, 10**6)[1][:2] == [(b"s", b"t"), (b"e", b"st")]  # 没有对可合并了就停


@settings(max_examples=300, deadline=None)
@given(small_words, st.integers(0, 30))
def test_merges_equal_those_of_the_naive_oracle(words, count):
    """小字母表：一样多的、重叠的（aaaa）到处都是。"""
    assert Learner(words).run(256 + count) == train_naive(words, count)


def test_merges_equal_the_oracle_on_a_real_text(corpus):
    words = count_words(read_chunks(corpus), [END])
    small = dict(islice(words.items(), 400))
    assert Learner(small).run(256 + 150) == train_naive(small, 150)


@settings(max_examples=300, deadline=None)
@given(small_words)
def test_no_two_merges_spell_the_same_bytes(words):
    """同样的字节单独看总是同样地合并，所以一个词元只有一条合并；训练因此不必查重。"""
    tokens = [a + b for a, b in train_naive(words, 40)]
    assert len(set(tokens)) == len(tokens)


def test_ids_are_dense_specials_first_then_bytes(trained):
    vocab = trained.vocab
    assert list(vocab) == list(range(1500))
    assert vocab[0] == END.encode()
    assert [vocab[i] for i in range(1, 257)] == [bytes([byte]) for byte in range(256)]
    assert [vocab[i] for i in range(257, 1500)] == [a + b for a, b in trained.merges]


def test_no_token_crosses_a_special_token_or_a_word(trained):
    for left, right in trained.merges:
        text = (left + right).decode("utf-8", errors="ignore")
        assert END not in text
        assert len(WORD.findall(text)) <= 1 or text.isspace()


def test_two_processes_train_the_same(corpus, trained):
    assert train_bpe(corpus, 400, [END], num_workers=2)[1] == trained.merges[:143]


def test_training_equals_the_rust_library_where_no_counts_tie(tmp_path):
    """HF 在次数一样多时取编号小的一对，与我们不同：造一份前 8 次合并都不并列的语料。"""
    import tokenizers

    text = " ".join(w for i, w in enumerate(["hug", "pug", "pun", "bun", "hugs"]) for _ in range([10, 5, 12, 4, 7][i]))
    path = tmp_path / "corpus.txt"
    path.write_text(text)
    library = tokenizers.Tokenizer(tokenizers.models.BPE())
    library.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=256 + 5, initial_alphabet=alphabet, show_progress=False)
    library.train([str(path)], trainer)
    theirs = [tuple(map(from_printable, pair)) for pair in json.loads(library.to_str())["model"]["merges"]]
    assert train_bpe(path, 256 + 5)[1] == theirs


# ---- 编码与解码 ----


@settings(max_examples=200, deadline=None)
@given(small_words, st.integers(0, 30), st.lists(st.text("abé你我😀", min_size=1, max_size=20), max_size=5))
def test_encoding_a_word_equals_replaying_the_merges(words, count, unseen):
    merges = train_naive(words, count)
    merger = Merger(merges)
    for word in [*words, *unseen]:
        raw, expected = word.encode("utf-8").decode("latin-1"), encode_naive(word, merges)
        assert [merger.tokens[ord(c)] for c in merger.merge_all(raw)] == expected
        if merger.regular:
            assert [merger.tokens[ord(c)] for c in merger.walk(raw)] == expected


def lowest_rank_first(raw, ranks):
    """HF 与 tiktoken 的定义：每次合并名次最前的一对里最左的一处。"""
    tokens = [bytes([byte]) for byte in raw]
    while True:
        found = [(ranks[pair], i) for i, pair in enumerate(zip(tokens, tokens[1:])) if pair in ranks]
        if not found:
            return tokens
        _, i = min(found)
        tokens[i : i + 2] = [tokens[i] + tokens[i + 1]]


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 20), st.lists(st.text("abc", max_size=14), max_size=6))
def test_merges_that_were_not_trained_are_encoded_by_rank(rng, count, words):
    """随手写的合并：同样的字节有两条路，有的词元永远轮不到。贪心的证明不适用，要认得出来，老实合并。"""
    tokens, merges = [b"a", b"b", b"c"], []
    while len(merges) < count:
        pair = rng.choice(tokens), rng.choice(tokens)
        if pair not in merges:
            merges.append(pair)
            tokens.append(b"".join(pair))
    merger, ranks = Merger(merges), {pair: rank for rank, pair in enumerate(merges)}
    for word in words:
        expected = lowest_rank_first(word.encode(), ranks)
        assert [merger.tokens[ord(c)] for c in merger.merge(word)] == expected


@pytest.mark.parametrize(
    "merges",
    [
        [(b"a", b"b"), (b"c", b"d"), (b"ab", b"c"), (b"ab", b"cd"), (b"abc", b"d")],  # abcd 有两条路
        [(b"b", b"c"), (b"a", b"b"), (b"ab", b"c")],  # 单独写 abc，bc 先合并，永远得不到 abc
    ],
)
def test_irregular_merges_are_recognised(merges):
    assert not Merger(merges).regular
    assert Merger(merges[:2]).regular


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_decoding_the_encoding_gives_the_text(trained, text):
    assume("\ud800" not in text)
    assert trained.decode(trained.encode(text)) == text


def test_encoding_real_text_equals_the_naive_oracle(trained, corpus):
    text = corpus.read_text("utf-8")[29_000:32_000]
    expected = []
    for i, piece in enumerate(split_specials(text, [END])):
        expected += [piece.encode()] if i % 2 else chain(*(encode_naive(w, trained.merges) for w in pretokenize(piece)))
    assert [trained.vocab[i] for i in trained.encode(text)] == expected
    assert decode_naive(expected) == text


@settings(max_examples=200, deadline=None)
@given(st.lists(with_specials, max_size=8), st.integers(1, 7))
def test_streaming_equals_encoding_at_once_wherever_it_is_cut(trained, chunks, size):
    tokenizer = BPETokenizer(trained.vocab, trained.merges, SPECIALS)
    text = "".join(chunks)
    expected = tokenizer.encode(text)
    assert list(tokenizer.encode_iterable(chunks)) == expected
    assert list(tokenizer.encode_iterable(text[i : i + size] for i in range(0, len(text), size))) == expected
    assert tokenizer.decode(expected) == text


def test_a_long_text_is_encoded_in_blocks_as_if_at_once(trained, corpus):
    text = corpus.read_text("utf-8")
    assert len(text) > 2 * BLOCK
    assert trained.encode(text) == [i for word in whole(text, [END]) for i in trained.encode(word)]


def test_streaming_starts_before_the_input_ends_and_keeps_little(trained):
    def endless():
        rng = random.Random(0)
        while True:
            yield f"{rng.random()} 随机的数，一行一个\n"

    stream = trained.encode_iterable(endless())
    list(islice(stream, 50_000))  # 缓存长到平常的大小
    tracemalloc.start()
    for _ in islice(stream, 300_000):  # 约 0.5 MB 文字，30 万个编号
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4_000_000


def test_the_cache_is_bounded(trained, monkeypatch):
    monkeypatch.setattr(merging, "GENERATION", 50)
    tokenizer = BPETokenizer(trained.vocab, trained.merges)
    text = "，".join(f"{a}{b}{c}你我他{a}" for a in "abcdefgh" for b in "ijklmnop" for c in "qrstuvwx") + "z" * 100
    assert tokenizer.encode(text) == trained.encode(text)
    encoder = tokenizer.encoder
    tables = (encoder.words, encoder.merger.separate, encoder.merger.lengths)
    assert all(0 < len(table) <= 50 and len(table.old) <= 50 for table in tables)
    assert max(map(len, encoder.words)) <= merging.WIDEST


@pytest.mark.parametrize("text", ["a" * 20_000, "ab" * 10_000, "的" * 10_000, "aab" * 7_000])
def test_a_very_long_word_takes_linear_work(trained, text):
    """数查了几次表，不看时间：一倍长的词，查的次数也只是一倍。"""

    class Counting(dict):
        looks = 0

        def get(self, *key):
            Counting.looks += 1
            return super().get(*key)

    def work(word):
        merger, Counting.looks = Merger(trained.merges), 0
        merger.symbols = Counting(merger.symbols)
        symbols = merger.merge(word)
        assert b"".join(merger.tokens[ord(c)] for c in symbols).decode() == word
        return Counting.looks

    assert work(text) < 2.5 * work(text[: len(text) // 2])


def test_a_random_long_word_equals_the_honest_merge(trained):
    rng = random.Random(1)
    raw = (
        "".join(rng.choices("的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而abcdest", k=3000))
        .encode("utf-8")
        .decode("latin-1")
    )
    merger = trained.encoder.merger
    assert merger.regular
    assert merger.walk(raw) == merger.merge_all(raw)


def test_invalid_bytes_become_the_replacement_character_over_the_joined_bytes(trained):
    ids = {token: i for i, token in trained.vocab.items()}
    parts = [ids[bytes([byte])] for byte in "你".encode()]
    assert trained.decode(parts) == "你"
    assert trained.decode(parts[:2]) == "\ufffd"
    assert trained.decode([ids[b"\xff"], *parts]) == "\ufffd你"
    assert trained.decode(iter([])) == ""


def test_lone_surrogates_are_encoded_as_the_replacement_character(trained):
    assert trained.encode("a\ud800b") == trained.encode("a\ufffdb")
    assert trained.encode("\ud83d\ude00") == trained.encode("😀")


def test_absent_special_tokens_are_appended_and_the_longest_wins(trained):
    tokenizer = BPETokenizer(trained.vocab, trained.merges, ["<|pad|>", END, "<|pad|><|pad|>", "<|pad|>"])
    assert len(tokenizer) == 1502
    assert tokenizer.encode(f"<|pad|><|pad|><|pad|>{END}") == [1501, 1500, 0]
    assert trained.encode("<|pad|>") != [1500]


def test_a_special_token_that_is_also_a_byte_keeps_its_own_id(corpus):
    tokenizer = BPETokenizer(*train_bpe(corpus, 300, ["a"]), ["a"])
    assert tokenizer.encode("ba") == [1 + ord("b"), 0]


# ---- 文件格式 ----


def test_every_byte_has_its_own_printable_character():
    written = to_printable(bytes(range(256)))
    assert len(set(written)) == 256
    assert not any(c.isspace() or not c.isprintable() for c in written)
    assert from_printable(written) == bytes(range(256))


def test_saving_and_loading_keeps_everything(trained, tmp_path):
    tokenizer = BPETokenizer(trained.vocab, trained.merges, [END, "<|结束 了|>"])
    tokenizer.save(tmp_path / "vocab.json", tmp_path / "merges.txt")
    again = BPETokenizer.from_files(tmp_path / "vocab.json", tmp_path / "merges.txt", [END, "<|结束 了|>"])
    assert (again.vocab, again.merges) == (tokenizer.vocab, tokenizer.merges)
    assert (tmp_path / "merges.txt").read_text("utf-8").startswith("#version")
    assert json.loads((tmp_path / "vocab.json").read_text("utf-8"))["<|结束 了|>"] == 1500  # 写的是原文


def test_a_merge_that_looks_like_the_version_line_is_kept(tmp_path):
    letters = [bytes([byte]) for byte in b"#version:"]
    merges = [(b"".join(letters[:i]), letters[i]) for i in range(1, len(letters))]
    vocab = dict(enumerate([bytes([byte]) for byte in range(256)] + [a + b for a, b in merges]))
    BPETokenizer(vocab, merges).save(tmp_path / "vocab.json", tmp_path / "merges.txt")
    assert BPETokenizer.from_files(tmp_path / "vocab.json", tmp_path / "merges.txt").merges == merges


def test_windows_line_ends_and_a_missing_version_line_are_read(trained, tmp_path):
    vocab, merges = tmp_path / "vocab.json", tmp_path / "merges.txt"
    trained.save(vocab, merges)
    merges.write_bytes(merges.read_bytes().split(b"\n", 1)[1].replace(b"\n", b"\r\n"))
    assert BPETokenizer.from_files(vocab, merges, [END]).merges == trained.merges


@pytest.fixture(scope="module")
def sample(corpus):
    return corpus.read_text("utf-8") + "".join(map(chr, range(0x20, 0x3000, 7))) + "\u2028 \x1c\x85 x  \n y"


def test_the_rust_library_reads_our_files_and_encodes_the_same(trained, sample, tmp_path):
    import tokenizers

    vocab, merges = str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt")
    trained.save(vocab, merges)
    library = tokenizers.ByteLevelBPETokenizer(vocab, merges)
    library.add_special_tokens([END])
    assert library.encode(sample).ids == trained.encode(sample)
    assert library.decode(trained.encode(sample), skip_special_tokens=False) == sample


def test_we_read_the_files_of_the_rust_library_and_encode_the_same(corpus, sample, tmp_path):
    import tokenizers

    library = tokenizers.ByteLevelBPETokenizer()
    library.train([str(corpus)], vocab_size=800, special_tokens=[END], show_progress=False)
    vocab, merges = library.save_model(str(tmp_path))
    assert BPETokenizer.from_files(vocab, merges, [END]).encode(sample) == library.encode(sample).ids


def test_tiktoken_encodes_the_same_with_our_vocabulary(trained, sample):
    import tiktoken

    ranks = {token: i for i, token in trained.vocab.items() if i}
    encoding = tiktoken.Encoding("ours", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={END: 0})
    assert encoding.encode(sample, allowed_special="all") == trained.encode(sample)
    assert encoding.decode(trained.encode(sample)) == trained.decode(trained.encode(sample)) == sample


# ---- 坏输入 ----

GOOD = {to_printable(bytes([byte])): byte for byte in range(256)}


def one_chinese_line(error) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert re.search("[一-龥]", text)
    return text


@pytest.mark.parametrize(
    ("vocab", "merges", "part"),
    [
        ("{", "", "不是 JSON"),
        ("[1]", "", "词元: 编号"),
        (json.dumps(GOOD | {"ab": "7"}), "", "编号"),
        (json.dumps(GOOD | {"ab": 7}), "", "编号 7 用了两次"),
        (json.dumps({key: i for key, i in GOOD.items() if i != 65}), "", "0x41"),
        (json.dumps(GOOD | {"你": 300}), "", "special_tokens"),
        (json.dumps(GOOD), "a b\n", "第 1 行"),
        (json.dumps(GOOD | {"ab": 256}), "#version: 0.2\na b\nab\n", "第 3 行"),
        (json.dumps(GOOD | {"ab": 256}), "a  b\n", "第 1 行"),
        (json.dumps(GOOD | {"ab": 256}), "a 你\n", "第 1 行"),
        (json.dumps(GOOD | {"ab": 256, "abc": 257}), "ab c\na b\n", "次序"),
        (json.dumps(GOOD).encode() + b"\xff", "", "不是 UTF-8"),
    ],
)
def test_a_broken_file_says_what_is_wrong_in_one_line(tmp_path, vocab, merges, part):
    paths = tmp_path / "vocab.json", tmp_path / "merges.txt"
    for path, text in zip(paths, (vocab, merges)):
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    with pytest.raises(ValueError, match=part) as error:
        BPETokenizer.from_files(*paths)
    one_chinese_line(error)


def test_wrong_use_of_the_tokenizer_is_a_value_error(trained, tmp_path):
    with pytest.raises(ValueError, match="编号 1500 ") as error:
        trained.decode([0, 1500])
    one_chinese_line(error)
    with pytest.raises(ValueError, match="编号要是整数"):
        trained.decode(["a"])
    for one in (5, [[1, 2]]):
        with pytest.raises(ValueError, match="一列整数"):
            trained.decode(one)
    for other in (b"low", ["low"], None):
        with pytest.raises(ValueError, match="encode 收一段 str"):
            trained.encode(other)
    with pytest.raises(ValueError, match="反过来"):
        BPETokenizer({token: i for i, token in trained.vocab.items()}, trained.merges)
    with pytest.raises(ValueError, match="空字符串"):
        BPETokenizer(trained.vocab, trained.merges, [""])
    with pytest.raises(ValueError, match="词表里"):
        BPETokenizer(trained.vocab, [(b"\xff", b"\xff")])
    with pytest.raises(ValueError, match="都是 bytes"):
        BPETokenizer(trained.vocab, [("s", "t")])
    with pytest.raises(ValueError, match="两段 bytes"):
        Merger([("s", "t")])
    with pytest.raises(ValueError, match="词表没有的字节"):
        BPETokenizer({0: b"a"}, []).encode("b")
    with pytest.raises(ValueError, match="都写成"):
        BPETokenizer({**trained.vocab, 1500: b"a"}, []).save(tmp_path / "v", tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_one_special_token_without_a_list_is_refused_everywhere(trained, corpus, tmp_path):
    """一个 str 也是一列文字：不拒绝就悄悄变成一个字符一个特殊词元。"""
    trained.save(tmp_path / "vocab.json", tmp_path / "merges.txt")
    for use in (
        lambda: train_bpe(corpus, 300, END),
        lambda: BPETokenizer(trained.vocab, trained.merges, END),
        lambda: BPETokenizer.from_files(tmp_path / "vocab.json", tmp_path / "merges.txt", END),
        lambda: split_specials("a", END),
        lambda: safe_cut("a b", END),
        lambda: list(safe_blocks(["a b"], END)),
        lambda: count_words(["a b"], END),
    ):
        with pytest.raises(ValueError, match=re.escape(f"写 ['{END}']")) as error:
            use()
        one_chinese_line(error)


def test_invalid_utf8_is_reported_with_its_position_even_across_reads(tmp_path):
    path = tmp_path / "x.txt"
    for good in ("a" * (READ - 1), "a" * (READ - 2) + "é" * 5, "你" * READ):
        for bad in (b"\xff", b"\xe4\xbdz", b"\xe4\xbd"):
            path.write_bytes(good.encode() + bad)
            with pytest.raises(UserError) as error:
                list(read_chunks(path))
            assert f"第 {len(good.encode())} 个字节" in one_chinese_line(error)
    path.write_bytes("你好\r\n".encode())
    assert "".join(read_chunks(path, 1)) == "你好\r\n"


@pytest.fixture
def run_train(tmp_path, capsys):
    """跑 train.py，返回报错；输出目录里原有的文件不能变。"""
    out = tmp_path / "out"
    out.mkdir()
    (out / "vocab.json").write_text("old")

    def run(*argv) -> str:
        with pytest.raises(UserError) as error:
            train.main([*map(str, argv), "--out", str(out)])
        assert (out / "vocab.json").read_text() == "old"
        assert not (out / "merges.txt").exists()
        return one_chinese_line(error)

    return run


def test_bad_input_to_the_command_line_leaves_the_old_files_alone(run_train, tmp_path):
    empty, bad, good = tmp_path / "empty.txt", tmp_path / "bad.txt", tmp_path / "good.txt"
    empty.write_bytes(b"")
    bad.write_bytes(b"abc\xffdef")
    good.write_text("low low lower")
    assert "空的" in run_train(empty)
    assert "第 3 个字节" in run_train(bad)
    assert "第 3 个字节" in run_train(bad, "--workers", "2")
    assert "257" in run_train(good, "--vocab-size", "256")
    assert "读不了" in run_train(tmp_path / "missing.txt")
    assert "读不了" in run_train(tmp_path)
    assert "0" in run_train(good, "--vocab-size", "0")
    assert "空字符串" in run_train(good, "--special", "")
    assert "语料直接写路径" in run_train("--input", good)
    assert "语料直接写路径" in run_train(f"--data={good}")
    assert "一次只训练一个" in run_train(good, bad)
    assert "是不是 --vocab-size" in run_train(good, "--vocab-sise", "300")


def test_a_file_in_place_of_the_output_directory_is_refused_and_kept(tmp_path):
    out = tmp_path / "out.txt"
    out.write_text("mine")
    with pytest.raises(UserError, match="是一个文件；要的是目录"):
        train.main(["--out", str(out)])
    assert out.read_text() == "mine"


def test_the_longest_tokens_are_merged_ones_and_an_unused_device_is_mentioned(tmp_path, capsys):
    path = tmp_path / "small.txt"
    path.write_text("low low lower")
    result = train.main([str(path), "--vocab-size", "260", "--device", "cuda", "--out", str(tmp_path / "out")])
    assert result["longest"] == [" low", "low", "ow"]
    assert "--device cuda 不起作用" in capsys.readouterr().out


def test_the_command_line_writes_files_that_load(tmp_path, capsys):
    path = tmp_path / "corpus.txt"
    path.write_text(" ".join(word for word, n in HANDOUT.items() for _ in range(n)))
    train.main([str(path), "--vocab-size", "280", "--special", "<|a|>", "<|b|>", "--out", str(tmp_path / "out")])
    result = read_result(capsys.readouterr().out)
    tokenizer = BPETokenizer.from_files(tmp_path / "out/vocab.json", tmp_path / "out/merges.txt", ["<|a|>", "<|b|>"])
    assert (len(tokenizer), len(tokenizer.merges)) == (result["vocab_size"], result["merges"])
    assert tokenizer.encode("<|b|>") == [1]
    assert result["bytes_per_token"] > 2
    assert result["longest"][0] in (" newest", " widest")


def test_the_package_never_imports_torch():
    code = (
        "import sys, pkgutil, importlib, CS336.Tokenization as p\n"
        "[importlib.import_module(f'{p.__name__}.{m.name}') for m in pkgutil.iter_modules(p.__path__)\n"
        " if not m.name[0].isdigit()]\n"
        "bad = [m for m in ('torch', 'tiktoken', 'tokenizers', 'transformers') if m in sys.modules]\n"
        "print(bad)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
