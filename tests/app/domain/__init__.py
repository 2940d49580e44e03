"""Tests of the domain records and the search space."""
