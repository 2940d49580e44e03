"""What the service offers of the engine: hyperparameters, their ranges, and what goes together; part of the bridge."""
