"""The Python client: what it asks, how it waits and tries again, and what a real server answers it."""
