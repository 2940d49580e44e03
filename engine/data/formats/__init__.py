"""How the cells of a column are written: numbers, dates, words, and what is missing."""
