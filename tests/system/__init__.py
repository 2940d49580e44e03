"""Real servers and real workers in processes of their own, with real signals."""
