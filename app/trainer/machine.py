"""What a trial's bits depend on besides the trial: the processor, its matrix kernels, and the versions."""

import platform
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

from app.contract.rules import CURRENT_RULES
from engine.subnormals import must_clear


def made_with() -> dict[str, str]:
    """Return the kind of processor, the kernels that multiply matrices, and the versions of the libraries.

    And how subnormals become zeros, where the processor does not do it.
    """
    return {
        "processor": _processor(),
        "kernels": ", ".join(_kernels()) or "unknown",
        "numpy": np.__version__,
        "python": platform.python_version(),
        **({"subnormals": "cleared after each epoch"} if must_clear(CURRENT_RULES) else {}),
    }


def _kernels() -> list[str]:
    return [f"{pool['prefix']} {pool['version']} {pool.get('architecture', '')}".strip() for pool in threadpool_info()]


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
