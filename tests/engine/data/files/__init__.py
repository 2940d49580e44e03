"""Tests of the rooms of the same names in engine/data/files."""
