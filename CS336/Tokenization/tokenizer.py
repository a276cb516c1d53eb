"""字节级 BPE 分词器：编码、解码、流式编码，GPT-2 的文件格式。

教什么：编码 = 特殊词元切开 -> 预分词 -> 每个词合并；流式编码只要知道哪里可以切；解码先接起字节再解码。
不教什么：训练（`training.py`）；一个词怎样合并得快（`merging.py`）。
对应笔记：`5_encoding.md`；与 tiktoken 的速度比较见 `bench.py`。
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from CS336.Tokenization.gpt2_format import read_merges, read_vocab, write_files
from CS336.Tokenization.merging import WordEncoder
from CS336.Tokenization.naive import Pair
from CS336.Tokenization.pretokenize import BLOCK, check_specials, pretokenize, safe_blocks, split_specials
from CS336.Tokenization.reading import InputError


def clean(text: str) -> str:
    """孤立的代理码位（半个 UTF-16 字符）没有 UTF-8 字节：换成 U+FFFD，与 tiktoken 相同；成对的拼回一个字符。"""
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class BPETokenizer:
    """vocab {编号: 字节}，merges [(字节, 字节)] 按学到的次序，special_tokens 里词表没有的接在最后。

    >>> vocab = dict(enumerate([b" ", b"a", b"c", b"e", b"h", b"t", b"th", b" c", b" a", b"the", b" at"]))
    >>> merges = [(b"t", b"h"), (b" ", b"c"), (b" ", b"a"), (b"th", b"e"), (b" a", b"t")]
    >>> tokenizer = BPETokenizer(vocab, merges, ["<|end|>"])
    >>> tokenizer.encode("the cat ate<|end|>")
    [9, 7, 1, 5, 10, 3, 11]
    >>> tokenizer.decode([9, 7, 1, 5, 10, 3])
    'the cat ate'
    """

    def __init__(self, vocab: dict[int, bytes], merges: Iterable[Pair], special_tokens: Iterable[str] | None = None):
        self.vocab, self.merges = dict(vocab), [(left, right) for left, right in merges]
        if any(not isinstance(i, int) or not isinstance(token, bytes) for i, token in self.vocab.items()):
            raise InputError("vocab 要是 {编号: 字节}；{词元: 编号} 先反过来，GPT-2 的文件用 from_files 读")
        self.special_tokens = check_specials(special_tokens)
        known = set(self.vocab.values())
        for special in self.special_tokens:
            if special.encode("utf-8") not in known:
                self.vocab[max(self.vocab, default=-1) + 1] = special.encode("utf-8")
        self.ids = {token: i for i, token in reversed(self.vocab.items())}  # 重复的字节取前面的编号
        self.special_ids = {special: (self.ids[special.encode("utf-8")],) for special in self.special_tokens}
        for left, right in self.merges:
            if left + right not in self.ids:
                raise InputError(f"合并 {left!r} {right!r} 的结果不在词表里；词表与合并要一起训练，都是 bytes")
        self.encoder = WordEncoder(self.merges, self.ids)

    def __len__(self) -> int:
        return len(self.vocab)

    @classmethod
    def from_files(
        cls, vocab_path: str | Path, merges_path: str | Path, special_tokens: Iterable[str] | None = None
    ) -> "BPETokenizer":
        """读 GPT-2 格式的 vocab.json 与 merges.txt；文件坏了是 InputError（也是 ValueError）。"""
        special_tokens = check_specials(special_tokens)
        vocab = read_vocab(vocab_path, special_tokens)
        return cls(vocab, read_merges(merges_path, vocab), special_tokens)

    def save(self, vocab_path: str | Path, merges_path: str | Path) -> None:
        """写成 GPT-2 的格式；HF tokenizers 与 tiktoken 都能读。"""
        write_files(vocab_path, merges_path, self.vocab, self.merges, self.special_tokens)

    def encode(self, text: str) -> list[int]:
        """文字 -> 编号。特殊词元先认，长的优先；长文一块一块地编码，与一次编码相同。"""
        if not isinstance(text, str):
            raise InputError(f"encode 收一段 str，收到 {type(text).__name__}；bytes 先 decode，几段文字一段一段地编码")
        text = clean(text)
        slices = (text[i : i + BLOCK] for i in range(0, len(text), BLOCK))
        ids: list[int] = []
        for block in safe_blocks(slices, self.special_tokens):
            for i, piece in enumerate(split_specials(block, self.special_tokens)):
                ids += self.special_ids[piece] if i % 2 else self.encode_plain(piece)
        return ids

    def encode_plain(self, text: str) -> Iterator[int]:
        """没有特殊词元的一段：循环全在 C 里，缺的词才回到 Python。"""
        return chain.from_iterable(map(self.encoder.words.__getitem__, pretokenize(text)))

    def encode_iterable(self, iterable: Iterable[str]) -> Iterator[int]:
        """一段一段的文字 -> 一个一个的编号，等于 encode("".join(iterable))；手里只留还不能切的尾巴。"""
        for block in safe_blocks(iterable, self.special_tokens):
            yield from self.encode(block)

    def decode(self, ids: Iterable[int]) -> str:
        """编号 -> 文字。先接起全部字节再解码；不合法的字节显示 U+FFFD。"""
        try:
            return b"".join(map(self.vocab.__getitem__, ids)).decode("utf-8", errors="replace")
        except KeyError as error:
            if not isinstance(error.args[0], int):
                kind = type(error.args[0]).__name__
                raise InputError(f"编号要是整数，收到 {kind} {error}；张量先 .tolist()") from None
            raise InputError(f"编号 {error} 不在词表里：编号从 0 到 {max(self.vocab)}，共 {len(self)} 个") from None
        except TypeError:
            raise InputError("decode 收一列整数的编号，例如 [72, 105]；只有一个也写成一列") from None
