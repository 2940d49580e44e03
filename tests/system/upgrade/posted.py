"""What was posted to the last version without rules: its sweeps, an upload, and rows to predict."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import numpy as np

SWEEPS: Mapping[str, Mapping[str, Any]] = {
    "finished": {
        "dataset": "wine",
        "seed": 1,
        "space": {"learning_rate": {"kind": "float", "low": 1e-3, "high": 0.1, "scale": "log"}},
        "fixed": {"hidden_units": [6], "epochs": 4, "batch_size": 32, "batch_norm": True, "activation": "tanh"},
        "budget": {"trials": 4},
        "keep_models": 2,
    },
    "uploaded": {
        "dataset": "mine",
        "seed": 2,
        "space": {
            "learning_rate": {"kind": "float", "low": 0.01, "high": 0.09, "step": 0.01, "scale": "log"},
            "batch_size": {"kind": "int", "low": 16, "high": 64, "step": 16, "scale": "log"},
            "input_keep_prob": {"kind": "float", "low": 0.1, "high": 0.8, "step": 0.1, "scale": "reverse_log"},
            "batch_norm": {"kind": "choice", "values": [True, False]},
            "normalize_inputs": {"kind": "choice", "values": [True, False], "weights": [3, 1]},
            "optimizer": {"kind": "choice", "values": ["sgd", "momentum", "rmsprop", "adam"]},
        },
        "fixed": {"hidden_units": [8], "epochs": 4},
        "budget": {"trials": 18},
        "keep_models": 18,
    },
    "built in": {
        "dataset": "digits",
        "seed": 3,
        "space": {
            "learning_rate": {"kind": "float", "low": 1e-3, "high": 0.1, "scale": "log"},
            "augment": {"kind": "choice", "values": [{}, {"tilt": 5.0, "shift": 0.5}]},
            "activation": {"kind": "choice", "values": ["relu", "tanh", "sigmoid"]},
        },
        "fixed": {"hidden_units": [8], "epochs": 2, "batch_size": 128, "batch_norm": True},
        "budget": {"trials": 9},
        "keep_models": 9,
    },
}
COLUMNS = ("width", "height", "always", "colour")
ROWS: Sequence[Mapping[str, Any]] = (
    {"width": 0.5, "height": -1.0, "always": 5, "colour": "red"},
    {"width": None, "height": 2.0, "always": 5, "colour": "purple"},
    {"width": -3.0, "height": 0.25, "always": 6, "colour": None},
)


def tables() -> dict[str, str]:
    """Return 257 rows to train on, which leave one to the last batch, and 60 each for dev and test."""
    rng = np.random.default_rng(0)
    made = {}
    for field, rows in {"file": 257, "dev_file": 60, "test_file": 60}.items():
        lines = [",".join((*COLUMNS, "kind"))]
        for _ in range(rows):
            width, height, colour = rng.normal(), rng.normal(), rng.choice(["red", "green", "blue"])
            kind = "yes" if width + height * (colour == "red") + 0.3 * rng.normal() > 0 else "no"
            lines.append(f"{'' if rng.random() < 0.1 else round(width, 3)},{height:.3f},5,{colour},{kind}")
        made[field] = "\n".join(lines) + "\n"
    return made


def upload(client: httpx.Client) -> httpx.Response:
    """Upload the tables as the data set `mine`."""
    files = {field: (f"{field}.csv", text) for field, text in tables().items()}
    return client.post("/v1/datasets", data={"name": "mine", "target": "kind"}, files=files)
