"""Make the data folder that the test of an upgrade begins with, by the code of commit 467093f, the last without rules.

    git worktree add --detach /tmp/old 467093f
    PYTHONPATH=/tmp/old python tests/system/upgrade/make.py

It leaves `before.zip`: logsweep.db with a finished sweep, and with two that are half done; and `after.zip`: what the
same code then makes of them, with model files and predictions.
"""

import base64
import json
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from app.training.models import predict_csv
from app.training.trainer import Trainer
from posted import ROWS, SWEEPS, upload  # beside this script; the older commit's tests have no such module
from pydantic import TypeAdapter

from app.domain.work import ClaimAnswer, FinishRequest, HeartbeatRequest, Progress, ReportRequest, Segment
from tests.app.api.serving import serving
from tests.system.tables import result_tables

HERE = Path(__file__).parent
LOCAL = "local-1"


class Hand:
    """A worker whose steps are taken one by one."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def claim(self, worker: str, slots: int) -> list[Segment]:
        """Lease up to so many segments."""
        answer = self._post("claim", {"worker": worker, "slots": slots})
        return TypeAdapter(ClaimAnswer).validate_json(answer.content).segments

    def finish(self, segments: Sequence[Segment]) -> None:
        """Train segments to their ends."""
        trainer = self._trainer(segments)
        while len(trainer):
            turn = trainer.train({})
            self._post("report", ReportRequest(LOCAL, [Progress(lease, [epoch]) for lease, epoch in turn.epochs]))
            if turn.results:
                self._post("finish", FinishRequest(LOCAL, list(turn.results)))

    def begin(self, segments: Sequence[Segment]) -> None:
        """Train an epoch of one stack, and keep the leases of all."""
        turn = self._trainer(segments).train({})
        self._post("report", ReportRequest(LOCAL, [Progress(lease, [epoch]) for lease, epoch in turn.epochs]))

    def release(self, segments: Sequence[Segment]) -> None:
        """Give segments back."""
        self._post("release", HeartbeatRequest(LOCAL, [segment.lease for segment in segments]))

    def _trainer(self, segments: Sequence[Segment]) -> Trainer:
        trainer = Trainer(lambda: 0.0)
        trainer.add(segments, lambda name, _: self._client.get(f"/v1/datasets/{name}/content").content)
        return trainer

    def _post(self, route: str, body: Any) -> httpx.Response:
        content = TypeAdapter(type(body)).dump_json(body)
        headers = {"content-type": "application/json"}
        return self._client.post(f"/v1/work/{route}", content=content, headers=headers).raise_for_status()


def half_done(folder: Path) -> dict[str, str]:
    """Finish the first sweep and a third of the trials of the others; leave a third leased. Return the ids."""
    with serving(folder) as (client, _):
        hand = Hand(client)
        upload(client).raise_for_status()
        ids = {"finished": post(client, "finished")}
        hand.finish(hand.claim(LOCAL, 64))
        ids |= {name: post(client, name) for name in ("uploaded", "built in")}
        claimed = hand.claim(LOCAL, 64)
        hand.finish(claimed[0::3])
        hand.begin(claimed[1::3])
        hand.release(claimed[2::3])
        hand.claim("elsewhere", 1)
    return ids


def post(client: httpx.Client, name: str) -> str:
    """Start one of the sweeps; return its id."""
    return str(client.post("/v1/sweeps", json={"name": name, **SWEEPS[name]}).raise_for_status().json()["id"])


def end(folder: Path, ids: Mapping[str, str]) -> dict[str, Any]:
    """Finish the sweeps; return models of theirs, as base64, and what these predict."""
    with serving(folder, lease_seconds=1) as (client, _):
        hand = Hand(client)
        while any(client.get(f"/v1/sweeps/{sweep}").json()["state"] == "running" for sweep in ids.values()):
            hand.finish(hand.claim(LOCAL, 64))
        return {name: models(client, ids[name], rows) for name, rows in rows_of(client).items()}


def rows_of(client: httpx.Client) -> dict[str, list[Mapping[str, Any]]]:
    """Return rows to predict: of the uploaded table, and some around the medians of wine."""
    columns = client.get("/v1/datasets/wine").json()["card"]["columns"]
    factors = (1.0, 0.8, 1.3)
    wine: list[Mapping[str, Any]] = [
        {column["name"]: column["fill"] * factor for column in columns} for factor in factors
    ]
    return {"uploaded": list(ROWS), "finished": wine}


def models(client: httpx.Client, sweep: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the best model of a sweep as files, and what it predicts over REST and from its file."""
    best = client.get(f"/v1/sweeps/{sweep}/best").raise_for_status().json()["number"]
    trial = f"/v1/sweeps/{sweep}/trials/{best}"
    files = {kind: client.get(f"{trial}/model", params={"format": kind}).content for kind in ("npz", "safetensors")}
    lines = [",".join(rows[0]), *(",".join("" if cell is None else str(cell) for cell in row.values()) for row in rows)]
    text = "\n".join(lines) + "\n"
    return {
        "trial": best,
        "rows": rows,
        "csv": text,
        "files": {kind: base64.b64encode(content).decode() for kind, content in files.items()},
        "items": client.post(f"{trial}/predict", json={"rows": rows}).raise_for_status().json()["items"],
        "predicted": predict_csv(files["npz"], text.encode()),
    }


def tables_of(folder: Path, sweep: str) -> dict[str, Any]:
    """Return the trials, curves and weights of a sweep as plain JSON, and what they were made with."""
    found: dict[str, Any] = {name: [list(row) for row in rows] for name, rows in result_tables(folder, sweep).items()}
    found["models"] = [[*about, base64.b64encode(weights).decode()] for *about, weights in found["models"]]
    with closing(sqlite3.connect(folder / "logsweep.db")) as connection:
        made_with = connection.execute("SELECT DISTINCT made_with FROM models WHERE sweep_id = ?", (sweep,)).fetchall()
    ((text,),) = made_with
    return {**found, "made_with": json.loads(text)}


def archive(path: Path, contents: Mapping[str, bytes]) -> None:
    """Write a zip archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as zipped:
        for name, content in contents.items():
            zipped.writestr(name, content)


def main() -> None:
    """Make both archives."""
    with tempfile.TemporaryDirectory() as temporary:
        before, after = Path(temporary, "before"), Path(temporary, "after")
        ids = half_done(before)
        with closing(sqlite3.connect(before / "logsweep.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("VACUUM")
        shutil.copytree(before, after)
        archive(HERE / "before.zip", {"logsweep.db": (before / "logsweep.db").read_bytes()})
        predictions = end(after, ids)
        ends = {name: tables_of(after, sweep) for name, sweep in ids.items()}
        whole = {"ids": ids, "ends": ends, "predictions": predictions}
        archive(HERE / "after.zip", {"after.json": json.dumps(whole).encode()})


if __name__ == "__main__":
    main()
