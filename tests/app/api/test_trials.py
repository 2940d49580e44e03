"""Tests of the routes of trials: lists, single ones, curves."""

import base64
from typing import Any

import httpx
import pytest

from app.contract.hyperparameters import HYPERPARAMETERS
from tests.app.api.serving import Json, Trainer, curve_point, finished, places, problem, start, when_ended

SPACE = {
    "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
    "optimizer": {"kind": "choice", "values": ["momentum", "adam"]},
    "beta1": {"kind": "float", "low": 0.5, "high": 0.9, "when": {"optimizer": ["momentum"]}},
    "hidden_units": {"kind": "choice", "values": [[4], [4, 2]]},
}
FIXED = {"epochs": 3}


def shown(epoch: int) -> Json:
    """Return a point of a curve as it is told: its metrics stand beside the rest."""
    point = curve_point(epoch)
    return {**point.pop("metrics"), **point}


def every_page(client: httpx.Client, sweep: str, **query: Any) -> list[Json]:
    found: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        answer = client.get(f"/v1/sweeps/{sweep}/trials", params=query | cursor)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = {"cursor": page["next"]}


@pytest.fixture
def sweep(client: httpx.Client, trainer: Trainer) -> str:
    """A completed sweep of 12 trials whose errors are 0.5, 0.25 and none in turns."""
    name: str = start(client, space=SPACE, fixed=FIXED, budget={"trials": 12})["id"]
    values = [0.5, 0.25, None]
    trainer.train_everything(values, slots=5)
    when_ended(client, name)
    return name


def test_pages_in_any_order_hold_every_trial_once(client: httpx.Client, sweep: str) -> None:
    for sort in ["number", "-number", "dev_error", "-dev_error", "param.beta1", "-param.learning_rate", "finished_at"]:
        found = every_page(client, sweep, sort=sort, limit=5)
        assert sorted(trial["number"] for trial in found) == list(range(12))
        assert found == every_page(client, sweep, sort=sort, limit=500)


def test_missing_values_come_last_in_both_directions(client: httpx.Client, sweep: str) -> None:
    rising = [trial["value"] for trial in every_page(client, sweep, sort="dev_error")]
    falling = [trial["value"] for trial in every_page(client, sweep, sort="-dev_error")]
    assert rising == [0.25] * 4 + [0.5] * 4 + [None] * 4
    assert falling == [0.5] * 4 + [0.25] * 4 + [None] * 4


def test_conditions_on_parameters_and_metrics_all_hold(client: httpx.Client, sweep: str) -> None:
    everything = every_page(client, sweep)
    found = every_page(client, sweep, where=["param.learning_rate<0.01", "dev_error <= 0.25"], limit=1)
    assert found == [
        trial for trial in everything if trial["params"]["learning_rate"] < 0.01 and trial["value"] == 0.25
    ]
    deep = every_page(client, sweep, where="param.hidden_units=[4, 2]")
    assert deep == [trial for trial in everything if trial["params"]["hidden_units"] == [4, 2]]
    adam = every_page(client, sweep, where="param.beta1=null")
    assert adam == [trial for trial in everything if trial["params"]["optimizer"] == "adam"]


def test_other_types_are_unequal_and_what_is_left_out_is_neither(client: httpx.Client, sweep: str) -> None:
    everything = every_page(client, sweep)
    assert every_page(client, sweep, where="param.optimizer!=3") == everything
    assert every_page(client, sweep, where="param.learning_rate!=true") == everything
    momentum = [trial for trial in everything if trial["params"]["optimizer"] == "momentum"]
    assert every_page(client, sweep, where="param.beta1!=adam") == momentum
    assert every_page(client, sweep, where="param.beta1!=null") == momentum


def test_fixed_values_and_defaults_are_filtered_and_sorted_and_shown(client: httpx.Client, sweep: str) -> None:
    everything = every_page(client, sweep)
    for where in (
        "param.epochs=3",
        "param.epochs<4",
        "param.batch_size=64",
        "param.decay=none",
        "param.batch_norm=false",
    ):
        assert every_page(client, sweep, where=where, sort="param.epochs") == everything
        assert every_page(client, sweep, where=where.replace("=", "!=") if "<" not in where else "param.epochs>3") == []
    for trial in everything:
        assert trial["params"].items() <= trial["all_params"].items()
        assert (trial["all_params"]["epochs"], trial["all_params"]["batch_size"]) == (3, 64)
        assert len(trial["all_params"]) == len(HYPERPARAMETERS)
    assert client.get(f"/v1/sweeps/{sweep}/trials/7").json() == everything[7]
    best = client.get(f"/v1/sweeps/{sweep}/best").json()
    assert best == everything[best["number"]]


def test_a_trial_shows_what_its_network_is_trained_with(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, space=SPACE, fixed=FIXED)["id"]
    runs = {run["trial"]: run["params"] for run in trainer.claim(4)}
    assert {trial["number"]: trial["all_params"] for trial in every_page(client, sweep)} == runs


def test_lists_are_sorted_by_their_numbers(client: httpx.Client) -> None:
    units = [[128], [64, 32], [64], [8], [], [16, 4]]
    space = {"hidden_units": {"kind": "choice", "values": units}}
    sweep = start(client, space=space, fixed={}, budget={"trials": 40})["id"]
    found = [trial["params"]["hidden_units"] for trial in every_page(client, sweep, sort="param.hidden_units", limit=7)]
    assert found == sorted(found)
    assert {tuple(one) for one in found} == set(map(tuple, units))
    wide = every_page(client, sweep, where="param.hidden_units>[64]", limit=3)
    assert {tuple(trial["params"]["hidden_units"]) for trial in wide} == {(64, 32), (128,)}


def test_a_grid_is_found_by_its_decimals(client: httpx.Client) -> None:
    space = {"keep_prob": {"kind": "float", "low": 0.1, "high": 0.8, "step": 0.1}}
    sweep = start(client, space=space, fixed={}, budget={"trials": 100})["id"]
    drawn = [every_page(client, sweep, where=f"param.keep_prob=0.{n}", limit=500) for n in range(1, 9)]
    assert sum(map(len, drawn)) == 100
    assert all(drawn)


def test_states_choose_trials(client: httpx.Client, sweep: str) -> None:
    assert len(every_page(client, sweep, state=["completed", "failed"])) == 12
    assert every_page(client, sweep, state="running") == []


def test_a_cursor_is_good_for_its_own_list_alone(client: httpx.Client, sweep: str) -> None:
    address = f"/v1/sweeps/{sweep}/trials"
    cursor = client.get(address, params={"sort": "dev_error", "limit": 2}).json()["next"]
    others: list[Json] = [
        {},
        {"sort": "-dev_error"},
        {"sort": "dev_error", "where": "number>1"},
        {"sort": "dev_error", "state": "completed"},
    ]
    for query in others:
        refused = client.get(address, params=query | {"cursor": cursor})
        assert "another list, filter or sort" in problem(refused, 400)["detail"]
    fine = client.get(address, params={"sort": "dev_error", "limit": 7, "cursor": cursor})
    assert len(fine.json()["items"]) == 7


def test_a_made_up_cursor_is_refused(client: httpx.Client, sweep: str) -> None:
    for cursor in ["x", "%%%", "e30", "W10", "WyJ4Il0", "bnVsbA", "\u2603", "W1tbW1tb", "A" * 1999]:
        for path in ["trials", "trials/0/curve"]:
            problem(client.get(f"/v1/sweeps/{sweep}/{path}", params={"cursor": cursor}), 400)


def test_a_cursor_with_half_of_a_surrogate_pair_is_refused(client: httpx.Client, sweep: str) -> None:
    cursor = base64.urlsafe_b64encode(b'["0123456789ab","\\ud800",1]').decode().rstrip("=")
    for path in ("trials", "trials/0/curve"):
        assert places(client.get(f"/v1/sweeps/{sweep}/{path}", params={"cursor": cursor})) == ["/cursor"]


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ({"sort": "dev_eror"}, ["/sort"]),
        ({"sort": "param.a b"}, ["/sort"]),
        ({"sort": ""}, ["/sort"]),
        ({"state": ["done", "running", "lost"]}, ["/state/0", "/state/2"]),
        ({"where": "dev_error"}, ["/where/0"]),
        ({"where": ["number>1", "dev_error<abc"]}, ["/where/1"]),
        ({"where": "dev_error<null"}, ["/where/0"]),
        ({"where": "dev_error<NaN"}, ["/where/0"]),
        ({"where": f"number<{2**63}"}, ["/where/0"]),
        ({"where": "number<1e999"}, ["/where/0"]),
        ({"where": "params<1"}, ["/where/0"]),
        ({"where": 'param.x"y<1'}, ["/where/0"]),
        ({"where": ["number>1"] * 21}, ["/where"]),
        ({"where": "param.learning_rat<1"}, ["/where/0"]),
        ({"where": "state=runing"}, ["/where/0"]),
        ({"sort": "param.lr"}, ["/sort"]),
        ({"sort": "x", "where": "y=1", "state": "z"}, ["/state/0", "/where/0", "/sort"]),
        ({"limit": 0}, ["/limit"]),
        ({"limit": 501}, ["/limit"]),
        ({"limit": "many"}, ["/limit"]),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_at_its_place(
    trials_route: tuple[httpx.Client, str], query: Json, pointers: list[str]
) -> None:
    client, route = trials_route
    assert places(client.get(route, params=query)) == pointers


def test_a_trial_shows_its_result(client: httpx.Client, sweep: str) -> None:
    trial = client.get(f"/v1/sweeps/{sweep}/trials/1").json()
    assert trial["state"] == "completed"
    assert trial["metrics"] == {"dev_error": 0.25, "train_error": 0.25, "test_error": 0.5}
    assert (trial["best_epoch"], trial["epochs"], trial["seconds"]) == (2, 3, 0.5)
    assert trial["reason"] == "trained to its end"


@pytest.mark.parametrize("number", ["12", "-1", str(2**63), "9" * 40])
def test_trials_that_do_not_exist_are_not_found(client: httpx.Client, sweep: str, number: str) -> None:
    problem(client.get(f"/v1/sweeps/{sweep}/trials/{number}"), 404)


def test_a_number_that_is_none_is_refused(client: httpx.Client, sweep: str) -> None:
    assert places(client.get(f"/v1/sweeps/{sweep}/trials/first")) == ["/number"]


def test_a_curve_is_shown_while_the_trial_runs_and_in_pages(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    (lease,) = trainer.leases()
    trainer.report(lease, 1, 2)
    address = f"/v1/sweeps/{sweep}/trials/0/curve"
    assert client.get(address).json() == {"items": [shown(1), shown(2)], "next": None}
    assert client.get(f"/v1/sweeps/{sweep}/trials/0").json()["epochs"] == 2
    trainer.finish(finished(lease, 0.5))
    first = client.get(address, params={"limit": 2}).json()
    second = client.get(address, params={"limit": 2, "cursor": first["next"]}).json()
    assert first["items"] + second["items"] == [shown(1), shown(2), shown(3)]
