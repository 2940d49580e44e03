"""Commands do what the API does, in words for people or in JSON, and end with codes that scripts can tell apart."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

from app.cli import app
from app.commands.watching import sparkline
from app.domain.texts import visible
from app.services.services import Services
from tests.app.api.serving import Trainer, finished, start, sweep_body, when_ended
from tests.app.commands.conftest import Run, told

YAML = """
name: from yaml
dataset: iris
space:
  learning_rate: {kind: float, low: 1e-4, high: 1, scale: log}
fixed: {epochs: 3, hidden_units: [4]}
budget: {trials: 4}
"""
TOML = """
name = "from toml"
dataset = "iris"
fixed = {epochs = 3, hidden_units = [4]}
budget = {trials = 4}
[space.learning_rate]
kind = "float"
low = 1e-4
high = 1.0
scale = "log"
"""


@pytest.fixture
def ended(client: httpx.Client, trainer: Trainer) -> str:
    """A completed sweep of four trials."""
    name: str = start(client, name="tulips", tags=["red"])["id"]
    trainer.train_everything([0.5, 0.25])
    when_ended(client, name)
    return name


STEERING = "\x1b]0;mine\x07\x1b[2J\x9b31m\u202e\n[bold]fake"


def test_no_name_steers_the_terminal_of_who_looks(run: Run, client: httpx.Client, trainer: Trainer) -> None:
    sweep = start(client, name=STEERING, tags=["\x1b[8m"], budget={"trials": 1})["id"]
    for lease in trainer.leases():
        trainer.finish(finished(lease, None, state="failed", reason=STEERING, metrics={}, best_epoch=None))
    when_ended(client, sweep)
    looks = [
        ("list",),
        ("show", sweep),
        ("why", sweep),
        ("trials", sweep),
        ("list", "--json"),
        ("show", sweep, "--json"),
    ]
    for result in [*(run("sweep", *words) for words in looks), run("sweep", "delete", sweep, sent="n\n", code=1)]:
        said = result.stdout + result.stderr
        assert said == visible(said.replace("\n", "\0")).replace("\\x00", "\n")
    assert json.loads(run("sweep", "show", sweep, "--json").stdout)["name"] == STEERING


@pytest.mark.parametrize(("ending", "text"), [("yaml", YAML), ("toml", TOML), ("json", json.dumps(sweep_body()))])
def test_a_sweep_is_submitted_from_a_file_or_from_standard_input(
    run: Run, tmp_path: Path, ending: str, text: str
) -> None:
    file = tmp_path / f"sweep.{ending}"
    file.write_text(text)
    for one in (
        told(run("sweep", "submit", str(file), "--json")),
        told(run("sweep", "submit", "-", "--json", sent=text)),
    ):
        assert one["space"]["learning_rate"] == {"kind": "float", "low": 1e-4, "high": 1.0, "scale": "log"}
        assert one["budget"]["trials"] == 4


def test_options_come_before_the_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text(YAML)
    found = told(run("sweep", "submit", str(file), "--name", "other", "--trials", "2", "--json"))
    assert (found["name"], found["budget"]["trials"]) == ("other", 2)


def test_beyond_several_quotas_it_says_whose_they_are_and_each(
    run: Run, client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quotas = {"sweeps": 0, "trials": 0}
    made = client.post("/v1/keys", json={"name": "Ada", "scopes": ["admin"], "quotas": quotas}).raise_for_status()
    monkeypatch.setenv("LOGSWEEP_KEY", made.json()["token"])
    file = tmp_path / "sweep.json"
    file.write_text(json.dumps(sweep_body()))
    whole, *faults = run("sweep", "submit", str(file), code=1).stderr.splitlines()
    assert whole == 'This goes beyond 2 quotas of the access key "Ada".'
    assert len(faults) == 2


def test_every_broken_rule_is_said_and_the_code_is_1(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "sweep.json"
    file.write_text(json.dumps(sweep_body(dataset="irish", budget={"trials": 0})))
    result = run("sweep", "submit", str(file), code=1)
    whole, *faults = result.stderr.splitlines()
    assert whole == "The request has 2 faults."
    assert len(faults) == 2
    assert "irish" in result.stderr


@pytest.mark.parametrize(("text", "why"), [("[1, 2]", "an object"), ("{", "cannot be read")])
def test_a_file_that_is_no_request_is_refused_with_2(run: Run, tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "sweep.json"
    file.write_text(text)
    assert why in run("sweep", "submit", str(file), code=2).stderr


WITHOUT_JSON = {
    "serve": "it serves until it is stopped, and tells where in its first line",
    "work": "it trains until it is stopped",
    "demo": "it shows people what there is",
}
"""Commands that answer no JSON, each with the reason."""


def every_command(group: Any, *names: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from every_command(command, *names, name)
        else:
            yield " ".join([*names, name]), command


def test_every_command_answers_json_but_those_that_have_no_answer() -> None:
    found = dict(every_command(typer.main.get_command(app)))
    assert len(found) > 40
    without = {name for name, one in found.items() if not any("--json" in option.opts for option in one.params)}
    assert without == WITHOUT_JSON.keys()


def test_a_server_that_is_not_there_is_named_and_the_code_is_3(run: Run) -> None:
    result = run("list", "--server", "http://127.0.0.1:9", code=3)
    assert "No server answers at http://127.0.0.1:9" in result.stderr


def test_why_no_server_answers_is_said(run: Run, client: httpx.Client) -> None:
    address = str(client.base_url).replace("http:", "https:")
    assert "SSL" in run("list", "--server", address, code=3).stderr


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://localhost", "http://", "http://[::1", "http://xn--a"])
def test_what_is_no_address_of_a_server_is_refused_at_once(run: Run, address: str) -> None:
    refused = run("list", "--server", address, code=1)
    assert refused.stderr.startswith(f"The address {address.rstrip('/')!r} of the server")
    assert "Name one such as http://127.0.0.1:8000" in refused.stderr


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(run: Run, ended: str, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "trials.csv"
    way = "Look what is there, or choose another place."
    refused = run("export", ended, str(nowhere), code=1)
    assert refused.stderr == f"{nowhere} cannot be used: No such file or directory. {way}\n"
    (tmp_path / "folder").mkdir()
    assert "cannot be used: Is a directory" in run("export", ended, str(tmp_path / "folder"), code=1).stderr
    assert [path.name for path in tmp_path.glob("folder*")] == ["folder"]


def test_a_limit_that_a_budget_does_not_have_is_not_extended(run: Run, ended: str) -> None:
    refused = run("extend", ended, "--seconds", "5", code=1)
    assert "has no limit of seconds" in refused.stderr


def test_sweeps_are_listed_shown_and_steered(run: Run, client: httpx.Client) -> None:
    name = start(client, name="tulips")["id"]
    listed = run("sweep", "list").stdout
    assert "tulips" in listed
    assert name in listed, "an id that is broken cannot be copied"
    assert [one["id"] for one in told(run("list", "--state", "running", "--json"))] == [name]
    assert told(run("show", name, "--json"))["state"] == "running"
    assert "in the queue" in run("why", name).stdout
    assert told(run("why", name, "--json"))["runs"]["training"] == 0
    assert told(run("pause", name, "--json"))["state"] == "paused"
    assert told(run("resume", name, "--json"))["state"] == "running"
    assert told(run("extend", name, "--trials", "3", "--json"))["budget"]["trials"] == 7
    assert "Say what to add" in run("extend", name, code=2).stderr
    assert told(run("cancel", name, "--json"))["state"] == "cancelled"
    run("delete", name, code=1, sent="n\n")
    assert told(run("delete", name, "--yes", "--json")) == {"deleted": name}
    run("show", name, code=1)


def test_results_are_those_of_the_api(run: Run, client: httpx.Client, ended: str, tmp_path: Path) -> None:
    best = client.get(f"/v1/sweeps/{ended}/best").json()
    assert told(run("best", ended, "--json"))["number"] == best["number"]
    assert str(best["number"]) in run("best", ended).stdout
    listed = told(run("sweep", "trials", ended, "--sort", "value", "--limit", "2", "--json"))
    assert [one["value"] for one in listed] == [0.25, 0.25]
    assert "learning_rate" in run("compare", ended, "0", "1").stdout
    file = tmp_path / "trials.csv"
    run("export", ended, str(file), "--where", "value<0.4")
    assert [row["value"] for row in csv.DictReader(file.read_text().splitlines())] == ["0.25", "0.25"]
    assert told(run("export", ended, str(file), "--json")) == {"file": str(file), "bytes": file.stat().st_size}
    assert run("sweep", "doctor", ended).stdout.strip()
    hoped = told(run("sweep", "doctor", ended, "--hoped-error", "0.2", "--json"))["bias_variance"]
    assert hoped["hoped"] == 0.2
    copy = tmp_path / "copy.db"
    assert told(run("backup", str(copy), "--json"))["trials"] == 4
    restored = told(run("restore", str(copy), "--data", str(tmp_path / "other"), "--json"))
    assert (restored["file"], restored["sweeps"]) == (str(tmp_path / "other" / "logsweep.db"), 1)


def test_too_few_trials_are_not_refined_and_the_reason_is_said(run: Run, ended: str) -> None:
    assert "20" in run("refine", ended, "--trials", "5", code=1).stderr


def test_a_watch_ends_with_the_sweep_and_its_code_tells_how(run: Run, client: httpx.Client, ended: str) -> None:
    watched = run("watch", ended).stdout
    assert "tulips: completed" in watched
    assert watched.endswith("\n")
    assert [json.loads(line)["state"] for line in run("watch", ended, "--json").stdout.splitlines()] == ["completed"]
    other = start(client)["id"]
    client.post(f"/v1/sweeps/{other}/cancel")
    assert "cancelled" in run("watch", other, code=4).stderr


def test_tables_are_uploaded_previewed_and_listed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text("\n".join(["age,bought", *(f"{20 + n},{n % 2}" for n in range(40))]))
    seen = run("upload", str(file), "--target", "bought", "--preview", "--json")
    assert told(seen)["target"]["name"] == "bought"
    assert "bought" in run("upload", str(file), "--target", "bought", "--preview").stdout
    assert "shop" not in run("datasets").stdout
    assert (
        told(run("upload", str(file), "--target", "bought", "--set", "split=0.5,0.25,0.25", "--json"))["rows"]["dev"]
        == 10
    )
    assert "shop" in run("datasets").stdout
    run("dataset", "delete", "shop", sent="n\n", code=1)
    assert told(run("dataset", "delete", "shop", "--yes", "--json")) == {"deleted": "shop"}
    assert "shop" not in run("datasets").stdout
    assert "shop" in run("dataset", "delete", "shop", "--yes", code=1).stderr
    assert "no setting" in run("upload", str(file), "--set", "split", code=2).stderr
    assert "sold" in run("upload", str(file), "--target", "sold", code=1).stderr
    file.write_text("\n".join(["age,same,bought", *(f"{20 + n},7,{n % 2}" for n in range(40))]))
    noted = run("upload", str(file), "--target", "bought", "--name", "noted")
    assert "/#/new?dataset=noted" in noted.stdout.replace("\n", "")
    assert "Note: " in noted.stderr
    assert "same" in noted.stderr


def _completed(*words: str) -> list[str]:
    line = ["logsweep", *words]
    environment = {"_LOGSWEEP_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(line), "COMP_CWORD": str(len(words))}
    result = CliRunner().invoke(app, prog_name="logsweep", env=environment)
    return result.stdout.split()


@pytest.mark.usefixtures("run")
def test_a_shell_completes_commands_options_and_the_ids_of_sweeps(client: httpx.Client) -> None:
    name = start(client)["id"]
    assert set(_completed("re")) == {"restore", "resume", "refine"}
    assert "--ensemble" in _completed("predict", "--e")
    assert _completed("watch", "swp_") == [name]
    assert _completed("watch", "--server", "http://127.0.0.1:9", "swp_") == []


def test_a_space_is_previewed_and_nothing_is_started(run: Run) -> None:
    assert "learning_rate" in run("sweep", "preview", "-", sent=YAML).stdout
    assert told(run("list", "--json")) == []


def test_a_doctor_says_what_is_missing_with_1(run: Run, client: httpx.Client) -> None:
    assert "Nothing is wrong" in run("doctor").stdout
    assert told(run("workers", "--json")) == []
    start(client)
    assert "worker" in run("doctor", code=1).stdout


def test_a_doctor_does_not_wait_until_a_server_is_ready(
    run: Run, served: tuple[httpx.Client, Services], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.commands.doctor.PATIENCE", 0.5)  # five seconds, as a person waits
    asked = list[str]()

    def trouble() -> str:
        asked.append("whether it is ready")
        return "The disk is full. Make room."

    monkeypatch.setattr(served[1].work, "trouble", trouble)  # no disk of a test is full on demand
    assert run("doctor", code=1).stderr == "The disk is full. Make room.\n"
    assert 1 <= len(asked) < 5


def test_a_curve_is_a_line_of_bars() -> None:
    assert sparkline([0.0, 1.0, None, 0.5]) == "▁█ ▄"
    assert len(sparkline([float(n) for n in range(1000)])) <= 30
    assert sparkline([None]) == ""
