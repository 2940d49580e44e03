"""Settings for all tests."""

from hypothesis import settings

# The machines of continuous integration are shared: how long one example takes says nothing.
settings.register_profile("logsweep", deadline=None)
settings.load_profile("logsweep")
