"""The threads of the matrix products: one is fastest, since products are small and there is a process for each core.

NumPy reads these variables when it is imported, so a process of the service sets them first, and imports nothing but
this module before. In a process that has NumPy already, as a notebook has, `engine.train` limits itself.
"""

from collections.abc import MutableMapping

_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def use_one_thread(environment: MutableMapping[str, str]) -> None:
    """Set one BLAS thread: one process per core is faster than one process with many threads."""
    environment.update(dict.fromkeys(_VARIABLES, "1"))
