"""What commands write, on a terminal and into a pipe."""

import os
import pty
import subprocess
import sys

ROWS = "name,value\r\nx\u2028forged,1\r\ny\x0b\x1b[2J,2\r\n"
WRITE = f"from app.terminal import tell_rows; tell_rows({ROWS!r})"


def test_rows_are_one_line_each_on_a_terminal_whatever_is_in_them() -> None:
    ours, theirs = pty.openpty()
    subprocess.run([sys.executable, "-c", WRITE], stdout=theirs, check=True)
    os.close(theirs)
    assert os.read(ours, 1000).decode().splitlines() == ["name,value", "x\\u2028forged,1", "y\\x0b\\x1b[2J,2"]
    os.close(ours)


def test_rows_are_as_they_came_for_a_program() -> None:
    run = subprocess.run([sys.executable, "-c", WRITE], stdout=subprocess.PIPE, check=True)
    assert run.stdout.decode() == ROWS
