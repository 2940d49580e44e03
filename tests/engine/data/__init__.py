"""Tests of tables, their split and encoding, and the built-in data sets."""
