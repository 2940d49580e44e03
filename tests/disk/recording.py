"""What a shim has recorded, and the files that a cut of the power would have left at any moment of it."""

import random
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import final

from tests.disk.shim import MARK

_HEAD = struct.Struct("=iiqq")
_WRITE, _TRUNCATE, _SYNC, _CREATE, _UNLINK, _RENAME = range(1, 7)
SECTOR = 512
"""What a disk writes whole or not at all."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done to the disk, or what a client was answered."""

    kind: int
    path: str
    offset: int
    content: bytes


def steps_of(record: Path) -> list[Step]:
    """Return all steps in their order."""
    whole, place, steps = record.read_bytes(), 0, list[Step]()
    while place < len(whole):
        kind, length, offset, size = _HEAD.unpack_from(whole, place)
        place += _HEAD.size
        path, content = whole[place : place + length].decode(), whole[place + length : place + length + size]
        place += length + size
        steps.append(Step(kind, path, offset, content))
    return steps


@final
@dataclass(slots=True)
class _File:
    """The bytes of a file that are on disk for sure, and what was done to it since its last sync."""

    synced: bytearray = field(default_factory=bytearray)
    waiting: list[Step] = field(default_factory=list)


@final
class Cuts:
    """Goes through a record, and leaves the files of a cut after each step."""

    def __init__(self, steps: Sequence[Step], before: Mapping[str, bytes] | None = None) -> None:
        """Begin with the files that were on disk before the record began."""
        self._steps = steps
        self._names = {path: _File(bytearray(content)) for path, content in (before or {}).items()}
        self._durable = dict(self._names)
        self.done = 0

    def go_to(self, number: int) -> None:
        """Go on until so many steps are done."""
        for step in self._steps[self.done : number]:
            self._do(step)
        self.done = number

    def answered(self) -> list[bytes]:
        """Return what clients had been answered by now."""
        return [step.content for step in self._steps[: self.done] if step.kind == MARK]

    def killed(self) -> dict[str, bytes]:
        """Return the files if the process ends here and the power stays: all that was written is there."""
        return {path: _with(file, file.waiting) for path, file in self._names.items()}

    def lost(self) -> dict[str, bytes]:
        """Return the files if the power fails here and nothing was on disk but what was synced."""
        return {path: bytes(file.synced) for path, file in self._durable.items()}

    def torn(self, chance: random.Random) -> dict[str, bytes]:
        """Return the files if the power fails here and of what was not synced some sectors are on disk, by chance."""
        names = chance.choice((self._names, self._durable))
        return {path: _with(file, list(_some(file.waiting, chance))) for path, file in names.items()}

    def _do(self, step: Step) -> None:
        if step.kind == _CREATE:
            self._names[step.path] = _File()
        elif step.kind == _UNLINK:
            self._names.pop(step.path, None)
        elif step.kind == _RENAME:
            self._names[step.content.decode()] = self._names.pop(step.path)
        elif step.kind == _SYNC:
            self._sync(step.path)
        elif step.kind in {_WRITE, _TRUNCATE}:
            self._names.setdefault(step.path, _File()).waiting.append(step)

    def _sync(self, path: str) -> None:
        """Sync a file with its name, or the names in a folder."""
        file = self._names.get(path)
        if file is None:
            inside = {name for name in {*self._names, *self._durable} if str(Path(name).parent) == path}
        else:
            file.synced, file.waiting = bytearray(_with(file, file.waiting)), []
            inside = {path}
        for name in inside:
            if name in self._names:
                self._durable[name] = self._names[name]
            else:
                self._durable.pop(name, None)


def put(files: dict[str, bytes], folder: Path, place: Path) -> Path:
    """Write the files of a cut, that were beneath a folder, to another place; return it."""
    for name, content in files.items():
        file = place / Path(name).relative_to(folder)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    place.mkdir(exist_ok=True)
    return place


def _with(file: _File, steps: Sequence[Step]) -> bytes:
    """Return the bytes of a file with what was done since its last sync."""
    content = bytearray(file.synced)
    for step in steps:
        if step.kind == _TRUNCATE:
            del content[step.offset :]
            content += bytes(step.offset - len(content))
        else:
            end = step.offset + len(step.content)
            content += bytes(max(end - len(content), 0))
            content[step.offset : end] = step.content
    return bytes(content)


def _some(steps: Sequence[Step], chance: random.Random) -> Iterator[Step]:
    """Yield some of what was done, cut into sectors, in any order but that of the same bytes."""
    for step in steps:
        if step.kind == _TRUNCATE:
            if chance.random() < 0.5:
                yield step
            continue
        place = step.offset
        while place < step.offset + len(step.content):
            end = min((place // SECTOR + 1) * SECTOR, step.offset + len(step.content))
            if chance.random() < 0.5:
                yield Step(_WRITE, step.path, place, step.content[place - step.offset : end - step.offset])
            place = end
