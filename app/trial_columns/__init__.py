"""Fields of all trials of a sweep in memory, as arrays, by which lists of trials are sorted, filtered and cut."""
