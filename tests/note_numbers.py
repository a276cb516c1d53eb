"""数字：`n` 标记里的一个数与 `result` 标记里的一张表，都从 results/*.json 生成。"""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.note_text import Note, Problem

NUMBER = re.compile(r"<!-- n: (\S+?)#(\S+)(?: (\S+))? -->([^\n]*?)<!-- /n -->")
TABLE = re.compile(r"<!-- result: ([^\n]*?) -->\n(.*?)<!-- /result -->", re.DOTALL)
OPENED = re.compile(r"<!--\s*(/?)(n|result)\b[^>]*-->")
ADVICE = "运行 python -m tests.notes --write"


def check_numbers(note: Note) -> Iterator[Problem]:
    """正文里的数字与记录一致。"""
    for match in NUMBER.finditer(note.prose):
        file, key, spec, shown = match.groups()
        try:
            expected = format_value(look_up(load_record(note.root, file), key, file), spec)
        except (LookupError, ValueError) as error:
            yield Problem(match.start(), message_of(error))
            continue
        if shown != expected:
            message = f"{file}#{key} 是 {expected}，笔记写的是 {shown or '空'}；{ADVICE}"
            yield Problem(match.start(), message, (match.start(4), match.end(4), expected))


def check_tables(note: Note) -> Iterator[Problem]:
    """结果表与记录一致。"""
    for match in TABLE.finditer(note.prose):
        try:
            expected = build_table(note.root, match.group(1))
        except (LookupError, ValueError) as error:
            yield Problem(match.start(), message_of(error))
            continue
        # prose 遮住了行内代码，所以比较原文
        if note.text[match.start(2) : match.end(2)] != expected:
            yield Problem(match.start(), f"表与记录不同；{ADVICE}", (match.start(2), match.end(2), expected))


def check_pairs(note: Note) -> Iterator[Problem]:
    """n 与 result 标记写得对，成对出现。"""
    spans = [m.span() for pattern in (NUMBER, TABLE) for m in pattern.finditer(note.prose)]
    for match in OPENED.finditer(note.prose):
        if not any(start <= match.start() < end for start, end in spans):
            yield Problem(
                match.start(), f"{match.group()} 不成对或写法不对；例子 <!-- n: 章/results/x.json#键 .3f --><!-- /n -->"
            )


def message_of(error: Exception) -> str:
    """LookupError 与 ValueError 的第一个参数就是那句话。"""
    return str(error.args[0])


def load_record(root: Path, file: str) -> dict:
    """读一个记录文件；不存在或不是 tests.record 写的就抛 LookupError。"""
    path = root / file
    if not path.is_file():
        raise LookupError(f"没有记录 {file}；用 python -m tests.record 跑一次")
    record = json.loads(path.read_text(encoding="utf-8"))
    if "metrics" not in record:
        raise LookupError(f"{file} 里没有 metrics；它应当由 python -m tests.record 写成")
    return record


def look_up(record: dict, key: str, file: str):
    """按点分的路径取值：先在 metrics 里找，再在整个记录里找（`environment.cpu`、`date`）。"""
    value = {**record, **record["metrics"]}
    for part in key.split("."):
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            raise LookupError(f"{file} 里没有 {key}（找到 {part} 这一段为止）") from None
    return value


def format_value(value, spec: str | None) -> str:
    """数字按 spec（如 .3f、,d、.1%）写出；没有 spec 时浮点取 4 位有效数字。"""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if spec is None:
        spec = ".4g" if isinstance(value, float) else ""
    try:
        return format(value, spec)
    except (ValueError, TypeError):
        raise ValueError(f"{value!r} 不能按 {spec} 写出；例子 .3f、,d、.1%") from None


def build_table(root: Path, argument: str) -> str:
    """`文件[#键] [columns=键[:格式],...] [titles=标题,...]` 对应的 Markdown 表，末尾一行写明命令与机器。"""
    file, key, settings = parse_argument(argument)
    record = load_record(root, file)
    value = look_up(record, key, file) if key else record["metrics"].get("rows", record["metrics"])
    if isinstance(value, dict) and value and all(isinstance(row, dict) for row in value.values()):
        value = [{"name": name, **row} for name, row in value.items()]
    names = column_names(value, file)
    # 逗号分隔各列；紧跟冒号的逗号是格式（,d）的一部分
    chosen = re.split(r"(?<!:),", settings["columns"]) if "columns" in settings else names
    columns = [item.partition(":")[::2] for item in chosen]
    titles = settings["titles"].split(",") if "titles" in settings else [name for name, _ in columns]
    missing = [name for name, _ in columns if name not in names]
    if missing:
        raise LookupError(f"{file} 的表里没有 {'、'.join(missing)}；有 {'、'.join(names)}")
    if len(titles) != len(columns):
        raise ValueError(f"titles= 有 {len(titles)} 个标题，表有 {len(columns)} 列")
    if isinstance(value, dict):  # 一组标量：每个一行
        body = [[title, format_value(value[name], spec or None)] for title, (name, spec) in zip(titles, columns)]
        return markdown_table(["指标", "值"], body) + source_line(record)
    body = [[format_value(row.get(name), spec or None) for name, spec in columns] for row in value]
    return markdown_table(titles, body) + source_line(record)


def parse_argument(argument: str) -> tuple[str, str, dict[str, str]]:
    """result 标记冒号之后的部分：文件、键、选项。"""
    reference, *options = shlex.split(argument)
    file, _, key = reference.partition("#")
    settings = dict(option.partition("=")[::2] for option in options)
    unknown = set(settings) - {"columns", "titles"}
    if unknown:
        raise ValueError(f"result 标记不认识 {'、'.join(sorted(unknown))}；只有 columns= 与 titles=")
    return file, key, settings


def column_names(value, file: str) -> list[str]:
    """一组标量的键，或各行字典的键的并集（按出现次序）。"""
    if isinstance(value, dict):
        return [name for name, item in value.items() if not isinstance(item, (dict, list))]
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return list(dict.fromkeys(name for row in value for name in row))
    raise ValueError(f"{file} 的这一项不是表；result 标记要指向一组标量，或由字典组成的列表")


def markdown_table(titles: list[str], body: list[list[str]]) -> str:
    """Markdown 表格，以换行结尾；单元格里的 | 要转义。"""
    rows = [[cell.replace("|", "\\|") for cell in row] for row in [titles, *body]]
    rows.insert(1, ["---"] * len(titles))
    return "\n" + "".join("| " + " | ".join(row) + " |\n" for row in rows) + "\n"


def source_line(record: dict) -> str:
    """表下面的一行：命令、机器、日期。"""
    environment = record.get("environment", {})
    torch = environment.get("versions", {}).get("torch")
    machine = [f"{environment['cores']} 核 {environment['cpu']}"] if "cpu" in environment else []
    parts = [f"`{record['command']}`", *machine, *([f"torch {torch}"] if torch else []), record.get("date")]
    return "命令 " + "，".join(part for part in parts if part) + "。\n\n"
