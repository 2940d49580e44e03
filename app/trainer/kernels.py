"""The engine's kernels, for the processes of the service."""

from app.domain.errors import Unavailable
from engine.kernels import choose, chosen
from engine.kernels.errors import KernelsUnavailableError


def start_kernels() -> None:
    """Make compiled kernels ready in the background, or as LOGSWEEP_KERNELS says.

    Raises Unavailable if that asks for what cannot be had.
    """
    try:
        choose(chosen())
    except (KernelsUnavailableError, ValueError) as error:
        raise Unavailable(str(error)) from None
