"""The best trial of a sweep is a completed one wherever one is as good as the best that was pruned or diverged."""

from alembic import op

revision = "0011"
down_revision = "0010"

AS_GOOD = """
SELECT min(other.number) FROM stored_trials other
WHERE other.sweep_key = sweep_counts.sweep_key AND other.value = sweep_counts.best_value AND other.state = 'completed'
"""

TAKE_COMPLETED = f"""
UPDATE sweep_counts SET best_trial = coalesce(({AS_GOOD}), best_trial) WHERE best_trial IS NOT NULL
"""  # noqa: S608 - words of ours


def upgrade() -> None:
    """Look for equals by the index on values, once for each sweep."""
    op.get_bind().exec_driver_sql(TAKE_COMPLETED)
