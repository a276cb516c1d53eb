"""语料：两份自带的，两份下载的，或你自己的文件；每份分成训练与验证两部分。

教什么：文档之间用 <|endoftext|> 隔开；按文档分训练与验证；语料的摘要记进结果；下载要校验。
不教什么：清洗（`cleaning.py`）、分词（`Tokenization/`）。
怎么跑：`python CS336/corpora.py --corpus docs`（打印大小与摘要，5 秒）。
对应笔记：`workflow.md`。
"""

import hashlib
import re
import sysconfig
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from book import Parser, UserError, emit_result, repository_root, run
from CS336.cleaning import clean
from CS336.Tokenization.corpus import find_docstrings
from CS336.Tokenization.reading import read_chunks

END = "<|endoftext|>"
NAMES = ("docs", "notes", "shakespeare", "tinystories", "file")
SHAKESPEARE = (
    "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)
TINYSTORIES = {
    split: tuple(f"https://{host}/datasets/roneneldan/TinyStories/resolve/main/TinyStoriesV2-GPT4-{split}.txt"
                 for host in ("huggingface.co", "hf-mirror.com"))
    for split in ("train", "valid")
}  # fmt: skip
SECTION = re.compile(r"\n(?=## )")
PROMPTS = {
    "docs": "The ",
    "notes": "注意力",
    "shakespeare": "ROMEO:\n",
    "tinystories": "Once upon a time",
    "file": "\n",
}


@dataclass(frozen=True)
class Corpus:
    """训练与验证的文档；sizes 是清洗每一步之后的字符数。"""

    name: str
    train: list[str]
    valid: list[str]
    sizes: dict[str, int]

    @property
    def fingerprint(self) -> str:
        """两部分全部文字的 sha256：换了 Python 版本、换了文件，它就变。"""
        digest = hashlib.sha256()
        for document in [*self.train, "\0", *self.valid]:
            digest.update(document.encode("utf-8", "replace") + b"\0")
        return digest.hexdigest()


def python_documents() -> list[str]:
    """Python 自己的文档：`help()` 的各个主题，与标准库每个模块的文档字符串（一个模块一篇）。"""
    from pydoc_data.topics import topics

    documents = [text for _, text in sorted(topics.items())]
    library = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted([*library.glob("*.py"), *library.glob("*/*.py")]):
        if path.parent.name in ("test", "tests", "idlelib", "site-packages", "pydoc_data", "lib2to3"):
            continue
        try:
            found = list(find_docstrings(path.read_text(encoding="utf-8")))
        except (OSError, SyntaxError, ValueError):
            continue
        documents.append("\n\n".join(found))
    return documents


def book_documents() -> list[str]:
    """本书的笔记，一节（## 标题）一个文档，按路径的次序。"""
    root = repository_root()
    folders = sorted(init.parent for init in root.glob("*/__init__.py") if init.parent.name not in ("book", "tests"))
    paths = [*sorted(root.glob("*.md")), *(path for folder in folders for path in sorted(folder.rglob("*.md")))]
    return [part for path in paths for part in SECTION.split(path.read_text(encoding="utf-8"))]


def split_documents(name: str, documents: list[str]) -> Corpus:
    """清洗，再每十篇留一篇作验证。"""
    kept, sizes = clean(documents)
    valid = kept[9::10]
    train = [text for i, text in enumerate(kept) if i % 10 != 9]
    if not valid:  # 只有几篇长文：从末尾切一成
        return split_text(name, "\n\n".join(kept), sizes)
    return Corpus(name, train, valid, sizes)


def split_text(name: str, text: str, sizes: dict[str, int]) -> Corpus:
    """一整篇文字：前九成训练，后一成验证，不洗牌（Tiny Shakespeare 的通行分法）。"""
    cut = int(0.9 * len(text))
    if not text[:cut].strip() or not text[cut:].strip():
        raise UserError(f"语料 {name} 清洗之后只有 {len(text)} 个字符，分不出训练与验证；换一个长一点的文件")
    return Corpus(name, [text[:cut]], [text[cut:]], sizes)


def read_text(path: Path) -> str:
    """读一个 UTF-8 文件；缺失、不是 UTF-8、空的都是 UserError。"""
    text = "".join(read_chunks(path))
    if not text.strip():
        raise UserError(f"{path} 是空的；换一个有文字的 UTF-8 文件")
    return text


def load_shakespeare(data: Path | None, download: bool) -> Corpus:
    """Tiny Shakespeare（1,115,394 个字符），原样不动，好与别人的数字比。"""
    path = data or repository_root() / "outputs" / "data" / "tinyshakespeare.txt"
    if download and not path.is_file():
        fetch(path, SHAKESPEARE[:1], SHAKESPEARE[1])
    if not path.is_file():
        raise UserError(f"没有 {path}；加 --download 下载（1.1 MB），或用 --data 指明文件")
    text = read_text(path)
    return split_text("shakespeare", text, {"raw": len(text)})


def load_tinystories(data: Path | None, download: bool) -> Corpus:
    """TinyStories（Eldan & Li 2023）：训练文件 2.2 GB，故事之间已经有 <|endoftext|>；data 是放两个文件的目录。"""
    folder = data or repository_root() / "outputs" / "data" / "tinystories"
    texts = {}
    for split, addresses in TINYSTORIES.items():
        path = folder / addresses[0].rsplit("/", 1)[1]
        if download and not path.is_file():
            fetch(path, addresses, None)
        if not path.is_file():
            raise UserError(f"没有 {path}；加 --download 下载（2.2 GB，完整训练要一块 GPU），或用 --data 指明目录")
        texts[split] = [story.strip() for story in read_text(path).split(END) if story.strip()]
    sizes = {"raw": sum(map(len, texts["train"] + texts["valid"]))}
    return Corpus("tinystories", texts["train"], texts["valid"], sizes)


def append(part: Path, response) -> None:
    """接在 part 后面写；服务器不认 Range 时给 200 与整个文件，那就从头写。"""
    with open(part, "ab" if response.status == 206 else "wb") as file:
        while block := response.read(1 << 20):
            file.write(block)


def fetch(path: Path, addresses: tuple[str, ...], sha256: str | None) -> None:
    """逐个地址试；断了接着下（Range），校验对了才改名落盘。"""
    part, reasons = path.with_name(path.name + ".part"), []
    path.parent.mkdir(parents=True, exist_ok=True)
    for address in addresses:
        try:
            have = part.stat().st_size if part.is_file() else 0
            request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"} if have else {})
            with urllib.request.urlopen(request, timeout=30) as response:
                append(part, response)
        except OSError as error:
            reasons.append(f"{address}：{error}")
            continue
        digest = hashlib.sha256(part.read_bytes()).hexdigest() if sha256 else None
        if digest == sha256:
            part.replace(path)
            return
        part.unlink()
        reasons.append(f"{address}：sha256 是 {digest[:12]}，应当是 {sha256[:12]}")
    raise UserError(f"下载不了 {path.name}（{'；'.join(reasons)}）；在别处下载 {addresses[0]}，存成 {path}，再跑一次")


def load_corpus(name: str, data: Path | None = None, download: bool = False) -> Corpus:
    """按名字装载一份语料。"""
    if name in ("docs", "notes") and (data or download):
        raise UserError(f"语料 {name} 是自带的，不用 --data 与 --download；自己的文件写 --corpus file --data 文件")
    if name == "docs":
        return split_documents(name, python_documents())
    if name == "notes":
        return split_documents(name, book_documents())
    if name == "shakespeare":
        return load_shakespeare(data, download)
    if name == "tinystories":
        return load_tinystories(data, download)
    if data is None:
        raise UserError("--corpus file 要用 --data 指明一个 UTF-8 的文本文件")
    return split_documents(name, read_text(data).split(END))


def add_corpus_options(parser: Parser) -> None:
    group = parser.add_argument_group("语料")
    group.add_argument(
        "--corpus", choices=NAMES, default="docs", help="默认 docs：Python 的英文文档；notes：本书的笔记"
    )
    group.add_argument("--data", type=Path, metavar="PATH", help="shakespeare、file 的文件，tinystories 的目录")
    group.add_argument("--download", action="store_true", help="下载 shakespeare（1.1 MB）或 tinystories（2.2 GB）")


def main(argv=None) -> dict:
    parser = Parser(__doc__)
    add_corpus_options(parser)
    args = parser.parse_args(argv)
    corpus = load_corpus(args.corpus, args.data, args.download)
    counts = {"train": sum(map(len, corpus.train)), "valid": sum(map(len, corpus.valid))}
    for part, title in (("train", "训练"), ("valid", "验证")):
        print(f"{corpus.name} {title}：{len(getattr(corpus, part))} 篇，{counts[part]:,} 个字符")
    print("清洗：" + "，".join(f"{name} {size:,}" for name, size in corpus.sizes.items()))
    return emit_result({"sha256": corpus.fingerprint, "sizes": corpus.sizes, **counts})


if __name__ == "__main__":
    run(main)
