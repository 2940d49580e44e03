"""The use cases: a verb each, grouped by what they are about."""
