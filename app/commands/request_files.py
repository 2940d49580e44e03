"""Requests in files: JSON, YAML or TOML, by the name's ending; from standard input in any of the three."""

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any, Final

import typer
import yaml

STDIN: Final = "-"

_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


class _Loader(yaml.SafeLoader):
    """YAML 1.2: to YAML 1.1, which PyYAML reads by default, 1e-4 is a text, and a learning rate would be one."""


_Loader.yaml_implicit_resolvers = {
    sign: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:float"]
    for sign, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^{_NUMBER.pattern}$"), list("-+.0123456789"))


def read_request(file: str) -> dict[str, Any]:
    """Return the request that a file has. Ends the process with 2 and a sentence if it has none."""
    try:
        text = sys.stdin.read() if file == STDIN else Path(file).read_text(encoding="utf-8")
        found = _parsed(text, Path(file).suffix.lower())
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise typer.BadParameter(f"{file} cannot be read: {' '.join(str(error).split())}") from None
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
