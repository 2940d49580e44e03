"""Tests of the table of hyperparameters."""
