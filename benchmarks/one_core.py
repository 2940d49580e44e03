"""Keeps this process, and all libraries in it, to one core of the machine."""

import os

from engine.blas import use_one_thread


def use_one_core() -> None:
    """Have one thread where a library lets us choose, and one core for all threads where the system does.

    To be called before NumPy, PyTorch or JAX are imported, which read this when they are. Linux alone can hold a
    process to a core; what `benchmarks.engine_speed` prints of processor time shows whether libraries kept to it.
    """
    use_one_thread(os.environ)
    os.environ["JAX_PLATFORMS"] = "cpu"
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1".strip()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
