"""Population based training over HTTP: what is refused at the post, and what trials that go on from others show."""

from typing import Any

import httpx
import pytest

from tests.app.api.serving import Json, Trainer, places, problem, start, sweep_body
from tests.app.api.training import train_all

PBT: Json = {"kind": "pbt", "population": 4, "interval": 2, "replaced": 25}


@pytest.mark.parametrize(
    ("changes", "where", "told"),
    [
        ({"space": {"hidden_units": {"kind": "choice", "values": [[3], [4]]}}}, "/space", "learning_rate"),
        ({"sampler": {"kind": "gp"}}, "/scheduler/kind", "pbt with one of random, sobol, halton, latin_hypercube"),
        ({"sampler": {"kind": "grid"}}, "/scheduler/kind", "go on from others with other knobs"),
        ({"scheduler": {**PBT, "replaced": 51}}, "/scheduler/replaced", "from 1 to 50"),
    ],
)
def test_a_population_that_makes_no_sense_is_refused_with_the_way_out(
    shared: httpx.Client, changes: Json, where: str, told: str
) -> None:
    fixed = {"epochs": 6} if "space" in changes else {"epochs": 6, "hidden_units": [4]}
    answer = shared.post("/v1/sweeps", json=sweep_body(**{"fixed": fixed, "scheduler": PBT, **changes}))
    assert places(answer) == [where]
    assert told in problem(answer, 422)["errors"][0]["detail"]


def test_a_foreign_trainer_cannot_pass_weights_on(shared: httpx.Client) -> None:
    foreign: dict[str, Any] = {"trainer": "external", "metrics": {"auc": "maximize"}, "steps": 9, "pauses": True}
    body = sweep_body(dataset=None, fixed=None, scheduler=PBT, **foreign)
    answer = shared.post("/v1/sweeps", json=body)
    assert places(answer) == ["/scheduler/kind"]
    assert "which a foreign trainer keeps to itself" in answer.text


def test_trials_that_go_on_from_others_show_their_lineage_and_their_own_curve(
    client: httpx.Client, trainer: Trainer
) -> None:
    sweep = start(client, fixed={"epochs": 6, "hidden_units": [4]}, scheduler=PBT, budget={"trials": 9})["id"]
    while client.get(f"/v1/sweeps/{sweep}").json()["state"] == "running":
        train_all(client, trainer)  # keeps nothing, so that heirs train all that their ancestors did
    assert client.get(f"/v1/sweeps/{sweep}").json()["state"] == "completed"
    trials = {one["number"]: one for one in client.get(f"/v1/sweeps/{sweep}/trials").json()["items"]}
    heirs = [one for one in trials.values() if one["lineage"]]
    assert len(heirs) >= 2
    for one in heirs:
        parent = one["lineage"][-1]
        assert parent["params"] == trials[parent["trial"]]["params"]
        assert one["source"] == "inherited"
        assert client.get(f"/v1/sweeps/{sweep}/trials/{one['number']}").json()["lineage"] == one["lineage"]
        card = client.get(f"/v1/sweeps/{sweep}/trials/{one['number']}/model", params={"format": "json"}).json()
        assert card["lineage"] == one["lineage"]
        curve = client.get(f"/v1/sweeps/{sweep}/trials/{one['number']}/curve").json()["items"]
        assert [point["epoch"] for point in curve] == list(range(parent["to_epoch"] + 1, one["epochs"] + 1))
    decisions = client.get(f"/v1/sweeps/{sweep}/decisions").json()["items"]
    told = [one["reason"] for one in decisions if one["trials"] == [heirs[0]["number"]] and one["kind"] == "draw"]
    assert told
    assert told[0].startswith("in place of trial ")
