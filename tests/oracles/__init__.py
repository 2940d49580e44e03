"""Formulas written out slowly, with loops over plain numbers, sharing no code with the engine."""
