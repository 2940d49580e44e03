"""The process of a worker: its BLAS settings and its end with its parent."""

import subprocess
import sys

import pytest

from app.trainer.trainer import StackFailedError
from app.worker.process import ran_out_of_memory, run_worker


def test_a_process_that_has_numpy_already_is_refused_as_a_worker() -> None:
    assert "numpy" in sys.modules

    with pytest.raises(RuntimeError, match="before its threads were limited"):
        run_worker("http://127.0.0.1:9", None, 1, None, exit_with_parent=False)


def test_importing_the_command_line_does_not_import_numpy() -> None:
    code = "import sys, app.cli, app.worker.process; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_worker_ends_when_its_parent_closes_standard_input() -> None:
    worker = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "work", "--server", "http://127.0.0.1:9", "--exit-with-parent"],
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert worker.stdin is not None
    worker.stdin.close()

    assert worker.wait(60) == 1


def test_a_stack_that_failed_for_want_of_memory_is_told_from_other_errors() -> None:
    def failed(error: Exception) -> Exception:
        stack = StackFailedError([], error)
        stack.__cause__ = error
        return stack

    assert ran_out_of_memory(MemoryError())
    assert ran_out_of_memory(failed(MemoryError()))
    assert not ran_out_of_memory(failed(KeyError("dev_rmse")))
