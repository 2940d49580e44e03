"""The data sets that come with logsweep; their licences and sources are in README.md beside them."""

from dataclasses import replace
from importlib.resources import files

from engine.data.dataset import Dataset, prepare
from engine.data.files.csv_table import read_csv
from engine.data.parts.cut import Cut

_MAX_BYTES = 16 << 20
_SPLIT_SEED = 0

NAMES = ("digits", "breast_cancer", "wine", "iris", "diabetes")

_IMAGES = {"digits": (8, 8, 1)}


def load_builtin(name: str) -> Dataset:
    """Return a data set that comes with logsweep, split 70/15/15. Raises KeyError for another name."""
    if name not in NAMES:
        raise KeyError(f'There is no built-in data set "{name}". There are {", ".join(NAMES)}.')
    content = files(__name__).joinpath(f"{name}.csv.gz").read_bytes()
    table = replace(read_csv(content, max_bytes=_MAX_BYTES, target="target"), image=_IMAGES.get(name))
    return prepare(table, target="target", cut=Cut(seed=_SPLIT_SEED))
