"""Settings for all tests."""

import os
import signal
from pathlib import Path

from hypothesis import settings

from engine.kernels.switch import chosen, load

# Without it scikit-learn skips its checks of array API input; it counts only before SciPy is imported.
os.environ["SCIPY_ARRAY_API"] = "1"

# Where compiled kernels are kept: with what pytest itself leaves, not in the cache of who runs the tests.
os.environ["XDG_CACHE_HOME"] = str(Path(__file__).parents[1] / ".pytest_cache" / "caches")

# A suite that a shell starts in the background ignores Ctrl-C, and so would every command that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The machines of continuous integration are shared: how long one example takes says nothing.
settings.register_profile("logsweep", deadline=None)
settings.load_profile("logsweep")


def pytest_sessionstart() -> None:
    """Compile the kernels before the first test: within one, the leases of what it trains could run out meanwhile."""
    if chosen() == "compiled":
        load()
