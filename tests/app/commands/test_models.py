"""`logsweep predict` and `evaluate` answer alike with a model file and with the same model of a server."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from app.cli import app
from tests.app.api.serving import serving
from tests.app.api.test_answered import trained

ROWS = (
    "sepal_length_cm,sepal_width_cm,petal_length_cm,petal_width_cm,target\n"
    "5.1,3.5,1.4,0.2,setosa\n6.7,3.1,5.6,2.4,virginica\n5.9,,4.2,1.5,versicolor\n"
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of one server for this module."""
    with serving(tmp_path_factory.mktemp("predicting")) as (client, _):
        yield client


@pytest.fixture(scope="module")
def route(client: httpx.Client) -> str:
    """The address of a sweep whose models are kept."""
    return trained(client, "iris")


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """A file of rows with their targets."""
    file = tmp_path / "rows.csv"
    file.write_text(ROWS)
    return file


def _run(client: httpx.Client, *words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, list(map(str, words)), env={"LOGSWEEP_SERVER": str(client.base_url)})
    assert result.exit_code == code, result.output + result.stderr
    return result


@pytest.mark.parametrize(("words", "model"), [((), None), (("--trial", 2), "trials/2"), (("--ensemble",), "ensemble")])
def test_a_model_of_a_server_answers_as_its_file_and_as_the_api(
    client: httpx.Client, route: str, rows: Path, words: tuple[object, ...], model: str | None
) -> None:
    sweep = route.rpartition("/")[2]
    at = f"{route}/{model or 'trials/' + str(client.get(f'{route}/best').json()['number'])}"
    file = rows.with_name("model.npz")
    file.write_bytes(client.get(f"{at}/model", params={"format": "npz"}).content)
    told = _run(client, "predict", rows, "--sweep", sweep, *words)
    assert told.stdout == _run(client, "predict", file, rows).stdout
    assert "The model is " in told.stderr
    sent = [
        {name: float(value) if value else None for name, value in row.items() if name != "target"}
        for row in csv.DictReader(ROWS.splitlines())
    ]
    items: list[Any] = client.post(f"{at}/predict", json={"rows": sent}).json()["items"]
    assert json.loads(_run(client, "predict", rows, "--sweep", sweep, *words, "--json").stdout)["items"] == items
    scored = _run(client, "evaluate", rows, "--sweep", sweep, *words, "--json")
    with rows.open("rb") as opened:
        assert json.loads(scored.stdout) == client.post(f"{at}/evaluate", files={"file": opened}).json()
    assert (
        _run(client, "evaluate", file, rows).stdout == _run(client, "evaluate", rows, "--sweep", sweep, *words).stdout
    )


def test_numbers_are_predicted_as_the_api_answers_them(client: httpx.Client, tmp_path: Path) -> None:
    sweep = trained(client, "diabetes", objective={"metric": "dev_rmse"}).rpartition("/")[2]
    columns = client.get("/v1/datasets/diabetes").json()["card"]["columns"]
    rows = tmp_path / "rows.csv"
    rows.write_text("\n".join([",".join(one["name"] for one in columns), ",".join("0.5" for _ in columns)]))
    (item,) = json.loads(_run(client, "predict", rows, "--sweep", sweep, "--json").stdout)["items"]
    assert item.keys() == {"prediction"}


def test_what_does_not_go_together_is_a_command_written_wrongly(client: httpx.Client, rows: Path) -> None:
    for words, rule in (
        (("predict", rows), "Say the model file and the rows"),
        (("predict", rows, rows, "--sweep", "swp_x"), "say the file of rows alone"),
        (("evaluate", rows, rows, "--trial", 1), "say whose with --sweep"),
        (("predict", rows, "--sweep", "swp_x", "--trial", 1, "--ensemble"), "Take one of the two"),
    ):
        assert rule in " ".join(_run(client, *words, code=2).stderr.replace("│", " ").split())


def test_a_sweep_that_is_not_there_and_a_trial_without_a_model_are_refused_with_1(
    client: httpx.Client, route: str, rows: Path
) -> None:
    assert "swp_none" in _run(client, "predict", rows, "--sweep", "swp_none", code=1).stderr
    assert "99" in _run(client, "evaluate", rows, "--sweep", route.rpartition("/")[2], "--trial", 99, code=1).stderr
    rows.write_text("a,b\n1,2\n")
    assert "sepal_length_cm" in _run(client, "predict", rows, "--sweep", route.rpartition("/")[2], code=1).stderr
