"""Data made ready: uploads and built-ins, prepared once and stored; part of the bridge to the engine."""
