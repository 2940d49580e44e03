"""Measurements of logsweep against its rivals, side by side on the same machine."""
