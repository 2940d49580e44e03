"""Tests of the dashboard as a person has it: a real browser, server, workers and sweeps."""
