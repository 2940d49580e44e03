"""Tests of the route of gradient checks."""

import threading
from typing import Any

import httpx
import pytest

from tests.app.api.serving import places, problem

ROUTE = "/v1/gradient-checks"


def ask(client: httpx.Client, **changes: Any) -> httpx.Response:
    """Ask for a sound check, with some of its fields changed; None leaves a field out."""
    body = {"dataset": "iris", "fixed": {"hidden_units": [5]}, "seed": 3, "steps": 4, **changes}
    return client.post(ROUTE, json={name: value for name, value in body.items() if value is not None})


@pytest.mark.parametrize("dataset", ["iris", "breast_cancer", "diabetes"])
@pytest.mark.parametrize(
    "fixed",
    [
        {},
        {"hidden_units": []},
        {"hidden_units": [6, 4], "activation": "tanh", "batch_norm": True, "l2": 0.3, "l1": 0.1},
        {"hidden_units": [6], "activation": "leaky_relu", "batch_size": "full", "normalize_inputs": False},
    ],
)
def test_a_right_gradient_is_great_at_the_start_and_after_the_steps(
    shared: httpx.Client, dataset: str, fixed: dict[str, Any]
) -> None:
    answer = ask(shared, dataset=dataset, fixed=fixed)

    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["verdict"] == "great"
    assert [check["steps"] for check in found["checks"]] == [0, 4]
    assert found["ratio"] == max(check["ratio"] for check in found["checks"]) < 1e-6


def test_one_width_is_one_layer_and_whole_numbers_may_have_a_point(shared: httpx.Client) -> None:
    plain = ask(shared, fixed={"hidden_units": [5], "batch_size": 16})
    other = ask(shared, fixed={"hidden_units": 5.0, "batch_size": 16.0}, seed=3.0, steps=4.0)
    assert other.status_code == 200, other.text
    assert other.json() == plain.json()


def test_layers_by_count_are_the_network_that_their_widths_are(shared: httpx.Client) -> None:
    listed = ask(shared, fixed={"hidden_units": [5, 4]})
    counted = ask(shared, fixed={"hidden_layers": 2, "units": 5, "units_2": 4})
    assert counted.status_code == 200, counted.text
    assert counted.json() == listed.json()
    large = {"hidden_layers": 2, "units": 800}
    assert places(ask(shared, fixed=large)) == ["/fixed/hidden_layers"]
    assert places(ask(shared, fixed={"units": 5, "hidden_units": [4]})) == ["/fixed/hidden_units"]


def test_an_answer_has_all_that_was_found(shared: httpx.Client) -> None:
    found = ask(shared, steps=0).json()
    (check,) = found["checks"]

    assert check.keys() == {
        "steps", "ratio", "verdict", "cost", "examples", "checked", "kinks", "total", "worst",
    }  # fmt: skip  # one line
    assert check["examples"] == 64
    assert check["total"] == check["checked"] + check["kinks"] == 4 * 5 + 5 + 5 * 3 + 3
    assert check["cost"] > 0
    assert len(check["worst"]) == 10
    for one in check["worst"]:
        assert one.keys() == {"parameter", "index", "analytic", "numeric", "difference"}
        assert one["parameter"] in {"W1", "b1", "W2", "b2"}
        assert len(one["index"]) == (2 if one["parameter"].startswith("W") else 1)


def test_the_defaults_are_seed_0_and_10_steps_of_the_usual_network(shared: httpx.Client) -> None:
    answer = shared.post(ROUTE, json={"dataset": "iris"})

    assert [check["steps"] for check in answer.json()["checks"]] == [0, 10]
    assert answer.json() == ask(shared, fixed={"hidden_units": [64]}, seed=0, steps=10).json()
    assert answer.json() != ask(shared, fixed={"hidden_units": [64]}, seed=1, steps=10).json()


def test_a_diverged_network_is_a_worry_with_null_for_what_is_no_number(shared: httpx.Client) -> None:
    found = ask(shared, dataset="diabetes", fixed={"optimizer": "sgd", "learning_rate": 1e30}).json()

    assert (found["verdict"], found["ratio"]) == ("worry", None)
    start, later = found["checks"]
    assert start["verdict"] == "great"
    assert (later["verdict"], later["cost"]) == ("worry", None)


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"dataset": "iriss"}, ["/dataset"]),
        ({"dataset": None}, ["/dataset"]),
        ({"dataset": 7}, ["/dataset"]),
        ({"fixed": []}, ["/fixed"]),
        ({"fixed": {"hiden_units": [3]}}, ["/fixed/hiden_units"]),
        ({"fixed": {"l2": -1}}, ["/fixed/l2"]),
        ({"fixed": {"batch_size": 2**70}}, ["/fixed/batch_size"]),
        ({"fixed": {"keep_prob": 0.5}}, ["/fixed/keep_prob"]),
        ({"fixed": {"input_keep_prob": 0.5, "keep_prob": "x"}}, ["/fixed/keep_prob", "/fixed/input_keep_prob"]),
        ({"fixed": {"augment": {"shift": 2}}}, ["/fixed/augment"]),
        ({"fixed": {"augment": {"shift": -2}}}, ["/fixed/augment"]),
        ({"fixed": {"batch_size": 1, "batch_norm": True}}, ["/fixed/batch_size"]),
        ({"fixed": {"hidden_units": [1001]}}, ["/fixed/hidden_units"]),
        ({"fixed": {"hidden_units": [400, 400]}}, ["/fixed/hidden_units"]),
        ({"fixed": {"hidden_units": [300, 300], "batch_size": "full"}, "steps": 1000}, ["/steps"]),
        ({"seed": -1}, ["/seed"]),
        ({"seed": 2**63}, ["/seed"]),
        ({"steps": -1}, ["/steps"]),
        ({"steps": 1001}, ["/steps"]),
        ({"steps": 1.5}, ["/steps"]),
        ({"stepps": 3}, ["/stepps"]),
    ],
)
def test_a_fault_is_answered_with_its_place(shared: httpx.Client, changes: Any, pointers: list[str]) -> None:
    assert places(ask(shared, **changes)) == pointers


def test_all_faults_come_at_once(shared: httpx.Client) -> None:
    body = {
        "dataset": "iriss",
        "fixed": {"keep_prob": 0.5, "learning_rate": 0, "activation": "tanhh"},
        "steps": 5000,
        "seed": "x",
        "more": 1,
    }
    answer = shared.post(ROUTE, json=body)

    assert sorted(places(answer)) == [
        "/dataset", "/fixed/activation", "/fixed/keep_prob", "/fixed/learning_rate", "/more", "/seed", "/steps",
    ]  # fmt: skip  # one line
    details = {error["pointer"]: error["detail"] for error in problem(answer, 422)["errors"]}
    assert 'Did you mean "iris"?' in details["/dataset"]
    assert "fresh mask" in details["/fixed/keep_prob"]
    assert details["/fixed/keep_prob"].endswith("Set keep_prob to 1.")


def test_what_is_too_large_is_refused_beside_other_faults(shared: httpx.Client) -> None:
    answer = ask(shared, fixed={"hidden_units": [400, 400], "l1": -1})

    assert places(answer) == ["/fixed/hidden_units", "/fixed/l1"]
    assert "163,603 weights" in problem(answer, 422)["errors"][0]["detail"]


def test_the_service_answers_others_while_checks_run(shared: httpx.Client) -> None:
    answers: list[httpx.Response] = []
    fixed = {"hidden_units": [60, 60]}
    threads = [
        threading.Thread(target=lambda: answers.append(ask(shared, dataset="digits", fixed=fixed))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    assert shared.get("/v1/datasets/iris").status_code == 200
    for thread in threads:
        thread.join()

    assert [answer.json()["verdict"] for answer in answers] == ["great"] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()
