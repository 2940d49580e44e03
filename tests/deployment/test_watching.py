"""The Grafana dashboard and the alert rules: every meter and every label that they name is in a real scrape."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.app.api.serving import Trainer, serving, start, when_ended

ROOT = Path(__file__).parents[2]
BOARD: dict[str, Any] = json.loads((ROOT / "deployment/grafana/logsweep.json").read_text())
RULES: dict[str, Any] = yaml.safe_load((ROOT / "deployment/prometheus/alerts.yml").read_text())
ALERTS: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]

OWN = {"up": {"job", "instance"}}
"""What Prometheus measures itself."""


def queries() -> Iterator[str]:
    """Yield every expression, with Grafana's variables filled in."""
    yield from (
        target["expr"].replace("$__rate_interval", "5m") for one in BOARD["panels"] for target in one["targets"]
    )
    yield from (rule["expr"] for rule in ALERTS)


@pytest.fixture(scope="module")
def meters(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The names of all samples of a server that has trained a small sweep and lost a worker, with their labels."""
    with serving(tmp_path_factory.mktemp("watched")) as (client, services):
        sweep = start(client)["id"]
        Trainer(client, "lost").leases(1)
        services.work.lose_worker("lost", "signal", "its process was ended")
        Trainer(client).train_everything()
        when_ended(client, sweep)
        text = client.get("/metrics").raise_for_status().text
    found = dict(OWN)
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            found.setdefault(one.name, set()).update(one.labels)
    return found


def selectors(part: Any) -> Iterator[Any]:
    """Yield the vector selectors of a parsed expression."""
    if isinstance(part, promql_parser.VectorSelector):
        yield part
    for name in ("expr", "lhs", "rhs", "vector_selector", "vs", "param"):
        if (inner := getattr(part, name, None)) is not None:
            yield from selectors(inner)
    for inner in getattr(part, "args", None) or ():
        yield from selectors(inner)


@pytest.mark.parametrize("query", sorted(set(queries())))
def test_a_query_is_sound_and_names_what_a_server_measures(query: str, meters: dict[str, set[str]]) -> None:
    found = list(selectors(promql_parser.parse(query)))
    assert {one.name for one in found} == set(re.findall(r"\b(?:logsweep_\w+|process_\w+|up)\b", query))
    for one in found:
        assert {matcher.name for matcher in one.matchers.matchers} <= meters[one.name]
    grouped = {label.strip() for labels in re.findall(r"by \(([^)]*)\)", query) for label in labels.split(",")}
    assert grouped <= set().union(*(meters[one.name] for one in found))


def test_every_alert_says_how_urgent_it_is_and_what_it_means() -> None:
    assert len({rule["alert"] for rule in ALERTS}) == len(ALERTS) >= 10
    for rule in ALERTS:
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert re.fullmatch(r"[A-Z].*\.", rule["annotations"]["summary"])
        assert re.fullmatch(r"\d+[sm]", rule.get("for", "1m"))


def test_the_panels_of_the_board_lie_beside_each_other_and_each_has_a_unit_and_a_meaning() -> None:
    places = [(one["gridPos"]["x"], one["gridPos"]["y"]) for one in BOARD["panels"]]
    assert len(set(places)) == len(places)
    assert len({one["id"] for one in BOARD["panels"]}) == len(places)
    for one in BOARD["panels"]:
        assert one["fieldConfig"]["defaults"]["unit"]
        assert one["description"]


def test_the_documents_name_every_meter_and_no_other(meters: dict[str, set[str]]) -> None:
    text = (ROOT / "docs/observability.md").read_text()
    named = set(re.findall(r"\blogsweep_[a-z_]+", text))
    own = [name for name in meters if name.startswith("logsweep_") and not name.endswith("_created")]
    there = {re.sub(r"_(bucket|sum|count)$", "", name) for name in own}
    assert named == there
