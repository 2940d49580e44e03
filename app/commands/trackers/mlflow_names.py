"""What metrics and parameters are called in MLflow, which refuses characters that foreign trainers may use."""

import re
from collections.abc import Iterable, Mapping
from itertools import count

_UNFIT = re.compile(r"[^/\w.\- :]")
_DOTS = re.compile(r"^\.\.?$")
_UPWARDS = re.compile(r"^\.\.")
"""Two dots are refused where a path begins; in the midst of it MLflow takes them in a longer part."""


def fitting_names(names: Iterable[str]) -> Mapping[str, str]:
    """Return what MLflow takes in place of each name: the same one where it can, and no two alike."""
    distinct = dict.fromkeys(names)
    called = {name: name for name in distinct if _fitting(name) == name}
    taken = set(called)
    for name in distinct:
        if name not in called:
            called[name] = _free(_fitting(name), taken)
            taken.add(called[name])
    return called


def _fitting(name: str) -> str:
    """Return a name as a path that is its own normal form, in characters that MLflow takes."""
    parts = [part for part in _UNFIT.sub("_", name).split("/") if part]
    return _UPWARDS.sub("_", "/".join(_DOTS.sub("_", part) for part in parts)) or "_"


def _free(name: str, taken: set[str]) -> str:
    numbered = (f"{name}_{number}" for number in count(2))
    return name if name not in taken else next(one for one in numbered if one not in taken)
