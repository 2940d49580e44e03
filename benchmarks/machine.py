"""The facts of the machine and the software that a figure belongs to.

Run as a program it prints which kernels OpenBLAS takes for NumPy's products in its environment.
"""

import importlib
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

_AVX512_KERNELS = {"SkylakeX", "Cooperlake", "SapphireRapids"}
_BLAS_PREFIXES = ("OPENBLAS_", "MKL_", "OMP_")


def show_machine() -> str:
    """Return the facts as a Markdown list."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "torch", "jax", "scikit-learn"))
    facts = [
        f"CPU: {_processor()}, {os.cpu_count()} cores",
        f"System: {platform.system()} {platform.release()}, Python {platform.python_version()}",
        f"Packages: {packages}",
        f"BLAS kernels of NumPy: {show_kernel(os.environ)}",
        f"BLAS settings of the environment: {_blas_settings()}",
    ]
    return "\n".join(f"- {fact}" for fact in facts)


def show_kernel(environment: Mapping[str, str]) -> str:
    """Return the name of the kernels that NumPy multiplies with in a process of this environment."""
    command = [sys.executable, "-m", "benchmarks.machine"]
    finished = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    kernel = finished.stdout.strip()
    return f"{kernel} ({'AVX-512' if kernel in _AVX512_KERNELS else 'not AVX-512'})"


def _blas_settings() -> str:
    settings = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name.startswith(_BLAS_PREFIXES)]
    return ", ".join(settings) or "none"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(errors="replace").splitlines() if cpuinfo.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _kernel_of_this_process() -> str:
    importlib.import_module("numpy")
    # By name, because it has no types; it comes with scikit-learn.
    threadpoolctl = importlib.import_module("threadpoolctl")
    kernels = [library.get("architecture") for library in threadpoolctl.threadpool_info()]
    return str(next((kernel for kernel in kernels if kernel), "unknown"))


if __name__ == "__main__":
    print(_kernel_of_this_process())
