"""Every code of a note is explained where docs/reading.md lists them, and no other is."""

from typing import get_args

from engine.data.notes import Code
from tests.documents.session import ROOT


def test_the_table_of_notes_has_each_code_once_and_says_what_it_means() -> None:
    _, section = (ROOT / "docs" / "reading.md").read_text().split("\n## Notes\n")
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    assert sorted(code.strip("`") for code, _ in rows) == sorted(get_args(Code))
    assert all(says for _, says in rows)
