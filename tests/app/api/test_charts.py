"""Routes of charts: what is drawn is what the trials are."""

import httpx
import pytest

from tests.app.api.serving import Json, Trainer, problem, start, when_ended

SPACE = {
    "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
    "optimizer": {"kind": "choice", "values": ["momentum", "adam", "sgd"]},
    "hidden_units": {"kind": "choice", "values": [[4], [4, 2]]},
}


@pytest.fixture
def sweep(client: httpx.Client, trainer: Trainer) -> str:
    """A completed sweep of 12 trials whose errors are 0.5, 0.25 and none in turns."""
    name: str = start(client, space=SPACE, fixed={"epochs": 3}, budget={"trials": 12})["id"]
    trainer.train_everything([0.5, 0.25, None], slots=5)
    when_ended(client, name)
    return name


def trials(client: httpx.Client, sweep: str) -> list[Json]:
    found: list[Json] = client.get(f"/v1/sweeps/{sweep}/trials", params={"limit": 500}).json()["items"]
    return found


def chart(client: httpx.Client, sweep: str, kind: str, **query: object) -> Json:
    answer = client.get(f"/v1/sweeps/{sweep}/charts/{kind}", params=query)  # type: ignore[arg-type] # lists of texts
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


@pytest.mark.parametrize("by", ["trials", "epochs", "seconds"])
def test_progress_falls_to_the_best_trial(client: httpx.Client, sweep: str, by: str) -> None:
    found = chart(client, sweep, "progress", by=by)
    best = client.get(f"/v1/sweeps/{sweep}/best").json()
    assert found["best"]["value"][-1] == best["value"]
    with_value = [one for one in trials(client, sweep) if one["value"] is not None]
    assert sorted(found["results"]["trial"]) == sorted(one["number"] for one in with_value)
    assert found["total"] == len(with_value)
    assert found["results"]["x"] == sorted(found["results"]["x"])
    if by == "epochs":
        assert found["end"] == sum(one["epochs"] for one in with_value)


def test_points_are_the_fields_of_the_trials(client: httpx.Client, sweep: str) -> None:
    fields = ["param.learning_rate", "param.hidden_units", "param.batch_size", "value", "dev_error"]
    found = chart(client, sweep, "points", field=fields)
    listed = trials(client, sweep)
    assert found["trials"] == [one["number"] for one in listed]
    assert found["states"] == [one["state"] for one in listed]
    assert found["fields"]["value"] == [one["value"] for one in listed]
    assert found["fields"]["dev_error"] == [one["metrics"].get("dev_error") for one in listed]
    for name in fields[:3]:
        assert found["fields"][name] == [one["all_params"][name.removeprefix("param.")] for one in listed]


def test_few_points_of_many_hold_the_best_trial(client: httpx.Client, sweep: str) -> None:
    found = chart(client, sweep, "points", field=["value"], most=4)
    assert found["total"] == 12
    assert len(found["trials"]) == 4
    assert client.get(f"/v1/sweeps/{sweep}/best").json()["number"] in found["trials"]


def test_curves_are_those_of_the_trials(client: httpx.Client, sweep: str) -> None:
    found = chart(client, sweep, "curves", metric="train_loss")
    assert found["total"] == len(found["curves"])
    for curve in found["curves"]:
        told = client.get(f"/v1/sweeps/{sweep}/trials/{curve['trial']}/curve").json()["items"]
        assert curve["epochs"] == [one["epoch"] for one in told]
        assert curve["values"] == [one["train_loss"] for one in told]


def test_named_trials_alone_are_drawn(client: httpx.Client, sweep: str) -> None:
    found = chart(client, sweep, "curves", number=[3, 7, 99])
    assert [one["trial"] for one in found["curves"]] == [3, 7]


def test_conditions_hold_in_every_chart(client: httpx.Client, sweep: str) -> None:
    where = ['param.optimizer in ["adam","sgd"]', "param.hidden_units in [[4]]", 'state in ["completed"]']
    fitting = [
        one
        for one in trials(client, sweep)
        if one["params"]["optimizer"] in {"adam", "sgd"}
        and one["params"]["hidden_units"] == [4]
        and one["state"] == "completed"
    ]
    wanted = [one["number"] for one in fitting]
    assert 0 < len(wanted) < 12
    assert chart(client, sweep, "points", field=["value"], where=where)["trials"] == wanted
    assert chart(client, sweep, "progress", where=where)["total"] == sum(one["value"] is not None for one in fitting)
    listed = client.get(f"/v1/sweeps/{sweep}/trials", params={"where": where}).json()["items"]
    assert [one["number"] for one in listed] == wanted


@pytest.mark.parametrize(
    ("scheduler", "rungs"),
    [
        ({"kind": "none"}, []),
        ({"kind": "successive_halving"}, [1, 3, 9]),
        ({"kind": "hyperband", "first_rung": 2}, [2, 6, 18]),
        ({"kind": "median", "first_rung": 4, "interval": 8}, [4, 12, 20]),
        ({"kind": "asha", "eta": 4}, [1, 4, 16]),
        ({"kind": "pbt", "interval": 7}, [7, 14, 21]),
    ],
)
def test_curves_tell_where_the_scheduler_compares_trials(
    client: httpx.Client, scheduler: Json, rungs: list[int]
) -> None:
    name = start(client, space=SPACE, fixed={"epochs": 27}, scheduler=scheduler)["id"]
    assert chart(client, name, "curves")["rungs"] == rungs


def test_rungs_that_nobody_could_tell_apart_are_left_out(client: httpx.Client) -> None:
    name = start(client, space=SPACE, fixed={"epochs": 300}, scheduler={"kind": "pbt", "interval": 1})["id"]
    assert chart(client, name, "curves")["rungs"] == []


def test_a_sweep_before_its_first_result_has_empty_charts(client: httpx.Client) -> None:
    name = start(client, space=SPACE, fixed={"epochs": 3})["id"]
    assert chart(client, name, "progress")["best"] == {"x": [], "value": [], "trial": []}
    assert chart(client, name, "curves")["curves"] == []
    assert chart(client, name, "points", field=["value"])["total"] == 4


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        ("curves", {"metric": "dev_eror"}, "dev_error"),
        ("points", {"field": "param.lerning_rate"}, "learning_rate"),
        ("points", {"field": "value", "where": "param.optimizer in adam"}, "no list of values"),
        ("points", {"field": "value", "where": 'state in ["done"]'}, "no trial state"),
        ("points", {"field": "value", "where": "param.optimizer in []"}, "no list of values"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    client: httpx.Client, sweep: str, path: str, query: dict[str, str], told: str
) -> None:
    answer = client.get(f"/v1/sweeps/{sweep}/charts/{path}", params=query)
    assert told in problem(answer, 422)["errors"][0]["detail"]
