"""Sends what the document of the API shows, as it stands, to a server that has just begun.

`python -m tests.app.api.walking` records the answers, which the document shows beside the requests.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from app.api import problems
from app.api.document import examples
from tests.app.api.serving import Json, Trainer, serving
from tests.app.api.training import train_all

_BEFORE = (
    "get_health", "get_readiness", "scrape_meters", "list_hyperparameters", "list_metrics",
    "upload_dataset", "preview_dataset", "list_datasets", "get_dataset", "get_dataset_content", "delete_dataset",
    "preview_space", "check_gradient", "create_sweep", "change_sweep", "enqueue_points", "pause_sweep", "resume_sweep",
    "claim_runs", "keep_leases", "report_epochs", "finish_runs", "release_leases",
    "add_small_artifacts", "add_artifact", "look_for_artifact", "get_artifact",
    "add_checkpoint", "look_for_checkpoint", "get_checkpoint",
)  # fmt: skip  # one line for each resource
_AFTER = (
    "list_sweeps", "get_sweep", "get_best_trial", "list_decisions", "get_why",
    "list_trials", "get_trial", "get_curve", "list_attempts", "export_results",
    "list_models", "get_model", "get_answers", "predict_rows", "evaluate_model",
    "get_diagnosis", "get_analysis", "get_leaderboard", "refine_sweep",
    "chart_progress", "chart_curves", "chart_points", "list_workers", "take_backup", "cancel_sweep",
    "get_ensemble", "get_ensemble_model", "get_ensemble_answers", "predict_by_ensemble", "evaluate_ensemble",
    "retrain_winner", "delete_sweep",
    "create_key", "list_keys", "change_key", "get_current_key", "revoke_key",
)  # fmt: skip  # one line for each resource
_MADE = {"create_sweep": "sweep", "create_key": "key"}
"""What is made on the way, and as what its id stands in addresses."""

_TRAINED = 32
"""How many trials of the sweep are trained before it is cancelled."""


@dataclass(frozen=True)
class Walk:
    """A walk through a server along its document; `places` are what stands in addresses."""

    client: httpx.Client
    document: Json
    places: dict[str, Any] = field(default_factory=dict)

    def whole(self) -> Iterator[tuple[str, httpx.Response]]:
        """Yield each operation's name with its answer, one for each kind of body that it shows."""
        for name in _BEFORE:
            yield from self.shown(name)
        train_all(self.client, Trainer(self.client), _TRAINED)
        best = self.client.get(f"/v1/sweeps/{self.places['sweep']}/best").json()
        self.places["number"] = best["number"]
        for name in _AFTER:
            yield from self.shown(name)

    def shown(self, name: str) -> Iterator[tuple[str, httpx.Response]]:
        """Send what the document shows for an operation."""
        method, path, operation = self._found(name)
        shown = {one["name"]: one["example"] for one in operation.get("parameters", ()) if "example" in one}
        query = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
        address = path.format_map({**shown, **self.places})
        params = {name: value for name, value in shown.items() if name in query}
        for media_type, content in operation.get("requestBody", {"content": {"": {}}})["content"].items():
            body = _body(media_type, content.get("example"))
            answer = self.client.request(method, address, params=params, **body)
            if name in _MADE:
                self.places[_MADE[name]] = answer.json()["id"]
            if name == "create_key":  # from now on the server asks for it
                self.client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
            yield name, answer

    def _found(self, name: str) -> tuple[str, str, Json]:
        return next(
            (method, path, operation)
            for path, methods in self.document["paths"].items()
            for method, operation in methods.items()
            if operation["operationId"] == name
        )


def _body(media_type: str, example: Any) -> dict[str, Any]:
    """Return how httpx sends an example."""
    if media_type == "multipart/form-data":
        fields = {name: value for name, value in example.items() if name != "file"}
        return {"data": fields, "files": {"file": ("example.csv", example["file"])}}
    if media_type == "application/octet-stream":
        return {"content": example.encode(), "headers": {"Content-Type": media_type}}
    return {"json": example} if media_type else {}


def refusals(client: httpx.Client) -> Mapping[str, Json]:
    """Return problems that people meet first."""
    wrong = {
        "dataset": "irs",
        "space": {"learning_rte": {"kind": "float", "low": 1, "high": 0}},
        "budget": {"trials": 0},
    }
    chosen = {"X-Request-ID": "9f86d081884c7d65"}
    return {
        "refused": client.post("/v1/sweeps", json=wrong, headers=chosen).json(),
        "missing": client.get("/v1/datasets/irs", headers=chosen).json(),
    }


def _short(value: Any) -> Any:
    """Return an answer with the first items of its lists alone."""
    if isinstance(value, dict):
        return {name: _short(inner) for name, inner in value.items()}
    return [_short(inner) for inner in value[:2]] if isinstance(value, list) else value


def _is_json(answer: httpx.Response) -> bool:
    return bool(answer.content) and answer.headers["Content-Type"] == "application/json"


def _record(client: httpx.Client, document: Json) -> Json:
    walk, refused = Walk(client, document), dict(refusals(client))
    answers = {name: _short(answer.json()) for name, answer in walk.whole() if _is_json(answer)}
    failed = problems.Problem(title="Internal Server Error", status=500, detail=problems.FAILED)
    told = {"4XX": refused, "5XX": {"failed": failed.model_dump()}}
    known = {"name": "iris", "sha256": answers["add_small_artifacts"]["items"][0]}
    return {"places": {**walk.places, **known}, "answers": answers, "problems": told}


def main() -> None:
    """Record the answers into the file that the document is made with."""
    with TemporaryDirectory() as folder, serving(Path(folder)) as (client, _):
        recorded = _record(client, client.get("/openapi.json").json())
    target = Path(examples.__file__).parent / "answers.json"
    target.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
