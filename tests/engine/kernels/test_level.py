"""Which instructions a processor has."""

import platform
from pathlib import Path

import pytest

from engine.kernels.level import BASELINE, level, levels, options

V3 = "avx avx2 bmi1 bmi2 f16c fma abm movbe xsave"
V4 = f"{V3} avx512f avx512bw avx512cd avx512dq avx512vl"
on_x86_64 = pytest.mark.skipif(platform.machine() not in {"x86_64", "AMD64"}, reason="the processor is no x86-64")


@on_x86_64
@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("sse sse2", BASELINE),
        (V3.replace("movbe", ""), BASELINE),
        (V3, "x86-64-v3"),
        (f"{V3} avx512f", "x86-64-v3"),
        (V4, "x86-64-v4"),
        (V4.replace("avx2 ", ""), BASELINE),
    ],
)
def test_a_level_needs_all_of_its_instructions_and_all_levels_below(tmp_path: Path, flags: str, expected: str) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(
        f"processor\t: 0\nmodel name\t: some\nflags\t\t: fpu {flags} vme\n\nprocessor\t: 1\nflags\t\t: \n"
    )

    assert level(cpuinfo) == expected
    assert expected in levels()


def test_where_nobody_tells_it_is_the_lowest(tmp_path: Path) -> None:
    empty = tmp_path / "cpuinfo"
    empty.write_text("processor : 0\n")

    assert level(tmp_path / "missing") == level(empty) == BASELINE
    assert levels()[0] == BASELINE


@on_x86_64
def test_each_level_has_the_options_of_those_below() -> None:
    assert options(BASELINE) == []
    assert {"-mavx2", "-mbmi", "-mlzcnt"} <= set(options("x86-64-v3")) < set(options("x86-64-v4"))
    assert "-mavx512f" in options("x86-64-v4")
