"""Tests of what the processor time of processes is counted to be."""

import os
import subprocess
import sys

from benchmarks.processor_time import Used

WORKS = """
import time
while time.process_time() < 0.3: pass
print("done", flush=True)
input()
"""


def test_what_a_child_computes_counts_while_it_lives_and_once_it_was_waited_for() -> None:
    used = Used(os.getpid())
    with subprocess.Popen([sys.executable, "-c", WORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"done\n"
        used.look()
        while_it_lives = used.by(float("inf"))
        child.communicate(b"\n")
    used.look()
    assert while_it_lives >= 0.28  # counted in hundredths, user and system apart
    assert used.by(float("inf")) >= while_it_lives


def test_nothing_is_used_at_the_start_and_an_instant_is_told_by_the_next_look() -> None:
    used = Used(os.getpid())
    assert used.by(0.0) == 0.0
    assert used.by(1.0) == 0.0  # no look came later
    used.look()
    assert used.by(1e-9) == used.by(float("inf"))
