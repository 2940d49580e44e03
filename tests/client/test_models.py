"""Models answer over HTTP, and come down as files."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pandas
import polars
import pytest

from engine.models import read_model
from logsweep import Client, Sweep
from logsweep.errors import LogsweepError
from logsweep.operations import models
from tests.app.api.serving import Trainer, serving, sweep_body
from tests.app.api.training import train_all
from tests.documents.session import ROOT

FLOWERS = ROOT / "docs" / "examples" / "flowers.csv"


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sweep]:
    """A sweep that has ended, with real models."""
    with serving(tmp_path_factory.mktemp("models")) as (http, _), Client(str(http.base_url)) as client:
        client.upload(FLOWERS, name="flowers", target="species")
        sweep = client.sweep(sweep_body(dataset="flowers", fixed={"epochs": 3}))
        train_all(http, Trainer(http))
        yield sweep.wait(60.0, progress=False)


def test_records_and_frames_are_predicted_alike(sweep: Sweep) -> None:
    model = sweep.model()
    frame = pandas.read_csv(FLOWERS).drop(columns="species")
    frame.loc[0, "sepal_length"] = np.nan
    records = model.predict(frame.replace({np.nan: None}).to_dict(orient="records"))
    assert records.items[0].prediction in (records.items[0].probabilities or {})
    assert len(records.items) == len(frame)
    assert model.predict(frame) == records
    assert model.predict(polars.from_pandas(frame)) == records


def test_many_rows_go_in_parts_and_come_back_in_their_order(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, model = pandas.read_csv(FLOWERS), sweep.model(0)
    whole = model.predict(frame)
    monkeypatch.setattr(models, "MOST_ROWS", 40)
    assert model.predict(frame) == whole
    monkeypatch.setattr(models, "MOST_BYTES", 500)
    assert model.predict(frame) == whole
    assert [note.columns for note in whole.notes] == [["species"]]


def test_a_file_a_frame_and_records_get_the_same_scores(sweep: Sweep) -> None:
    frame, model = pandas.read_csv(FLOWERS), sweep.model(1)
    scores = model.evaluate(FLOWERS)
    assert scores.rows == len(frame)
    assert model.evaluate(str(FLOWERS)) == scores
    assert model.evaluate(frame).metrics == pytest.approx(scores.metrics)


def test_a_model_is_a_file_of_the_format_that_its_name_says(sweep: Sweep, tmp_path: Path) -> None:
    model = sweep.model(2)
    for name in ("model.npz", "model.safetensors", "model"):
        assert model.download(tmp_path / name) == tmp_path / name
        assert read_model((tmp_path / name).read_bytes()).card == model.card()
    assert (tmp_path / "model").read_bytes() == (tmp_path / "model.npz").read_bytes() == model.fetch()


def test_an_ensemble_is_a_model_with_a_report(sweep: Sweep) -> None:
    ensemble = sweep.ensemble()
    assert ensemble.report.sweep == sweep.id
    frame = pandas.read_csv(FLOWERS)
    assert len(ensemble.predict(frame).items) == len(frame)
    assert ensemble.evaluate(frame).rows == len(frame)
    assert len(sweep.ensemble("top", 2).report.members) == 2


def test_a_download_that_breaks_off_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        def pieces() -> Iterator[bytes]:
            yield b"half"
            raise httpx.ReadError("reset")

        return httpx.Response(200, content=pieces())

    with (
        Client("http://here:1", deadline=0.5, transport=httpx.MockTransport(broken)) as client,
        pytest.raises(LogsweepError, match=r"reset|longer deadline"),  # the latter on a machine with much to do
    ):
        client.run(replace(models.download(models.of_trial("S", 1), tmp_path / "model.npz"), takes=0.0))
    assert list(tmp_path.iterdir()) == []
