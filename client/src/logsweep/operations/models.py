"""Operations on models: those of trials, and ensembles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from json import dumps
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from logsweep.answers.datasets import Note
from logsweep.answers.models import EnsembleAnswer, Evaluation, PartAnswers, PredictedRows, Prediction
from logsweep.calls import Call, FilePart, Flow, Form, Param, answer, content, get, place
from logsweep.tables import Rows, records, sent

MOST_ROWS, MOST_BYTES = 10_000, 4 << 20
"""The most rows, and about the most bytes, of one request for predictions; more go in parts."""

_SECONDS = 120.0
"""What loading, choosing or scoring may take."""

Format = Literal["npz", "safetensors", "onnx"]


@dataclass(frozen=True, slots=True)
class ModelPlace:
    """Where a model is: its path, and what says which ensemble."""

    path: str
    params: Mapping[str, Param] = field(default_factory=dict)


def of_trial(sweep: str, number: int) -> ModelPlace:
    """Return the place of a trial's model."""
    return ModelPlace(place("v1", "sweeps", sweep, "trials", number))


def of_ensemble(sweep: str, selection: Literal["greedy", "top"] = "greedy", count: int | None = None) -> ModelPlace:
    """Return the place of an ensemble."""
    return ModelPlace(place("v1", "sweeps", sweep, "ensemble"), {"selection": selection, "count": count})


def ensemble(model: ModelPlace) -> Call[EnsembleAnswer]:
    """Show an ensemble; it is chosen when it is first asked for."""
    return get(model.path, answer(EnsembleAnswer), takes=_SECONDS, **model.params)


def card(model: ModelPlace) -> Call[dict[str, Any]]:
    """Fetch the card of a model: structure, data, how it was made."""
    return get(f"{model.path}/model", answer(dict[str, Any]), takes=_SECONDS, **model.params, format="json")


def answers(model: ModelPlace, part: Literal["dev", "test"] = "dev") -> Call[PartAnswers]:
    """Show what a model answers on a part of its data, against what is there."""
    return get(f"{model.path}/answers", answer(PartAnswers), takes=_SECONDS, **model.params, part=part)


def fetch(model: ModelPlace, file_format: Format = "npz") -> Call[bytes]:
    """Fetch a model as the bytes of a file."""
    return get(f"{model.path}/model", content, takes=_SECONDS, **model.params, format=file_format)


def download(model: ModelPlace, file: str | Path, file_format: Format | None = None) -> Call[Path]:
    """Fetch a model into a file; the name's ending tells the format, NPZ unless it is known."""
    into = Path(file)
    ending = into.suffix.removeprefix(".")
    chosen = file_format or (ending if ending in {"safetensors", "onnx"} else "npz")
    params = {**model.params, "format": chosen}
    return Call("GET", f"{model.path}/model", lambda _: into, params, repeatable=True, takes=_SECONDS, into=into)


def predict(model: ModelPlace, rows: Rows) -> Flow[PredictedRows]:
    """Predict rows: records by the names of the columns, or a frame; a missing cell is None or NaN."""
    items: list[Prediction] = []
    notes: dict[tuple[str, str], Note] = {}
    for part in _parts(records(rows)):
        found: PredictedRows = yield _predict(model, part)
        items += found.items
        notes.update({(note.code, note.detail): note for note in found.notes})
    return PredictedRows(items=items, notes=list(notes.values()))


def evaluate(model: ModelPlace, examples: Rows | str | PathLike[str]) -> Call[Evaluation]:
    """Score a model on rows whose targets are known: records, a frame, or a file of text or NPZ."""
    path, params = f"{model.path}/evaluate", model.params
    if isinstance(examples, str | PathLike):
        form = Form([FilePart("file", *sent(examples))])
        return Call("POST", path, answer(Evaluation), params, form=form, repeatable=True, takes=_SECONDS)
    body = {"rows": records(examples)}
    return Call("POST", path, answer(Evaluation), params, json=body, repeatable=True, takes=_SECONDS)


def _predict(model: ModelPlace, rows: Sequence[Mapping[str, Any]]) -> Call[PredictedRows]:
    read = answer(PredictedRows)
    path = f"{model.path}/predict"
    return Call("POST", path, read, model.params, json={"rows": list(rows)}, repeatable=True, takes=_SECONDS)


def _parts(rows: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Yield the rows in parts that one request may have; of no rows one empty part, which the server refuses."""
    part: list[Mapping[str, Any]] = []
    size = 0
    for row in rows:
        length = len(dumps(row)) + 1
        if part and (len(part) == MOST_ROWS or size + length > MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(row)
        size += length
    yield part
