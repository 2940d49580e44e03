"""One conformance suite for each interface, run on every implementation."""
