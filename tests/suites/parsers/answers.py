"""Parsers of what a server answers, which may be another one than it is taken for."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from hypothesis import strategies as st

from app.api.document.examples import RECORDED
from logsweep.answers.models import PartAnswers, PredictedRows
from logsweep.answers.sweeps import SweepAnswer, TrialAnswer
from logsweep.calls import Page, Reply, answer, get
from logsweep.errors import LogsweepError
from logsweep.exchange import Send, performed
from logsweep.feed import Feed
from logsweep.local_models import ModelError, load_model
from tests.suites.parsers.files import MODELS
from tests.suites.parsers.foreign import any_bytes, any_json, any_json_bytes, any_text
from tests.suites.parsers.parser import Parser

_ANSWERS: Mapping[str, Any] = RECORDED["answers"]
_KINDS = {
    "get_sweep": SweepAnswer,
    "get_trial": TrialAnswer,
    "list_trials": Page[TrialAnswer],
    "predict_rows": PredictedRows,
    "get_answers": PartAnswers,
}
_PROBLEMS = [one for ways in RECORDED["problems"].values() for one in ways.values()]
_EVENTS = (
    b"retry: 2000\nid: b:1\n\n"
    b'id: b:2\n: a comment\nevent: sweep\ndata: {"sweep":"S","state":"\xc3\xa4"}\n\n'
    b"id: b:3\r\nevent: resync\r\ndata: {}\r\n\r\nretry:\n\n"
)
_WAITS = ("3", "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 21 Oct 99999 07:28:00 +9999", "Mon, 32 Foo 1 1:1:1 -0000")


def _answered(status: int, content: bytes, headers: Mapping[str, str], kind: Any) -> None:
    """Take one step of a call, be it a result, a refusal or a pause before the next try."""
    steps = performed(get("/x", answer(kind)), None, lambda: 0.0, lambda: 0.5)
    assert isinstance(next(steps), Send)
    try:
        steps.send(Reply(status, content, headers, "GET /x"))
    except StopIteration:
        return


def _result(kind: Any, content: bytes) -> None:
    _answered(200, content, {}, kind)


def _events(pieces: list[bytes]) -> None:
    feed = Feed("S", None, 60.0, lambda: 0.0, lambda: 1.0)
    for piece in pieces:
        for event in feed.receive(piece):
            assert event is None or isinstance(event.data, dict)
    feed.lost(None)
    feed.headers()


ANSWER_PARSERS = {
    **{
        f"the answer of {name}": Parser(
            any_json_bytes(_ANSWERS[name]),
            partial(_result, kind),
            (LogsweepError,),
        )
        for name, kind in _KINDS.items()
    },
    "refusals": Parser(
        st.tuples(st.integers(300, 599), any_json_bytes(*_PROBLEMS), any_text(*_WAITS)),
        lambda sent: _answered(sent[0], sent[1], {"Retry-After": sent[2]}, SweepAnswer),
        (LogsweepError,),
    ),
    "events": Parser(st.lists(any_bytes(_EVENTS), max_size=3), _events, (LogsweepError,)),
    "a model for the client": Parser(any_bytes(*MODELS), load_model, (ModelError,)),
    "rows for a local model": Parser(
        st.lists(
            any_json({"far": 1e5, "gaps": None, "words": "red"}).filter(lambda row: isinstance(row, dict)), max_size=3
        ),
        lambda rows: load_model(MODELS[0]).predict(rows),
        (ModelError,),
    ),
}
