"""Alembic migrations of logsweep.db, part of the package."""
