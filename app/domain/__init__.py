"""Records, states, the search space and errors: what every room speaks of, on the standard library alone."""
