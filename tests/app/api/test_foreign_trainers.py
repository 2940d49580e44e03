"""Tests of sweeps that foreign code trains, over a real server."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from app.schedulers import SCHEDULERS
from app.services.foreign_checks import WITHOUT_PAUSES
from docs.examples.foreign_trainer import tune
from tests.app.api.serving import Json, Trainer, finished, places, problem, serving, when_ended

EXTERNAL = {"trainer": "external", "rules": 1}
BODY: Json = {
    "trainer": "external",
    "metrics": {"auc": "maximize", "größe in MB": "minimize"},
    "objective": {"metric": "auc"},
    "steps": 2,
    "seed": 5,
    "space": {
        "n estimators": {"kind": "int", "low": 1, "high": 9},
        "booster/größe.x": {"kind": "choice", "values": ["tree", {"deep": [1, None]}, True]},
        "epochs": {"kind": "float", "low": 0.5, "high": 1.5},
        "only_trees": {"kind": "float", "low": 0, "high": 1, "when": {"booster/größe.x": ["tree"]}},
    },
    "fixed": {"learning_rate": "any text", "hidden_units": None},
    "budget": {"trials": 4},
}


def post(client: httpx.Client, **changes: Any) -> httpx.Response:
    body = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    return client.post("/v1/sweeps", json=body)


def start(client: httpx.Client, **changes: Any) -> Json:
    answer = post(client, **changes)
    assert answer.status_code == 201, answer.text
    sweep: Json = answer.json()
    return sweep


def point(step: int, auc: float | None) -> Json:
    return {"epoch": step, "metrics": {"auc": auc, "größe in MB": 1.0}, "seconds": 0.1}


def result(run: Json, auc: float, **changes: Any) -> Json:
    curve = [point(1, auc - 0.1), point(2, auc)]
    metrics = {"auc": auc, "größe in MB": -auc}
    return finished(run["lease"], None, **{"metrics": metrics, "epochs": 2, "curve": curve, **changes})


def test_a_foreign_trainer_gets_its_parameters_alone_and_ends_its_sweep(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)
    assert (sweep["dataset"], sweep["dataset_sha256"], sweep["trainer"]) == (None, None, "external")
    assert (sweep["metrics"], sweep["steps"], sweep["pauses"]) == (BODY["metrics"], 2, False)
    assert sweep["objective"] == {"metric": "auc", "direction": "maximize", "diverged": "exclude"}
    assert sweep["reproducible"] is False
    assert '"trainer": "external"' in sweep["no_workers"]

    runs = trainer.claim(9, **EXTERNAL)

    assert [run["trial"] for run in runs] == [0, 1, 2, 3]
    for run in runs:
        assert (run["dataset"], run["dataset_sha256"], run["checkpoint"], run["to_epoch"]) == (None, None, None, 2)
        assert (run["metric"], run["direction"]) == ("auc", "maximize")
        tree = {"only_trees"} if run["params"]["booster/größe.x"] == "tree" else set()
        assert run["params"].keys() == {"n estimators", "booster/größe.x", "epochs", *BODY["fixed"], *tree}
    answers = trainer.finish(*(result(run, 0.5 + 0.1 * run["trial"]) for run in runs))["items"]
    assert {one["outcome"] for one in answers} == {"recorded"}

    ended = when_ended(client, sweep["id"])
    assert (ended["state"], ended["best"]["trial"], ended["best"]["value"]) == ("completed", 3, 0.8)
    assert ended["used"]["epochs"] == 8
    best = client.get(f"/v1/sweeps/{sweep['id']}/best").json()
    assert best["metrics"] == {"auc": 0.8, "größe in MB": -0.8}
    curve = client.get(f"/v1/sweeps/{sweep['id']}/trials/3/curve").json()["items"]
    assert [one["auc"] for one in curve] == [0.7000000000000001, 0.8]


def test_trials_are_sorted_and_filtered_by_what_the_sweep_declares(client: httpx.Client, trainer: Trainer) -> None:
    name = start(client)["id"]
    trainer.finish(*(result(run, 0.1 * run["trial"]) for run in trainer.claim(9, **EXTERNAL)))
    when_ended(client, name)

    def listed(**query: Any) -> list[int]:
        answer = client.get(f"/v1/sweeps/{name}/trials", params=query)
        assert answer.status_code == 200, answer.text
        return [trial["number"] for trial in answer.json()["items"]]

    assert listed(sort="-auc") == [3, 2, 1, 0]
    assert listed(sort="größe in MB", where="auc<0.25") == [2, 1, 0]
    assert listed(where="param.learning_rate=any text") == [0, 1, 2, 3]
    params = [trial["params"] for trial in client.get(f"/v1/sweeps/{name}/trials").json()["items"]]
    rising = sorted(range(4), key=lambda number: params[number]["n estimators"])
    assert listed(sort="param.n estimators") == rising
    trees = [number for number in range(4) if params[number]["booster/größe.x"] == "tree"]
    assert listed(where="param.booster/größe.x=tree") == trees
    refused = problem(client.get(f"/v1/sweeps/{name}/trials", params={"sort": "auk", "where": "dev_error<1"}), 422)
    assert [error["pointer"] for error in refused["errors"]] == ["/where/0", "/sort"]
    assert '"auc"' in refused["errors"][1]["detail"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"dataset": "iris"}, ["/dataset"]),
        ({"metrics": None}, ["/metrics"]),
        ({"metrics": {}}, ["/metrics", "/objective/metric"]),
        ({"metrics": {"auc": "up"}}, ["/metrics/auc"]),
        ({"objective": {"metric": "auk"}}, ["/objective/metric"]),
        ({"objective": {"metric": "auc", "direction": "minimize"}}, ["/objective/direction"]),
        ({"objective": None}, ["/objective/metric"]),
        ({"metrics": {"auc": "maximize", "value": "maximize", "a<b": "minimize"}}, ["/metrics/value", "/metrics/a<b"]),
        (
            {"metrics": {"auc": "maximize", **dict.fromkeys(("trial", "replicate", "replicates"), "maximize")}},
            ["/metrics/trial", "/metrics/replicate", "/metrics/replicates"],
        ),
        ({"fixed": {'quo"te': 1, " space": 2}}, ['/fixed/quo"te', "/fixed/ space"]),
        ({"fixed": {"any": 1}}, ["/fixed/any"]),
        ({"early_stopping": {"patience": 3}, "keep_models": 2}, ["/early_stopping", "/keep_models"]),
        *(({"scheduler": {"kind": kind}}, ["/scheduler/kind"]) for kind in SCHEDULERS if kind not in WITHOUT_PAUSES),
        ({"scheduler": {"kind": "asha", "at_once": 4}}, ["/scheduler/at_once"]),
        ({"scheduler": {"kind": "median", "bracket": 4, "least": 1}}, ["/scheduler/bracket", "/scheduler/least"]),
        ({"scheduler": {"kind": "median"}, "steps": 1}, ["/scheduler/first_rung"]),
        ({"pauses": True, "sampler": {"kind": "gp"}, "scheduler": {"kind": "asha"}}, ["/scheduler/kind"]),
        ({"trainer": "external:"}, ["/trainer"]),
        ({"trainer": "xgboost", "space": {}, "fixed": {}}, ["/metrics", "/steps", "/trainer", "/objective/metric"]),
        ({"steps": 0}, ["/steps"]),
        ({"steps": 10**9 + 1}, ["/steps"]),
    ],
)
def test_a_post_that_breaks_rules_is_refused(shared: httpx.Client, changes: Json, expected: list[str]) -> None:
    assert sorted(set(places(post(shared, **changes)))) == sorted(expected)  # thaw has two reasons


def test_only_foreign_trainers_declare_metrics_and_bring_their_data(client: httpx.Client) -> None:
    body = {"space": {}, "metrics": {"auc": "maximize"}, "pauses": True, "budget": {"trials": 1}}
    assert sorted(places(client.post("/v1/sweeps", json=body))) == ["/dataset", "/metrics", "/pauses"]


def test_runs_go_to_the_trainer_that_their_sweep_names_and_to_no_other(client: httpx.Client, trainer: Trainer) -> None:
    start(client, trainer="external:xgboost")

    assert trainer.claim(9) == []
    assert trainer.claim(9, **EXTERNAL) == []
    assert len(trainer.claim(9, trainer="external:xgboost", rules=1)) == 4

    own = {"dataset": "iris", "space": {}, "budget": {"trials": 2}}
    assert client.post("/v1/sweeps", json=own).status_code == 201
    other = Trainer(client, "other")
    assert other.claim(9, **EXTERNAL) == []
    assert len(other.claim(9)) == 2


def test_metrics_that_the_sweep_does_not_declare_are_refused(client: httpx.Client, trainer: Trainer) -> None:
    start(client)
    run = trainer.claim(1, **EXTERNAL)[0]

    def sent(route: str, item: Json) -> list[str]:
        answer = client.post(f"/v1/work/{route}", json={"worker": "trainer", "items": [item]})
        return places(answer)

    wrong = {"epoch": 1, "metrics": {"dev_error": 0.5}, "seconds": 0.1}
    assert sent("report", {"lease": run["lease"], "epochs": [wrong]}) == ["/items/0/epochs/0/metrics/dev_error"]
    assert sent("finish", result(run, 0.5, metrics={"auc": 1, "loss": 1})) == ["/items/0/metrics/loss"]
    assert sent("finish", result(run, 0.5, metrics={"größe in MB": 1})) == ["/items/0/metrics"]
    model = {"sha256": "0" * 64, "size": 4}
    assert sent("finish", result(run, 0.5, model=model)) == ["/items/0/model"]
    checkpoint = {"epoch": 1, "sha256": "0" * 64, "size": 4}
    assert sent("report", {"lease": run["lease"], "epochs": [], "checkpoint": checkpoint}) == ["/items/0/checkpoint"]
    assert trainer.finish(result(run, 0.5))["items"][0]["outcome"] == "recorded"


def test_our_own_runs_have_no_metric_that_a_foreign_sweep_declared(client: httpx.Client, trainer: Trainer) -> None:
    start(client)
    own = {"dataset": "iris", "space": {}, "budget": {"trials": 1}}
    assert client.post("/v1/sweeps", json=own).status_code == 201
    run = trainer.claim(1)[0]
    strange = {"worker": "trainer", "items": [{"lease": run["lease"], "epochs": [point(1, 0.5)]}]}
    assert places(client.post("/v1/work/report", json=strange)) == [
        "/items/0/epochs/0/metrics/auc",
        "/items/0/epochs/0/metrics/größe in MB",
    ]


def test_a_lost_run_starts_at_step_0_and_its_new_steps_replace_the_old(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, services):
        name = start(client, budget={"trials": 1})["id"]
        first, second = Trainer(client, "first"), Trainer(client, "second")
        run = first.claim(1, **EXTERNAL)[0]
        report = {"worker": "first", "items": [{"lease": run["lease"], "epochs": [point(1, 0.25)]}]}
        assert client.post("/v1/work/report", json=report).json()["items"][0]["decision"] == "continue"
        assert services.work.lose_worker("first", "lost", "it died") == 1

        again = second.claim(1, **EXTERNAL)[0]

        assert (again["trial"], again["checkpoint"], again["to_epoch"]) == (0, None, 2)
        assert client.post("/v1/work/report", json=report).json()["items"][0]["decision"] == "stop"
        assert first.finish(result(run, 0.9))["items"][0]["outcome"] == "stale"
        assert second.finish(result(again, 0.75))["items"][0]["outcome"] == "recorded"
        assert when_ended(client, name)["best"]["value"] == 0.75
        curve = client.get(f"/v1/sweeps/{name}/trials/0/curve").json()["items"]
        assert [one["auc"] for one in curve] == [0.65, 0.75]
        attempts = client.get(f"/v1/sweeps/{name}/trials/0/attempts").json()["items"]
        assert [one["ending"] for one in attempts] == ["lost", "finished"]
        assert "otherwise" not in attempts[1]["reason"]  # no bits were promised


def test_a_budget_of_steps_ends_the_sweep_early(client: httpx.Client, trainer: Trainer) -> None:
    name = start(client, budget={"trials": 9, "epochs": 5})["id"]
    runs = trainer.claim(9, **EXTERNAL)
    assert len(runs) == 2
    trainer.finish(*(result(run, 0.5) for run in runs))
    ended = when_ended(client, name)
    assert (ended["state"], ended["counts"]["completed"], ended["used"]["epochs"]) == ("completed", 2, 4)


def test_a_target_completes_what_still_trains(client: httpx.Client, trainer: Trainer) -> None:
    name = start(client, budget={"trials": 9, "target": 0.9})["id"]
    one, other, *rest = trainer.claim(9, **EXTERNAL)
    trainer.release([run["lease"] for run in rest])
    trainer.finish(result(one, 0.95))
    while True:
        report = {"worker": "trainer", "items": [{"lease": other["lease"], "epochs": [point(1, 0.5)]}]}
        decision = client.post("/v1/work/report", json=report).json()["items"][0]["decision"]
        if decision != "continue":
            break
    assert decision == "complete"
    trainer.finish(result(other, 0.5, epochs=1, best_epoch=1, curve=[]))
    assert when_ended(client, name)["counts"]["completed"] == 2


def test_a_sampler_that_learns_proposes_foreign_parameters(client: httpx.Client, trainer: Trainer) -> None:
    name = start(client, sampler={"kind": "gp", "batch": 4}, budget={"trials": 24})["id"]
    while client.get(f"/v1/sweeps/{name}").json()["state"] == "running":
        runs = trainer.claim(9, **EXTERNAL)
        trainer.finish(*(result(run, 0.1 * run["params"]["n estimators"]) for run in runs))
    trials = client.get(f"/v1/sweeps/{name}/trials").json()["items"]
    last = [trial["params"]["n estimators"] for trial in trials[-8:]]
    assert [trial["state"] for trial in trials] == ["completed"] * 24
    assert sum(last) / len(last) > 6  # 5 is the mean of random draws


def test_a_trainer_that_pauses_can_be_halved(client: httpx.Client, trainer: Trainer) -> None:
    halving = {"kind": "successive_halving", "eta": 2}
    name = start(client, pauses=True, scheduler=halving, steps=4, budget={"trials": 4})["id"]
    trained: dict[int, int] = {}
    while client.get(f"/v1/sweeps/{name}").json()["state"] == "running":
        for run in trainer.claim(9, **EXTERNAL):
            before = trained.get(run["trial"], 0)
            curve = [point(step, 0.1 * run["trial"]) for step in range(before + 1, run["to_epoch"] + 1)]
            trained[run["trial"]] = run["to_epoch"]
            state = "completed" if run["to_epoch"] == 4 else "paused"
            more = {"epochs": run["to_epoch"], "best_epoch": run["to_epoch"], "curve": curve, "state": state}
            receipt = trainer.finish(result(run, 0.1 * run["trial"], **more))["items"][0]
            assert receipt["outcome"] == "recorded"
    counts = client.get(f"/v1/sweeps/{name}").json()["counts"]
    assert counts["completed"] >= 1
    assert counts["pruned"] >= 2
    assert trained[3] == 4


@pytest.mark.parametrize("route", ["analysis", "trials/0/diagnosis", "trials/0/model"])
def test_what_only_our_own_networks_have_is_refused_with_a_sentence(client: httpx.Client, route: str) -> None:
    name = start(client)["id"]
    assert "trained by external" in problem(client.get(f"/v1/sweeps/{name}/{route}"), 409)["detail"]


def test_a_preview_shows_how_the_parameters_spread_and_no_network(client: httpx.Client) -> None:
    found = client.post("/v1/spaces/preview", json=BODY)
    assert found.status_code == 200, found.text
    shown = found.json()
    assert (shown["structures"], shown["largest_network"], shown["points"]) == (None, None, 1000)
    assert [one["low"] for one in shown["parameters"]["n estimators"]["bins"]] == list(range(1, 10))
    trees = shown["parameters"]["booster/größe.x"]["bins"][0]["count"]
    assert shown["parameters"]["only_trees"]["active"] == trees / 1000


def test_predictions_are_refused_with_a_sentence(client: httpx.Client) -> None:
    name = start(client)["id"]
    answer = client.post(f"/v1/sweeps/{name}/trials/0/predict", json={"rows": [[1.0]]})
    assert "not kept here" in problem(answer, 409)["detail"]


def test_the_client_of_the_documents_trains_a_sweep_to_its_end(client: httpx.Client) -> None:
    def train(params: Json, steps: int) -> list[dict[str, float]]:
        if params["n estimators"] == 9:
            raise ValueError("too many")
        sizes = [float("nan"), 2.0]
        return [{"auc": step / (1 + params["n estimators"]), "größe in MB": sizes[step - 1]} for step in (1, 2)][:steps]

    fixed = {"kind": "choice", "values": [1, 3, 9]}
    body = {**BODY, "space": {"n estimators": fixed}, "sampler": {"kind": "random"}, "budget": {"trials": 9}}
    found = tune(str(client.base_url), body, train)

    assert found["state"] == "completed"
    assert found["best"]["value"] == 1.0
    items = client.get(f"/v1/sweeps/{found['id']}/trials").json()["items"]
    for trial in items:
        failed = trial["params"]["n estimators"] == 9
        assert trial["state"] == ("failed" if failed else "completed")
        assert trial["reason"] == ("ValueError: too many" if failed else "trained to its end")
        assert trial["best_epoch"] == (None if failed else 2)
    assert {trial["params"]["n estimators"] for trial in items} == {1, 3, 9}


def test_the_client_of_the_documents_has_at_most_60_lines() -> None:
    source = Path(__file__).parents[3] / "docs" / "examples" / "foreign_trainer.py"
    assert len(source.read_text().splitlines()) <= 60
