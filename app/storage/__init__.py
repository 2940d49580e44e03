"""The storage: the protocol that the use cases see, and SQLite behind it, with one writer thread."""
