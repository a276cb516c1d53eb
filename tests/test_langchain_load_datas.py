"""第 3 章第 9 篇：编码认得对，每种格式取出该取的字，坏文件报出来而不拖垮别的，反例确实坏。"""

import doctest
import importlib
import sqlite3
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from LangChain import loaders
from LangChain.loaders import BrokenFile, CsvFile, FolderLoader, JsonFile, PdfFile, TextFile, decode
from LangChain.remote_loaders import SqlLoader, WebLoader, connect_database
from LangChain.sample_files import LEAFLET, PAGE, pdf_bytes, write_samples

lab = importlib.import_module("LangChain.9_load_datas")
pytestmark = [
    pytest.mark.filterwarnings("error::DeprecationWarning"),
    pytest.mark.filterwarnings("error::langchain_core._api.LangChainDeprecationWarning"),
]
many = settings(max_examples=60, deadline=None)
words = st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\0\ufeff"), max_size=40)


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(loaders).failed == 0


@given(words)
@many
def test_any_utf8_text_comes_back_unchanged(text):
    assert decode(text.encode())[0] == text
    assert decode(text.encode("utf-8-sig"))[0] == text
    assert decode(text.encode("utf-16"))[0] == text


@given(st.text(alphabet="药片每日两次饭后服用，。岚舒宁a1 ", min_size=2, max_size=40))
@many
def test_gb18030_text_is_misread_only_when_it_is_valid_utf8_too(text):
    data = text.encode("gb18030")
    assert decode(data, "gb18030")[0] == text
    if decode(data)[0] != text:
        assert data.decode("utf-8") == decode(data)[0]  # 两种编码都合法：只能由人说


@given(st.integers(1, len(LEAFLET.encode()) - 1))
@many
def test_a_cut_utf8_file_is_reported_and_never_read_as_gb18030(size):
    data = LEAFLET.encode()[:size]
    try:
        text, encoding = decode(data)
    except ValueError:
        return
    assert size < 3 or (encoding == "utf-8" and LEAFLET.startswith(text))


def test_bytes_of_a_picture_are_not_text():
    with pytest.raises(ValueError, match="零字节"):
        decode(b"\x89PNG\0")


def test_the_folder_gives_every_good_file_and_names_every_bad_one(tmp_path):
    assert write_samples(tmp_path) == len(list(tmp_path.iterdir()))
    loader = FolderLoader(tmp_path)
    documents = loader.load()
    assert {d.metadata["source"][:2] for d in documents} == {f"0{i}" for i in range(1, 9)}
    assert [name[:2] for name, _ in loader.failures] == ["20", "21", "22", "23", "24", "25"]
    assert loader.load() == documents
    assert len(loader.failures) == 6


def test_every_format_gives_the_text_a_reader_sees(tmp_path):
    write_samples(tmp_path)
    texts = {}
    for document in FolderLoader(tmp_path).lazy_load():
        texts.setdefault(document.metadata["source"][:2], []).append(document)
    assert texts["01"][0].page_content == texts["02"][0].page_content == LEAFLET
    assert texts["02"][0].metadata["encoding"] == "gb18030"
    assert [d.page_content for d in texts["03"]] == [
        "药名：岚舒宁\n用法：每次一片，每日两次",
        "药名：禾舒丹\n用法：每次两片,\n饭后",
    ]
    assert texts["04"][1].metadata == {"source": "04_items.json", "item": 2, "drug": "禾舒丹"}
    assert texts["05"][0].metadata["title"] == "禾舒丹"
    assert texts["06"][0].page_content == "遮光，密封保存。\n儿童够不到的地方。"
    assert [(d.page_content, d.metadata["page"]) for d in texts["07"]] == [("岚舒宁 第一页", 1), ("禁忌：孕妇", 2)]
    assert texts["08"][0].page_content == "不良反应\n头晕 | 少见\n出现皮疹就停药。"


def test_the_folder_is_read_one_file_at_a_time(tmp_path, monkeypatch):
    write_samples(tmp_path)
    opened = []
    original = TextFile.lazy_load
    monkeypatch.setattr(TextFile, "lazy_load", lambda self: opened.append(self.path.name) or original(self))
    stream = FolderLoader(tmp_path).lazy_load()
    assert opened == []
    next(stream)
    assert opened == ["01_utf8.txt"]


def test_a_file_that_breaks_halfway_leaves_nothing_behind(tmp_path):
    (tmp_path / "a.csv").write_text("药名,用法\n岚舒宁,一片\n禾舒丹\n", encoding="utf-8")
    loader = FolderLoader(tmp_path)
    assert loader.load() == []
    assert "第 2 行" in loader.failures[0][1]


def test_a_mistake_in_our_own_code_is_not_taken_for_a_broken_file(tmp_path, monkeypatch):
    write_samples(tmp_path)
    monkeypatch.setattr(TextFile, "parse", lambda self, data: iter([{}["没有"]]))
    with pytest.raises(KeyError):
        FolderLoader(tmp_path).load()


def test_wrong_shapes_are_said_in_one_line(tmp_path):
    (tmp_path / "a.json").write_text('{"text": "不是列表"}', encoding="utf-8")
    with pytest.raises(BrokenFile, match="a.json：要一个列表"):
        JsonFile(tmp_path / "a.json").load()
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 nothing")
    with pytest.raises(BrokenFile, match="a.pdf："):
        PdfFile(tmp_path / "a.pdf").load()
    (tmp_path / "a.csv").write_text('药名\n"没有合上', encoding="utf-8")
    with pytest.raises(BrokenFile, match="a.csv："):
        CsvFile(tmp_path / "a.csv").load()


def test_page_numbers_count_empty_pages(tmp_path):
    (tmp_path / "a.pdf").write_bytes(pdf_bytes(["", "第二页"]))
    assert [d.metadata["page"] for d in PdfFile(tmp_path / "a.pdf").load()] == [1, 2]


@contextmanager
def site():
    """本机的一个网站：/page 是样本网页，/big 很大，别的 404。"""
    bodies = {"/page": PAGE.encode("gb18030"), "/big": b"a" * 5000}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = bodies.get(self.path, b"")
            self.send_response(200 if body else 404)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_the_web_loader_reads_pages_and_reports_the_rest():
    with site() as url:
        loader = WebLoader([url + "/page", url + "/missing", url + "/big"], limit=1000)
        documents = loader.load()
    assert [(d.page_content, d.metadata["title"]) for d in documents] == [
        ("遮光，密封保存。\n儿童够不到的地方。", "贮藏")
    ]
    assert "404" in loader.failures[0][1]
    assert "超过 1000 字节" in loader.failures[1][1]
    with pytest.raises(ValueError, match="只认"):
        WebLoader(["file:///etc/hosts"])


def test_the_database_loader_reads_rows_and_cannot_write(tmp_path):
    path = tmp_path / "drugs.db"
    with sqlite3.connect(path) as database:
        database.execute("create table drugs (name text, dose text)")
        database.executemany("insert into drugs values (?, ?)", [("岚舒宁", "一片"), ("禾舒丹", "两片")])
    database.close()
    url = f"sqlite:///{path}"
    (document,) = SqlLoader(url, "select * from drugs where name = ?", "dose", ("禾舒丹",)).load()
    assert document.page_content == "两片"
    assert document.metadata["name"] == "禾舒丹"
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        SqlLoader(url, "delete from drugs", "dose").load()
    with pytest.raises(ValueError, match="没有 text 这一列"):
        SqlLoader(url, "select * from drugs", "text").load()
    with pytest.raises(ValueError, match="不认识的数据库"):
        connect_database("mysql://x")


def test_the_counterexamples_really_lose_text(tmp_path):
    result = lab.main(["--smoke", "--out", str(tmp_path)])
    assert result["good_files"] + result["skipped"] == result["files"]
    assert result["stopped_with"] == 0
    assert [row["same"] for row in result["encodings"]] == [False, False, False, True]
    assert result["guess"]["silently_wrong"] > 0
    assert result["guess"]["utf8_first_right"] == result["guess"]["sentences"]
    assert (result["letters"], result["letters_ambiguous"]) == (3755, 682)
    assert result["csv_split_rows"] > result["csv_rows"]
    assert not result["bom_column"]
    assert result["html_letters"] > result["html_useful"]
