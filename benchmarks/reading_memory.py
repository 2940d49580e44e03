"""The memory that an upload of text takes, as a multiple of the file: python -m benchmarks.reading_memory [megabytes].

The file has 20 columns of seven-digit numbers and 5 of words. What counts is the process that reads it and prepares the
data set; the server has the file on disk meanwhile.
"""

import resource
import sys
from time import perf_counter

import numpy as np

from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.training.preparation import Limits, Preparation

WORDS = np.array(["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf"])
MEGABYTE = 1_000_000
_ROWS = 2000


def table(megabytes: int) -> bytes:
    """Return a table of at least so many megabytes."""
    rng = np.random.default_rng(0)
    pieces = [",".join([*(f"n{n}" for n in range(20)), *(f"w{n}" for n in range(5))]) + "\n"]
    size = 0
    while size < megabytes * MEGABYTE:
        numbers = rng.integers(1_000_000, 10_000_000, (_ROWS, 20)).astype(str)
        rows = np.concatenate([numbers, rng.choice(WORDS, (_ROWS, 5))], axis=1).tolist()
        pieces.append("".join(",".join(row) + "\n" for row in rows))
        size += len(pieces[-1])
    return "".join(pieces).encode()


def main(megabytes: int) -> None:
    """Print time, the size of the prepared content, and the peak of the process in multiples of the file."""
    content = table(megabytes)
    start = perf_counter()
    limits = Limits(1 << 30, 1 << 34, 3600.0)
    found = Preparation(limits, 1).prepare(SentFiles(SentFile("t.csv", content)), UploadForm("t", "w0"))
    seconds, peak = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"{len(content) / MEGABYTE:.0f} MB in {seconds:.1f} s; content {len(found.content) / MEGABYTE:.0f} MB")
    print(f"peak of the reading process {peak / MEGABYTE:.0f} MB, {peak / len(content):.1f} times the file")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
