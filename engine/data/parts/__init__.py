"""From a table to train, dev and test, and how these differ."""
