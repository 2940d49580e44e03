"""Test that reading text takes memory in proportion to the file: a process of its own, so that nothing else counts."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

_MOST = 6
"""Times the size of the file, beyond what the process has when all is imported."""

_PROGRAM = """
import sys
from pathlib import Path
from app.domain.uploads import SentFiles, StoredFile, UploadForm
from app.preparation.uploads import read_upload

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

def read(path):
    read_upload(SentFiles(StoredFile("t.csv", path)), UploadForm("t", "w0"), max_table_bytes=1 << 28)

read(Path(sys.argv[1]))
before = peak()
read(Path(sys.argv[2]))
print(peak() - before)
"""


def table(rows: int) -> str:
    """Return a table of 10 columns of seven-digit numbers and 2 of words."""
    rng = np.random.default_rng(0)
    header = ",".join([*(f"n{place}" for place in range(10)), "w0", "w1"])
    numbers = rng.integers(1_000_000, 10_000_000, (rows, 10)).astype(str)
    words = rng.choice(["alpha", "bravo", "charlie"], (rows, 2))
    return header + "\n" + "".join(",".join(row) + "\n" for row in np.hstack([numbers, words]).tolist())


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell the peak of a process")
def test_reading_text_takes_less_than_six_times_its_size(tmp_path: Path) -> None:
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_text(table(100))  # reading it imports what is imported late
    large.write_text(table(50_000))
    run = [sys.executable, "-c", _PROGRAM, str(small), str(large)]
    taken = int(subprocess.run(run, check=True, capture_output=True, text=True).stdout)
    assert large.stat().st_size < taken < _MOST * large.stat().st_size
