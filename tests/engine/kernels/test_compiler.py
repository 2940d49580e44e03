"""From C files to a library."""

from pathlib import Path

import pytest

from engine.kernels.check import differing
from engine.kernels.compiler import compile_library, find_compiler, library_name, source
from engine.kernels.errors import KernelsUnavailableError
from engine.kernels.level import BASELINE, level
from engine.kernels.library import Library
from engine.kernels.registry import KERNELS
from tests.engine.kernels.compilers import REMEMBERING, compiler_script


def test_a_processor_of_any_level_up_to_this_one_gets_the_bits_of_numpy(tmp_path: Path) -> None:
    for name in {BASELINE, level()}:
        compile_library(name, tmp_path / name)

        assert differing(KERNELS, Library(tmp_path / name)) == []


def test_others_may_read_a_library_and_not_change_it_and_nothing_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", REMEMBERING)
    compile_library(BASELINE, tmp_path / "made.so")

    assert [path.name for path in tmp_path.iterdir()] == ["made.so"]
    assert (tmp_path / "made.so").stat().st_mode & 0o777 == 0o755


def test_a_loop_that_gives_other_bits_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", compiler_script(tmp_path, 'exec cc "$@" -O0'))
    compile_library(BASELINE, tmp_path / "made.so", source().replace("SQRT sqrtf", "SQRT cbrtf"))
    named = differing(KERNELS, Library(tmp_path / "made.so"))

    assert "adam" in named
    assert "sgd" not in named


def test_what_the_compiler_says_is_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(KernelsUnavailableError, match=r"-ffp-contract=off.*#error nothing goes") as raised:
        compile_library(BASELINE, tmp_path / "made.so", "#error nothing goes")

    assert "refused the kernels" in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_cc_names_the_compiler_and_its_arguments() -> None:
    assert find_compiler({"CC": "ccache 'my gcc' -m64"}) == ["ccache", "my gcc", "-m64"]


def test_cc_that_is_no_command_says_so() -> None:
    with pytest.raises(KernelsUnavailableError, match=r"CC is \"gcc '\", which is no command: No closing quotation\."):
        find_compiler({"CC": "gcc '"})


def test_an_error_shows_the_beginning_of_a_long_complaint(tmp_path: Path) -> None:
    with pytest.raises(KernelsUnavailableError, match="#error first") as raised:
        compile_library(BASELINE, tmp_path / "made.so", "#error first\n" + "#error and so on\n" * 1000)

    assert len(str(raised.value)) < 4000


def test_a_compiler_from_before_the_names_of_levels_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = compiler_script(tmp_path, 'case "$*" in *-march=x86-64-v*) exit 1;; esac', f'exec {REMEMBERING} "$@"')
    monkeypatch.setenv("CC", compiler)
    compile_library(level(), tmp_path / "made.so")

    assert differing(KERNELS, Library(tmp_path / "made.so")) == []


def test_a_machine_without_a_compiler_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(KernelsUnavailableError, match="no C compiler: none of cc, gcc, clang is in PATH"):
        find_compiler({})


def test_a_compiler_that_is_not_there_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CC", str(tmp_path / "nothing"))

    with pytest.raises(KernelsUnavailableError, match="nothing"):
        compile_library(BASELINE, tmp_path / "made.so")


def test_the_name_of_a_library_tells_its_level() -> None:
    assert library_name("x86-64-v3") != library_name("x86-64-v4")
    assert library_name("x86-64-v3") == library_name("x86-64-v3")
    assert "x86-64-v3" in library_name("x86-64-v3")
