"""造一个文件夹的样本：每种格式一个，两种编码，几个坏的。文字都是为本书写的。

不是脚本，由 `9_load_datas.py` 与测试导入。对应笔记：`9_load_datas.md`「五分钟跑起来」。
"""

import json
from pathlib import Path

LEAFLET = "岚舒宁，每次一片，每日两次，饭后服用。对本品过敏的人禁用。"
TABLE = '药名,用法\n岚舒宁,"每次一片，每日两次"\n禾舒丹,"每次两片,\n饭后"\n'
PAGE = (
    "<html><head><title>贮藏</title><style>p{color:red}</style></head><body><nav>首页 购物车</nav>"
    "<p>遮光，<b>密封</b>保存。</p><script>var visits = 1;</script><p>儿童够不到的地方。</p></body></html>"
)
ITEMS = [{"text": "漏服：想起来就补。", "drug": "岚舒宁"}, {"text": "过量：立即就医。", "drug": "禾舒丹"}]


def pdf_bytes(pages: list[str]) -> bytes:
    """手写的 PDF，每页一行字。字的编号就用 Unicode，ToUnicode 表把编号译回文字：没有它，PDF 只是画，取不出字。"""
    used = sorted(set("".join(pages)))
    table = "".join(f"<{ord(c):04X}> <{ord(c):04X}>\n" for c in used)
    space = "begincmap\n1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
    cmap = f"{space}{len(used)} beginbfchar\n{table}endbfchar\nendcmap"
    kids = " ".join(f"{6 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [4 0 R]"
        " /ToUnicode 5 0 R >>",
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity)"
        " /Supplement 0 >> /DW 1000 >>",
        f"<< /Length {len(cmap)} >>\nstream\n{cmap}\nendstream",
    ]
    for i, page in enumerate(pages):
        draw = f"BT /F1 12 Tf 72 720 Td <{page.encode('utf-16-be').hex()}> Tj ET" if page else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {7 + 2 * i} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(draw)} >>\nstream\n{draw}\nendstream")
    out, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    lines = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{lines}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return out + f"{end}startxref\n{len(out)}\n%%EOF\n".encode()


def write_docx(path: Path) -> None:
    """一段、一张表、又一段。"""
    import docx

    document = docx.Document()
    document.add_paragraph("不良反应")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "头晕", "少见"
    document.add_paragraph("出现皮疹就停药。")
    document.save(path)


def write_samples(folder: Path) -> int:
    """写好样本，返回文件的个数：8 个好的，6 个坏的。"""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "01_utf8.txt": LEAFLET.encode(),
        "02_gb18030.txt": LEAFLET.encode("gb18030"),
        "03_bom.csv": TABLE.encode("utf-8-sig"),  # Excel 存「CSV UTF-8」就带 BOM
        "04_items.json": json.dumps(ITEMS, ensure_ascii=False).encode(),
        "05_note.md": "# 禾舒丹\n\n## 疗程\n\n七天。\n".encode(),
        "06_page.html": PAGE.encode("gb18030"),
        "07_two_pages.pdf": pdf_bytes(["岚舒宁 第一页", "禁忌：孕妇"]),
        "20_cut.txt": LEAFLET.encode()[:-4],
        "21_columns.csv": "药名,用法\n岚舒宁\n".encode(),
        "22_cut.json": b'[{"text": "1"',
        "23_scan.pdf": pdf_bytes([""]),
        "24_not_a_zip.docx": b"not a zip",
        "25_picture.bmp": b"BM\0\0",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    write_docx(folder / "08_table.docx")
    return len(files) + 1
