"""Use cases of artifacts: the weights that workers hand in before the result that names them."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import final

from app.contract.hyperparameters import MOST_WEIGHTS
from app.domain.errors import Fault, InvalidRequest, Malformed, NotFound, show
from app.services.clock import Clock
from app.storage.interface import Storage

MOST_MODEL_BYTES = 10 * MOST_WEIGHTS
"""The most that a model can need: 4 bytes for each weight, and batch norm adds less than half of that again."""


_SHA256 = re.compile("[0-9a-f]{64}")


def is_sha256(text: str) -> bool:
    """Return whether a text is a SHA-256 as this service writes it."""
    return _SHA256.fullmatch(text) is not None


def require_sha256(text: str) -> None:
    """Raise InvalidRequest unless a text is a SHA-256 as this service writes it."""
    if not is_sha256(text):
        rule = "the SHA-256 of the content has 64 digits of 0-9 and a-f"
        raise InvalidRequest([Fault("/sha256", f"The name {show(text)} is not possible: {rule}.")])


@final
class Artifacts:
    """Raw bytes by their hash, kept while something names them."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    def add(self, sha256: str, pieces: Iterator[bytes]) -> bool:
        """Store bytes piece by piece; False if they are here already.

        Raises InvalidRequest if they have another hash, Malformed if there are none.
        """
        require_sha256(sha256)
        if self._storage.artifact_size(sha256) is not None:
            for _ in pieces:  # the client sends them to their end
                pass
            return False
        self._storage.add_artifact(sha256, _some(pieces), self._clock.now())
        return True

    def add_all(self, sizes: Sequence[int], body: bytes) -> list[str]:
        """Store the small models that a body has one after the other; return their hashes. Raises InvalidRequest."""
        if sum(sizes) != len(body):
            rule = f"the sizes come to {sum(sizes):,} bytes, and the body has {len(body):,}"
            raise InvalidRequest([Fault("/size", f"The body cannot be cut: {rule}.")])
        ends = list(accumulate(sizes))
        contents = [body[end - size : end] for size, end in zip(sizes, ends, strict=True)]
        return self._storage.add_artifacts(contents, self._clock.now())

    def read(self, sha256: str) -> tuple[int, Iterator[bytes]]:
        """Return the size of an artifact in bytes, and its pieces in turn. Raises InvalidRequest, NotFound."""
        return self.size(sha256), self._storage.artifact_stream(sha256)

    def size(self, sha256: str) -> int:
        """Return how many bytes an artifact has. Raises InvalidRequest, NotFound."""
        require_sha256(sha256)
        size = self._storage.artifact_size(sha256)
        if size is None:
            raise NotFound(f"There is no artifact {sha256}: it was never sent, or nothing names it any more.")
        return size


def _some(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the pieces that have bytes. Raises Malformed if there are none."""
    empty = True
    for piece in pieces:
        if piece:
            empty = False
            yield piece
    if empty:
        raise Malformed("The body is empty. Send the bytes of the artifact as they are.")
