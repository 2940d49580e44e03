"""The trainer of runs, and what a worker needs beside it; part of the bridge to the engine."""
