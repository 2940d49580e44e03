"""Parsers of what the environment says, and of what lies in a cache."""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import httpx
from hypothesis import strategies as st

from app.domain.errors import Unavailable
from app.key_files import authorization as key_header
from app.key_files import find_key
from app.settings import Settings, idle_settings, read_settings
from engine.kernels.cache import differing_here
from engine.kernels.compiler import find_compiler
from engine.kernels.errors import KernelsUnavailableError
from logsweep.errors import LogsweepError
from logsweep.settings import address, authorization
from tests.suites.parsers.foreign import any_json_bytes, any_text
from tests.suites.parsers.parser import Parser

_NAMES = [f"LOGSWEEP_{name.upper()}" for name in Settings.model_fields]
_VALUES = (
    "30",
    "1e3",
    "localhost, example.org",
    "https://a:1",
    "/dev/null/x",
    "NaN",
    "Infinity",
    "1_000",
    "0x10",
    "+5",
    "[1]",
)

_said = any_text(*_VALUES).map(lambda text: text.replace("\0", "").encode("utf-8", "replace").decode())
"""What a variable of the environment can hold."""


def _settings(said: Mapping[str, str]) -> None:
    with patch.dict(os.environ, said):
        read_settings()
    idle_settings(said)


def _client_settings(said: Mapping[str, str]) -> None:
    with patch.dict(os.environ, said, clear=True):
        address(None)
        httpx.Headers(authorization(None))


def _cache(content: bytes) -> None:
    """Read what a cache of kernels says of a library, after the cache itself has named the file."""
    with TemporaryDirectory() as folder:
        library, environment = Path(folder) / "kernels.so", {"XDG_CACHE_HOME": folder}
        library.write_bytes(b"1")
        differing_here(library, list, environment)
        (kept,) = (Path(folder) / "logsweep").glob("*.json")
        kept.write_bytes(content)
        assert all(isinstance(name, str) for name in differing_here(library, lambda: ["relu"], environment))


_KEPT = {"library": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b", "differing": ["relu"]}

SETTING_PARSERS = {
    "settings of a server": Parser(st.dictionaries(st.sampled_from(_NAMES), _said, max_size=4), _settings),
    "the key of a worker": Parser(
        st.dictionaries(st.sampled_from(["LOGSWEEP_KEY", "LOGSWEEP_KEY_FILE"]), _said),
        lambda said: httpx.Headers(key_header(find_key(None, said))),
        (Unavailable,),
    ),
    "settings of a client": Parser(
        st.dictionaries(st.sampled_from(["LOGSWEEP_SERVER", "LOGSWEEP_KEY", "LOGSWEEP_KEY_FILE"]), _said),
        _client_settings,
        (LogsweepError,),
    ),
    "the command of a compiler": Parser(_said, lambda said: find_compiler({"CC": said}), (KernelsUnavailableError,)),
    "what a cache of kernels says": Parser(any_json_bytes(_KEPT), _cache, ()),
}
