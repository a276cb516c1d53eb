"""正文：链接与图片、章节次序、用词与标点、术语、公式。"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from tests.note_text import LINK_TARGET, Note, Problem, blank

SECTIONS = (
    *("本章目标", "先修", "五分钟跑起来", "直觉", "手算小例子", "公式", "代码走读"),
    *("怎么知道写对了", "常见错误", "实验", "小结", "练习", "参考"),
)
REQUIRED = ("本章目标", "五分钟跑起来", "怎么知道写对了", "小结", "练习", "参考")
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(\s*<?([^\s)>]*)>?(?:\s+\"[^\"]*\")?\s*\)")
HTML_LINK = re.compile(r"<(?:img|a)\b[^>]*?\b(?:src|href)\s*=\s*[\"']([^\"']*)[\"'][^>]*>", re.IGNORECASE)
CHINESE = r"\u3400-\u9fff"
STYLE = (
    (r"您", "写“你”"),
    (r"显然", "删掉：读者不觉得显然的话，这个词只会让他难受"),
    (r"(?<![申邀聘约])请(?!求|教)", "删掉：直接说做什么"),
    (r"\bTODO\b|\bFIXME\b|待补充", "写完，或者删掉"),
    (r"[\U0001F000-\U0001FAFF\u2705\u274C\u2B50]", "不用表情符号"),
    (rf"(?<=[{CHINESE}])[,;:?!]|(?<=[{CHINESE}])(?<!等)\.(?!\w)", "中文里用中文标点"),  # 参考文献里的“等.”除外
    (rf"(?<=[{CHINESE}])[A-Za-z0-9]|(?<=[A-Za-z0-9%])[{CHINESE}]", "中文与英文、数字之间空一格"),
)
LOCAL_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users)/\w+|\b[A-Z]:\\Users\\")


def check_links(note: Note) -> Iterator[Problem]:
    """相对链接、锚点、图片都存在；图片在仓库里且有中文说明。"""
    for match in LINK.finditer(note.prose):
        image, label, target = match.groups()
        # prose 遮住了行内代码，说明文字要从原文取
        label = note.text[match.start(2) : match.end(2)]
        if image and not re.search(f"[{CHINESE}]", label):
            yield Problem(match.start(), f"图片 {target} 的方括号里要有中文说明")
        yield from check_target(note, match.start(), target, is_image=bool(image))
    for match in HTML_LINK.finditer(note.prose):
        is_image = match.group().lower().startswith("<img")
        if is_image and not re.search(rf"\balt\s*=\s*[\"'][^\"']*[{CHINESE}]", match.group()):
            yield Problem(match.start(), f"图片 {match.group(1)} 的 alt 里要有中文说明")
        yield from check_target(note, match.start(), match.group(1), is_image)
    for match in re.finditer(r"^\[[^\]^]+\]:\s*(\S+)", note.prose, re.MULTILINE):
        yield from check_target(note, match.start(), match.group(1), is_image=False)


def check_target(note: Note, offset: int, target: str, is_image: bool) -> Iterator[Problem]:
    """一个链接目标；外部网页不查（测试不联网），外部图片不许。"""
    if re.match(r"[a-z][a-z0-9+.-]*:|//", target):
        if is_image:
            yield Problem(offset, f"图片 {target} 在外面的网站上；放进仓库的 figures/")
        return
    path, _, anchor = unquote(target).partition("#")
    file = (note.path.parent / path).resolve() if path else note.path.resolve()
    if path.startswith("/") or not file.is_relative_to(note.root.resolve()):
        yield Problem(offset, f"链接 {target} 不在仓库里；写相对于本文件的路径")
    elif not file.exists() or file.name not in {entry.name for entry in file.parent.iterdir()}:
        yield Problem(offset, f"链接 {target} 指向的文件不存在（大小写也要一致）")
    elif anchor and file.suffix == ".md" and anchor.lower() not in anchors(file, note):
        yield Problem(offset, f"链接 {target}：{file.name} 里没有锚点 #{anchor}")


def anchors(file: Path, note: Note) -> set[str]:
    """GitHub 给标题起的锚点：小写，去标点，空格变连字符，重名的加 -1、-2。"""
    other = note if file == note.path.resolve() else Note(file, note.root)
    names: list[str] = re.findall(r"<a\s+(?:id|name)=[\"']([^\"']+)", other.prose)
    for _, _, title in other.headings():
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        name = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        repeats = sum(re.fullmatch(re.escape(name) + r"(-\d+)?", seen) is not None for seen in names)
        names.append(f"{name}-{repeats}" if repeats else name)
    return set(names)


def check_order(note: Note) -> Iterator[Problem]:
    """`数字_主题.md` 的二级标题：必需的都有，次序与约定一致；别的标题可以插在中间。"""
    if not re.match(r"\d+_", note.path.name) or note.path.parent == note.root:
        return
    found = [(offset, section_of(title)) for offset, level, title in note.headings() if level == 2]
    places = [(offset, SECTIONS.index(name)) for offset, name in found if name]
    for (_, before), (offset, place) in zip(places, places[1:]):
        if place == before:
            yield Problem(offset, f"“{SECTIONS[place]}”出现了两次")
        elif place < before:
            yield Problem(offset, f"“{SECTIONS[place]}”应当在“{SECTIONS[before]}”之前；次序是 {' → '.join(SECTIONS)}")
    missing = [name for name in REQUIRED if name not in {name for _, name in found}]
    if missing:
        yield Problem(0, f"缺二级标题 {'、'.join(missing)}")
    if [level for _, level, _ in note.headings()].count(1) != 1:
        yield Problem(0, "要有且只有一个一级标题")


def section_of(title: str) -> str | None:
    """标题属于哪一节：`## 5. 常见错误（反例）` 属于 常见错误。"""
    title = re.sub(r"^[\d.]+\s*", "", title)
    return next((name for name in SECTIONS if re.match(rf"{name}(?![{CHINESE}\w])", title)), None)


def check_style(note: Note) -> Iterator[Problem]:
    """能机械检查的文风。英文的 README.en.md 也适用：它没有中文就没有可查的。"""
    for pattern, advice in STYLE:
        for match in re.finditer(pattern, note.words):
            around = note.text[max(0, match.start() - 6) : match.end() + 6].replace("\n", " ")
            yield Problem(match.start(), f"“{around.strip()}”：{advice}")
    for text in (LOCAL_PATH, re.compile(re.escape(str(note.root.resolve())) + r"\b")):
        for match in text.finditer(note.text):
            yield Problem(match.start(), f"{match.group()} 是某台机器上的路径；写相对于仓库根目录的路径")


def check_math(note: Note) -> Iterator[Problem]:
    """公式的 $ 成对，与汉字之间有空格（GitHub 否则不渲染），两个 $ 内侧没有空格。"""
    for paragraph in re.finditer(r"(?:[^\n]+\n?)+", LINK_TARGET.sub(blank, note.prose)):
        text = re.sub(r"\\\$", "  ", paragraph.group())
        displays = text.count("$$")
        inline = re.sub(r"\$\$.*?\$\$", blank, text, flags=re.DOTALL) if displays % 2 == 0 else text
        if displays % 2 or inline.count("$") % 2:
            yield Problem(paragraph.start(), "公式的 $ 不成对；不是公式的写成 \\$")
            continue
        for match in re.finditer(r"\$([^$]*)\$", inline):
            around = inline[max(0, match.start() - 1) : match.start()] + inline[match.end() : match.end() + 1]
            if re.search(rf"[{CHINESE}\w]", around) or match.group(1) != match.group(1).strip():
                yield Problem(paragraph.start() + match.start(), f"{match.group()} 外侧要空一格，内侧不空")


def check_terms(note: Note) -> Iterator[Problem]:
    """术语只用 GLOSSARY.md 里的写法。"""
    glossary = note.root / "GLOSSARY.md"
    if note.path.resolve() == glossary.resolve() or not glossary.is_file():
        return
    rows = read_glossary(glossary)
    for term, variants in rows.items():
        for variant in variants:
            # 不用的说法可能是另一个术语的一部分：“核”不用，“卷积核”要用
            longer = [re.escape(other) for other in rows if variant in other]
            words = re.sub("|".join(longer), blank, note.words) if longer else note.words
            for match in re.finditer(re.escape(variant), words):
                yield Problem(match.start(), f"“{variant}”在本书里写作“{term}”（GLOSSARY.md）")


def read_glossary(file: Path) -> dict[str, list[str]]:
    """{中文术语: 不用的说法}，来自 GLOSSARY.md 里带“不用的说法”一列的表。"""
    terms: dict[str, list[str]] = {}
    header: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            header = []
        elif not header:
            header = cells
        elif not set("".join(cells)) <= set("-: "):
            row = dict(zip(header, cells))
            terms[row.get("中文", "")] = [
                word for word in re.split("[、，]", row.get("不用的说法", "")) if word not in ("", "—", "-")
            ]
    return terms
