"""Tests of the bridge from the service to the engine."""
