"""编号变成可以显示的文字：半个字先留着，停止串一个字也不漏出去。

教什么：一个词元可能只有一个字的三分之一；停止串可能横跨几个词元，一个词元里也可能有它和后面的字。
不教什么：编号从哪里来（`loop.py`）。
怎么跑：被 `generate.py`、`3_generate.py` 导入。
对应笔记：`3_generate.md`。
"""

import codecs
import json
import re
from collections.abc import Iterable, Iterator, Sequence

BYTE_PIECE = re.compile(r"<0x([0-9A-F]{2})>")


def byte_alphabet() -> dict[str, int]:
    """GPT-2 一系的分词器把 256 个字节各写成一个看得见的字符：{字符: 字节}。

    >>> byte_alphabet()["Ġ"]
    32
    """
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [b for b in range(256) if b not in visible]
    return {chr(b): b for b in visible} | {chr(256 + i): b for i, b in enumerate(hidden)}


class TokenBytes:
    """编号 -> 字节。两种分词器：Gemma 一系（▁ 是空格，<0xE4> 是一个字节），GPT-2 一系（每个字符是一个字节）。"""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        decoder = json.dumps(json.loads(tokenizer.backend_tokenizer.to_str())["decoder"])
        self.alphabet = byte_alphabet() if "ByteLevel" in decoder else None
        self.special = {i for i, token in tokenizer.added_tokens_decoder.items() if token.special}

    def __call__(self, token: int) -> bytes:
        """特殊词元没有文字，是空的。"""
        if token in self.special:
            return b""
        piece = self.tokenizer.convert_ids_to_tokens(token)
        if self.alphabet and all(character in self.alphabet for character in piece):
            return bytes(self.alphabet[character] for character in piece)
        if match := BYTE_PIECE.fullmatch(piece):
            return bytes([int(match.group(1), 16)])
        return piece.replace("▁", " ").encode()


class StopStrings:
    """一段一段地收文字，交出可以显示的；碰到停止串就停，它自己和后面的都不交出。

    几个都可能凑齐时，先凑齐的算数；同时凑齐的取长的。所以结果与文字怎样切成一段一段无关。

    >>> stop = StopStrings(["\\n问："])
    >>> stop.push("好。\\n"), stop.push("问"), stop.push("：你是谁"), stop.found
    ('好。', '', '', True)
    """

    def __init__(self, stops: Sequence[str] = ()):
        if "" in stops:
            raise ValueError("停止串不能是空的：一个字都写不出来")
        self.stops = list(stops)
        self.held = ""
        self.found = False

    def push(self, text: str) -> str:
        """收一段，返回可以显示的；结尾若像某个停止串的开头，先扣下。"""
        if self.found:
            return ""
        self.held += text
        places = [(self.held.find(s) + len(s), self.held.find(s)) for s in self.stops if s in self.held]
        if places:
            self.found = True
            shown, self.held = self.held[: min(places)[1]], ""
            return shown
        keep = max((overlap(self.held, s) for s in self.stops), default=0)
        shown, self.held = self.held[: len(self.held) - keep], self.held[len(self.held) - keep :]
        return shown

    def flush(self) -> str:
        """写完了：扣着的不会再凑齐，交出来。"""
        shown, self.held = self.held, ""
        return shown


def overlap(text: str, stop: str) -> int:
    """text 的结尾与 stop 的开头最多重合几个字（不到整个 stop）。

    >>> overlap("你好<end", "<end_of_turn>")
    4
    """
    longest = min(len(text), len(stop) - 1)
    return next((n for n in range(longest, 0, -1) if text.endswith(stop[:n])), 0)


class TextStream:
    """`push(编号)` 返回这时可以显示的文字，`finish()` 返回剩下的；`stopped` 是碰没碰到停止串。"""

    def __init__(self, tokenizer, stops: Sequence[str] = ()):
        self.token_bytes = TokenBytes(tokenizer)
        self.decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self.stop_strings = StopStrings(stops)

    @property
    def stopped(self) -> bool:
        return self.stop_strings.found

    def push(self, token: int) -> str:
        return self.stop_strings.push(self.decoder.decode(self.token_bytes(token)))

    def finish(self) -> str:
        """断在最后的半个字是 U+FFFD；停了以后什么都没有。"""
        if self.stopped:
            return ""
        return self.stop_strings.push(self.decoder.decode(b"", final=True)) + self.stop_strings.flush()


def stream_text(tokenizer, tokens: Iterable[int], stops: Sequence[str] = ()) -> Iterator[str]:
    """一个一个的编号 -> 一段一段的文字；碰到停止串就不再向 tokens 要下一个，模型也就不再算。"""
    text = TextStream(tokenizer, stops)
    for token in tokens:
        if shown := text.push(token):
            yield shown
        if text.stopped:
            return
    if rest := text.finish():
        yield rest
