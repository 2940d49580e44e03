"""Models that predict here, without a server: NumPy reads the file and does the arithmetic."""

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from logsweep.answers.models import PredictedRows, Prediction
from logsweep.errors import LogsweepError
from logsweep.tables import Rows, records

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MODEL, ENSEMBLE = 1, 2
"""The formats of a card: of one network, and of several that answer together."""

_USUAL = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?")
"""Words that are missing cells unless the card says otherwise."""

_NUMBER = re.compile(r"([+-]?)((?:0|[1-9][0-9]*))(?:\.([0-9]+))?")
_BROKEN = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, MemoryError, OSError, EOFError, RecursionError,
    NotImplementedError, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What NumPy, the zip archive and JSON raise where a file is cut, changed or another one."""

_LARGEST = 3.4028234663852886e38
"""Networks compute with float32: what is beyond would be infinite to them."""

_TYPES = {"F32": "<f4", "F64": "<f8"}


class ModelError(LogsweepError, ValueError):
    """A file is no model that can be used here, or rows are none that it can read."""


@dataclass(frozen=True, eq=False)
class LocalModel:
    """A network, or an ensemble, in this process; `predict` answers as the server does, to about six digits."""

    card: Mapping[str, Any]
    arrays: Mapping[str, Any]

    def predict(self, rows: Rows) -> PredictedRows:
        """Predict rows: records by the names of the columns, or a frame. Raises ModelError."""
        inputs = _inputs(self.card["data"]["columns"], records(rows))
        shares = _shares(self.card, self.arrays, inputs)
        classes: list[str] = self.card["data"]["classes"]
        if not classes:
            scale, mean = (self.arrays[f"{_first(self.card)}target_{name}"] for name in ("scale", "mean"))
            numbers = (shares[:, 0] * scale + mean).tolist()
            return PredictedRows(items=[Prediction(prediction=number) for number in numbers], notes=[])
        items = [
            Prediction(prediction=classes[label], probabilities=dict(zip(classes, row, strict=True)))
            for label, row in zip(shares.argmax(axis=1).tolist(), shares.tolist(), strict=True)
        ]
        return PredictedRows(items=items, notes=[])


def load_model(file: str | PathLike[str] | bytes) -> LocalModel:
    """Return the model of an NPZ or a safetensors file, or of its bytes (extra: `logsweep-client[local-models]`).

    Raises ModelError, or ImportError without NumPy.
    """
    content = file if isinstance(file, bytes) else Path(file).read_bytes()
    numpy = _numpy()
    try:
        arrays, card = (_npz if content.startswith(b"PK\x03\x04") else _safetensors)(numpy, content)
    except ModelError:
        raise
    except _BROKEN as error:
        raise ModelError(f"The file is no whole model: {error}. Download it again.") from None
    if not isinstance(card, dict) or card.get("format") not in (MODEL, ENSEMBLE):
        found = card.get("format") if isinstance(card, dict) else None
        raise ModelError(f"The model has the format {found}, which this version does not read: update it.")
    return LocalModel(card, arrays)


def _numpy() -> Any:
    try:
        import numpy  # noqa: PLC0415 - an extra
    except ImportError:
        raise ImportError("NumPy is not installed here: pip install 'logsweep-client[local-models]'") from None
    return numpy


def _npz(numpy: Any, content: bytes) -> tuple[dict[str, Any], Any]:
    with numpy.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = dict(file)
    if "card" not in arrays:
        raise ModelError("The file has no card: it is no model of logsweep.")
    return arrays, json.loads(arrays.pop("card").item())


def _safetensors(numpy: Any, content: bytes) -> tuple[dict[str, Any], Any]:
    if content[8:9] != b"{":
        raise ModelError("The file is neither NPZ nor safetensors. Download the model as one of these.")
    begin = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:begin])
    texts = header.pop("__metadata__", {})
    if "card" not in texts:
        raise ModelError("The file has no card: it is no model of logsweep.")
    arrays = {
        name: numpy.frombuffer(content[begin + start : begin + stop], _TYPES[one["dtype"]]).reshape(one["shape"])
        for name, one in header.items()
        for start, stop in [one["data_offsets"]]
    }
    return arrays, json.loads(texts["card"])


def _first(card: Mapping[str, Any]) -> str:
    """Return what stands in front of the names of the first network's arrays."""
    return "0." if card["format"] == ENSEMBLE else ""


def _shares(card: Mapping[str, Any], arrays: Mapping[str, Any], inputs: "Array") -> "Array":
    """Return the probability of each class, (rows, classes), or the standardised number, (rows, 1)."""
    if card["format"] == MODEL:
        return _of_network(card["structure"], arrays, "", inputs)
    counts = [member["count"] for member in card["members"]]
    each = (
        count * _of_network(member["structure"], arrays, f"{place}.", inputs)
        for place, (member, count) in enumerate(zip(card["members"], counts, strict=True))
    )
    total: Array = sum(each, start=_numpy().zeros(()))
    mean: Array = total / sum(counts)
    return mean


def _of_network(structure: Mapping[str, Any], arrays: Mapping[str, Any], prefix: str, inputs: "Array") -> "Array":
    numpy = _numpy()
    own = {name: arrays[f"{prefix}{name}"] for name in ("input_mean", "input_scale")}
    a = (inputs - own["input_mean"]) / own["input_scale"]
    last = len(structure["hidden_units"]) + 1
    for layer in range(1, last):
        z = a @ arrays[f"{prefix}W{layer}"]
        if structure["batch_norm"]:
            mean, variance, gamma, beta = (
                arrays[f"{prefix}{name}{layer}"] for name in ("mean", "variance", "gamma", "beta")
            )
            z = (z - mean) / numpy.sqrt(variance + 1e-5) * gamma + beta
        else:
            z = z + arrays[f"{prefix}b{layer}"]
        a = _activation(structure["activation"], z)
    logits = a @ arrays[f"{prefix}W{last}"] + arrays[f"{prefix}b{last}"]
    return _probabilities(structure["loss"], logits)


def _activation(name: str, z: "Array") -> "Array":
    numpy = _numpy()
    found: Array = {
        "relu": lambda: numpy.maximum(z, 0.0),
        "leaky_relu": lambda: numpy.where(z > 0.0, z, 0.01 * z),
        "tanh": lambda: numpy.tanh(z),
        "sigmoid": lambda: 0.5 * (1.0 + numpy.tanh(0.5 * z)),
    }[name]()
    return found


def _probabilities(loss: str, logits: "Array") -> "Array":
    numpy = _numpy()
    if loss == "squared":
        return logits
    if loss == "logistic":
        logits = numpy.concatenate([numpy.zeros_like(logits), logits], axis=1)
    powers = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    found: Array = powers / powers.sum(axis=1, keepdims=True)
    return found


def _inputs(columns: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]) -> "Array":
    """Return what the card makes of rows, (rows, inputs). Raises ModelError with every fault."""
    numpy, faults = _numpy(), list[str]()
    blocks = [_column(column, rows, faults) for column in columns]
    if not rows:
        raise ModelError("There are no rows to predict. Give one or more.")
    if faults:
        more = f"\n  ... and {len(faults) - 20} more" if len(faults) > 20 else ""
        raise ModelError("\n  ".join([f"The rows have {len(faults)} faults.", *faults[:20]]) + more)
    found: Array = numpy.concatenate([numpy.array(block, float).reshape(len(rows), -1) for block in blocks], axis=1)
    return found


def _column(column: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], faults: list[str]) -> list[list[float]]:
    name, encoded = column["name"], _number if column["kind"] == "numeric" else _word
    if column.get("reading", {}).get("as") == "dates":
        faults.append(f"The column {name!r} holds dates, which the server reads: predict there.")
        return []
    block = []
    for place, row in enumerate(rows):
        try:
            block.append(encoded(column, row[name]))
        except KeyError:
            faults.append(f"Row {place} has no {name!r}: None is a missing cell.")
        except ModelError as error:
            faults.append(f"Row {place}, {name!r}: {error}")
    return block


def _number(column: Mapping[str, Any], cell: Any) -> list[float]:
    if isinstance(cell, bool) or not isinstance(cell, int | float | None) or not _is_finite(cell):
        rule = f"a number between -{_LARGEST:.2g} and {_LARGEST:.2g}"
        raise ModelError(f"{_shown(cell)} is not {rule}. None is a missing cell.")
    value = float(column["fill"] if cell is None else cell)
    rounded = value if column.get("double") else float(_numpy().float32(value))
    return [rounded, *([float(cell is None)] if column["flag"] else [])]


def _is_finite(cell: float | None) -> bool:
    return cell is None or abs(cell) <= _LARGEST


def _shown(cell: Any) -> str:
    return repr(cell) if not isinstance(cell, int) or abs(cell) < 10**20 else "A whole number of many digits"


def _word(column: Mapping[str, Any], cell: Any) -> list[float]:
    categories: list[str] = column["categories"]
    inputs = [0.0] * (len(categories) + bool(column.get("other")) + 1)
    word = _as_word(column.get("reading", {}), cell)
    unknown = len(categories)
    place = len(inputs) - 1 if word is None else categories.index(word) if word in categories else unknown
    inputs[place] = 1.0
    return inputs


def _as_word(reading: Mapping[str, Any], cell: Any) -> str | None:
    """Return a cell as the word that training had; None where it is missing."""
    if cell is None:
        return None
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise ModelError(f"{cell!r} is not a text. None is a missing cell.")
    word = cell.strip() if isinstance(cell, str) else format(Decimal(repr(cell)), "f")
    if word in reading.get("missing", _USUAL):
        return None
    return next(_same_numbers(word), word) if reading.get("numbers") else word


def _same_numbers(word: str) -> Iterator[str]:
    """Yield the shortest way to write a number; nothing of another word."""
    if found := _NUMBER.fullmatch(word):
        fraction = (found[3] or "").rstrip("0")
        number = f"{found[2]}.{fraction}" if fraction else found[2]
        yield f"-{number}" if found[1] == "-" and number != "0" else number
