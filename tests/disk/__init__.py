"""A disk that tests have in hand: it is full when they say so, and what was written to it can be replayed."""
