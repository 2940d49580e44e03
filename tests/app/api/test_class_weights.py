"""Class weights over REST: what is refused at the post, what rare classes gain, and what a diagnosis makes of them."""

import math
from typing import Any

import httpx
import pytest

from tests.app.api.serving import Json, Trainer, curve_point, finished, problem, start, sweep_body
from tests.app.api.training import train_all

# A third of the rows with an x above 15 are rare, and no others.
RARE = "x,kind\n" + "".join(
    f"{index % 20},{'rare' if index % 20 > 15 and index // 20 % 3 == 0 else 'usual'}\n" for index in range(600)
)
NUMBERS = "x,y\n" + "".join(f"{index % 7},{index / 3}\n" for index in range(90))


def upload(client: httpx.Client, table: str, target: str) -> Json:
    answer = client.post("/v1/datasets", data={"name": "data", "target": target}, files={"file": ("t.csv", table)})
    assert answer.status_code == 201, answer.text
    found: Json = answer.json()
    return found


def choice(*values: Any) -> Json:
    return {"space": {"class_weight": {"kind": "choice", "values": list(values)}}}


@pytest.mark.parametrize(
    ("change", "pointer", "detail"),
    [
        (
            {"fixed": {"class_weight": {"rar": 9, "usual": 1}}},
            "/fixed/class_weight/rar",
            'There is no class "rar" in the target. Did you mean "rare"?',
        ),
        (
            choice("none", {"usual": 2, "rarest": 1}),
            "/space/class_weight/values/1/rarest",
            'There is no class "rarest" in the target. Did you mean "rare"?',
        ),
        (
            choice("balanced", {"rare": 0}),
            "/space/class_weight/values/1",
            'The value {"rare": 0} is not possible for class_weight: it must be one of "none", "balanced", or an '
            "object that gives some classes, by name, a number above 0.",
        ),
        (
            {"fixed": {"pos_weight": 9}},
            "/fixed/pos_weight",
            'There is no hyperparameter "pos_weight". Did you mean "class_weight"? It gives classes their weights by '
            'name, such as {"no": 1, "yes": 9}.',
        ),
    ],
)
def test_weights_that_make_no_sense_are_refused_at_the_post(
    client: httpx.Client, change: Json, pointer: str, detail: str
) -> None:
    upload(client, RARE, "kind")
    found = problem(client.post("/v1/sweeps", json=sweep_body(dataset="data", **change)), 422)

    assert {"pointer": pointer, "detail": detail} in found["errors"]


def test_numbers_have_no_classes_to_weigh_in_sweeps_and_gradient_checks(client: httpx.Client) -> None:
    upload(client, NUMBERS, "y")
    fixed = {"class_weight": "balanced", "hidden_units": [3]}
    refused = "Only classes can be weighed, and the target is a number. Leave class_weight out."
    sweep = sweep_body(dataset="data", fixed=fixed, objective={"metric": "dev_rmse"})
    for answer in (
        client.post("/v1/sweeps", json=sweep),
        client.post("/v1/gradient-checks", json={"dataset": "data", "fixed": fixed}),
    ):
        assert problem(answer, 422)["errors"] == [{"pointer": "/fixed/class_weight", "detail": refused}]


def test_the_gradient_of_a_weighed_loss_is_great(client: httpx.Client) -> None:
    upload(client, RARE, "kind")
    body = {"dataset": "data", "fixed": {"class_weight": {"rare": 30}, "hidden_units": [3]}, "steps": 5}

    assert client.post("/v1/gradient-checks", json=body).json()["verdict"] == "great"


def test_a_sweep_over_weights_trains_in_one_stack_and_its_model_cards_tell_the_weights_and_the_classes(
    client: httpx.Client, trainer: Trainer
) -> None:
    card = upload(client, RARE, "kind")["card"]
    assert card["classes"] == ["rare", "usual"]
    assert [sum(column) for column in zip(*card["class_counts"].values(), strict=True)] == [40, 560]
    values = ["none", "balanced", {"rare": 20}]
    fixed = {"hidden_units": [], "epochs": 20, "learning_rate": 0.02}
    sweep = start(client, dataset="data", fixed=fixed, budget={"trials": 9}, **choice(*values))["id"]
    trained = train_all(client, trainer)

    assert len({run.cohort for run, _ in trained}) == 1
    assert all(any(run.params["class_weight"] == value for run, _ in trained) for value in values)
    for run, _ in trained:
        rows = [{"x": x} for x in range(20)]
        trial = f"/v1/sweeps/{sweep}/trials/{run.trial}"
        answers = client.post(f"{trial}/predict", json={"rows": rows}).json()["items"]
        weights = client.get(f"{trial}/model", params={"format": "json"}).json()["hyperparameters"]["class_weight"]

        assert weights == run.params["class_weight"]
        assert any(answer["prediction"] == "rare" for answer in answers) == (weights != "none")


def test_a_plateau_under_weights_is_one_at_the_loss_of_guessing_under_them(
    client: httpx.Client, trainer: Trainer
) -> None:
    counts = upload(client, RARE, "kind")["card"]["class_counts"]["train"]
    shares = [30 * counts[0] / sum(counts), counts[1] / sum(counts)]
    guessing = -sum(share * math.log(share / sum(shares)) for share in shares)
    for weights, expected in (({"rare": 30}, ["plateau"]), ("balanced", [])):
        fixed = {"class_weight": weights, "epochs": 25}
        sweep = start(client, dataset="data", fixed=fixed, budget={"trials": 1})["id"]
        (lease,) = trainer.leases()
        # It came down from far above to there: under balanced weights, that is still far above guessing.
        losses = [4.0 * guessing, *[guessing] * 24]
        points = [
            curve_point(n) | {"metrics": {"train_loss": loss}, "gradient_norms": None}
            for n, loss in enumerate(losses, 1)
        ]
        trainer.finish(finished(lease, 0.5, metrics={"dev_error": 0.5, "train_error": 0.5}, curve=points, epochs=25))
        found = client.get(f"/v1/sweeps/{sweep}/trials/0/diagnosis").json()["training"]

        assert [one["kind"] for one in found] == expected
