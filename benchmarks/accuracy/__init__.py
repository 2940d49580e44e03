"""What networks reach on public data sets, beside published figures: seeds, intervals, and the settings used."""
