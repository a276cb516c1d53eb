"""笔记的检查与刷新：代码、输出、数字、命令、链接都不许与仓库不符。

怎么跑：
    python -m tests.notes                     检查全部笔记，有问题退出码 1
    python -m tests.notes ResNet/1_tensors.md 只检查一篇
    python -m tests.notes --write             刷新摘录、输出、结果表、数字，再报告剩下的问题
标记的写法见 CONTRIBUTING.md；各条规则在 `tests/note_*.py`。
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from book import Parser, UserError, repository_root, run
from tests.note_numbers import check_numbers, check_pairs, check_tables
from tests.note_prose import check_links, check_math, check_order, check_style, check_terms
from tests.note_run import check_run
from tests.note_shell import check_shell
from tests.note_source import check_code, check_unmarked
from tests.note_text import Note, Problem

CHECKS = {
    "code": check_code,
    "unmarked": check_unmarked,
    "numbers": check_numbers,
    "tables": check_tables,
    "pairs": check_pairs,
    "shell": check_shell,
    "links": check_links,
    "order": check_order,
    "style": check_style,
    "math": check_math,
    "terms": check_terms,
    "run": check_run,
}
SKIPPED = {"outputs", "build", "dist", "node_modules"}


def find_notes(root: Path) -> list[Path]:
    """仓库里的全部 Markdown，不看隐藏目录、输出目录与安装产物。"""

    def kept(path: Path) -> bool:
        folders = path.relative_to(root).parts[:-1]
        return not any(part.startswith(".") or part in SKIPPED or part.endswith(".egg-info") for part in folders)

    return sorted(path for path in root.rglob("*.md") if kept(path))


def check(note: Note) -> Iterator[tuple[str, Problem]]:
    """一篇笔记的全部问题，连同规则的名字。"""
    for name, rule in CHECKS.items():
        for problem in rule(note):
            yield name, problem


def report(note: Note) -> list[str]:
    """给人看的问题，一行一个：文件:行号 [规则] 怎么改。"""
    where = note.path.resolve().relative_to(note.root.resolve()).as_posix()
    found = sorted(check(note), key=lambda item: item[1].offset)
    return [f"{where}:{note.line(problem.offset)} [{name}] {problem.message}" for name, problem in found]


def refresh(note: Note) -> bool:
    """把能自动改好的问题写回文件；返回有没有改动。"""
    fixes = [problem.fix for _, problem in check(note) if problem.fix]
    text = note.text
    for start, end, replacement in sorted(fixes, reverse=True):  # 从后往前改，前面的位置不变
        text = text[:start] + replacement + text[end:]
    if text != note.text:
        note.path.write_text(text, encoding="utf-8", newline="\n")
    return text != note.text


def main(argv=None) -> None:
    parser = Parser(__doc__)
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="要检查的笔记，默认全部")
    parser.add_argument("--write", action="store_true", help="刷新能自动改好的部分")
    args = parser.parse_args(argv)
    root = repository_root()
    for path in args.paths:
        if not path.is_file() or not path.resolve().is_relative_to(root):
            raise UserError(f"{path} 不是仓库里的笔记；检查路径，不给路径就检查全部")
    problems = []
    for path in args.paths or find_notes(root):
        if args.write and refresh(Note(path, root)):
            print(f"已刷新 {path.resolve().relative_to(root).as_posix()}")
        problems += report(Note(path, root))
    if problems:
        print("\n".join(problems))
        sys.exit(1)


if __name__ == "__main__":
    run(main)
