"""装载数据：十四个文件的文件夹读出几篇，坏的报了几个，几种省事的写法各丢多少。

教什么：惰性的装载器、编码、坏文件；反例的损失都在这里量。
不教什么：切块（`10_textSplitter.md`）、向量（`11_embedding.py`）。
怎么跑：
  python LangChain/9_load_datas.py          几秒，不要模型
  python LangChain/9_load_datas.py --smoke  同样几秒
对应笔记：`9_load_datas.md`。
"""

from pathlib import Path

from book import Parser, common_options, emit_result, output_dir, run
from LangChain.loaders import BrokenFile, FolderLoader, TextFile, decode, page_text
from LangChain.models import endpoint_errors
from LangChain.sample_files import LEAFLET, PAGE, TABLE, write_samples


def chinese(text: str) -> int:
    """汉字的个数。"""
    return sum("\u4e00" <= letter <= "\u9fff" for letter in text)


def load_folder(folder: Path) -> dict:
    """读完整个文件夹：几篇、从几个文件来、几个坏的。"""
    loader = FolderLoader(folder)
    documents = list(loader.lazy_load())
    for document in documents:
        print(f"  {document.metadata['source']:18s} {document.page_content[:24]!r}")
    for name, reason in loader.failures:
        print(f"  跳过 {name}：{reason}")
    good = len({document.metadata["source"] for document in documents})
    return {"documents": len(documents), "good_files": good, "skipped": len(loader.failures)}


def stop_at_first(folder: Path) -> int:
    """反例：没有人接住异常，第一个坏文件之前读到几篇。"""
    count = 0
    try:
        for path in sorted(folder.glob("*.txt"), reverse=True):  # 坏的恰好排在前面
            count += len(TextFile(path).load())
    except BrokenFile as error:
        print(f"  停在 {error}")
    return count


def measure_encodings() -> list[dict]:
    """同样的 GB18030 字节，四种读法：留下几个汉字，其中几个是对的。"""
    data, rows = LEAFLET.encode("gb18030"), []
    ways = {
        "utf-8, errors=ignore": data.decode("utf-8", "ignore"),
        "utf-8, errors=replace": data.decode("utf-8", "replace"),
        "latin-1": data.decode("latin-1"),
        "decode()": decode(data)[0],
    }
    for way, text in ways.items():
        rows.append({"way": way, "chinese": chinese(text), "same": text == LEAFLET})
        print(f"  {way:24s} {chinese(text):3d} 个汉字，应当有 {chinese(LEAFLET)} 个")
    return rows


def guess_gb_first() -> dict:
    """反例：先试 GB18030。每个 UTF-8 的句子都读一遍：几个没有报错，却读成了别的字。"""
    sentences = [LEAFLET[:end] for end in range(1, len(LEAFLET) + 1)]
    silent = 0
    for sentence in sentences:
        try:
            silent += sentence.encode().decode("gb18030") != sentence
        except UnicodeDecodeError:
            continue
    right = sum(decode(sentence.encode()) == (sentence, "utf-8") for sentence in sentences)
    return {"sentences": len(sentences), "silently_wrong": silent, "utf8_first_right": right}


def ambiguous_letters() -> dict:
    """GB2312 的 3755 个一级汉字，单独存成 GB18030，几个碰巧也是合法的 UTF-8：只有一个字，谁也认不出编码。"""
    letters = [bytes((high, low)) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF)]
    letters = [letter for letter in letters if letter < b"\xd7\xfa"]  # 最后一行只到 D7F9
    wrong = sum(decode(letter)[1] == "utf-8" for letter in letters)
    return {"letters": len(letters), "letters_ambiguous": wrong, "ambiguous_share": wrong / len(letters)}


def measure_shortcuts() -> dict:
    """反例：按逗号与换行切 CSV；整页的 get_text。"""
    from bs4 import BeautifulSoup

    lines = TABLE.strip().split("\n")[1:]
    whole = BeautifulSoup(PAGE, "lxml").get_text()
    return {
        "csv_rows": 2,
        "csv_split_rows": len(lines),
        "csv_split_right": sum(len(line.split(",")) == 2 for line in lines),
        "html_letters": len("".join(whole.split())),
        "html_useful": len("".join(page_text(PAGE)[1].split())),
        "bom_column": TABLE.encode("utf-8-sig").decode("utf-8").split(",")[0] == "药名",
    }


@endpoint_errors()
def main(argv=None) -> dict:
    parser = Parser(__doc__)
    common_options(parser, __file__)
    args = parser.parse_args(argv)
    folder = output_dir(args.out) / "samples"
    print("模型：不用　设备：cpu")
    files = write_samples(folder)
    result = {"files": files, **load_folder(folder), "stopped_with": stop_at_first(folder)}
    result |= {"encodings": measure_encodings(), "guess": guess_gb_first()}
    result |= ambiguous_letters() | measure_shortcuts()
    return emit_result(result)


if __name__ == "__main__":
    run(main)
