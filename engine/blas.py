"""The threads of the matrix products; the setting counts only in a process that has not imported NumPy yet."""

from collections.abc import MutableMapping

_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_one_thread(environment: MutableMapping[str, str]) -> None:
    """Set one BLAS thread: one process per core is faster than one process with many threads."""
    environment.update(dict.fromkeys(_VARIABLES, "1"))
