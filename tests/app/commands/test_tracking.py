"""`logsweep export --to` writes what the packages of other tools read, and doubles nothing."""

import json
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2
from typer.testing import CliRunner, Result

from app.cli import app
from app.commands.trackers.mlflow_names import fitting_names
from tests.app.api.serving import Trainer, finished, serving, start, when_ended

if TYPE_CHECKING:
    from mlflow import MlflowClient

pytestmark = [
    pytest.mark.filterwarnings("ignore:::mlflow"),
    pytest.mark.filterwarnings("ignore:::tensorboard"),
]

SPACE = {
    "learning_rate": {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"},
    "hidden_units": {"kind": "choice", "values": [[4], [4, 2]]},
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of one server for this module."""
    with serving(tmp_path_factory.mktemp("trackers")) as (client, _):
        yield client


@pytest.fixture(scope="module")
def sweep(client: httpx.Client) -> str:
    """A sweep of six trials in two trainings each, two of which diverged."""
    body = {
        "name": "two tulips",
        "tags": ["red", "tall"],
        "notes": "a note",
        "space": SPACE,
        "fixed": {"epochs": 3},
        "replicates": 2,
    }
    name: str = start(client, budget={"trials": 6}, **body)["id"]
    Trainer(client).train_everything([0.5, 0.25, None])
    when_ended(client, name)
    return name


def _export(client: httpx.Client, sweep: str, *words: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["export", sweep, *words, "--json", "--server", str(client.base_url)])
    assert result.exit_code == code, result.output + result.stderr
    return result


def _counts(result: Result) -> tuple[int, int, int]:
    told = json.loads(result.stdout)
    return told["written"], told["unchanged"], told["left"]


def _trials(client: httpx.Client, sweep: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/v1/sweeps/{sweep}/trials").json()["items"]
    return found


def _curve(client: httpx.Client, sweep: str, trial: int, replicate: int, metric: str) -> list[tuple[int, Any]]:
    path, query = f"/v1/sweeps/{sweep}/trials/{trial}/curve", {"replicate": replicate}
    items = client.get(path, params=query).json()["items"]
    return [(one["epoch"], pytest.approx(one[metric])) for one in items if one[metric] is not None]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One database of MLflow: making it takes seconds."""
    made = str(tmp_path_factory.mktemp("mlflow") / "mlflow.db")
    assert _store(made).search_experiments()
    return made


def _store(place: str) -> "MlflowClient":
    from mlflow import MlflowClient  # noqa: PLC0415  # takes two seconds, and all processes of pytest read this module

    return MlflowClient(f"sqlite:///{place}", f"sqlite:///{place}")


def _runs(store: "MlflowClient", sweep: str) -> list[Any]:
    (experiment,) = [one for one in store.search_experiments() if one.tags.get("logsweep.sweep") == sweep]
    runs = store.search_runs([experiment.experiment_id])
    return sorted(runs, key=lambda run: int(run.data.tags["logsweep.trial"]))


def test_mlflow_reads_each_trial_as_a_run_with_all_there_is_of_it(client: httpx.Client, sweep: str, place: str) -> None:
    assert _counts(_export(client, sweep, place, "--to", "mlflow")) == (6, 0, 0)
    store = _store(place)
    (experiment,) = [one for one in store.search_experiments() if one.name.startswith("two tulips")]
    assert experiment.name == f"two tulips ({sweep})"
    assert (experiment.tags["logsweep.tags"], experiment.tags["mlflow.note.content"]) == ("red, tall", "a note")
    for trial, run in zip(_trials(client, sweep), _runs(store, sweep), strict=True):
        assert run.data.tags["logsweep.state"] == trial["state"]
        assert run.info.status == ("FINISHED" if trial["state"] == "completed" else "FAILED")
        assert run.data.params["learning_rate"] == json.dumps(trial["params"]["learning_rate"])
        assert json.loads(run.data.params["hidden_units"]) == trial["params"]["hidden_units"]
        assert run.data.params["optimizer"] == trial["all_params"]["optimizer"]
        found = {name: value for name, value in run.data.metrics.items() if "/" not in name}
        told = {name: value for name, value in trial["metrics"].items() if value is not None}
        assert found == {**told, **({"value": trial["value"]} if trial["value"] is not None else {})}
        for replicate, name in ((0, "curves/train_loss"), (1, "replicate_1/train_loss")):
            points = [(one.step, one.value) for one in store.get_metric_history(run.info.run_id, name)]
            assert points == _curve(client, sweep, trial["number"], replicate, "train_loss")


def test_mlflow_gets_nothing_twice_and_what_changed_anew(client: httpx.Client, place: str) -> None:
    name = start(client, name="open", space=SPACE, fixed={"epochs": 3}, budget={"trials": 2})["id"]
    assert _counts(_export(client, name, place, "--to", "mlflow")) == (0, 0, 2)
    Trainer(client).train_everything([0.5])
    when_ended(client, name)
    assert _counts(_export(client, name, place, "--to", "mlflow")) == (2, 0, 0)
    client.patch(f"/v1/sweeps/{name}", json={"name": "called otherwise"}).raise_for_status()
    store = _store(place)
    before = _runs(store, name)
    assert _counts(_export(client, name, place, "--to", "mlflow")) == (0, 2, 0)
    assert [run.to_dictionary() for run in _runs(store, name)] == [run.to_dictionary() for run in before]
    assert store.get_experiment(before[0].info.experiment_id).name == f"called otherwise ({name})"
    store.delete_tag(before[0].info.run_id, "logsweep.mark")  # as if the writing had broken off
    assert _counts(_export(client, name, place, "--to", "mlflow")) == (1, 1, 0)
    assert len(_runs(store, name)) == 2


@example([":/..:", "..a", "...", "a/...", "a/.."])
@example(["\n", "a\n"])  # the pattern of MLflow's check lets a line's end by, which no name should have
@given(st.lists(st.text("ab_@./ :-é", min_size=1) | st.text(min_size=1), max_size=8))
def test_every_name_becomes_another_one_that_mlflow_takes_or_stays(names: list[str]) -> None:
    from mlflow.utils.validation import path_not_unique, validate_param_and_metric_name  # noqa: PLC0415  # as above

    called = fitting_names(names)
    assert len(set(called.values())) == len(called) == len(set(names))
    for name, fitting in called.items():
        assert validate_param_and_metric_name(fitting)
        assert not path_not_unique(fitting)
        assert not path_not_unique(f"curves/{fitting}")
        if validate_param_and_metric_name(name) and not path_not_unique(name):
            assert fitting == name or name.endswith("\n")


FOREIGN: dict[str, Any] = {
    "trainer": "external",
    "metrics": dict.fromkeys(("acc@5", "acc_5", "f1(macro)", "a//b", "../x", "/value", "größe in %"), "maximize"),
    "objective": {"metric": "acc@5"},
    "space": {"lr (log)": {"kind": "float", "low": 0, "high": 1}},
    "fixed": {f"option#{number}": number for number in range(120)},
}


@pytest.fixture(scope="module")
def foreign(client: httpx.Client) -> str:
    """A sweep of two trials whose metrics and parameters have names that MLflow refuses."""
    body = {**FOREIGN, "name": "foreign", "budget": {"trials": 2}}
    name: str = client.post("/v1/sweeps", json=body).raise_for_status().json()["id"]
    trainer = Trainer(client)
    values = {metric: float(place) for place, metric in enumerate(FOREIGN["metrics"])}
    curve = [{"epoch": 1, "metrics": values, "seconds": 0.1}]
    runs = trainer.claim(9, trainer="external", rules=1)
    trainer.finish(*(finished(run["lease"], None, metrics=values, best_epoch=1, epochs=1, curve=curve) for run in runs))
    when_ended(client, name)
    return name


def test_mlflow_gets_names_that_it_takes_for_those_that_it_refuses(
    client: httpx.Client, foreign: str, place: str
) -> None:
    assert _counts(_export(client, foreign, place, "--to", "mlflow")) == (2, 0, 0)
    called = {
        "acc_5_2": 0.0, "acc_5": 1.0, "f1_macro_": 2.0, "a/b": 3.0, "_/x": 4.0, "value_2": 5.0, "größe in _": 6.0,
    }  # fmt: skip  # a row
    for run in _runs(_store(place), foreign):
        curves = {f"curves/{name}": value for name, value in called.items()}
        assert run.data.metrics == {**called, **curves, "value": 0.0}
        assert len(run.data.params) == 121
        assert {"lr _log_", "option_0", "option_119"} <= run.data.params.keys()


def test_what_breaks_off_leaves_no_run_of_mlflow_half_and_the_ones_that_were_there(
    client: httpx.Client, foreign: str, tmp_path: Path, place: str
) -> None:
    copy = str(shutil.copy(place, tmp_path / "copy.db"))  # with all tables: making them takes seconds
    assert sum(_counts(_export(client, foreign, copy, "--to", "mlflow"))) == 2
    store = _store(copy)
    before = _runs(store, foreign)
    store.delete_tag(before[0].info.run_id, "logsweep.mark")
    with closing(sqlite3.connect(copy)) as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON metrics BEGIN SELECT RAISE(ABORT, 'no room'); END")
        refused = _export(client, foreign, copy, "--to", "mlflow", code=1)
        assert "no room" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        assert [run.info.run_id for run in _runs(store, foreign)] == [run.info.run_id for run in before]
        database.execute("DROP TRIGGER full")
    assert _counts(_export(client, foreign, copy, "--to", "mlflow")) == (1, 1, 0)
    assert [run.info.status for run in _runs(store, foreign)] == ["FINISHED", "FINISHED"]


def test_an_experiment_that_was_deleted_in_mlflow_is_told_with_how_to_restore_it(
    client: httpx.Client, foreign: str, tmp_path: Path, place: str
) -> None:
    copy = str(shutil.copy(place, tmp_path / "copy.db"))
    _export(client, foreign, copy, "--to", "mlflow")
    store = _store(copy)
    experiment = _runs(store, foreign)[0].info.experiment_id
    store.delete_experiment(experiment)
    refused = _export(client, foreign, copy, "--to", "mlflow", code=1)
    assert f"mlflow experiments restore --experiment-id {experiment}" in refused.stderr
    store.restore_experiment(experiment)
    assert _counts(_export(client, foreign, copy, "--to", "mlflow"))[2] == 0


def test_a_store_that_cannot_be_written_is_told_in_a_sentence(
    client: httpx.Client, sweep: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    (tmp_path / "file").write_text("no folder")
    for kind, where in (
        ("mlflow", "http://127.0.0.1:1"),
        ("mlflow", str(tmp_path / "file" / "mlflow.db")),
        ("tensorboard", str(tmp_path / "file")),
    ):
        refused = _export(client, sweep, where, "--to", kind, code=1)
        assert refused.stderr.startswith(f"--to {kind} cannot write there: "), refused.stderr
        assert len(refused.stderr.splitlines()) == 1


def _hparams(read: EventAccumulator) -> list[plugin_data_pb2.HParamsPluginData]:
    found = read.PluginTagToContent("hparams").values()
    return [plugin_data_pb2.HParamsPluginData.FromString(content) for content in found]


def _read(folder: Path) -> EventAccumulator:
    return EventAccumulator(str(folder)).Reload()


def test_tensorboard_reads_each_trial_as_a_run_of_its_sweep_with_hyperparameters(
    client: httpx.Client, sweep: str, tmp_path: Path
) -> None:
    assert _counts(_export(client, sweep, str(tmp_path), "--to", "tensorboard")) == (6, 0, 0)
    folder = tmp_path / f"two-tulips-{sweep}"
    (config,) = _hparams(_read(folder))
    kinds = {one.name: one.WhichOneof("domain") for one in config.experiment.hparam_infos}
    assert kinds == {"learning_rate": "domain_interval", "hidden_units": "domain_discrete"}
    assert {one.name.tag for one in config.experiment.metric_infos} >= {"value", "dev_error"}
    for trial in _trials(client, sweep):
        read = _read(folder / f"trial-{trial['number']:05}")
        session = next(one.session_start_info for one in _hparams(read) if one.HasField("session_start_info"))
        assert session.hparams["learning_rate"].number_value == trial["params"]["learning_rate"]
        assert json.loads(session.hparams["hidden_units"].string_value) == trial["params"]["hidden_units"]
        scalars = set(read.Tags()["scalars"])
        told = {name for name, value in trial["metrics"].items() if value is not None}
        assert {name for name in scalars if "/" not in name} - {"value"} == told
        for name in told:
            (point,) = read.Scalars(name)
            assert (point.step, point.value) == (trial["best_epoch"] or 0, pytest.approx(trial["metrics"][name]))
        for replicate, name in ((0, "curves/train_loss"), (1, "replicate_1/train_loss")):
            points = [(one.step, one.value) for one in read.Scalars(name)] if name in scalars else []
            assert points == _curve(client, sweep, trial["number"], replicate, "train_loss")
        (text,) = read.Tensors("state")[0].tensor_proto.string_val
        assert text.decode().startswith(trial["state"])


def test_tensorboard_gets_nothing_twice_and_finds_the_folder_of_a_renamed_sweep(
    client: httpx.Client, tmp_path: Path
) -> None:
    name = start(client, name="a/b", space=SPACE, fixed={"epochs": 3}, budget={"trials": 2})["id"]
    Trainer(client).train_everything([0.5])
    when_ended(client, name)
    assert _counts(_export(client, name, str(tmp_path), "--to", "tensorboard")) == (2, 0, 0)
    (folder,) = tmp_path.iterdir()
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    client.patch(f"/v1/sweeps/{name}", json={"tags": ["other"], "name": "other"}).raise_for_status()
    assert _counts(_export(client, name, str(tmp_path), "--to", "tensorboard")) == (0, 2, 0)
    (folder / "trial-00000" / "logsweep.mark").unlink()
    assert _counts(_export(client, name, str(tmp_path), "--to", "tensorboard")) == (1, 1, 0)
    (again,) = tmp_path.iterdir()
    after = {path: path.read_bytes() for path in again.rglob("*") if path.is_file()}
    assert after.keys() == files.keys()
    assert {path.parent for path in after if after[path] != files[path]} == {folder}  # what is told of the sweep alone


def test_tensorboard_keeps_the_metrics_of_a_whole_where_a_part_is_exported_again(
    client: httpx.Client, sweep: str, tmp_path: Path
) -> None:
    def metrics() -> set[str]:
        (config,) = _hparams(_read(tmp_path / f"two-tulips-{sweep}"))
        return {one.name.tag for one in config.experiment.metric_infos}

    _export(client, sweep, str(tmp_path), "--to", "tensorboard")
    whole = metrics()
    assert "dev_error" in whole
    part = _export(client, sweep, str(tmp_path), "--to", "tensorboard", "--where", "number>1000")
    assert _counts(part) == (0, 0, 0)
    assert metrics() == whole


@pytest.mark.parametrize("kind", ["mlflow", "tensorboard"])
def test_a_package_that_is_missing_is_named_with_what_to_install(
    client: httpx.Client, sweep: str, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [one for one in sys.modules if one.partition(".")[0] == kind]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, kind, None)
    result = _export(client, sweep, str(tmp_path / "x"), "--to", kind, code=1)
    assert f"pip install '.[{kind}]' in the checkout" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_what_does_not_go_together_is_a_command_written_wrongly(client: httpx.Client, sweep: str) -> None:
    assert "leave out --of" in " ".join(
        _export(client, sweep, "--to", "mlflow", "--of", "curves", code=2).stderr.split()
    )
    assert "Say the file" in _export(client, sweep, code=2).stderr
