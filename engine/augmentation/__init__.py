"""Data augmentation: images that are mirrored, tilted, shifted, zoomed and distorted anew for each mini-batch.

Nothing is imported here, so that `settings` stays free of NumPy.
"""
