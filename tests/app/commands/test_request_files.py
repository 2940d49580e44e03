"""Requests in files: what JSON can say, in whatever form it was written, or a sentence."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
import typer

from app.commands.request_files import MOST_VALUES, read_request


def read(folder: Path, name: str, text: str) -> object:
    file = folder / name
    file.write_text(text)
    return read_request(str(file))


def refusal(folder: Path, name: str, text: str) -> str:
    with pytest.raises(typer.BadParameter) as refused:
        read(folder, name, text)
    return refused.value.message.replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("r.json", '{"l2": [1e-4, 1], "name": "2024-02-03"}'),
        ("r.yaml", "l2: &low [1e-4, 1]\nname: 2024-02-03\n"),
        ("r.toml", 'l2 = [1e-4, 1]\nname = "2024-02-03"\n'),
        ("r", "l2: [1e-4, 1]\nname: '2024-02-03'\n"),
    ],
)
def test_a_request_is_the_same_in_each_form(tmp_path: Path, name: str, text: str) -> None:
    assert read(tmp_path, name, text) == {"l2": [1e-4, 1], "name": "2024-02-03"}


@pytest.mark.parametrize("written", ["!!int ''", "!!bool x", "!!timestamp x", "!!float ''", "!!binary ''", "!!set {a}"])
def test_a_tag_of_yaml_is_refused_by_its_line(tmp_path: Path, written: str) -> None:
    told = refusal(tmp_path, "r.yaml", f"a: 1\nb: {written}\n")
    assert told.startswith("r.yaml cannot be read: a tag says what a request cannot hold")
    assert "line 2" in told


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("r.yaml", "{1: 2}", "the name 1 is no text. Put it in quotes"),
        ("r.toml", "day = 2024-02-03", "the date 2024-02-03 has no form in JSON. Write it as text, in quotes"),
        ("r.toml", "l2 = nan", "it has the number nan, which JSON does not know"),
        ("r.json", '{"l2": 1e999}', "it has the number inf, which JSON does not know"),
        ("r.yaml", "&a [*a]", "it nests deeper than 100 levels"),
        ("r.json", "[" * 99_999, "it nests too deep. Make it flatter."),
        ("r.yaml", "[" * 9_999, "it nests deeper than 100 levels"),
        ("r.yaml", "? " * 9_999, "it nests too deep. Make it flatter."),
        ("r.toml", "a = " + "[" * 9_999, "it nests too deep. Make it flatter."),
    ],
)
def test_what_json_cannot_say_is_refused(tmp_path: Path, name: str, text: str, why: str) -> None:
    assert refusal(tmp_path, name, text) == f"{name} cannot be read: {why}"


def test_a_few_lines_that_stand_for_billions_of_values_are_refused(tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    names = "abcdefghijkl"
    lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in pairwise(names)]
    told = refusal(tmp_path, "r.yaml", "\n".join(lines))
    assert told == f"r.yaml cannot be read: it stands for more than {MOST_VALUES:,} values"


def test_a_request_that_may_be_sent_can_be_written_as_json(tmp_path: Path) -> None:
    assert json.dumps(read(tmp_path, "r.yaml", "a: ~\nb: yes\nc: 0x1F\nd: {e: [.5]}\n"))
