"""Settings for all tests."""

import os

from hypothesis import settings

# Without it scikit-learn skips its checks of array API input; it counts only before SciPy is imported.
os.environ["SCIPY_ARRAY_API"] = "1"

# The machines of continuous integration are shared: how long one example takes says nothing.
settings.register_profile("logsweep", deadline=None)
settings.load_profile("logsweep")
