"""Tests of engine.diagnosis."""
