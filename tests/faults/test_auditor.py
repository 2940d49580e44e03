"""The auditor finds what it is there to find: a sound folder made wrong in each way."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.app.api.serving import Trainer, finished, serving, start
from tests.faults.auditor import Entry, audit, main, read_journal
from tests.faults.journal import journalling


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder that has seen a sweep, beside the journal of all that its client was told."""
    with (
        serving(tmp_path / "data") as (direct, _),
        journalling(str(direct.base_url), tmp_path / "journal.jsonl") as address,
        direct.__class__(base_url=address) as client,
    ):
        start(client)
        trainer = Trainer(client)
        one, *others = trainer.leases(4)
        trainer.report(one, 1, 2)
        trainer.finish(finished(one, 0.5), *(finished(lease, 0.25) for lease in others))
    return tmp_path


def journal(folder: Path) -> list[Entry]:
    return read_journal(folder / "journal.jsonl")


def faults(folder: Path) -> set[str]:
    """Return the invariants that are broken."""
    return {fault[:2] for fault in audit(folder / "data" / "logsweep.db", journal(folder))}


def test_a_sound_folder_has_no_faults(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(journal(folder)) == 4
    assert main(str(folder / "data" / "logsweep.db"), str(folder / "journal.jsonl")) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("harm", "broken"),
    [
        ("DELETE FROM stored_epochs WHERE epoch = 2", {"I2"}),
        ("UPDATE stored_runs SET recorded_fence = NULL WHERE trial = 1", {"I2"}),
        ("UPDATE stored_trials SET state = 'running' WHERE number = 2", {"I1", "I5"}),
        ("UPDATE sweep_counts SET completed = 3", {"I1"}),
        ("UPDATE sweeps SET drawn = 5", {"I1"}),
        ("UPDATE sweeps SET id = 'swp_x'", {"I2"}),
        ("UPDATE stored_runs SET fence = 3 WHERE trial = 3", {"I3"}),
        ("UPDATE sweeps SET artifact_key = 999", {"I7"}),
    ],
)
def test_each_harm_is_found(folder: Path, harm: str, broken: set[str]) -> None:
    with closing(sqlite3.connect(folder / "data" / "logsweep.db")) as db, db:
        db.execute(harm)
    assert faults(folder) >= broken


def test_a_result_under_a_fence_that_was_given_away_is_found(folder: Path) -> None:
    entries = journal(folder)
    claim = next(one for one in entries if one.path == "/v1/work/claim")
    again = json.loads(json.dumps(claim.answer))
    for run in again["runs"]:
        run["lease"]["fence"] += 1
    stolen = [*entries, replace(claim, answer=again)]
    found = audit(folder / "data" / "logsweep.db", stolen)
    assert len([fault for fault in found if fault.startswith("I4")]) == 4


def test_what_is_half_done_in_the_folder_is_found(folder: Path) -> None:
    (folder / "data" / "upload.partial").write_bytes(b"")
    assert faults(folder) == {"I9"}
