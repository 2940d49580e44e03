"""What is read in the results of a sweep; part of the bridge to the engine."""
