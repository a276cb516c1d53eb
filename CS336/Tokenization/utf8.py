"""从零写的 UTF-8：码点 -> 字节，字节 -> 码点；与 Python 自带的逐个相等。

教什么：前缀的几位说出这个字符几个字节，其余的位装码点；什么样的字节不合法；不合法的怎样换成 U+FFFD。
不教什么：UTF-16、GBK 等别的编码；正式代码用 `str.encode` 与 `bytes.decode`。
对应笔记：`1_unicode.md`；`tests/test_cs336_tokenization_notes.py` 试过全部码点。
"""

REPLACEMENT = 0xFFFD  # 显示成 �
LARGEST = 0x10FFFF


def encode_code_point(code: int) -> bytes:
    """一个码点 -> 1 到 4 个字节（RFC 3629 第 3 节）。

    >>> encode_code_point(0x4F60).hex(" ")
    'e4 bd a0'
    """
    if not 0 <= code <= LARGEST or 0xD800 <= code <= 0xDFFF:
        raise ValueError(f"码点 {code:#x} 不是字符：需要 0 到 0x10ffff，且不在 0xd800 到 0xdfff（UTF-16 的代理）之间")
    if code < 0x80:  # 7 位：0xxxxxxx
        return bytes([code])
    if code < 0x800:  # 11 位：110xxxxx 10xxxxxx
        return bytes([0xC0 | code >> 6, 0x80 | code & 0x3F])
    if code < 0x10000:  # 16 位：1110xxxx 10xxxxxx 10xxxxxx
        return bytes([0xE0 | code >> 12, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F])
    # 21 位：11110xxx 10xxxxxx 10xxxxxx 10xxxxxx
    return bytes([0xF0 | code >> 18, 0x80 | code >> 12 & 0x3F, 0x80 | code >> 6 & 0x3F, 0x80 | code & 0x3F])


def lead(byte: int) -> tuple[int, int, int]:
    """首字节 -> (还有几个后续字节, 第二个字节的下限, 上限)；不能作首字节的抛 ValueError。

    第二个字节的范围比 80 到 BF 窄的几处，挡住三样：可以写得更短的、代理、大过 U+10FFFF 的。

    >>> lead(0xE4)
    (2, 128, 191)
    """
    if byte < 0x80:
        return 0, 0x80, 0xBF
    if 0xC2 <= byte <= 0xDF:  # C0、C1 只能写出 0x80 以下的码点：本来 1 个字节就够
        return 1, 0x80, 0xBF
    if 0xE0 <= byte <= 0xEF:
        return 2, 0xA0 if byte == 0xE0 else 0x80, 0x9F if byte == 0xED else 0xBF
    if 0xF0 <= byte <= 0xF4:
        return 3, 0x90 if byte == 0xF0 else 0x80, 0x8F if byte == 0xF4 else 0xBF
    raise ValueError(f"字节 {byte:#x} 不能作首字节：10xxxxxx 是后续字节，c0 c1 f5 到 ff 从不出现")


def decode_bytes(data: bytes) -> list[int]:
    """字节 -> 码点；不合法的每一段换成一个 U+FFFD（Unicode 标准 3.9 节：能读到哪里，就换到哪里）。

    >>> [hex(code) for code in decode_bytes(bytes([0xE4, 0xBD, 0x41]))]
    ['0xfffd', '0x41']
    """
    codes, i = [], 0
    while i < len(data):
        first, i = data[i], i + 1
        try:
            count, low, high = lead(first)
        except ValueError:
            codes.append(REPLACEMENT)
            continue
        code = first if count == 0 else first & 0x3F >> count  # 去掉前缀，留下 x 的那几位
        while count and i < len(data) and low <= data[i] <= high:
            code, i, count = code << 6 | data[i] & 0x3F, i + 1, count - 1
            low, high = 0x80, 0xBF  # 只有第二个字节的范围特别
        codes.append(REPLACEMENT if count else code)
    return codes
