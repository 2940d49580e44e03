"""Tests of requests that are as large as may be: short answers, and no server error."""

import json
from typing import Any
from urllib.parse import quote_plus

import httpx
import pytest

from tests.app.api.serving import Json, problem, start, sweep_body
from tests.app.api.test_hostile_bodies import post

LIMIT = 1 << 20


def choice(values: list[Any], **more: Any) -> Json:
    return {"kind": "choice", "values": values, **more}


def chain(count: int) -> Json:
    return {f"p{n}": choice([1], **({"when": {f"p{n - 1}": [1]}} if n else {})) for n in range(count)}


def on_all_before(count: int) -> Json:
    return {f"p{n}": choice([1], when={f"p{before}": [1] for before in range(n)}) for n in range(count)}


BODIES: dict[str, tuple[Json, int]] = {
    "unknown fields": (sweep_body(**{f"x{n}": 1 for n in range(60_000)}), 60_000),
    "unknown hyperparameters": (sweep_body(space={f"p{n}": choice([1]) for n in range(250)}), 250),
    "unknown fixed values": (sweep_body(fixed={f"p{n}": 1 for n in range(50_000)}), 50_000),
    "a value repeated": (sweep_body(space={"l2": choice([1] * 200_000)}), 199_999),
    "texts for numbers": (sweep_body(space={"l2": choice(["x"] * 100_000)}), 199_999),
    "weights below zero": (sweep_body(space={"l2": choice(list(range(50_000)), weights=[-1] * 50_000)}), 50_001),
    "texts for weights": (sweep_body(space={"l2": choice([1], weights=["x"] * 100_000)}), 100_000),
    "chained conditions": (sweep_body(space=chain(250)), 250),
    "conditions on all before": (sweep_body(space=on_all_before(200)), 200),
    "conditions that lead back": (
        sweep_body(space={f"p{n}": choice([1], when={f"p{(n + 1) % 250}": [1]}) for n in range(250)}),
        500,
    ),
    "unknown conditions": (
        sweep_body(space={"l2": choice([1], when={f"q{n}": [1] for n in range(50_000)})}),
        50_000,
    ),
    "options of a sampler": (sweep_body(sampler={"kind": "random", **{f"x{n}": 1 for n in range(50_000)}}), 50_000),
    "a long name with many faults": (sweep_body(space={"x" * 500_000: choice([1] * 100_000)}), 100_000),
    "numbers beyond 64 bits": (sweep_body(space={"l2": choice([2**70] * 40_000)}), 40_000),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_hundred_faults_are_told_and_the_rest_counted(shared: httpx.Client, name: str) -> None:
    body, faults = BODIES[name]
    content = json.dumps(body, separators=(",", ":")).encode()
    assert len(content) <= LIMIT
    answer = post(shared, "/v1/sweeps", content)
    found = problem(answer, 422)
    assert found["detail"] == f"The request has {faults:,} faults, of which the first 100 are listed."
    assert len(found["errors"]) == 101
    assert found["errors"][-1] == {"pointer": "", "detail": f"There are {faults - 100:,} more faults."}
    assert len(answer.content) < 120_000


@pytest.mark.parametrize("space", [{f"p{n}": 1 for n in range(20_000)}, chain(4_000)], ids=["numbers", "a chain"])
def test_a_space_of_thousands_of_parameters_is_refused_for_their_number_alone(
    shared: httpx.Client, space: Json
) -> None:
    detail = (
        f"The space has {len(space):,} parameters; at most 256 are searched together. "
        "Search fewer, or make several one: the values of a choice may be lists."
    )
    routes = [("POST", "/v1/sweeps"), ("POST", "/v1/spaces/preview"), ("PATCH", f"/v1/sweeps/{start(shared)['id']}")]
    for method, route in routes:
        found = problem(shared.request(method, route, json={"space": space, "unknown": 1}), 422)
        assert found["errors"] == [{"pointer": "/space", "detail": detail}]


def test_a_choice_of_20000_values_is_drawn_from(client: httpx.Client) -> None:
    start(client, space={"l2": choice([n / 20_000 for n in range(20_000)])})


def test_fifteen_choices_each_conditioned_on_all_before_are_drawn_from(client: httpx.Client) -> None:
    names = ["l1", "l2", "learning_rate", "beta1", "beta2", "epsilon", "keep_prob", "input_keep_prob", "decay_rate",
             "decay_every", "warmup_epochs", "clip_norm", "batch_norm_beta", "batch_size", "epochs"]  # fmt: skip
    space = {
        name: choice([0.5 if n < 13 else 1], when={other: [0.5] for other in names[: min(n, 13)]})
        for n, name in enumerate(names)
    }
    space["epochs"]["when"]["batch_size"] = [1]
    start(client, space=space, fixed={})


def test_a_name_doubled_late_is_found(shared: httpx.Client) -> None:
    names = ",".join(f'"p{n}":1' for n in range(60_000))
    answer = post(shared, "/v1/sweeps", f'{{"fixed":{{{names},"p59999":1}}}}'.encode())
    assert "'p59999' comes twice" in problem(answer, 400)["detail"]


@pytest.mark.parametrize(
    "text", [" " * 15_000, "a" * 15_000, "number" + " " * 15_000 + "x", "=" * 15_000, "(" * 15_000]
)
def test_a_condition_of_15_kb_is_refused_in_a_short_answer(trials_route: tuple[httpx.Client, str], text: str) -> None:
    client, route = trials_route
    answer = client.get(f"{route}?where={quote_plus(text, safe='=(')}")
    assert [error["pointer"] for error in problem(answer, 422)["errors"]] == ["/where/0"]
    assert len(answer.content) < 2_000


@pytest.mark.parametrize("query", ['where=param.optimizer="\\ud800"', 'where=param.optimizer!="\\udfffx"'])
def test_half_of_a_surrogate_pair_in_a_condition_is_refused(trials_route: tuple[httpx.Client, str], query: str) -> None:
    client, route = trials_route
    name, _, value = query.partition("=")
    answer = client.get(route, params={name: value})
    assert [error["pointer"] for error in problem(answer, 422)["errors"]] == ["/where/0"]


def test_fields_of_a_form_that_are_not_known_get_a_short_answer(shared: httpx.Client) -> None:
    fields = {f"x{n}": "1" for n in range(900)}
    answer = shared.post("/v1/datasets", data={"name": "t", **fields}, files={"file": ("t.csv", b"a,y\n1,2\n")})
    assert len(problem(answer, 422)["errors"]) <= 101


def test_results_with_unknown_metrics_get_a_short_answer(shared: httpx.Client) -> None:
    result = {
        "lease": {"run": 1, "fence": 1},
        "state": "completed",
        "metrics": {f"m{n}": 1.0 for n in range(50_000)},
        "best_epoch": None,
        "epochs": 1,
        "seconds": 1.0,
        "reason": "",
    }
    answer = post(shared, "/v1/work/finish", json.dumps({"worker": "w", "items": [result]}).encode())
    assert problem(answer, 422)["errors"][-1]["detail"] == "There are 49,900 more faults."
    assert len(answer.content) < 60_000
