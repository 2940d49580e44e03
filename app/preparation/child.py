"""The process that prepares one upload: it finds files and form in a folder, and leaves a data set or faults there."""

import hashlib
import json
import resource
import signal
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.domain import disks
from app.domain.errors import InvalidRequest, NotInstalled
from app.domain.uploads import SentFiles, StoredFile, UploadForm
from app.preparation.datasets import facts_of
from app.preparation.preparation import ANSWER, CONTENT, OUT_OF_MEMORY, OUT_OF_ROOM, REQUEST, Limits
from app.preparation.uploads import read_upload

_SECONDS_OF_GRACE = 5


def main(folder: Path) -> int:
    """Prepare what lies in the folder; return the exit code: 0, or that of too little memory, or of a full disk."""
    request = json.loads((folder / REQUEST).read_text("ascii"))
    limits = Limits(**request["limits"])
    _limit(limits)
    try:
        (folder / ANSWER).write_text(json.dumps(_answer(folder, request, limits)), "ascii")
    except MemoryError:
        return OUT_OF_MEMORY
    except OSError as error:
        if error.errno not in disks.NO_ROOM:
            raise
        return OUT_OF_ROOM
    return 0


def _limit(limits: Limits) -> None:
    """Let the kernel hold this process to its limits; the server holds it to its time as well, while it lives."""
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))
    signal.alarm(int(limits.seconds) + _SECONDS_OF_GRACE)


def _answer(folder: Path, request: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    files = {field: StoredFile(name, folder / field) for field, name in request["names"].items()}
    try:
        dataset = read_upload(SentFiles(**files), UploadForm(**request["form"]), max_table_bytes=limits.table_bytes)
    except InvalidRequest as error:
        return {"faults": [asdict(fault) for fault in error.faults]}
    except NotInstalled as error:
        return {"not_installed": str(error)}
    with (folder / CONTENT).open("w+b") as file:
        dataset.write(file)
        file.seek(0)
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {"prepared": {"sha256": sha256, **facts_of(dataset)}}


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
