"""The engine's BLAS setting, for the processes of the service."""

from engine.blas import use_one_thread

__all__ = ["use_one_thread"]
