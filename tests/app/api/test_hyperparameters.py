"""Tests of the route of the hyperparameters."""

from typing import Any

import httpx
import pytest
from jsonschema_rs import Draft202012Validator

from tests.app.api.serving import places, problem

ROUTE = "/v1/hyperparameters"


@pytest.fixture(scope="module")
def rows(shared: httpx.Client) -> dict[str, dict[str, Any]]:
    """The answer, by name."""
    answer = shared.get(ROUTE)
    assert answer.status_code == 200
    assert answer.json()["next"] is None
    return {row["name"]: row for row in answer.json()["items"]}


def test_a_hyperparameter_has_its_meaning_range_default_and_the_words_of_other_tools(
    rows: dict[str, dict[str, Any]],
) -> None:
    assert rows["keep_prob"] == {
        "name": "keep_prob",
        "role": "knob",
        "meaning": "the share of hidden units that inverted dropout keeps",
        "rule": "a number at least 0.01 and at most 1",
        "json_schema": {"type": "number", "minimum": 0.01, "maximum": 1.0},
        "kinds": ["float", "int", "choice"],
        "default": 1.0,
        "aliases": [
            {
                "words": ["dropout", "dropout_rate", "drop_rate", "dropout_prob", "hidden_dropout"],
                "remark": "It is the share of hidden units that stays: 1 - dropout",
            }
        ],
        "replaces": None,
    }
    assert (rows["hidden_units"]["role"], rows["hidden_units"]["default"]) == ("structure", [64])
    assert (rows["units_2"]["replaces"], rows["hidden_layers"]["default"]) == ("hidden_units", 1)
    assert rows["optimizer"]["json_schema"] == {"enum": ["sgd", "momentum", "rmsprop", "adam"]}


def test_a_network_of_all_defaults_is_what_saying_nothing_gives(
    shared: httpx.Client, rows: dict[str, dict[str, Any]]
) -> None:
    defaults = {name: row["default"] for name, row in rows.items() if not row["replaces"]}
    small = {"hidden_units": [3], "batch_size": 8}
    said, unsaid = ({"dataset": "iris", "fixed": {**fixed, **small}} for fixed in (defaults, {}))

    answers = [shared.post("/v1/gradient-checks", json=body) for body in (said, unsaid)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()


def refused(client: httpx.Client, fixed: dict[str, Any]) -> dict[str, str]:
    """Return what is told of each hyperparameter that a sweep fixes."""
    body = {"dataset": "iris", "space": {}, "budget": {"trials": 1}, "fixed": fixed}
    faults = problem(client.post("/v1/sweeps", json=body), 422)["errors"]
    return {fault["pointer"].removeprefix("/fixed/"): fault["detail"] for fault in faults}


@pytest.mark.parametrize("value", [-1, 2.5, "zzz", True, None, [0], {"zzz": 1}])
def test_the_server_refuses_what_the_schemas_refuse_with_the_rule(
    shared: httpx.Client, rows: dict[str, dict[str, Any]], value: object
) -> None:
    wrong = {name: value for name, row in rows.items() if not Draft202012Validator(row["json_schema"]).is_valid(value)}
    told = refused(shared, wrong)

    assert told.keys() == wrong.keys()
    assert all(f"it must be {rows[name]['rule']}." in told[name] for name in wrong)


def test_the_words_of_other_tools_are_those_that_the_server_understands(
    shared: httpx.Client, rows: dict[str, dict[str, Any]]
) -> None:
    words = {word: name for name, row in rows.items() for alias in row["aliases"] for word in alias["words"]}
    some = sorted(words)[::2]  # the first 100 faults of a request are told
    told = refused(shared, dict.fromkeys(some, 1))

    assert told.keys() == set(some)
    assert all(f'Did you mean "{words[word]}"?' in told[word] for word in some)


def test_the_document_describes_the_answer(shared: httpx.Client) -> None:
    document = shared.get("/openapi.json").json()
    answer = document["components"]["schemas"]["HyperparameterAnswer"]

    assert set(answer["required"]) == set(answer["properties"]) >= {"name", "role", "rule", "json_schema", "default"}
    assert ROUTE in document["paths"]


def test_a_query_parameter_is_refused(shared: httpx.Client) -> None:
    assert places(shared.get(ROUTE, params={"zzz": 1})) == ["/zzz"]
