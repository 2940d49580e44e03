"""From the cells of a column to what they are: numbers, dates or words."""
