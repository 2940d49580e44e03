"""Parsers of what requests carry: bodies, queries, cursors, keys, and what their heads say."""

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.api.bodies import RecordReader, parse
from app.api.browsers import name_in
from app.api.cookies import cookie_of
from app.api.document.examples import REQUESTS
from app.api.fields import problem_faults, read_fields
from app.api.keys import KeyBody
from app.api.point_bodies import read_points
from app.api.refine_body import refined
from app.api.sweep_bodies import Conditions, read_changes, read_sweep
from app.domain import conditions
from app.domain.condition_faults import form_faults
from app.domain.constraints import Constraint, Unreadable
from app.domain.errors import InvalidRequest, Malformed
from app.domain.tokens import hash_of, is_of, make_token
from app.domain.uploads import UploadForm, read_reading
from app.domain.work import ClaimRequest, FinishRequest, HeartbeatRequest, ReleaseRequest, ReportRequest
from app.preparation.said import said_faults, said_of
from app.services.cursors import decode_all, encode
from app.services.trial_queries import parse_query
from tests.suites.parsers.foreign import any_bytes, any_json_bytes, any_text, texts
from tests.suites.parsers.parser import Parser

BODIES = {name: kinds["application/json"] for name, kinds in REQUESTS.items() if "application/json" in kinds}
"""A sound body of each operation that takes JSON."""

_WORK = {
    "claim_runs": ClaimRequest,
    "keep_leases": HeartbeatRequest,
    "report_epochs": ReportRequest,
    "finish_runs": FinishRequest,
    "release_leases": ReleaseRequest,
}
_CONDITIONS_OF_A_BODY = TypeAdapter[dict[str, Any]](Conditions)
_READERS: Mapping[str, RecordReader[Any]] = {name: RecordReader(kind) for name, kind in _WORK.items()}

_RICH = {
    "trainer": "mine", "metrics": ["loss"], "steps": 9, "pauses": True, "name": "a", "tags": ["b"], "notes": "c",
    "priority": 2, "seed": 3, "fixed": {"l2": 0.1, "hidden_layers": 2},
    "space": {
        "learning_rate": {"kind": "float", "low": 0.1, "high": 1.0, "scale": "log", "zero_probability": 0.1},
        "units": {"kind": "int", "low": 1, "high": 9, "step": 2, "when": {"optimizer": ["adam"]}},
        "optimizer": {"kind": "choice", "values": ["adam", "sgd"], "weights": [1, 2]},
        "momentum": {"kind": "float", "low": 0.1, "high": 0.9,
                     "when": {"any": [{"l2": {">": 0.1}}, {"not": {"l2": [1]}}]}},
    },
    "constraints": ["l2 < learning_rate", "epochs <= 4 * units"], "sampler": {"kind": "tpe"},
    "scheduler": {"kind": "asha", "eta": 3}, "objective": {"metric": "dev_error", "direction": "minimize"},
    "early_stopping": {"patience": 3, "min_delta": 0.1}, "budget": {"trials": 4, "seconds": 9.5, "target": 0.1},
    "replicates": 2, "folds": 3, "confirm": {"trials": 3, "replicates": 5}, "history": {"sweeps": ["swp_1"]},
}  # fmt: skip
"""A body with all that a sweep may say."""

_WHEN = [
    {"optimizer": ["adam", None]},
    {"all": [{"l2": {">": 0.1, "<=": 3}}, {"any": [{"a": ["b"]}, {"not": {"c": {"==": "d"}}}]}]},
]
_CURSORS = [
    encode("trials", None, 3),
    encode("trials", 0.5, 2**40),
    encode("trials", "é", 1),
    encode("sweeps", "swp_1"),
]
_CONDITIONS = [
    "dev_error<0.1", "param.optimizer=adam", 'param.optimizer in ["adam","sgd"]', "number in [3,7]", "state!=failed",
    "param.hidden_units=[8]", "value>=-1e3", "started_at<2026-01-01", "param.l2 = null",
]  # fmt: skip
_CONSTRAINTS = ["batch_size <= 4 * units", "-(a + 1.5e3) / 2 != .5", "((a)) == b - - 1"]
_KEYS = [
    {"name": "Ada", "scopes": ["read", "work"], "expires_at": "2030-01-01T00:00:00+02:00"},
    {"name": "b", "scopes": ["admin"], "expires_at": "0001-01-01T00:00:00+14:00"},
]
_FORM = {
    "target": "y", "task": "regression", "split": "0.7,0.15,0.15", "split_seed": "7", "image": "8x8x3", "group": "g",
    "order": "o", "separator": "tab", "header": "none", "encoding": "latin-1", "decimal": "comma", "thousands": "point",
    "dates": "dmy", "missing_target": "drop",
}  # fmt: skip
_TOKEN = make_token("key_" + "0" * 26, bytes(range(32)))


def _records(raw: bytes) -> None:
    """Read a body as each kind of a worker's requests; one is refused by all, if it is no JSON."""
    refusals = []
    for reader in _READERS.values():
        try:
            reader.read(raw)
        except (Malformed, InvalidRequest) as error:
            refusals.append(error)
    if refusals:
        raise refusals[0]


def _condition(raw: bytes) -> None:
    try:
        value = _CONDITIONS_OF_A_BODY.validate_python(parse(raw))
    except ValidationError as error:
        raise InvalidRequest(problem_faults(error)) from None
    if faults := list(form_faults(value, "/when")):
        raise InvalidRequest(faults)
    conditions.parse(value).holds({"l2": 0.5, "optimizer": "adam"})


def _form(said: dict[str, str]) -> None:
    form = UploadForm("mine", **said)
    list(said_faults(form))
    said_of(form)


def _token(text: str) -> None:
    is_of(text, "key_" + "0" * 26)
    hash_of(text)


def _cookie(raw: bytes) -> None:
    cookie_of({"type": "http", "scheme": "http", "server": ("127.0.0.1", 8000), "headers": [(b"cookie", raw)]})


def _constraint(text: str) -> None:
    Constraint.parse(text).holds({"a": 1, "b": 0.5, "batch_size": 8, "units": 7})


_COOKIES = [f"logsweep_8000={_TOKEN}".encode(), b'a=b; logsweep_8000="\\101"; c', b";;=;"]
_REFUSED = (Malformed, InvalidRequest)

REQUEST_PARSERS = {
    "any body of JSON": Parser(any_json_bytes(*BODIES.values()), parse, (Malformed,)),
    "requests of workers": Parser(any_json_bytes(*(BODIES[name] for name in _WORK)), _records, _REFUSED),
    "a sweep": Parser(any_json_bytes(_RICH, BODIES["create_sweep"]), lambda raw: read_sweep(parse(raw)), _REFUSED),
    "changes of a sweep": Parser(
        any_json_bytes(BODIES["change_sweep"], _RICH), lambda raw: read_changes(parse(raw)), _REFUSED
    ),
    "points": Parser(any_json_bytes(BODIES["enqueue_points"]), lambda raw: read_points(parse(raw)), _REFUSED),
    "a refinement": Parser(
        any_json_bytes(BODIES["refine_sweep"], _RICH), lambda raw: refined({"budget": {}}, parse(raw)), _REFUSED
    ),
    "an access key to make": Parser(any_json_bytes(*_KEYS), lambda raw: read_fields(KeyBody, parse(raw)), _REFUSED),
    "conditions of a space": Parser(any_json_bytes(*_WHEN), _condition, _REFUSED),
    "constraints": Parser(any_text(*_CONSTRAINTS), _constraint, (Unreadable,)),
    "filters": Parser(
        st.tuples(
            st.lists(any_text(*_CONDITIONS), max_size=3), any_text("-param.l2", "value"), st.lists(texts, max_size=2)
        ),
        lambda sent: parse_query(sent[2], sent[1], sent[0]),
    ),
    "cursors": Parser(any_text(*_CURSORS), lambda text: decode_all(text, "trials", 2), _REFUSED),
    "tokens of keys": Parser(any_text(_TOKEN), _token, ()),
    "cookies": Parser(any_bytes(*_COOKIES), _cookie, ()),
    "names of hosts": Parser(any_bytes(b"[::1]:80", b"localhost:8000", b"127.0.0.1"), name_in, ()),
    "fields of an upload": Parser(
        st.fixed_dictionaries({}, optional={name: any_text(said) for name, said in _FORM.items()}), _form, ()
    ),
    "how a file is to be read": Parser(st.lists(any_text("separator=tab", "missing=NA"), max_size=3), read_reading),
}
