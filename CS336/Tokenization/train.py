"""训练一个字节级 BPE 分词器，写成 GPT-2 格式的 vocab.json 与 merges.txt。

教什么：一次训练的全部输入与输出；词表里最长的词元是什么样；压缩率（一个词元几个字节）怎样量。
不教什么：合并怎样学（`training.py`）。
怎么跑：`python CS336/Tokenization/train.py FILE --vocab-size 10000`；不给 FILE 就用本书的笔记（约 3 秒）；`--smoke`。
对应笔记：`4_training.md`。
"""

import re
import time
from pathlib import Path

from tqdm import tqdm

from book import Parser, UserError, atomic_write, common_options, emit_result, output_dir, positive_int, run
from CS336.Tokenization.corpus import cut_bytes, notes
from CS336.Tokenization.gpt2_format import to_printable
from CS336.Tokenization.reading import read_chunks
from CS336.Tokenization.tokenizer import BPETokenizer
from CS336.Tokenization.training import check_vocab_size, train_bpe

SAMPLE = 1_000_000  # 压缩率在语料的前多少个字符上量
END = "<|endoftext|>"


def longest_tokens(merges: list[tuple[bytes, bytes]], count: int) -> list[str]:
    r"""合并出的词元里最长的几个（按字符数），写成文字；不是完整的字的不算。

    >>> longest_tokens([(b"l", b"o"), (b"lo", b"w"), (b"\xe4", b"\xbd")], 5)
    ['low', 'lo']
    """
    texts = []
    for a, b in merges:
        try:
            texts.append((a + b).decode("utf-8"))
        except UnicodeDecodeError:
            continue
    return sorted(texts, key=lambda text: (-len(text), text))[:count]


def bytes_per_token(tokenizer: BPETokenizer, path: Path) -> float:
    """语料开头一段，平均一个词元几个字节。"""
    size = length = tokens = 0
    for chunk in read_chunks(path):
        size, length = size + len(chunk.encode("utf-8")), length + len(chunk)
        tokens += len(tokenizer.encode(chunk))
        if length >= SAMPLE:
            break
    return size / tokens


def train(path: Path, args, special_tokens: tuple[str, ...]) -> tuple[BPETokenizer, float]:
    """训练，带进度条；返回分词器与用了几秒。"""
    start = time.perf_counter()
    with tqdm(total=args.vocab_size - len(special_tokens), desc="合并", disable=None, leave=False) as bar:

        def show(tokens: int) -> None:
            if tokens % 100 == 0:
                bar.update(tokens - bar.n)

        vocab, merges = train_bpe(
            path, args.vocab_size, special_tokens, num_workers=args.workers, progress=None if bar.disable else show
        )
    return BPETokenizer(vocab, merges, special_tokens), time.perf_counter() - start


class TrainParser(Parser):
    """写成 `--input FILE` 时，说语料前面不要选项名。"""

    def error(self, message: str):
        if guessed := re.search(r"不认识的选项.*(--(input|data|file|corpus))\b", message):
            raise UserError(f"没有选项 {guessed[1]}：语料直接写路径，例如 train.py FILE --vocab-size 10000")
        super().error(message)


def options(argv):
    """命令行 -> args；语料写错了地方，说写在哪里。"""
    parser = TrainParser(__doc__)
    parser.add_argument("file", nargs="*", type=Path, metavar="FILE", help="UTF-8 文本；不给就用本书的笔记")
    parser.add_argument("--vocab-size", type=positive_int, metavar="N", help="词表大小，默认 4000；--smoke 默认 400")
    parser.add_argument(
        "--special", nargs="*", default=[END], metavar="TOKEN", help=f"特殊词元，默认 {END}；空着就不要"
    )
    parser.add_argument("--workers", type=positive_int, default=1, metavar="N", help="几个进程预分词，默认 1")
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    if len(args.file) > 1:
        names = "、".join(map(str, args.file))
        raise UserError(f"收到 {len(args.file)} 个文件：{names}；一次只训练一个，先接成一个文件")
    args.file = args.file[0] if args.file else None
    if args.out.is_file():
        raise UserError(f"--out {args.out} 是一个文件；要的是目录，vocab.json 与 merges.txt 写在里面")
    args.vocab_size = args.vocab_size or (400 if args.smoke else 4000)
    if args.file is None and (swallowed := [token for token in args.special if Path(token).is_file()]):
        raise UserError(f"{swallowed[0]} 被当成特殊词元了：它是一个文件，文件写在 --special 前面")
    return args


def main(argv=None) -> dict:
    args = options(argv)
    special_tokens = check_vocab_size(args.vocab_size, args.special)
    output = output_dir(args.out)
    path = args.file
    if path is None:
        path = output / "notes.txt"
        atomic_write(path, (cut_bytes(notes(), 50_000) if args.smoke else notes()).encode("utf-8"))
    print(f"语料 {path}，词表 {args.vocab_size}，特殊词元 {list(special_tokens)}，{args.workers} 个进程，cpu")
    if args.device not in ("auto", "cpu"):
        print(f"--device {args.device} 不起作用：分词器的训练没有张量")
    tokenizer, seconds = train(path, args, special_tokens)
    tokenizer.save(output / "vocab.json", output / "merges.txt")
    longest = longest_tokens(tokenizer.merges, 10)
    if len(tokenizer) < args.vocab_size:
        print(f"没有对可合并了，停在 {len(tokenizer)} 个词元；语料再大些才用得上 {args.vocab_size}")
    first = " ".join(to_printable(a + b) for a, b in tokenizer.merges[:12])
    print(f"最早的合并（GPT-2 的写法：Ġ 是空格，别的怪字是字节的替身）：{first}")
    print(f"最长的词元：{longest}")
    print(f"写在 {output / 'vocab.json'} 与 merges.txt")
    return emit_result(
        {
            "vocab_size": len(tokenizer),
            "merges": len(tokenizer.merges),
            "seconds": seconds,
            "bytes_per_token": bytes_per_token(tokenizer, path),
            "longest": longest,
        }
    )


if __name__ == "__main__":
    run(main)
