"""The bridge to the engine: hyperparameters, data sets, models, and the trainer of leased runs."""
