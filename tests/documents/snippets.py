"""Snippets of a Markdown document: the code that a reader would copy, and the answers that are shown below it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of code, `sh` or `python`, and the answer shown below it, if there is one."""

    language: str
    code: str
    answer: str | None = None


def snippets(document: str) -> Iterator[Snippet]:
    """Yield the snippets of the fenced blocks; each paragraph of a shell block is one.

    There, a comment that begins with a brace is the answer of the last command above it.
    """
    for language, text in _FENCE.findall(document):
        if language == "sh":
            yield from _shell(text.splitlines())
        elif language == "python":
            yield Snippet(language, text)


def _shell(lines: Sequence[str]) -> Iterator[Snippet]:
    code: list[str] = []
    answer: list[str] = []
    for line in lines:
        if line.startswith("# {") or (answer and line.startswith("#  ")):
            answer.append(line.removeprefix("#"))
            continue
        if answer or not line:
            yield Snippet("sh", "\n".join(code), " ".join(answer) or None)
            code, answer = [], []
        if line:
            code.append(line)
    yield Snippet("sh", "\n".join(code), " ".join(answer) or None)


def without(found: Iterable[Snippet], starts: Sequence[str]) -> Iterator[Snippet]:
    """Yield the snippets without the lines that begin with one of `starts`, and none that is left empty."""
    for snippet in found:
        lines = [line for line in snippet.code.splitlines() if not line.startswith(tuple(starts))]
        if any(line.strip() for line in lines):
            yield replace(snippet, code="\n".join(lines))


def shows(answer: str, output: str) -> bool:
    """Return whether `output` ends as a document shows: numbers may differ, and "..." stands for anything."""
    pattern = ""
    for piece in re.split(rf"(\.\.\.|swp_\w+|{_NUMBER}|\s+)", answer):
        if piece == "...":
            pattern += ".*?"
        elif piece.startswith("swp_"):
            pattern += r"swp_\w+"
        elif re.fullmatch(_NUMBER, piece):
            pattern += _NUMBER
        elif not piece.isspace():
            pattern += re.escape(piece)
    return re.search(rf"{pattern}\Z", re.sub(r"\s+", "", output), re.DOTALL) is not None
