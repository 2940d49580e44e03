"""The version of the rules that shape a result: work goes on under the rules that it began with."""

FIRST = 1
"""Sweeps and models from before the version was written down."""

CURRENT = 3
"""What new work follows."""
