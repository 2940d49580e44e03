"""Sweeps written for other tools, each through its own package: a run for each trial that has ended.

Writing a sweep again adds what is new and doubles nothing: each run carries the mark of the trial as it was written.
One whose mark is the same stays as it is, and one that has changed, or was not written to its end, is replaced.
"""
