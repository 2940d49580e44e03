"""Faults that come from outside, and a reader of what they leave behind that shares no code with the service."""
