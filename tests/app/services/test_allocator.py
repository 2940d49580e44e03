"""Tests of the allocator's settings, each in a process of its own."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "confstr") or "glibc" not in str(os.confstr("CS_GNU_LIBC_VERSION")),
                                reason="the C library is not glibc")  # fmt: skip

COUNTING = """
import ctypes, os, tempfile, threading
from app.services.allocator import bound_arenas
bound_arenas(os.environ)
met = threading.Barrier(20)
def allocate():
    pieces = [bytearray(1000) for _ in range(100)]
    met.wait()
threads = [threading.Thread(target=allocate) for _ in range(20)]
[one.start() for one in threads], [one.join() for one in threads]
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as file:
    told = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
    libc.malloc_info(0, told), libc.fclose(told)
    print(file.read().decode().count("<heap nr="))
"""

GIVING = """
from pathlib import Path
from app.services.allocator import give_back
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
pieces = [bytearray(1000) for _ in range(50_000)]
last = bytearray(1000)
del pieces
before = resident()
give_back()
print(before - resident())
"""


def output_of(script: str, **variables: str) -> int:
    environment = {**{name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}, **variables}
    return int(subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True).stdout)


def test_many_threads_share_two_arenas_unless_the_environment_says_otherwise() -> None:
    assert output_of(COUNTING) == 2
    assert output_of(COUNTING, MALLOC_ARENA_MAX="5") == 5


def test_what_is_free_goes_back_to_the_system() -> None:
    assert output_of(GIVING) > 30_000_000
