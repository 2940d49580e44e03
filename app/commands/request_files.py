"""Requests in files: JSON, YAML or TOML, by the name's ending; from standard input in any of the three."""

import json
import math
import re
import sys
import tomllib
from itertools import chain, islice
from pathlib import Path
from typing import Any, Final

import typer
import yaml

STDIN: Final = "-"

MOST_VALUES = 1 << 20
"""The most values that a request may have: in YAML a few lines may stand for more than any memory holds."""

_DEEPEST = 100
_TOO_DEEP = f"it nests deeper than {_DEEPEST} levels"

_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_FLOAT, _TIME = "tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """YAML 1.2: to YAML 1.1, which PyYAML reads by default, 1e-4 is a text, and a learning rate would be one.

    A date is a text, as in JSON, which has no types of other names either.
    """

    def fetch_flow_collection_start(self, token: Any) -> None:
        """Go one level down in brackets. Raises ValueError for too many: each costs what all around it cost."""
        if self.flow_level >= _DEEPEST:
            raise ValueError(_TOO_DEEP)
        super().fetch_flow_collection_start(token)

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node. Raises ComposerError for one with a tag."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # its stub has no types
        if getattr(event, "tag", None) not in {None, "!"}:
            raise yaml.composer.ComposerError(None, None, "a tag says what a request cannot hold", event.start_mark)
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    sign: [pair for pair in pairs if pair[0] not in {_FLOAT, _TIME}]
    for sign, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_FLOAT, re.compile(f"^{_NUMBER.pattern}$"), list("-+.0123456789"))


def read_request(file: str) -> dict[str, Any]:
    """Return the request that a file has. Ends the process with 2 and a sentence if it has none."""
    try:
        text = sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
        found = _parsed(text, Path(file).suffix.lower())
        _require_json(found)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise typer.BadParameter(f"{file} cannot be read: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise typer.BadParameter(f"{file} cannot be read: it nests too deep. Make it flatter.") from None
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{file} holds {type(found).__name__}, and a request is an object with named fields.")
    return found


def _parsed(text: str, ending: str) -> Any:
    if ending == ".json":
        return json.loads(text)
    if ending == ".toml":
        return tomllib.loads(text)
    if ending in {".yaml", ".yml"}:
        return _yaml(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return _yaml(text)  # JSON is YAML too


def _yaml(text: str) -> Any:
    return yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader


def _require_json(value: Any) -> None:
    """Raise ValueError for what JSON cannot say, which the server would never see. One pass, level by level."""
    level, seen = [value], 0
    for _ in range(_DEEPEST):
        if not level:
            return
        seen += len(level)
        if seen > MOST_VALUES:
            raise ValueError(f"it stands for more than {MOST_VALUES:,} values")
        for one in level:
            _require_plain(one)
        level = list(islice(chain.from_iterable(map(_within, level)), MOST_VALUES + 1))
    raise ValueError(_TOO_DEEP)


def _within(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []


def _require_plain(value: Any) -> None:
    if isinstance(value, dict) and (strange := [name for name in value if not isinstance(name, str)]):
        raise ValueError(f"the name {strange[0]!r} is no text. Put it in quotes")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"it has the number {value}, which JSON does not know")
    if not isinstance(value, dict | list | str | int | float | None):
        raise ValueError(f"the {type(value).__name__} {value} has no form in JSON. Write it as text, in quotes")
