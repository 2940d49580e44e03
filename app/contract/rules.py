"""The version of the engine's rules that new sweeps begin with."""

from engine.rules import CURRENT as CURRENT_RULES

__all__ = ["CURRENT_RULES"]
