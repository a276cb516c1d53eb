"""仓库里的每一篇笔记都与代码、记录、命令、文件相符（规则本身的测试在 test_note_rules.py）。"""

import pytest

from book import repository_root
from tests.note_text import Note
from tests.notes import find_notes, report

ROOT = repository_root()


@pytest.mark.parametrize("path", find_notes(ROOT), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_note_agrees_with_the_repository(path):
    problems = report(Note(path, ROOT))
    assert not problems, "\n" + "\n".join(problems)
