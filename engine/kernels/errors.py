"""Why there are no compiled kernels."""


class KernelsUnavailableError(Exception):
    """Compiled kernels cannot be had here; its text says why, and what would help."""
