"""The documents have the metrics as the registry of the engine has them."""

from pathlib import Path

from engine.metrics import METRICS, Metric
from tests.documents.test_hyperparameter_tables import table_of

DOCUMENT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()


def row_of(metric: Metric) -> str:
    """How the line of a metric begins: its name, its tasks, its direction and its meaning."""
    of = "all" if len(metric.tasks) == 3 else "classes" if "binary" in metric.tasks else "numbers"
    return f"| `{metric.name}` | {of} | {metric.direction} | {metric.meaning} |"


def test_the_table_of_metrics_has_a_row_for_each_of_the_registry() -> None:
    rows = table_of(DOCUMENT, "metric")

    assert [" |".join(row.split(" |")[:4]) + " |" for row in rows] == [row_of(one) for one in METRICS.values()]
