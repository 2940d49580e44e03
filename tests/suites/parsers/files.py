"""Parsers of files: tables, models, checkpoints, tasks, databases, and what people write for the command line."""

import gzip
import io
import json
from collections.abc import Callable
from encodings.aliases import aliases
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import typer
from hypothesis import strategies as st

from app.commands.request_files import read_request
from app.domain.errors import Conflict, Unavailable
from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.gradcheck import read_fixed
from app.key_files import find_key
from app.preparation.uploads import read_upload
from app.simulate import read_kind
from app.simulation.files import read_tasks
from app.storage import FILE
from app.storage.backup import check
from app.storage.opening import require_sound
from engine.data import TableError
from engine.data.archive import write_npz
from engine.models import FORMATS, Ensemble, ModelError, examples_of_file, examples_of_rows, read_model
from engine.population import Checkpoint, CheckpointError
from engine.tensors import Tensors
from tests.app.preparation.upload_files import CSV, FILES
from tests.app.simulation.files import small_curves, small_table
from tests.app.storage.new_database import put_new_database
from tests.engine.models.trained import trained
from tests.suites.parsers.foreign import Changes, any_bytes, any_json, any_text, changed, changes, edited
from tests.suites.parsers.parser import Parser

_FOLDER = TemporaryDirectory(prefix="logsweep-parsers-")
_LIMIT = 1 << 20


def _file(name: str, content: bytes) -> Path:
    path = Path(_FOLDER.name) / name
    path.write_bytes(content)
    return path


def _in_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Return what reads bytes out of a file."""
    return lambda content: read(_file(name, content))


MIXED = (
    "day;price;size;word;y\n"
    + "".join(
        f'{1 + row % 28:02}.03.2024;1.{row:03},50 EUR;{row}%;"a ""b"" {row % 5}";{row % 2}\n' for row in range(40)
    )
).encode()
"""A table with numbers and dates as people write them."""

NUMBERS = "".join(f"{row}.5 {row % 3} {row % 2}\n" for row in range(30)).encode()
"""One without a header, of numbers with spaces between them."""

_SAID = {
    "task": ["classification", "regression"], "split": ["0.7,0.15,0.15", "1,0,0", "nan,nan,nan", "1e999,1,1"],
    "split_seed": ["7", "9" * 19], "image": ["2x1", "99999x99999x99999", "none"], "group": ["w", "word"],
    "order": ["n", "day"], "separator": ["comma", "semicolon", "tab", "pipe", "spaces"], "header": ["none"],
    "encoding": [*sorted({*aliases, *aliases.values()}), "idna", "punycode", "undefined", "unicode_escape", "mbcs"],
    "decimal": ["point", "comma"], "thousands": ["comma", "point", "space", "quote", "none"],
    "dates": ["ymd", "dmy", "mdy"], "missing_target": ["drop"], "target": ["y", "n", "price", "2"],
}  # fmt: skip
forms = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(said) | any_text(*said[:3]) for name, said in _SAID.items()}
)


@cache
def _parquet() -> bytes:
    kinds = {
        "n": [0.5, None] * 15,
        "w": ["a", None, "c"] * 10,
        "t": pd.date_range("2024", periods=30),
        "y": [0, 1] * 15,
    }
    content = io.BytesIO()
    pd.DataFrame(kinds).to_parquet(content)
    return content.getvalue()


def _upload(name: str) -> Callable[[tuple[bytes, dict[str, str]]], object]:
    def read(sent: tuple[bytes, dict[str, str]]) -> object:
        files = SentFiles(SentFile(name, sent[0]))
        return read_upload(files, UploadForm("mine", **{"target": "y", **sent[1]}), max_table_bytes=_LIMIT)

    return read


def _packed(contents: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return contents.map(lambda content: gzip.compress(content, mtime=0))


_MODEL = trained("multiclass", (3,), batch_norm=True).model
_ENSEMBLE = Ensemble.of([_MODEL, trained("multiclass", ()).model], [1, 2], {})
MODELS = [FORMATS[kind](one) for kind in ("npz", "safetensors") for one in (_MODEL, _ENSEMBLE)]


def _with_card(sent: tuple[Any, str]) -> object:
    """Read a model whose card is any value of JSON."""
    card, kind = sent
    if kind == "safetensors":
        return read_model(Tensors(_MODEL.arrays, {"card": json.dumps(card)}).to_bytes())
    return read_model(write_npz({**_MODEL.arrays, "card": np.array(json.dumps(card))}))


ROWS = [{"far": 1e5, "gaps": None, "words": "red", "y": "no"}, {"far": 99_999, "gaps": 0.5, "words": None, "y": "yes"}]
_ROWS_CSV = b'far,gaps,words,y\n100000,,red,no\n99999,0.5,"\xc3\xa4,b",yes\n'


def _rows(sent: Any) -> object:
    return examples_of_rows(_MODEL, sent if isinstance(sent, list) else [sent])


@cache
def _checkpoint() -> bytes:
    best = {"epoch": 1, "value": 0.5, "reference": 0.5, "reference_epoch": 1}
    about = {"epoch": 2, "seconds": 0.5, "best": best, "best_values": {"dev_error": 0.5}}
    return Tensors({"weights": np.arange(6.0).reshape(1, 6)}, {"logsweep checkpoint 1": json.dumps(about)}).to_bytes()


@st.composite
def _checkpoints(draw: st.DrawFn) -> bytes:
    """Checkpoints, cut or changed, or with any text about them."""
    whole = Tensors.from_bytes(_checkpoint())
    ((name, about),) = whole.texts.items()
    text = draw(any_json(json.loads(about)).map(json.dumps) | any_text(about))
    made = st.just(Tensors(whole.arrays, {name: text.encode("utf-8", "replace").decode()}).to_bytes())
    return draw(made | any_bytes(_checkpoint()))


@cache
def _tasks() -> tuple[bytes, bytes]:
    return small_table(Path(_FOLDER.name)).read_bytes(), small_curves(Path(_FOLDER.name)).read_bytes()


_AXES = [["learning_rate", [0.001, 0.01, 0.1, 1.0]], ["activation", ["relu", "tanh", "sigmoid"]]]


def _axes(content: bytes) -> object:
    _file("small_axes.json", content)
    return read_tasks(_file("small.npz", _tasks()[0]))


@cache
def _database() -> bytes:
    with TemporaryDirectory() as folder:
        return (put_new_database(Path(folder)) / FILE).read_bytes()


def _changed_database(name: str, read: Callable[[Path], object]) -> Callable[[Changes], object]:
    return lambda how: read(_file(name, changed(_database(), how)))


REQUESTS = {
    ".json": b'{"dataset": "iris", "seed": 1, "space": {"l2": {"kind": "float", "low": 1e-4, "high": 1}}}',
    ".yaml": b"dataset: iris\nseed: 0x1F\nwhen: 2024-02-30\nspace: &a\n  l2: {kind: float}\nagain: *a\nb: !!int '1'\n",
    ".toml": b'dataset = "iris"\nseed = 1\nday = 2024-02-03\nodd = nan\n[space.l2]\nkind = "float"\nlow = 1e-4\n',
}
_TAGS = [
    f"a: !!{tag} {value}"
    for tag in (
        "int",
        "float",
        "bool",
        "timestamp",
        "binary",
        "set",
        "omap",
        "pairs",
        "null",
        "merge",
        "python/name:os",
    )
    for value in ("", "''", "x", "[1]", "{? 1}", "=")
]
_LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
_YAML = [
    *(tag.encode() for tag in _TAGS),
    _LAUGHS.encode(),
    b"&a [*a]",
    b"? {a: b}\n: c",
    b"<<: 1",
    b"a: .inf",
    b"1: 2",
]


def _request(ending: str) -> Parser:
    sound = [*REQUESTS.values(), *_YAML]
    return Parser(
        any_bytes(*sound) | edited(_YAML),
        _in_file(f"request{ending}", lambda path: json.dumps(read_request(str(path)), allow_nan=False)),
        (typer.BadParameter,),
    )


FILE_PARSERS = {
    "an upload of text": Parser(st.tuples(any_bytes(CSV, MIXED, NUMBERS), forms), _upload("t.csv")),
    "an upload of packed text": Parser(
        st.tuples(_packed(any_bytes(CSV, MIXED)) | any_bytes(FILES["table.csv.gz"]), forms), _upload("t.csv.gz")
    ),
    "an upload of arrays": Parser(st.tuples(any_bytes(FILES["table.npz"]), forms), _upload("t.npz")),
    "an upload of Parquet": Parser(st.tuples(any_bytes(_parquet()), forms), _upload("t.parquet")),
    "a model": Parser(any_bytes(*MODELS), read_model, (ModelError,)),
    "the card of a model": Parser(
        st.tuples(any_json(_MODEL.card), st.sampled_from(["npz", "safetensors"])), _with_card, (ModelError,)
    ),
    "rows of JSON for a model": Parser(any_json(ROWS), _rows, (TableError,)),
    "a file of rows for a model": Parser(
        any_bytes(_ROWS_CSV, FILES["table.npz"]),
        lambda content: examples_of_file(_MODEL, content, max_bytes=_LIMIT),
        (TableError,),
    ),
    "a checkpoint": Parser(_checkpoints(), Checkpoint.from_bytes, (CheckpointError,)),
    "tasks of a simulation": Parser(any_bytes(*_tasks()), _in_file("small.npz", read_tasks)),
    "axes of a table of tasks": Parser(
        any_json({"axes": _AXES, "direction": "maximize"}).map(json.dumps).map(str.encode) | any_bytes(b"{}"), _axes
    ),
    "a database": Parser(changes, _changed_database(FILE, require_sound), (Conflict, Unavailable)),
    "a backup": Parser(changes, _changed_database("backup.db", check), (Conflict, Unavailable)),
    "a request in JSON": _request(".json"),
    "a request in YAML": _request(".yaml"),
    "a request in TOML": _request(".toml"),
    "a request in any of them": _request(""),
    "a file with a key": Parser(
        any_bytes(b"lsk_1_2\n"), _in_file("key", lambda path: find_key(str(path), {})), (Unavailable,)
    ),
    "settings of a gradient check": Parser(
        st.lists(any_text("hidden_units=[8,4]", "l2=0.1", "optimizer=adam"), max_size=3), read_fixed, ()
    ),
    "a sampler by name or as JSON": Parser(any_text("gp", '{"kind": "gp"}', '{"kind": ["gp"]}'), read_kind),
}
