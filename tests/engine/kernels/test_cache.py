"""Where compiled kernels lie."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.kernels.cache import differing_here, library_path
from engine.kernels.check import differing
from engine.kernels.compiler import COMPILING, library_name
from engine.kernels.errors import KernelsUnavailableError
from engine.kernels.level import level
from engine.kernels.library import Library
from engine.kernels.registry import KERNELS
from tests.engine.kernels.compilers import REMEMBERING, compiler_script

NAME = library_name(level())


@pytest.fixture(autouse=True)
def compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", REMEMBERING)


def cache(folder: Path) -> dict[str, str]:
    return {"XDG_CACHE_HOME": str(folder)}


def test_the_first_to_ask_compiles_and_the_next_finds(tmp_path: Path) -> None:
    path = library_path(cache(tmp_path / "new"))
    made = path.stat().st_mtime_ns

    assert path == tmp_path / "new" / "logsweep" / NAME
    assert library_path(cache(tmp_path / "new")).stat().st_mtime_ns == made


def test_the_folder_is_the_users_alone(tmp_path: Path) -> None:
    path = library_path(cache(tmp_path))

    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "logsweep").mkdir()
    (tmp_path / "logsweep").chmod(mode)

    with pytest.raises(KernelsUnavailableError, match="not this user's alone"):
        library_path(cache(tmp_path))


def test_a_library_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    library_path(cache(tmp_path)).chmod(0o722)

    with pytest.raises(KernelsUnavailableError, match="-rwx-w--w-"):
        library_path(cache(tmp_path))


def test_a_cache_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "logsweep").write_text("")

    with pytest.raises(KernelsUnavailableError, match="no folder for compiled kernels"):
        library_path(cache(tmp_path))


def test_what_an_interrupted_process_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / "logsweep").mkdir(mode=0o700)
    (tmp_path / "logsweep" / f"{COMPILING}left").mkdir()
    (tmp_path / "logsweep" / f"{COMPILING}left" / "kernels.c").write_text("")
    library_path(cache(tmp_path))

    assert not (tmp_path / "logsweep" / f"{COMPILING}left").exists()


@pytest.mark.parametrize("kept", [0.0, 0.5])
def test_a_library_that_lost_its_end_is_made_anew(tmp_path: Path, kept: float) -> None:
    path = library_path(cache(tmp_path))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])

    assert differing(KERNELS, Library(library_path(cache(tmp_path)))) == []


def test_a_library_of_other_bytes_is_made_anew(tmp_path: Path) -> None:
    path = library_path(cache(tmp_path))
    path.write_bytes(path.read_bytes().swapcase())

    assert differing(KERNELS, Library(library_path(cache(tmp_path)))) == []


def test_a_library_whose_maker_ended_before_it_was_sealed_is_made_anew(tmp_path: Path) -> None:
    path = library_path(cache(tmp_path))
    path.write_bytes(b"no library")
    path.with_suffix(".sha256").unlink()

    assert differing(KERNELS, Library(library_path(cache(tmp_path)))) == []


def test_a_file_among_what_was_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "logsweep").mkdir(mode=0o700)
    (tmp_path / "logsweep" / f"{COMPILING}file").write_text("")

    assert library_path(cache(tmp_path)).is_file()


def test_a_library_of_the_package_needs_no_cache_and_no_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).write_bytes(library_path().read_bytes())
    monkeypatch.setenv("CC", str(tmp_path / "nothing"))

    assert library_path(cache(tmp_path / "nowhere"), shipped=tmp_path) == tmp_path / NAME
    assert not (tmp_path / "nowhere").exists()


def test_many_processes_compile_once(tmp_path: Path) -> None:
    compiler = compiler_script(tmp_path, f"echo once >> {tmp_path}/calls", f'exec {REMEMBERING} "$@"')
    command = [
        sys.executable,
        "-c",
        "from engine.kernels.cache import library_path; print(library_path())",
    ]
    environment = {"PATH": "/usr/bin:/bin", "CC": compiler, **cache(tmp_path)}
    processes = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])
        for _ in range(4)
    ]
    found = {process.communicate()[0].strip() for process in processes}

    assert found == {str(tmp_path / "logsweep" / NAME)}
    assert (tmp_path / "calls").read_text().split() == ["once"]


def test_a_library_is_compared_once_and_again_when_it_is_another(tmp_path: Path) -> None:
    library, calls = tmp_path / "kernels.so", []

    def find() -> list[str]:
        calls.append(library.read_text())
        return ["adam"]

    for text in ("one", "one", "other", "other"):
        library.write_text(text)
        assert differing_here(library, find, cache(tmp_path)) == ["adam"]

    assert calls == ["one", "other"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"library": 1}', "null"])
def test_what_cannot_be_read_of_a_comparison_is_found_anew(tmp_path: Path, damage: str) -> None:
    library = tmp_path / "kernels.so"
    library.write_text("one")
    assert differing_here(library, lambda: ["sgd"], cache(tmp_path)) == ["sgd"]
    (kept,) = (tmp_path / "logsweep").glob("*.json")
    kept.write_text(damage)

    assert differing_here(library, lambda: ["adam"], cache(tmp_path)) == ["adam"]


def test_a_library_of_the_package_is_compared_at_each_start_where_there_is_no_cache(tmp_path: Path) -> None:
    library, blocked = tmp_path / "kernels.so", tmp_path / "file"
    library.write_text("one")
    blocked.write_text("")

    assert differing_here(library, lambda: ["sgd"], cache(blocked)) == ["sgd"]
    assert differing_here(library, list, cache(blocked)) == []
