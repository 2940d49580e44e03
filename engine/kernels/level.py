"""Which instructions a processor has, as compilers name their sets: x86-64-v3 has AVX2, x86-64-v4 AVX-512."""

import platform
from collections.abc import Mapping
from pathlib import Path

BASELINE = "baseline"
"""What every processor of the architecture has; on ARM that includes its vectors."""

_FLAGS: Mapping[str, frozenset[str]] = {
    "x86-64-v3": frozenset(["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"]),
    "x86-64-v4": frozenset(["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]),
}
"""What /proc/cpuinfo calls the instructions that a level adds to the one below."""

_COMPILERS_NAMES = {"bmi1": "bmi", "abm": "lzcnt"}

_X86_64 = {"x86_64", "AMD64"}


def machine() -> str:
    """Return the operating system and the architecture, as in `linux-x86_64`."""
    return f"{platform.system()}-{platform.machine()}".lower()


def levels() -> tuple[str, ...]:
    """Return the levels of this architecture, the lowest first."""
    return (BASELINE, *_FLAGS) if platform.machine() in _X86_64 else (BASELINE,)


def options(level: str) -> list[str]:
    """Return a compiler's options for the instructions of a level; those from before 2020 know no -march=x86-64-v3."""
    known = levels()
    added = [flag for name in known[1 : known.index(level) + 1] for flag in sorted(_FLAGS[name])]
    return [f"-m{_COMPILERS_NAMES.get(flag, flag)}" for flag in added]


def level(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the highest level of this processor; where nobody tells, the lowest."""
    if platform.machine() not in _X86_64 or not cpuinfo.exists():
        return BASELINE
    lines = cpuinfo.read_text(errors="replace").splitlines()
    flags = next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), set())
    found = BASELINE
    for name, needed in _FLAGS.items():
        if not needed <= flags:
            break
        found = name
    return found
