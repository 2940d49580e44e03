"""Tests of the routes of ensembles."""

import json
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import httpx
import numpy as np
import pytest

from app.domain.ensembles import Selection
from app.domain.trials import KeptModel
from app.services.ensembles import Ensembles, fingerprint_of
from app.services.services import Services
from app.storage.interface import Storage
from engine.models import Ensemble, read_model
from tests.app.api.serving import Json, Trainer, finished, places, problem, start, when_ended
from tests.app.api.test_models import IRIS, labelled_tables
from tests.app.api.training import train_all
from tests.system.processes import PATIENCE

TRIALS = 8


def ended(client: httpx.Client, **changes: Any) -> str:
    """Train a sweep on the labelled tables to its end; return its id."""
    if client.get("/v1/datasets/mine").is_error:
        files = {field: (f"{field}.csv", text) for field, text in labelled_tables().items()}
        client.post("/v1/datasets", data={"name": "mine", "target": "y"}, files=files).raise_for_status()
    fixed = {"epochs": 6, "hidden_units": [4]}
    sweep = start(client, **{"dataset": "mine", "budget": {"trials": TRIALS}, "fixed": fixed, **changes})["id"]
    train_all(client, Trainer(client))
    when_ended(client, sweep)
    return str(sweep)


def ensemble(client: httpx.Client, sweep: str, **query: Any) -> Json:
    answer = client.get(f"/v1/sweeps/{sweep}/ensemble", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_an_ended_sweep_has_an_ensemble_with_members_and_weights_beside_the_best_trial(client: httpx.Client) -> None:
    sweep = ended(client, objective={"metric": "dev_loss"})
    found = ensemble(client, sweep)
    assert (found["sweep"], found["selection"], found["pool"], found["rows"]) == (sweep, "greedy", TRIALS, 40)
    assert (found["metric"], found["direction"]) == ("dev_loss", "minimize")
    assert found["meaning"].startswith("the mean of what training brings down")
    total = sum(member["count"] for member in found["members"])
    assert [member["weight"] for member in found["members"]] == [one["count"] / total for one in found["members"]]
    for one in [*found["members"], found["best"]]:
        trial = client.get(f"/v1/sweeps/{sweep}/trials/{one['trial']}").json()
        assert (one["value"], one["metrics"]) == (trial["value"], trial["metrics"])
    values = [member["value"] for member in found["members"]]
    assert values == sorted(values)
    assert found["best"]["trial"] == client.get(f"/v1/sweeps/{sweep}/best").json()["number"]
    assert found["metrics"]["dev_loss"] < found["best"]["metrics"]["dev_loss"]
    assert {"dev_error", "dev_auc", "test_error", "test_loss"} < found["metrics"].keys()
    assert found["note"].startswith(f"Its test_loss is {found['metrics']['test_loss']:.4g}, and that of trial ")


def test_an_ensemble_is_chosen_once_and_stored(services: Services, client: httpx.Client) -> None:
    sweep = ended(client)
    chosen_from = fingerprint_of(services.storage.pool(sweep))
    assert services.storage.ensemble(sweep, "greedy", chosen_from) is None
    first = ensemble(client, sweep)
    stored = services.storage.ensemble(sweep, "greedy", chosen_from)
    assert stored is not None
    assert stored.metrics == first["metrics"]
    services.storage.store_ensemble(sweep, "greedy", chosen_from, replace(stored, rows=7))
    assert ensemble(client, sweep) == {**first, "rows": 7}


class HeldUp:
    """A storage that is asked for a model of one sweep, and takes its time."""

    def __init__(self, storage: Storage, sweep: str) -> None:
        self._storage, self._of = storage, sweep
        self.asked, self.go_on = Event(), Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def model(self, sweep: str, number: int) -> KeptModel | None:
        if sweep == self._of:
            self.asked.set()
            assert self.go_on.wait(PATIENCE)
        return self._storage.model(sweep, number)


def test_what_was_chosen_is_read_while_another_sweep_s_ensemble_is_chosen(
    services: Services, client: httpx.Client
) -> None:
    first, second = ended(client), ended(client)
    ensemble(client, second)
    storage: Any = HeldUp(services.storage, first)
    ensembles, selection = Ensembles(storage), Selection("greedy")
    choosing = Thread(target=ensembles.report, args=(first, selection))
    reading = Thread(target=lambda: (ensembles.report(second, selection), ensembles.get(second, selection)))
    choosing.start()
    try:
        assert storage.asked.wait(PATIENCE)
        reading.start()
        reading.join(PATIENCE)
        assert not reading.is_alive()
        assert choosing.is_alive()
    finally:
        storage.go_on.set()
        choosing.join()


def test_the_best_few_alike_are_another_ensemble(client: httpx.Client) -> None:
    sweep = ended(client)
    found = ensemble(client, sweep, selection="top", count=3)
    page = client.get(f"/v1/sweeps/{sweep}/trials", params={"sort": "value"}).json()["items"]
    assert [one["trial"] for one in found["members"]] == [one["number"] for one in page[:3]]
    assert [one["count"] for one in found["members"]] == [1, 1, 1]
    assert (found["selection"], found["rows"]) == ("top", 0)
    assert len(ensemble(client, sweep, selection="top")["members"]) == TRIALS  # of up to ten
    one = ensemble(client, sweep, selection="top", count=1)
    assert one["metrics"]["test_error"] == one["best"]["metrics"]["test_error"]


@pytest.mark.parametrize("kind", ["npz", "safetensors", "onnx"])
def test_every_format_is_a_file_with_the_same_card(client: httpx.Client, kind: str) -> None:
    if kind == "onnx":
        pytest.importorskip("onnx", reason="the extra onnx is not installed")
    sweep = ended(client, objective={"metric": "dev_loss"})
    route = f"/v1/sweeps/{sweep}/ensemble/model"
    answer = client.get(route, params={"format": kind})
    assert answer.headers["content-disposition"].endswith(f'"{sweep}-greedy.{kind}"')
    card = client.get(route, params={"format": "json"}).json()
    members, told = card["members"], ensemble(client, sweep)
    assert [(one["trial"], one["count"]) for one in members] == [(o["trial"], o["count"]) for o in told["members"]]
    assert (card["sweep"], card["selection"], card["metrics"]) == (sweep, "greedy", told["metrics"])
    if kind == "onnx":
        assert json.dumps(members[0]["hyperparameters"]["learning_rate"]).encode() in answer.content
    else:
        assert read_model(answer.content).card == card


def test_an_ensemble_predicts_as_its_file_does_and_the_test_rows_get_the_metrics_that_are_told(
    client: httpx.Client,
) -> None:
    sweep = ended(client, objective={"metric": "dev_loss"})
    rows = [{"p": 0.5, "q": -1.0}, {"p": None, "q": 2}]
    answer = client.post(f"/v1/sweeps/{sweep}/ensemble/predict", json={"rows": rows}).json()
    model = read_model(client.get(f"/v1/sweeps/{sweep}/ensemble/model").content)
    assert isinstance(model, Ensemble)
    wanted = model.predict(model.read_rows(rows))
    assert wanted.probabilities is not None
    assert [one["prediction"] for one in answer["items"]] == list(wanted.values)
    assert [list(one["probabilities"].values()) for one in answer["items"]] == wanted.probabilities.tolist()
    told = ensemble(client, sweep)["metrics"]
    for part in ("dev", "test"):
        sent = {"file": ("t.csv", labelled_tables()[f"{part}_file"])}
        scores = client.post(f"/v1/sweeps/{sweep}/ensemble/evaluate", files=sent).json()["metrics"]
        assert {f"{part}_{name}": value for name, value in scores.items()}.items() <= told.items()
    by_rows = {"rows": [{"p": 1.0, "q": 2.0, "y": "yes"}]}
    assert client.post(f"/v1/sweeps/{sweep}/ensemble/evaluate", json=by_rows).json()["rows"] == 1


def test_there_is_no_ensemble_before_the_end_and_a_sweep_that_goes_on_gets_another(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = ended(client, budget={"trials": 2})
    before = ensemble(client, sweep)
    client.patch(f"/v1/sweeps/{sweep}", json={"budget": {"trials": 6}}).raise_for_status()
    refused = problem(client.get(f"/v1/sweeps/{sweep}/ensemble"), 409)
    assert "is running: an ensemble is chosen once it has ended" in refused["detail"]
    train_all(client, trainer)
    when_ended(client, sweep)
    after = ensemble(client, sweep)
    assert (before["pool"], after["pool"]) == (2, 6)


def test_a_cancelled_sweep_has_an_ensemble_of_what_it_came_to(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client)["id"]
    for lease, value in zip(trainer.leases(2), (0.5, 0.25), strict=True):
        row = np.random.default_rng(lease["run"]).normal(size=35).astype("<f4").tobytes()
        trainer.finish(finished(lease, value, model=trainer.hand_in(row)))
    client.post(f"/v1/sweeps/{sweep}/cancel").raise_for_status()
    assert ensemble(client, sweep)["pool"] == 2


def test_with_folds_the_first_one_is_the_dev_part_that_chooses(client: httpx.Client) -> None:
    sweep = ended(client, folds=3, budget={"trials": 2})
    found = ensemble(client, sweep)
    assert (found["pool"], found["rows"]) == (2, 54)  # of 160 rows to train on and to choose by
    assert "means over all 3 folds" in found["note"]
    one = ensemble(client, sweep, selection="top", count=1)
    card = client.get(f"/v1/sweeps/{sweep}/trials/{one['members'][0]['trial']}/model", params={"format": "json"}).json()
    assert one["metrics"]["dev_error"] == card["metrics"]["dev_error"]
    assert one["metrics"]["test_error"] == card["metrics"]["test_error"]


def test_who_has_no_models_has_no_ensemble(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 1})["id"]
    trainer.train_everything()
    when_ended(client, sweep)
    assert "No model of the sweep" in problem(client.get(f"/v1/sweeps/{sweep}/ensemble"), 404)["detail"]
    problem(client.post(f"/v1/sweeps/{sweep}/ensemble/predict", json={"rows": [IRIS]}), 404)
    problem(client.get("/v1/sweeps/swp_none/ensemble"), 404)
    foreign = {"trainer": "external", "metrics": {"auc": "maximize"}, "dataset": None, "fixed": None}
    theirs = start(client, **foreign)["id"]
    assert "the models of foreign trainers" in problem(client.get(f"/v1/sweeps/{theirs}/ensemble"), 409)["detail"]


def test_weights_that_do_not_fit_are_a_conflict_that_names_the_trial(client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, budget={"trials": 1})["id"]
    (lease,) = trainer.leases()
    trainer.finish(finished(lease, 0.5, model=trainer.hand_in(bytes(8))))
    when_ended(client, sweep)
    refused = problem(client.get(f"/v1/sweeps/{sweep}/ensemble"), 409)
    assert "The model of trial 0 has 2 numbers" in refused["detail"]


def test_what_cannot_be_asked_is_refused(client: httpx.Client) -> None:
    sweep = start(client)["id"]
    route = f"/v1/sweeps/{sweep}/ensemble"
    assert places(client.get(route, params={"count": 3})) == ["/count"]
    assert places(client.get(route, params={"selection": "best", "count": 0, "k": 1})) == [
        "/k",
        "/selection",
        "/count",
    ]
    assert places(client.get(f"{route}/model", params={"format": "pickle"})) == ["/format"]


def test_rows_with_faults_are_refused_with_all_of_them(client: httpx.Client) -> None:
    sweep = ended(client)
    route = f"/v1/sweeps/{sweep}/ensemble"
    assert places(client.post(f"{route}/predict", json={"rows": [{"p": "x"}], "row": 1})) == [
        "/row",
        "/rows/0/q",
        "/rows/0/p",
    ]
    assert places(client.post(f"{route}/evaluate", files={"rows": ("t.csv", "p,q\n")})) == ["/rows", "/file"]


def test_one_worker_and_three_with_other_stacks_leave_the_same_ensemble_to_the_bit(client: httpx.Client) -> None:
    fixed = {"epochs": 3, "hidden_units": [4]}
    alone = ended(client, objective={"metric": "dev_loss"}, fixed=fixed)
    same = {"dataset": "mine", "budget": {"trials": TRIALS}, "objective": {"metric": "dev_loss"}, "fixed": fixed}
    sweep = start(client, **same)["id"]
    train_all(client, Trainer(client, "worker 1"), slots=1)
    train_all(client, Trainer(client, "worker 2"), slots=3)
    while train_all(client, Trainer(client, "worker 3")):  # of what it may have, each time
        pass
    when_ended(client, sweep)
    first, second = ensemble(client, alone), ensemble(client, sweep)
    assert {**second, "sweep": alone} == first
    models = [read_model(client.get(f"/v1/sweeps/{one}/ensemble/model").content) for one in (alone, sweep)]
    arrays = [{name: array.tobytes() for name, array in model.named_arrays().items()} for model in models]
    assert arrays[0] == arrays[1]
