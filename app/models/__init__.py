"""Trained models: their files, predictions and scores; part of the bridge to the engine."""
