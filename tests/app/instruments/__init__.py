"""Tests of meters and traces."""
