"""The version of logsweep that runs."""

from importlib.metadata import PackageNotFoundError, version


def logsweep_version() -> str:
    """Return the version that was installed."""
    try:
        return version("logsweep")
    except PackageNotFoundError:
        return "unreleased"  # a checkout that was not installed
