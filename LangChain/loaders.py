"""装载器：一个文件变成几篇 Document（文字加出处）；坏文件报出来、跳过去。

教什么：认编码、七种格式各怎样取文字、一个文件夹怎样惰性地读而不被一个坏文件拖垮。
不教什么：扫描件的文字识别；网页与数据库（`remote_loaders.py`）；切块（`10_textSplitter.md`）。
不是脚本，由 `9_load_datas.py` 与测试导入。对应笔记：`9_load_datas.md`「代码走读」。
"""

import codecs
import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
HIDDEN = ("script", "style", "noscript", "template", "nav")  # 网页里人读不到的，或每一页都一样的


class BrokenFile(ValueError):
    """这个文件读不出文字；话里说是哪个文件、为什么。"""


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """(文字, 编码)：说了编码就用它；不然有 BOM 听 BOM，再试 UTF-8，再试 GB18030。都严格，不丢一个字节。

    只有一两个字的 GB18030 可能碰巧是合法的 UTF-8（单独一个「药」就是），几句话就不会；短的自己说编码。

    >>> decode("饭后服药".encode("gb18030")), decode("饭后服药".encode())
    (('饭后服药', 'gb18030'), ('饭后服药', 'utf-8'))
    >>> decode("药".encode("gb18030"))[1], decode("药".encode("gb18030"), "gb18030")[0]
    ('utf-8', '药')
    """
    if encoding:
        return data.decode(encoding), encoding
    for mark, name in MARKS.items():
        if data.startswith(mark):
            return data.decode(name), name
    if b"\0" in data:
        raise ValueError("含有零字节，不是文字文件")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        cut = error.reason == "unexpected end of data" and not data[: error.start].isascii()
        if cut:  # 前面都是合法的中文，只有最后一个字不全：不是 GB18030，是文件断了
            raise ValueError(f"UTF-8 的文字在第 {error.start} 个字节处断了，文件不完整") from None
    return data.decode("gb18030"), "gb18030"


class FileLoader(BaseLoader):
    """一个文件；子类只写 parse。`broken` 是这种格式坏掉时会抛的异常，别的异常是程序的错，不接。"""

    broken: tuple[type[Exception], ...] = (ValueError,)

    def __init__(self, path: str | Path, encoding: str | None = None):
        self.path, self.encoding = Path(path), encoding

    def parse(self, data: bytes) -> Iterator[Document]:
        raise NotImplementedError

    def document(self, text: str, **metadata) -> Document:
        """带出处的一篇。"""
        return Document(text, metadata={"source": self.path.name, **metadata})

    def lazy_load(self) -> Iterator[Document]:
        try:
            yield from self.parse(self.path.read_bytes())
        except self.broken as error:
            raise BrokenFile(f"{self.path.name}：{' '.join(str(error).split())[:120]}") from error


class TextFile(FileLoader):
    """txt：整个文件一篇。"""

    def parse(self, data: bytes) -> Iterator[Document]:
        text, encoding = decode(data, self.encoding)
        yield self.document(text, encoding=encoding)


class MarkdownFile(TextFile):
    """md：也是整个文件一篇；按标题切是第 10 篇的事。只多记一个题目。"""

    def parse(self, data: bytes) -> Iterator[Document]:
        for document in super().parse(data):
            first = next((line for line in document.page_content.splitlines() if line.startswith("# ")), "")
            document.metadata["title"] = first.removeprefix("# ").strip()
            yield document


class CsvFile(FileLoader):
    """csv：一行一篇，「列名：值」各占一行；行号从 1 数，不数表头。"""

    broken = (ValueError, csv.Error)

    def parse(self, data: bytes) -> Iterator[Document]:
        text, encoding = decode(data, self.encoding)
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        for number, row in enumerate(rows, 1):
            if None in row or None in row.values():  # DictReader 不报错：多的放进 None 键，少的补 None
                raise ValueError(f"第 {number} 行的列数与表头的 {len(rows.fieldnames)} 列不同")
            content = "\n".join(f"{name}：{value}" for name, value in row.items())
            yield self.document(content, encoding=encoding, row=number)


class JsonFile(FileLoader):
    """json：一个列表，每项一篇；`content` 是正文的键，其余的键进元数据。"""

    def __init__(self, path: str | Path, encoding: str | None = None, content: str = "text"):
        super().__init__(path, encoding)
        self.content = content

    def parse(self, data: bytes) -> Iterator[Document]:
        items = json.loads(decode(data, self.encoding)[0])
        if not isinstance(items, list) or not all(isinstance(i, dict) and self.content in i for i in items):
            raise ValueError(f"要一个列表，每项是有 {self.content} 键的对象")
        for number, item in enumerate(items, 1):
            rest = {key: value for key, value in item.items() if key != self.content}
            yield self.document(item[self.content], item=number, **rest)


def page_text(html: str) -> tuple[str, str]:
    """(题目, 人读得到的文字)。

    >>> page_text("<title>药</title><script>x=1</script><p>一日<b>两</b>次</p><p>饭后</p>")
    ('药', '一日两次\\n饭后')
    """
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(html, "lxml")
    title = soup.title.get_text(strip=True) if soup.title else ""
    for tag in soup(("title", *HIDDEN)):
        tag.decompose()
    for tag in soup(("p", "div", "li", "tr", "br", "h1", "h2", "h3", "h4")):
        tag.append("\n")  # 只在块的末尾换行：<b> 不该把一句话拆成三行
    lines = (" ".join(line.split()) for line in soup.get_text().splitlines())
    return title, "\n".join(line for line in lines if line)


class HtmlFile(FileLoader):
    """html：一页一篇，去掉脚本、样式、导航。"""

    def parse(self, data: bytes) -> Iterator[Document]:
        text, encoding = decode(data, self.encoding)
        title, content = page_text(text)
        yield self.document(content, encoding=encoding, title=title)


class PdfFile(FileLoader):
    """pdf：一页一篇，页码从 1 数，与人看到的相同。没有文字的（扫描件）算坏文件。"""

    def __init__(self, path: str | Path, encoding: str | None = None):
        from pypdf.errors import PyPdfError

        super().__init__(path, encoding)
        self.broken = (ValueError, PyPdfError)

    def parse(self, data: bytes) -> Iterator[Document]:
        from pypdf import PdfReader

        texts = [page.extract_text().strip() for page in PdfReader(io.BytesIO(data)).pages]
        if not any(texts):
            raise ValueError(f"{len(texts)} 页都没有文字，像是扫描件，要先做文字识别")
        for number, text in enumerate(texts, 1):
            yield self.document(text, page=number, pages=len(texts))


class DocxFile(FileLoader):
    """docx：段落与表格按文中的次序，整个文件一篇；表格的一行用 | 隔开。"""

    broken = (ValueError, KeyError, zipfile.BadZipFile)  # docx 是一个 zip；别的 zip 里没有要的部件

    def parse(self, data: bytes) -> Iterator[Document]:
        import docx
        from docx.table import Table

        lines = []
        for block in docx.Document(io.BytesIO(data)).iter_inner_content():
            if isinstance(block, Table):
                lines += [" | ".join(cell.text for cell in row.cells) for row in block.rows]
            else:
                lines.append(block.text)
        yield self.document("\n".join(line for line in lines if line.strip()))


LOADERS: dict[str, type[FileLoader]] = {
    ".txt": TextFile,
    ".md": MarkdownFile,
    ".csv": CsvFile,
    ".json": JsonFile,
    ".html": HtmlFile,
    ".htm": HtmlFile,
    ".pdf": PdfFile,
    ".docx": DocxFile,
}


class FolderLoader(BaseLoader):
    """一个文件夹：逐个文件地读；坏的与不认识的记进 `failures`，别的照读。

    一个文件先全部读完再给出去：读到一半坏了，不留半个文件。内存里同时只有一个文件。
    """

    def __init__(self, folder: str | Path, encoding: str | None = None):
        self.folder, self.encoding = Path(folder), encoding
        self.failures: list[tuple[str, str]] = []  # (相对路径, 为什么)，读完才齐

    def lazy_load(self) -> Iterator[Document]:
        self.failures = []
        for path in sorted(path for path in self.folder.rglob("*") if path.is_file()):
            name = path.relative_to(self.folder).as_posix()
            loader = LOADERS.get(path.suffix.lower())
            if loader is None:
                self.failures.append((name, f"不认识的后缀 {path.suffix or '（没有）'}"))
                continue
            try:
                documents = list(loader(path, self.encoding).lazy_load())
            except (BrokenFile, OSError) as error:
                self.failures.append((name, str(error).removeprefix(f"{path.name}：")))
                continue
            for document in documents:
                document.metadata["source"] = name
                yield document
