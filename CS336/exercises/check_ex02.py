"""检查 ex02：特殊词元、切词、数词，逐项与按规则一个字一个字走的版本比较。"""

import random
import re
import signal
import threading
import traceback
import unicodedata
from collections import Counter

from book import expect, load_exercise

ex = load_exercise(__file__)

ESCAPE = "特殊词元里的 | ( [ + 被当成了正则的记号：先 re.escape"
CAUSES = {  # 报错里的几个字 -> 多半是哪个想法错了
    "bad escape \\p": "re 不认识 \\p{L}：字母写 [^\\W\\d_]",
    "unterminated": ESCAPE,
    "missing )": ESCAPE,
    "nothing to repeat": ESCAPE,
    "multiple repeat": ESCAPE,
    "unbalanced": ESCAPE,
    "bad escape": ESCAPE,
    "NoneType": ESCAPE,
    "unhashable": "字典的键是一个一个的词：pretokenize 得到的是一列，用 extend 或 += 接上，不用 append",
    "not list": "split、replace 只收一个字符串：几个特殊词元一起找用 re.split；切出来的每一段各自 pretokenize",
    "got 'list'": "pretokenize 收的是一段文字：split_specials 切出来的每一段各自 pretokenize",
    "empty separator": "没有特殊词元时，整段文字就是一段",
    "out of range": "下标越界：先看前面、后面还有没有字",
}


class Endless(Exception):
    """一次调用用了太多 CPU：多半是循环停不下来。"""


def stop(*_):
    raise Endless("循环停不下来")


def limited(function, *args):
    """调用 function；在认得 SIGVTALRM 的系统上，用了 0.2 秒 CPU 就停。"""
    if not hasattr(signal, "SIGVTALRM") or threading.current_thread() is not threading.main_thread():
        return function(*args)
    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.2)
    try:
        return function(*args)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def line_of(error, function) -> int:
    """你的文件里，是哪一行抛的。"""
    mine = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == function.__code__.co_filename]
    return mine[-1] if mine else function.__code__.co_firstlineno


def idea_of(error, name) -> str:
    """函数 name 抛的异常 -> 多半是哪个想法错了。"""
    if isinstance(error, IndexError) and name == "split_specials":
        if "string" in str(error):
            return "走过了文字的末尾：认出一个特殊词元，i 就往前走了好几格，先看 i < len(text)"
        return "没有特殊词元时 specials 是空的：整段文字就是一段"
    if isinstance(error, NameError):
        return "这个名字还没有：忘了 import，还没建一个空的就往里装，或者打错了字"
    if isinstance(error, Endless):
        return "循环停不下来：每一轮都要往前走；空字符串处处都能匹配"
    if isinstance(error, KeyError):
        return "字典里还没有这个键：第一次见到要从 0 数起，用 counts.get(word, 0) 或 Counter"
    return next((idea for part, idea in CAUSES.items() if part in str(error)), "先看这一行")


def call(function, *args):
    """调用你的函数；报错、忘了 return、改了输入，都换成一句话。"""
    name, copies = function.__name__, [list(arg) if isinstance(arg, list) else arg for arg in args]
    try:
        got = limited(function, *args)
    except Exception as error:
        text, line = " ".join(str(error).split()), line_of(error, function)
        expect(False, f"{name} 第 {line} 行抛了 {type(error).__name__}：{idea_of(error, name)}。Python 说：{text}")
    expect(got is not None, f"{name} 返回的是 None：忘了 return？")
    changed = "sort() 改了传进来的 specials：别人还要用，写 sorted(specials, …)，它另建一个列表"
    expect(list(args) == copies, f"{name} 改动了传进来的列表。{changed}")
    return got


def check_list(name, text, got):
    """应当是一列 str。"""
    expect(isinstance(got, list), f"{name}({text!r}) 应当返回列表，得到 {type(got).__name__}：用 list(…) 或列表推导")
    groups = "findall 的式子里有括号时只返回括号里的：不要括号，或者写 (?:…)"
    for piece in got:
        expect(not isinstance(piece, tuple), f"{name}({text!r}) 得到 {got}。{groups}")
        several = f"没有用到的括号是 None：整个式子外面只要一层括号。{ESCAPE}"
        match = "finditer 给的是 Match，词是 match.group()；或者用 findall"
        expect(not isinstance(piece, re.Match), f"{name}({text!r}) 得到 {got}。{match}")
        expect(isinstance(piece, str), f"{name}({text!r}) 得到 {got}，里面应当都是 str。{several}")


# ---------------------------------------------------------------- 规则；换掉其中一处就是一种错法


def true_split(text, specials):
    """从左到右，每到一处取对得上的最长的特殊词元。"""
    pieces, plain, i = [], "", 0
    while i < len(text):
        found = max((s for s in specials if text.startswith(s, i)), key=len, default="")
        if found:
            pieces += [plain, found]
            plain = ""
        plain += "" if found else text[i]
        i += len(found) or 1
    return [piece for piece in [*pieces, plain] if piece]


def by_pattern(text, specials, escape=re.escape, group="({})"):
    """用 re.split；specials 已经按想要的次序。"""
    try:
        return [piece for piece in re.split(group.format("|".join(map(escape, specials))), text) if piece]
    except re.error:
        return None


def longest_first(specials):
    return sorted(specials, key=len, reverse=True)


def one_after_another(text, specials):
    """先在全文里切最长的，再切次长的……"""
    pieces = [text]
    for special in longest_first(specials):
        parts = [[piece] if piece in specials else by_pattern(piece, [special]) for piece in pieces]
        pieces = sum(parts, [])
    return pieces


def glued(text, specials, before):
    """特殊词元接在前一段的末尾，或者后一段的开头。"""
    pieces, hold = [], ""
    for piece in true_split(text, specials):
        hold += piece
        if (piece in specials) == before:
            pieces.append(hold)
            hold = ""
    return [*pieces, hold] if hold else pieces


def first_place(text, specials):
    found = true_split(text, specials)
    end = next((i + 1 for i, piece in enumerate(found) if piece in specials), len(found))
    return [*found[:end], "".join(found[end:])] if found[end:] else found


def twice(text, specials):
    return [piece for piece in true_split(text, specials) for _ in range(1 + (piece in specials))]


def one_of_the_characters(text, specials):
    return [p for p in re.split("([" + "".join(map(re.escape, specials)) + "])", text) if p] if specials else [text]


def without_the_rest(text, specials):
    """最后一个特殊词元后面的文字没有了。"""
    found = true_split(text, specials)
    return found[:-1] if found and found[-1] not in specials else found


def stripped(text, specials):
    pieces = [piece if piece in specials else piece.strip() for piece in true_split(text, specials)]
    return [piece for piece in pieces if piece]


WRONG_SPLITS = [
    (
        "没有特殊词元时切成了一个字一段：空的式子处处都能匹配",
        lambda text, specials: true_split(text, specials) if specials else list(text),
    ),
    ("没有切开", lambda text, specials: [text]),
    ("同一个地方先试了短的：按长度从长到短排", lambda text, specials: by_pattern(text, sorted(specials, key=len))),
    ("按 specials 里的次序试，没有先试长的：按长度从长到短排", by_pattern),
    ("同一个地方按字母的次序试：按长度从长到短排", lambda text, specials: by_pattern(text, sorted(specials))),
    (ESCAPE, lambda text, specials: by_pattern(text, longest_first(specials), escape=str)),
    (ESCAPE, lambda text, specials: by_pattern(text, specials, escape=str)),
    (
        "特殊词元丢了：re.split 的式子外面加一层括号，分隔的东西才留下",
        lambda text, specials: [piece for piece in true_split(text, specials) if piece not in specials],
    ),
    ("文字丢了，只留下了特殊词元", lambda text, specials: [p for p in true_split(text, specials) if p in specials]),
    ("从左到右找，同一个地方才比长短：你先在全文里找最长的", one_after_another),
    ("特殊词元接在了前面一段的末尾：它自己成一段", lambda text, specials: glued(text, specials, True)),
    ("特殊词元接在了后面一段的开头：它自己成一段", lambda text, specials: glued(text, specials, False)),
    ("特殊词元两边的空白丢了：那是原文", stripped),
    ("只切了第一处", first_place),
    ("最后一个特殊词元后面的文字丢了：循环完了，手里还有一段没有装", without_the_rest),
    ("[…] 里是一个一个的字符：几个特殊词元之间用 |", one_of_the_characters),
    (
        "挨在一起的特殊词元要分开，各成一段",
        lambda text, specials: by_pattern(text, longest_first(specials), group="((?:{})+)"),
    ),
    ("特殊词元出现了两次：式子里只要一层括号", twice),
    ("只认了 <|end|>：特殊词元是传进来的", lambda text, specials: true_split(text, ["<|end|>"])),
    ("只用了第一个特殊词元", lambda text, specials: true_split(text, specials[:1])),
    (
        "re.escape 把隔开它们的 | 也转义了：先逐个 escape，再用 | 接起来",
        lambda text, specials: true_split(text, ["|".join(specials)] if specials else []),
    ),
    (
        "只有空白的段丢了：那也是原文，去掉的是空的段",
        lambda text, specials: [piece for piece in true_split(text, specials) if piece.strip()],
    ),
    ("没有特殊词元时整段文字就是一段，不是没有", lambda text, specials: true_split(text, specials) if specials else []),
    ("重复的去掉了：每一段都留着", lambda text, specials: list(dict.fromkeys(true_split(text, specials)))),
    (
        "大小写要一样才是特殊词元",
        lambda text, specials: by_pattern(text, longest_first(specials), group="(?i:({}))"),
    ),
]

HAN, LATIN = r"[\u4e00-\u9fff]", r"(?:(?![\u4e00-\u9fff])[^\W\d_])"
LETTER, DIGIT, OTHER, SPACES = r"[^\W\d_]", r"\d", r"(?:[^\s\w]|_)", r"\s+(?!\S)|\s+"


def true_words(text):
    """一个字一个字走，不用正则。"""

    def kind(char):
        return "空白" if char.isspace() else "字母" if char.isalpha() else "数字" if char.isdecimal() else "别的"

    words, i = [], 0
    while i < len(text):
        start = i
        i += text[i] == " " and i + 1 < len(text) and not text[i + 1].isspace()
        this = kind(text[i])
        while i < len(text) and kind(text[i]) == this:
            i += 1
        if this == "空白" and i < len(text) and i - start > 1:
            i -= 1
        words.append(text[start:i])
    return words


def by_kinds(before=" ?", letter=LETTER, digit=DIGIT, other=OTHER, after="", spaces=SPACES):
    """按这个式子切的函数；一项是空的就没有这一支。"""
    kinds = [f"{before}{kind}+{after}" for kind in (letter, digit, other) if kind]
    return re.compile("|".join([*kinds, *([spaces] if spaces else [])])).findall


BEFORE = "空格归了前面的词：它归后面的词，写在式子的开头"
ALONE = "空格自己成了词：它归后面的词。每一支的开头都要 ` ?`，空白那一支排在最后"
LAST = "一串空白要留下最后一个给后面的词：\\s+(?!\\S) 排在 \\s+ 前面"
MORE = "没有合成一个词：后面要有 +"
WRONG_WORDS = [
    ("空白丢了：split() 把它们都扔掉", str.split),
    ('空格丢了，标点、数字、换行也没有切开：split(" ") 不够用', lambda text: text.split(" ")),
    ("空白与标点都丢了：\\w+ 之外的字符也是原文", re.compile(r"\w+").findall),
    ("空白丢了：式子里没有它", by_kinds(before="", spaces="")),
    (BEFORE, by_kinds(before="", after=" ?", spaces=r"\s+")),
    (BEFORE, by_kinds(before="", after=" ?")),
    ("空白归了前面的词：一个空格归后面的词", by_kinds(before="", after=r"\s*", spaces=r"\s+")),
    (ALONE, by_kinds(before="", spaces=r"\s+")),
    (ALONE, by_kinds(before="")),
    ("按空白切，空白又都留成了词：空格归后面的词，标点与字母也要分开", re.compile(r"\S+|\s+").findall),
    ("紧挨着的几个空格都归了后面的词：只归一个，写 ` ?` 不写 ` *`", by_kinds(before=" *")),
    ("空白不管几个、是什么，都归了后面的词：只归一个空格", by_kinds(before=r"\s*")),
    ("换行与制表符也归了后面的词：只有空格归", by_kinds(before=r"\s?")),
    (LAST, by_kinds(spaces=r"\s+")),
    (LAST, by_kinds(spaces=r"\s+|\s+(?!\S)")),
    ("一串空白" + MORE, by_kinds(spaces=r"\s")),
    ("后面没有字的空白，整串是一个词：\\s+(?!\\S) 不看还有没有空白，看还有没有字", by_kinds(spaces=r"\s+(?=\s)|\s+")),
    ("留下来的最后一个不一定是空格，换行也单独成词：\\s+(?!\\S)，不写 (?= )", by_kinds(spaces=r"\s+(?= )|\s+")),
    (
        'r"…" 里一个反斜杠就够，写成两个就是找反斜杠这个字符',
        re.compile(r" ?[^\\W\\d_]+| ?\\d+| ?(?:[^\\s\\w]|_)+|\\s+(?!\\S)|\\s+").findall,
    ),
    ("末尾的词丢了：循环完了，手里还有一个没有装", lambda text: true_words(text)[:-1]),
    ("后面没有字的空白丢了", by_kinds(spaces=r"\s+(?=\S)")),
    ("多出来的空白丢了：接起来要恰是原文", by_kinds(spaces="")),
    ("空白丢了一个：\\s+(?!\\S) 之后还要有 \\s+", by_kinds(spaces=r"\s+(?!\S)")),
    ("空格与换行不是一回事，却都是空白：一串里可以都有，用 \\s 不用空格", by_kinds(spaces=" +(?! )| +")),
    ("字母与数字没有分开", by_kinds(letter=r"[^\W_]", digit="")),
    ("字母、数字、下划线没有分开：\\w 三样都含", by_kinds(letter=r"\w", digit="", other=r"[^\s\w]")),
    ("标点没有与字母分开", by_kinds(letter=r"\S", digit="", other="")),
    ("数字与别的字符没有分开", by_kinds(digit="", other=r"(?:[^\s\w]|_|\d)")),
    ("下划线丢了：它在 \\w 里，又不是字母", by_kinds(other=r"[^\s\w]")),
    ("下划线算成了字母：[^\\W\\d] 里还有它", by_kinds(letter=r"[^\W\d]", other=r"[^\s\w]")),
    ("汉字丢了：[A-Za-z] 只有英语的字母", by_kinds(letter="[A-Za-z]")),
    ("汉字算成了别的字符：字母不只有 A-Z", by_kinds(letter="[A-Za-z]", digit="[0-9]", other=r"[^\sA-Za-z0-9]")),
    ("标点与表情丢了", by_kinds(other="")),
    ("数字丢了", by_kinds(digit="")),
    ("一串别的字符" + MORE, re.compile(rf" ?{LETTER}+| ?{DIGIT}+| ?{OTHER}|{SPACES}").findall),
    ("一串数字" + MORE, re.compile(rf" ?{LETTER}+| ?{DIGIT}| ?{OTHER}+|{SPACES}").findall),
    ("一串字" + MORE, re.compile(rf" ?{LETTER}| ?{DIGIT}| ?{OTHER}|{SPACES}").findall),
    ("切成了一个一个的字", list),
    ("标点前面的空格也归它：每一支的开头都要 ` ?`", re.compile(rf" ?{LETTER}+| ?{DIGIT}+|{OTHER}+|{SPACES}").findall),
    ("数字前面的空格也归它：每一支的开头都要 ` ?`", re.compile(rf" ?{LETTER}+|{DIGIT}+| ?{OTHER}+|{SPACES}").findall),
    ("只有字母那一支有 ` ?`：每一支的开头都要", re.compile(rf" ?{LETTER}+|{DIGIT}+|{OTHER}+|{SPACES}").findall),
    ("空白都归了后面的词，标点与数字也没有分开", re.compile(r"\s*\S+|\s+").findall),
    ("空白都归了后面的词，末尾的又丢了", re.compile(r"\s*\S+").findall),
    (
        "汉字不一个一个切：一串字母（含汉字）是一个词",
        re.compile(rf" ?{HAN}| ?{LATIN}+| ?{DIGIT}+| ?{OTHER}+|{SPACES}").findall,
    ),
    ("汉字与英语的字母都是字母，不要分开", re.compile(rf" ?{HAN}+| ?{LATIN}+| ?{DIGIT}+| ?{OTHER}+|{SPACES}").findall),
    (
        "大写与小写不要分开：都是字母",
        re.compile(rf" ?[A-Z]?[^\W\d_A-Z]+| ?[A-Z]+| ?{DIGIT}+| ?{OTHER}+|{SPACES}").findall,
    ),
    (
        "下划线与别的符号是同一种，连着就是一个词",
        re.compile(rf" ?{LETTER}+| ?{DIGIT}+| ?[^\s\w]+| ?_+|{SPACES}").findall,
    ),
    ("一串数字不管多长都是一个词", re.compile(rf" ?{LETTER}+| ?\d{{1,3}}| ?{OTHER}+|{SPACES}").findall),
    (
        "标点后面的换行不归它：只有前面的一个空格归",
        re.compile(rf" ?{LETTER}+| ?{DIGIT}+| ?{OTHER}+[\r\n]*|{SPACES}").findall,
    ),
    ("换行改成了空格：接起来要恰是原文", lambda text: true_words(text.replace("\n", " "))),
    ("几个空白并成了一个空格：接起来要恰是原文", lambda text: true_words(re.sub(r"\s+", " ", text))),
    ("字符被规范化了：接起来要恰是原文", lambda text: true_words(unicodedata.normalize("NFC", text))),
    ("字符被规范化了：接起来要恰是原文", lambda text: true_words(unicodedata.normalize("NFKC", text))),
    ("词排了序：次序就是文字的次序", lambda text: sorted(true_words(text))),
    ("改成了小写：接起来要恰是原文", lambda text: true_words(text.lower())),
    ("两头的空白丢了：不要 strip", lambda text: true_words(text.strip())),
    ("词里的空格去掉了：空格是词的一部分", lambda text: [w for word in true_words(text) if (w := word.strip())]),
    ("文字的前面多了一个空格", lambda text: true_words(" " + text)),
    ("多了空的词：每一支至少要有一个字符，用 + 不用 *", lambda text: [*true_words(text), ""]),
    ("缩写是 GPT-2 的规则，这里没有", re.compile(rf"'(?:[sdmt]|ll|ve|re)|{by_kinds().__self__.pattern}").findall),
    ("重复的去掉了：每一个都留着", lambda text: list(dict.fromkeys(true_words(text)))),
]


def true_counts(text, specials, words=true_words):
    plain = [piece for piece in true_split(text, specials) if piece not in specials]
    return Counter(word for piece in plain for word in words(piece))


def without_specials(text, specials, put=""):
    return put.join(piece for piece in true_split(text, specials) if piece not in specials)


WRONG_COUNTS = [
    (
        "键是 bytes：这里的词还是文字",
        lambda text, specials: {word.encode(): n for word, n in true_counts(text, specials).items()},
    ),
    (
        "text.count(词) 数的是子串，别的词里面的也算了",
        lambda text, specials: {word: text.count(word) for word in true_counts(text, specials)},
    ),
    (
        "只出现一次的词也要",
        lambda text, specials: {word: n for word, n in true_counts(text, specials).items() if n > 1},
    ),
    (
        "特殊词元不要留在结果里，0 次也不要",
        lambda text, specials: {
            **true_counts(text, specials),
            **{piece: 0 for piece in true_split(text, specials) if piece in specials},
        },
    ),
    (
        "特殊词元不要留在结果里，0 次也不要",
        lambda text, specials: {**true_counts(text, specials), **dict.fromkeys(specials, 0)},
    ),
    (
        "以 < 开头的不一定是特殊词元：看它在不在 specials 里",
        lambda text, specials: Counter(
            word for piece in true_split(text, specials) if not piece.startswith("<") for word in true_words(piece)
        ),
    ),
    (
        "是特殊词元的一部分，不等于是特殊词元：看它在不在 specials 里",
        lambda text, specials: Counter(
            word
            for piece in true_split(text, specials)
            if not any(piece in special for special in specials)
            for word in true_words(piece)
        ),
    ),
    (
        "一对一对地数是合并时的事，这里数词",
        lambda text, specials: Counter(
            pair
            for piece in true_split(text, specials)
            if piece not in specials
            for pair in zip(true_words(piece), true_words(piece)[1:])
        ),
    ),
    (
        "特殊词元那一段又被切成了词：跳过它",
        lambda text, specials: Counter(word for piece in true_split(text, specials) for word in true_words(piece)),
    ),
    (
        "哪一段是特殊词元要看它在不在 specials 里，不看它是第几段：空的段没有了",
        lambda text, specials: Counter(word for piece in true_split(text, specials)[::2] for word in true_words(piece)),
    ),
    (
        "特殊词元也算成了词",
        lambda text, specials: (
            true_counts(text, specials) + Counter(piece for piece in true_split(text, specials) if piece in specials)
        ),
    ),
    ("没有先切开特殊词元，它被正则切碎了", lambda text, specials: Counter(true_words(text))),
    (
        "删掉了特殊词元，两边的字接到了一起：它是硬边界",
        lambda text, specials: Counter(true_words(without_specials(text, specials))),
    ),
    (
        "特殊词元换成了空格：多出来的空格归了后面的词",
        lambda text, specials: Counter(true_words(without_specials(text, specials, " "))),
    ),
    (
        "特殊词元换成了换行：换行成了词",
        lambda text, specials: Counter(true_words(without_specials(text, specials, "\n"))),
    ),
    ("每个词只算了一次", lambda text, specials: Counter(set(true_counts(text, specials)))),
    (
        "每一段里一个词只算了一次",
        lambda text, specials: true_counts(text, specials, words=lambda piece: set(true_words(piece))),
    ),
    (
        "只数了最后一段：每一段的次数要加起来，不是换掉",
        lambda text, specials: Counter(true_words(without_specials(text, specials, "\0").split("\0")[-1])),
    ),
    ("只数了第一段", lambda text, specials: Counter(true_words(without_specials(text, specials, "\0").split("\0")[0]))),
    (
        "同一个词在不同的段里，次数要加起来，不是换掉",
        lambda text, specials: {
            word: n
            for piece in true_split(text, specials)
            if piece not in specials
            for word, n in Counter(true_words(piece)).items()
        },
    ),
    (
        "` low` 与 `low` 是两个词：不要 strip",
        lambda text, specials: true_counts(
            text, specials, words=lambda piece: [w for word in true_words(piece) if (w := word.strip())]
        ),
    ),
    (
        "用的是 split()：空格是词的一部分，用你的 pretokenize",
        lambda text, specials: true_counts(text, specials, words=str.split),
    ),
    (
        "空白也是词",
        lambda text, specials: Counter({word: n for word, n in true_counts(text, specials).items() if word.strip()}),
    ),
    ("数的是字，不是词", lambda text, specials: true_counts(text, specials, words=list)),
    (
        "数的是段，不是词：每一段还要 pretokenize",
        lambda text, specials: true_counts(text, specials, words=lambda piece: [piece]),
    ),
    ("大小写不同就是两个词", lambda text, specials: true_counts(text.lower(), [s.lower() for s in specials])),
]


def explain(results, wrongs) -> str:
    """results 是 [(输入, 得到, 应当)]：说得通第一条错的那些错法里，取说得通最多条的；一样多取排在前面的。"""
    bad = [result for result in results if result[1] != result[2]]

    def count(wrong, some) -> int:
        return sum(wrong(*given) == got for given, got, _ in some)

    possible = [item for item in wrongs if bad and count(item[1], bad[:1])]
    return max(possible, key=lambda item: (count(item[1], bad), count(item[1], results)), default=("",))[0]


# ---------------------------------------------------------------- 特殊词元


def check_splits(*cases):
    """比较 split_specials；cases 是 (text, specials)。"""
    results = []
    for text, specials in cases:
        got = call(ex.split_specials, text, list(specials))
        check_list("split_specials", text, got)
        results.append(((text, specials), got, true_split(text, specials)))
    for (text, specials), got, want in results:
        line = f"split_specials({text!r}, {specials})：应当是 {want}，得到 {got}"
        expect([piece for piece in got if piece] != want or "" not in got, f"{line}。空的段不要：if piece")
        idea = explain(results, WRONG_SPLITS) if got != want else ""
        whole = "".join(got) == text
        expect(whole or idea, f"{line}。接起来应当恰是原文：特殊词元先 re.escape，式子外面加一层括号，分隔的东西才留下")
        expect(got == want, f"{line}。{idea or '特殊词元自己成一段，别的地方不要切'}")


END = "<|end|>"


def test_one_special_by_hand():
    check_splits((f"一篇{END}又一篇", [END]), (f"a {END}\nb{END} c{END}d", [END]))


def test_specials_at_the_ends_and_side_by_side():
    texts = (f"{END}a", f"a{END}", f"a{END}{END}b{END}", END, f"{END} {END}\n")
    several = f"a<pad>{END}<pad>b"
    check_splits(*((text, [END]) for text in texts), (several, [END, "<pad>"]), (several, ["<pad>", END]))


def test_the_longest_special_wins():
    many = f"a{END}{END}b{END}c{END}{END}{END}"
    check_splits((many, [END + END, END]), (many, [END, END + END]))
    orders = (["<a", "<a>", "<a><b>"], ["<a><b>", "<a", "<a>"], ["<a>", "<a><b>", "<a"])
    check_splits(*(("x<a>y<a><b>z<ab", specials) for specials in orders))


def test_the_leftmost_special_comes_first():
    check_splits(("abcde", ["ab", "bcde"]), ("xabcdeab", ["bcde", "ab"]))


def test_specials_are_plain_text():
    check_splits(("x|y<|end", [END]), ("xEND[END]DN", ["[END]"]))
    for special in ("a+", "(x)", ".", "\\d", "^", "$", "*", "(", "[", "{2}"):
        check_splits((f"aa1{special}(y)x.{special}2", [special]))
    check_splits((f"End<|END|>{END}", [END]))


def test_without_specials():
    check_splits(("一篇 又一篇", []), ("一篇 又一篇", [END]), ("", []), ("", [END]))


def test_splitting_random_texts():
    source = random.Random(4)
    for _ in range(200):
        specials = {"".join(source.choices("ab|", k=source.randrange(1, 4))): 0 for _ in range(source.randrange(4))}
        check_splits(("".join(source.choices("ab| ", k=source.randrange(12))), list(specials)))


# ---------------------------------------------------------------- 切词


def check_words(*texts):
    """比较 pretokenize。"""
    results = []
    for text in texts:
        got = call(ex.pretokenize, text)
        check_list("pretokenize", text, got)
        results.append(((text,), got, true_words(text)))
    for (text,), got, want in results:
        line = f"pretokenize({text!r})：应当是 {want}，得到 {got}"
        idea = explain(results, WRONG_WORDS) if got != want else ""
        expect(got == want or not idea, f"{line}。{idea}")
        expect("" not in got, f"{line}。空的词不要")
        expect("".join(got) == text, f"{line}。接起来应当恰是原文：什么也不能丢，也不能多")
        expect(got == want, f"{line}。从左到右，依次试三条规则")


def test_words_by_hand():
    check_words("I pay 3 dollars", "I pay  3美元!", "a  b", "x1 _y", "end.\n\n  next ")


def test_the_space_belongs_to_the_next_word():
    check_words("the cat sat", " cat", "a 1 ! b", "你 好", "a , b", "a 🙂b")


def test_only_one_space_belongs_to_it():
    check_words("a  b", "a   b", "  1", "a    !", "a     你")


def test_other_whitespace_stays_alone():
    check_words("a\nb", "a\tb", "a\n\nb", "a \nb", "a\n b", "a\n\n  b", "\n1", "\t!", "a\r\n\t你")


def test_whitespace_at_the_end_is_kept():
    check_words("a ", "a  ", "a\n", "a \n ", " ", "\n", "", "   ")


def test_letters_digits_and_the_rest():
    check_words("ab12", "3美元", "GPT2模型", "it's", "x!y", "1.5", "a,b")
    check_words("a_b", "__init__", "_1", " _x", "x_ 1")
    check_words("12345", "2024年 10000", "AbC", "aBc你", "Ａ１，e\u0301")
    check_words("...", " ?!", "_._", "100", "🙂🙂!", "——你好。", "Été", "Straße")


def test_words_of_random_texts():
    source = random.Random(4)
    check_words(*("".join(source.choices("aB你1_.🙂  \n\t", k=source.randrange(12))) for _ in range(300)))


# ---------------------------------------------------------------- 数词


def check_counts(*cases):
    """比较 count_words；cases 是 (text, specials)。"""
    results = []
    for text, specials in cases:
        got, want = call(ex.count_words, text, list(specials)), true_counts(text, specials)
        line = f"count_words({text!r}, {specials})：应当是 {dict(want)}"
        expect(isinstance(got, dict), f"{line}，得到的是 {type(got).__name__}，应当是 dict")
        results.append(((text, specials), dict(got), dict(want)))  # Counter 相等不看 0 次的
    for (text, specials), got, want in results:
        line = f"count_words({text!r}, {specials})：应当是 {want}，得到 {got}"
        idea = explain(results, WRONG_COUNTS) if got != want else ""
        expect(got == want, f"{line}。{idea or '先 split_specials，跳过特殊词元，其余的每一段 pretokenize，再数'}")


def test_counting_by_hand():
    check_counts(("low low low", []), (f"low low!{END}low er low low", [END]))


def test_a_special_is_a_hard_boundary():
    check_counts((f"low{END}er{END}low", [END]), (f"a {END} b", [END]), (f"1{END}2 end", [END]), (f"{END}a", [END]))
    check_counts((f"end{END}|{END}a", [END]), (f"a{END}<b>{END}< <", [END]))
    check_counts((f"the {END}{END}\n\nThe the", [END, END + END]))


def test_counting_where_there_is_nothing():
    check_counts(("", [END]), (END, [END]), ("\n \n", []))


def test_counting_random_texts():
    source = random.Random(4)
    pieces = ["low", " ", "er", "1", "你好", ".", "\n", END, "<pad>"]
    texts = ["".join(source.choices(pieces, k=source.randrange(14))) for _ in range(100)]
    check_counts(*((text, [END, "<pad>", END + END]) for text in texts))
