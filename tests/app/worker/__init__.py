"""Tests of the worker's rooms; whole workers are tested in tests/system."""
