"""Files with an access key in them, which their owner alone can read."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.errors import Unavailable

OWNER_ALONE = 0o600


@contextmanager
def new_key_file(file: Path) -> Iterator[Callable[[str], object]]:
    """Give what writes a token into a new file, which is there before the key is made and goes if it is not made.

    Raises Unavailable if the file is there already, or cannot be made.
    """
    try:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ALONE)
    except FileExistsError:
        raise Unavailable(f"{file} is there already, and no key overwrites another one. Choose another name.") from None
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}. Choose another place.") from None
    with os.fdopen(opened, "w", encoding="ascii") as out:
        try:
            yield lambda token: out.write(f"{token}\n")
        except BaseException:  # whatever it was goes on; an empty file would be taken for a key
            file.unlink()
            raise
