"""The client asks a real server: data sets go up, sweeps are started, followed and steered."""

import json
from pathlib import Path
from threading import Thread

import httpx
import pandas
import polars
import pytest

from logsweep import (
    Client,
    Conflict,
    DeadlineExceeded,
    Event,
    InvalidRequest,
    NotFound,
    Sweep,
    Unauthenticated,
    Unreachable,
)
from logsweep.answers.sweeps import SweepAnswer
from logsweep.calls import content, get
from tests.app.api.serving import Trainer, sweep_body
from tests.documents.session import ROOT

FLOWERS = ROOT / "docs" / "examples" / "flowers.csv"


def _start(client: Client, **changes: object) -> Sweep:
    return client.sweep(sweep_body(**changes))


def test_the_address_is_given_or_of_the_environment_or_the_usual_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOGSWEEP_SERVER", raising=False)
    assert Client().url == "http://127.0.0.1:8000"
    monkeypatch.setenv("LOGSWEEP_SERVER", "http://there:1/")
    assert Client().url == "http://there:1"
    assert Client("http://here:2").url == "http://here:2"


def test_a_client_without_a_key_is_told_where_it_takes_one_from(client: Client) -> None:
    client.create_key("mine", ["admin"])
    with pytest.raises(
        Unauthenticated, match=r"asks for an access key(.|\n)*Client\(key=\.\.\.\), or by LOGSWEEP_KEY_FILE"
    ):
        client.dataset("digits")


def test_a_file_is_uploaded_once_and_found_again(client: Client) -> None:
    first = client.upload(FLOWERS, name="flowers", target="species", split=(0.8, 0.2, 0.0), split_seed=7)
    assert (first.task, first.rows["test"]) == ("multiclass", 0)
    assert client.upload(str(FLOWERS), name="flowers", target="species", split="0.8,0.2,0.0", split_seed=7) == first
    assert client.dataset("flowers") == first
    assert "flowers" in [one.name for one in client.datasets()]
    client.delete_dataset("flowers")
    with pytest.raises(NotFound):
        client.dataset("flowers")


def test_frames_of_pandas_and_of_polars_become_the_same_data_set(client: Client) -> None:
    of_pandas = client.upload(pandas.read_csv(FLOWERS), name="one", target="species")
    of_polars = client.upload(polars.read_csv(FLOWERS), name="two", target="species")
    of_file = client.upload(FLOWERS, name="three", target="species")
    assert of_pandas.sha256 == of_polars.sha256
    assert (of_pandas.rows, of_pandas.features) == (of_file.rows, of_file.features)


def test_parts_may_be_frames_of_their_own_and_a_preview_stores_nothing(client: Client) -> None:
    table = pandas.read_csv(FLOWERS)
    seen = client.preview_upload(table[:100], dev=table[100:120], test=table[120:], target="species")
    assert seen.rows["train"] == 100
    assert seen.rows["dev"] == 20
    assert "preview" not in [one.name for one in client.datasets()]


def test_all_faults_of_a_request_are_told_in_the_sentences_of_the_server(client: Client) -> None:
    with pytest.raises(InvalidRequest, match="Did you mean") as told:
        client.sweep(dataset="irsi", space={"learning_rate": {"kind": "float", "low": 1.0, "high": 0.1}}, budget=4)
    assert [fault.pointer for fault in told.value.faults] == ["/dataset", "/space/learning_rate/low"]
    assert told.value.status == 422
    assert all(fault.detail in str(told.value) for fault in told.value.faults)


def test_a_sweep_is_a_request_or_its_fields_and_short_forms_are_written_out(client: Client) -> None:
    space = {"learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"}}
    short = client.sweep(
        dataset="iris", space=space, budget=4, sampler="random", scheduler="none", objective="dev_loss", seed=7
    ).now
    assert short.budget["trials"] == 4
    assert (short.sampler["kind"], short.scheduler["kind"], short.objective["metric"]) == ("random", "none", "dev_loss")
    both = client.sweep(sweep_body(name="of the request"), name="of the field").now
    assert (both.name, both.dataset) == ("of the field", "iris")
    assert client.preview(sweep_body()).parameters.keys() == {"learning_rate"}


def test_a_sweep_is_waited_for_by_its_events_and_shown_on_the_way(client: Client, trainer: Trainer) -> None:
    sweep = _start(client)
    shown: list[SweepAnswer] = []
    thread = Thread(target=trainer.train_everything)
    thread.start()
    sweep.wait(60.0, progress=shown.append)
    thread.join()
    assert sweep.now.state == "completed"
    assert shown[-1] == sweep.now
    assert shown[-1].done == 4


def test_a_wait_ends_when_its_time_is_up(client: Client) -> None:
    with pytest.raises(DeadlineExceeded, match=r"within 0\.2 s"):
        _start(client).wait(0.2, progress=False)


def test_a_wait_ends_when_the_sweep_is_paused(client: Client) -> None:
    sweep = _start(client)
    sweep.pause()
    assert sweep.wait(60.0, progress=False).now.state == "paused"


def test_trials_are_gone_through_page_by_page_and_become_frames(client: Client, trainer: Trainer) -> None:
    sweep = _start(client, budget={"trials": 5})
    trainer.train_everything([0.5, 0.25])
    trials = sweep.trials(limit=2)
    assert [one.number for one in trials] == [0, 1, 2, 3, 4]
    assert [one.number for one in sweep.trials(sort="value", where="value<0.4")] == [1, 3]
    frame, other = trials.to_pandas(), trials.to_polars()
    assert list(frame.columns) == other.columns
    assert list(frame["value"]) == list(frame["dev_error"]) == list(other["value"]) == [0.5, 0.25, 0.5, 0.25, 0.5]
    assert frame["param.learning_rate"].between(1e-4, 1.0).all()
    assert sweep.best().number == 1
    assert len(sweep.curve(0).to_pandas()) == 3
    assert [one.ending for one in sweep.attempts(0)] == ["finished"]
    assert sweep.leaderboard().items[0].trial == 1
    assert sweep.trial(4).number == 4


def test_a_sweep_is_steered(client: Client, trainer: Trainer) -> None:
    sweep = _start(client)
    assert (sweep.pause().state, sweep.now.state) == ("paused", "paused")
    assert sweep.resume().state == "running"
    assert sweep.enqueue([{"learning_rate": 0.5}]).trials == [4]
    trainer.train_everything()
    sweep.wait(60.0, progress=False)
    assert sweep.extend(3).budget["trials"] == 8
    assert sweep.now.state == "running"
    with pytest.raises(ValueError, match="no limit of epochs"):
        sweep.extend(epochs=5)
    with pytest.raises(Conflict):
        sweep.delete()
    assert sweep.cancel().state == "cancelled"
    assert sweep.change(name="other", tags=["a"]).name == "other"
    assert [one.id for one in client.sweeps(tag="a")] == [sweep.id]
    sweep.delete()
    with pytest.raises(NotFound):
        client.get_sweep(sweep.id)


def test_events_are_followed_from_where_one_was(client: Client) -> None:
    sweep = _start(client)
    messages = client.messages(sweep.id)
    assert next(messages) is None  # the place from which it is followed
    thread = Thread(target=lambda: (sweep.pause(), sweep.resume()))
    thread.start()
    states = (event for event in messages if event is not None and event.kind == "sweep")
    first, second = next(states), next(states)
    thread.join()
    assert [first.data["state"], second.data["state"]] == ["paused", "running"]
    again = next(event for event in client.events(after=first.id) if event.kind == "sweep")
    assert again == second
    lost = next(client.events(after="0:1"))
    assert lost == Event("resync", {}, lost.id)


def test_events_are_followed_from_the_call_on_whenever_they_are_read(client: Client) -> None:
    sweep = _start(client)
    events = sweep.events()
    sweep.pause()
    assert next(event for event in events if event.kind == "sweep").data["state"] == "paused"


def test_what_is_no_server_is_said_in_a_sentence() -> None:
    with (
        Client("http://127.0.0.1:9", deadline=0.3) as client,
        pytest.raises(Unreachable, match="Is the server running"),
    ):
        client.health()


def test_a_backup_is_a_file(client: Client, tmp_path: Path) -> None:
    assert client.backup(tmp_path / "copy.db") == tmp_path / "copy.db"
    assert (tmp_path / "copy.db").read_bytes().startswith(b"SQLite format 3")
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.db"]


def test_what_the_server_knows_is_told(shared: Client) -> None:
    assert shared.health().status == "ok"
    assert (shared.readiness().sqlite or "").startswith("3.")
    assert "learning_rate" in {one.name for one in shared.hyperparameters()}
    assert "dev_error" in {one.name for one in shared.metrics()}
    assert list(shared.workers()) == []
    checked = shared.check_gradient({"dataset": "iris", "fixed": {"hidden_units": [4]}, "steps": 1})
    assert checked.verdict in {"great", "look"}


def test_a_call_of_one_s_own_reaches_what_has_no_name_here(shared: Client) -> None:
    assert json.loads(shared.run(get("/openapi.json", content)))["info"]["title"] == "logsweep"


@pytest.mark.parametrize("name", ["a/b", "a?b", "a b", "ä"])
def test_a_name_of_any_characters_is_a_part_of_a_path(shared: Client, name: str) -> None:
    with pytest.raises(NotFound) as told:
        shared.dataset(name)
    assert told.value.status == httpx.codes.NOT_FOUND


def test_the_types_of_a_frame_say_what_is_a_category_and_a_word_is_never_a_missing_cell(client: Client) -> None:
    frame = pandas.DataFrame(
        {
            "grade": pandas.Categorical([1, 2, 3] * 20),
            "country": ["NA", "DE"] * 30,
            "flag": [True, False] * 30,
            "size": [1.5, None, 2.5] * 20,
            "y": pandas.Categorical([0, 1] * 30),
        }
    )
    card = client.upload(frame, name="kinds", target="y").card
    columns = {one["name"]: one for one in card["columns"]}
    assert (card["task"], card["classes"]) == ("binary", ["0", "1"])
    assert columns["grade"]["categories"] == ["1", "2", "3"]
    assert columns["country"]["categories"] == ["DE", "NA"]
    assert columns["flag"]["categories"] == ["False", "True"]
    assert columns["size"]["flag"]
    of_polars = polars.DataFrame(
        {"grade": polars.Series([1, 2, 3] * 20).cast(polars.String).cast(polars.Categorical), "y": [0.5, 1.5] * 30}
    )
    seen = client.preview_upload(of_polars, target="y")
    assert (seen.task, seen.columns[0].kind) == ("regression", "categorical")


def test_trials_are_exported_to_a_file_and_shown_in_few_points(
    client: Client, trainer: Trainer, tmp_path: Path
) -> None:
    sweep = _start(client)
    trainer.train_everything([0.5, 0.25])
    exported = pandas.read_csv(sweep.export(tmp_path / "trials.csv"))
    assert list(exported["number"]) == [0, 1, 2, 3]
    lines = sweep.export(tmp_path / "epochs.jsonl", of="curves").read_text().splitlines()
    assert len(lines) == 4 * 3
    assert json.loads(lines[0]).keys() >= {"epoch"}
    assert "best" in sweep.progress_chart(by="epochs")
    assert sweep.curves_chart(number=[1])
    assert sweep.points_chart(["value", "param.learning_rate"])
