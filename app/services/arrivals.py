"""A file that arrives piece by piece: under a temporary name until it is whole, and given up where the disk refuses."""

import hashlib
import logging
import tempfile
from pathlib import Path
from typing import IO, Self, final

PARTIAL = "partial-"
"""How the names of files begin that are not whole."""

_log = logging.getLogger(__name__)


@final
class Arrival:
    """A context in which a file of at most `most` bytes arrives; at its end, what was not moved is deleted."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._digest = hashlib.sha256()
        self._file: IO[bytes] | None = None
        self.size = 0

    @property
    def sha256(self) -> str:
        """The hash of what has arrived."""
        return self._digest.hexdigest()

    def __enter__(self) -> Self:
        """Make the folder and a file in it."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.NamedTemporaryFile(dir=self._folder, prefix=PARTIAL, delete=False)
        except OSError as error:
            self._give_up(error)
        return self

    def __exit__(self, *_: object) -> None:
        """Delete what was not moved."""
        self._give_up()

    def write(self, piece: bytes) -> None:
        """Take a piece; beyond the limit, or where the disk refuses, it is only counted, and the file is given up."""
        self._digest.update(piece)
        self.size += len(piece)
        if self.size > self._most:
            self._give_up()
        try:
            if self._file is not None:
                self._file.write(piece)
        except OSError as error:
            self._give_up(error)

    def move_to(self, path: Path) -> bool:
        """Give the file its name, with no sync: a cache may lose it. False if it was given up."""
        try:
            if self._file is None:
                return False
            self._file.close()
            Path(self._file.name).replace(path)
        except OSError as error:
            self._give_up(error)
            return False
        self._file = None
        return True

    def _give_up(self, error: OSError | None = None) -> None:
        if error is not None:
            _log.warning("a file could not be kept in %s: %s", self._folder, error)
        file, self._file = self._file, None
        if file is not None:
            try:
                Path(file.name).unlink(missing_ok=True)
                file.close()
            except OSError as left:  # a full disk: what was buffered cannot be written either
                _log.warning("a file was left in %s: %s", self._folder, left)
