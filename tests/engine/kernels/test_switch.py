"""Work begins in NumPy and goes over to compiled loops."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.kernels import Bound, Choice, bind, choose, chosen, ready
from engine.kernels.compiler import COMPILING
from engine.kernels.errors import KernelsUnavailableError
from engine.kernels.sgd import SGD, sgd
from tests.engine.kernels.compilers import REMEMBERING, compiler_script
from tests.system.processes import gone, until

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Leave the process to other tests as they found it."""
    yield
    choose(chosen())
    ready()


def bound() -> tuple[Bound, np.ndarray]:
    w = np.zeros((2, 3))
    return bind(SGD, w, np.ones((2, 3)), np.full((2, 1), 0.5), np.empty((2, 3))), w


def is_numpy(one: Bound) -> bool:
    return getattr(one.run, "func", None) is sgd


@pytest.mark.parametrize("choice", ["numpy", "compiled"])
def test_a_choice_holds_for_what_is_bound_from_then_on(choice: Choice) -> None:
    choose(choice)
    kernel, w = bound()
    kernel.run()

    assert is_numpy(kernel) == (choice == "numpy")
    np.testing.assert_array_equal(w, np.full((2, 3), -0.5))


def test_what_was_bound_before_goes_over_when_the_loops_are_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = tmp_path / "released"
    os.mkfifo(released)
    compiler = compiler_script(tmp_path, f"read line < {released}", f'exec {REMEMBERING} "$@"')
    monkeypatch.setenv("CC", compiler)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    choose("auto")
    kernel, w = bound()
    kernel.run()
    assert is_numpy(kernel)

    released.write_text("go\n")
    assert ready()
    assert not is_numpy(kernel)
    kernel.run()
    np.testing.assert_array_equal(w, np.full((2, 3), -1.0))


@pytest.mark.parametrize(("choice", "niceness"), [("compiled", os.nice(0)), ("auto", 19)])
def test_a_compiler_gives_way_to_all_others_only_where_nobody_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, choice: Choice, niceness: int
) -> None:
    monkeypatch.setenv("CC", compiler_script(tmp_path, f"nice > {tmp_path / 'niceness'}", f'exec {REMEMBERING} "$@"'))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    choose(choice)

    assert ready()
    assert int((tmp_path / "niceness").read_text()) == niceness


def test_without_a_compiler_it_stays_with_numpy_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with caplog.at_level(logging.INFO):
        choose("auto")
        kernel, w = bound()
        assert not ready()
    kernel.run()

    assert is_numpy(kernel)
    assert w.any()
    assert "Kernels run in NumPy. There is no C compiler" in caplog.text


def test_compiled_without_a_compiler_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with pytest.raises(KernelsUnavailableError, match="There is no C compiler"):
        choose("compiled")


def test_loops_of_other_bits_are_left_out_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    compiler = compiler_script(tmp_path, 'exec cc -Dsqrtf=cbrtf "$@" -O0')
    monkeypatch.setenv("CC", compiler)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    choose("compiled")

    assert "give other bits than NumPy here, and run in NumPy: adam" in caplog.text
    assert not is_numpy(bound()[0])


def test_loops_that_the_compiler_left_out_are_named_in_the_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    compiler = compiler_script(tmp_path, 'exec cc -Dsgd_float=other "$@" -O0')
    monkeypatch.setenv("CC", compiler)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    choose("compiled")

    assert "are missing or give other bits than NumPy here, and run in NumPy: sgd." in caplog.text


def test_another_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGSWEEP_KERNELS", "fast")

    with pytest.raises(ValueError, match=r"LOGSWEEP_KERNELS is 'fast'\. It must be one of numpy, compiled, auto"):
        chosen()
    monkeypatch.undo()


def test_a_process_that_trains_goes_over_by_itself() -> None:
    code = (
        "from engine import load_builtin, TrainingSet, Structure, MemberSpec, Knobs, Seed, train\n"
        "from engine.kernels import ready\n"
        "data = TrainingSet.of(load_builtin('iris'), normalize_inputs=True)\n"
        "shape = Structure(data.inputs, (8,), data.outputs, 'relu', data.loss_name, 16)\n"
        "train(data, [MemberSpec(shape, 'adam', 'auto', Knobs(0.01), 3, Seed(0, 0), 'dev_error')])\n"
        "print(ready())"
    )
    environment = {**os.environ, "LOGSWEEP_KERNELS": "auto"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=ROOT, check=True
    )

    assert done.stdout.split() == ["True"]


def test_a_process_that_was_forked_meanwhile_goes_over_too(tmp_path: Path) -> None:
    code = (
        "import os, numpy as np\n"
        "from engine.kernels import bind, choose, ready\n"
        "from engine.kernels.scale import SCALE\n"
        "choose('auto')\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    bind(SCALE, np.ones((2, 3)), np.ones((2, 1)))\n"
        "    os._exit(0 if ready() else 1)\n"
        "print(ready(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    environment = {**os.environ, "LOGSWEEP_KERNELS": "numpy", "CC": REMEMBERING, "XDG_CACHE_HOME": str(tmp_path)}
    output = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True, cwd=ROOT)

    assert output.split() == ["True", "0"]


HALF_DONE = {
    "a module that is imported": (
        "class Slow:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'filelock._api': wait()\n"  # half of filelock is there
        "sys.meta_path.insert(0, Slow())\n"
    ),
    "a compiler that is started": "sys.addaudithook(lambda event, _: event == 'subprocess.Popen' and wait())\n",
}


@pytest.mark.parametrize("hook", HALF_DONE.values(), ids=HALF_DONE)
def test_a_process_that_was_forked_beside_what_is_half_done_goes_over_too(tmp_path: Path, hook: str) -> None:
    code = (
        "import os, sys, threading, numpy as np\n"
        "from engine.kernels import bind, choose, ready\n"
        "from engine.kernels.scale import SCALE\n"
        "reached, forked = threading.Event(), threading.Event()\n"
        "def wait():\n"
        "    reached.set()\n"
        "    forked.wait(1)\n"  # or not, as a fork waits for what is half done
        f"{hook}"
        "choose('auto')\n"
        "reached.wait()\n"
        "child = os.fork()\n"
        "forked.set()\n"
        "if not child:\n"
        "    bind(SCALE, np.ones((2, 3)), np.ones((2, 1)))\n"
        "    os._exit(0 if ready() else 1)\n"
        "print(ready(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    environment = {**os.environ, "LOGSWEEP_KERNELS": "numpy", "CC": REMEMBERING, "XDG_CACHE_HOME": str(tmp_path)}
    output = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True, cwd=ROOT, timeout=120)

    assert output.split() == ["True", "0"]


def test_a_process_that_ends_first_takes_its_compiler_along(tmp_path: Path) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    compiler = compiler_script(tmp_path, f"echo $$ > {started}", f"read line < {started}")
    code = f"from engine.kernels import choose; choose('auto'); print(open({str(started)!r}).read())"
    environment = {**os.environ, "CC": compiler, "XDG_CACHE_HOME": str(tmp_path)}
    output = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True, cwd=ROOT)

    until(lambda: gone(int(output)), "the compiler is gone")
    assert not list(tmp_path.rglob(f"{COMPILING}*"))


def test_a_process_that_was_forked_and_ends_first_leaves_the_compiler_and_its_folder(tmp_path: Path) -> None:
    started, goes_on = tmp_path / "started", tmp_path / "goes_on"
    for pipe in (started, goes_on):
        os.mkfifo(pipe)
    compiler = compiler_script(tmp_path, f"echo > {started}", f"read line < {goes_on}", f'exec {REMEMBERING} "$@"')
    code = (
        "import os, sys\n"
        "from engine.kernels import choose, ready\n"
        "choose('auto')\n"
        f"open({str(started)!r}).read()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    sys.exit(7)\n"
        "ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\n"
        f"open({str(goes_on)!r}, 'w').write('now\\n')\n"
        "print(ended, ready())"
    )
    environment = {**os.environ, "LOGSWEEP_KERNELS": "numpy", "CC": compiler, "XDG_CACHE_HOME": str(tmp_path)}
    output = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True, cwd=ROOT, timeout=120)

    assert output.split() == ["7", "True"]
    assert not list(tmp_path.rglob(f"{COMPILING}*"))
