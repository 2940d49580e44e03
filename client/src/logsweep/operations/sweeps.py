"""Operations on sweeps and on their trials."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Unpack

from logsweep.answers.models import KeptModelAnswer
from logsweep.answers.sweeps import (
    Attempt,
    EnqueuedAnswer,
    EpochAnswer,
    Leaderboard,
    SpacePreview,
    StoredDecision,
    SweepAnalysis,
    SweepAnswer,
    SweepState,
    TrialAnswer,
    TrialDiagnosis,
    TrialState,
    Why,
)
from logsweep.calls import Call, Flow, Page, Param, answer, get, making, nothing, place, plain
from logsweep.requests import Changes, SweepRequest, written_out

_SWEEP = answer(SweepAnswer)
_TRIAL = answer(TrialAnswer)

_EXPORT = 3600.0
"""Seconds that a server may take to send all curves of a large sweep."""

LONGEST_WAIT = 20.0
"""Seconds that the server waits at most for the end of a sweep."""


def create(request: Mapping[str, Any] | None = None, /, **fields: Unpack[SweepRequest]) -> Call[SweepAnswer]:
    """Start a sweep: a whole request, fields of one, or both, of which the fields count."""
    body = plain(written_out({**(request or {}), **fields}))
    return making("/v1/sweeps", _SWEEP, body)


def preview(request: Mapping[str, Any] | None = None, /, **fields: Unpack[SweepRequest]) -> Call[SpacePreview]:
    """Show what the points of a sweep would be like, and start nothing."""
    body = plain(written_out({**(request or {}), **fields}))
    return Call("POST", "/v1/spaces/preview", answer(SpacePreview), json=body, repeatable=True)


def page(
    *,
    name: str | None = None,
    state: SweepState | None = None,
    tag: str | None = None,
    dataset: str | None = None,
    limit: int = 500,
    cursor: str | None = None,
) -> Call[Page[SweepAnswer]]:
    """List a page of the sweeps, newest first."""
    fields = {"name": name, "state": state, "tag": tag, "dataset": dataset, "limit": limit, "cursor": cursor}
    return Call("GET", "/v1/sweeps", answer(Page[SweepAnswer]), fields, repeatable=True)


def show(sweep: str, *, wait: float = 0.0) -> Call[SweepAnswer]:
    """Show a sweep; with `wait`, once it runs no more, or after so many seconds (20 at most)."""
    return get(_at(sweep), _SWEEP, takes=min(wait, LONGEST_WAIT), wait=wait or None)


def change(sweep: str, /, **changes: Unpack[Changes]) -> Call[SweepAnswer]:
    """Change name, tags, notes, budget or space; more budget lets a completed sweep go on."""
    return Call("PATCH", _at(sweep), _SWEEP, json=plain(changes), repeatable=True)


def extend(
    sweep: str, trials: int | None = None, *, epochs: int | None = None, seconds: float | None = None
) -> Flow[SweepAnswer]:
    """Add so many trials, epochs or seconds to the budget; a sweep that has completed goes on."""
    budget = (yield show(sweep)).budget
    more = {"trials": trials, "epochs": epochs, "seconds": seconds}
    changed = {part: _sum(part, budget[part], one) for part, one in more.items() if one is not None}
    extended: SweepAnswer = yield change(sweep, budget=changed)
    return extended


def _sum(part: str, limit: float | None, more: float) -> float:
    if limit is None:
        raise ValueError(
            f"The budget has no limit of {part}, so that there is nothing to add to: change(budget=...) sets one."
        )
    return limit + more


def delete(sweep: str) -> Call[None]:
    """Delete a sweep that has ended, with all that belongs to it."""
    return Call("DELETE", _at(sweep), nothing, repeatable=True)


def pause(sweep: str) -> Call[SweepAnswer]:
    """Pause a sweep: what trains stops at an epoch's end."""
    return _control(sweep, "pause")


def resume(sweep: str) -> Call[SweepAnswer]:
    """Let a paused sweep go on from where it stopped."""
    return _control(sweep, "resume")


def cancel(sweep: str, *, keep: bool = False) -> Call[SweepAnswer]:
    """Cancel a sweep; with `keep`, what has a result is completed with its best epoch."""
    return Call("POST", _at(sweep, "cancel"), _SWEEP, {"keep": keep or None}, repeatable=True)


def retrain(sweep: str) -> Call[SweepAnswer]:
    """Train the best trial of an ended sweep on train and dev together: a sweep of its own, which is the answer."""
    return making(_at(sweep, "retrain"), _SWEEP, None)


def refine(
    sweep: str,
    *,
    name: str | None = None,
    budget: Mapping[str, Any] | None = None,
    sampler: Mapping[str, Any] | None = None,
    scheduler: Mapping[str, Any] | None = None,
) -> Call[SweepAnswer]:
    """Start the next sweep, in the space that this one suggests and with it as history; it is the answer."""
    said = {"name": name, "budget": budget, "sampler": sampler, "scheduler": scheduler}
    body = {field: value for field, value in said.items() if value is not None}
    return making(_at(sweep, "refine"), _SWEEP, plain(body))


def models(sweep: str) -> Call[list[KeptModelAnswer]]:
    """List the trials whose models are kept, the best first."""
    read = answer(Page[KeptModelAnswer])
    return get(_at(sweep, "models"), lambda reply: read(reply).items)


def best(sweep: str) -> Call[TrialAnswer]:
    """Show the best finished trial."""
    return get(_at(sweep, "best"), _TRIAL)


def why(sweep: str) -> Call[Why]:
    """Tell in sentences why a sweep has not finished, or why it ended."""
    return get(_at(sweep, "why"), answer(Why))


def decisions(sweep: str, *, limit: int = 500, cursor: str | None = None) -> Call[Page[StoredDecision]]:
    """List a page of what was decided, and why."""
    return get(_at(sweep, "decisions"), answer(Page[StoredDecision]), limit=limit, cursor=cursor)


def trials(
    sweep: str,
    *,
    state: TrialState | Sequence[TrialState] | None = None,
    where: str | Sequence[str] | None = None,
    sort: str | None = None,
    limit: int = 500,
    cursor: str | None = None,
) -> Call[Page[TrialAnswer]]:
    """List a page of the trials: `where="param.l2>0.1"`, `sort="-dev_accuracy"`."""
    fields = {"state": state, "where": where, "sort": sort, "limit": limit, "cursor": cursor}
    return Call("GET", _at(sweep, "trials"), answer(Page[TrialAnswer]), fields, repeatable=True)


def trial(sweep: str, number: int) -> Call[TrialAnswer]:
    """Show a trial."""
    return get(_at(sweep, "trials", number), _TRIAL)


def curve(
    sweep: str, number: int, *, replicate: int = 0, limit: int = 5000, cursor: str | None = None
) -> Call[Page[EpochAnswer]]:
    """List a page of the epochs of a trial."""
    fields = {"replicate": replicate or None, "limit": limit, "cursor": cursor}
    return Call("GET", _at(sweep, "trials", number, "curve"), answer(Page[EpochAnswer]), fields, repeatable=True)


def attempts(sweep: str, number: int, *, limit: int = 500, cursor: str | None = None) -> Call[Page[Attempt]]:
    """List a page of who trained a trial, and how each attempt ended."""
    return get(_at(sweep, "trials", number, "attempts"), answer(Page[Attempt]), limit=limit, cursor=cursor)


def diagnosis(sweep: str, number: int, *, hoped_error: float | None = None) -> Call[TrialDiagnosis]:
    """Tell bias, variance and troubles in training of a trial."""
    return get(_at(sweep, "trials", number, "diagnosis"), answer(TrialDiagnosis), hoped_error=hoped_error)


def enqueue(sweep: str, points: Sequence[Mapping[str, Any]]) -> Call[EnqueuedAnswer]:
    """Enqueue points picked by hand: the next trials, on top of the budget."""
    return making(_at(sweep, "trials"), answer(EnqueuedAnswer), {"points": plain(list(points))})


def analysis(sweep: str, *, hoped_error: float | None = None) -> Call[SweepAnalysis]:
    """Tell what the results of a sweep say, and what to do next."""
    return get(_at(sweep, "analysis"), answer(SweepAnalysis), takes=15.0, hoped_error=hoped_error)


def leaderboard(sweep: str, *, limit: int = 10) -> Call[Leaderboard]:
    """Show the best trials, and how sure their order is."""
    return get(_at(sweep, "leaderboard"), answer(Leaderboard), limit=limit)


def export(
    sweep: str,
    file: str | Path,
    *,
    of: Literal["trials", "curves", "predictions"] = "trials",
    file_format: Literal["csv", "jsonl", "parquet"] | None = None,
    where: str | Sequence[str] | None = None,
    trial: int | None = None,
    part: Literal["dev", "test"] | None = None,
) -> Call[Path]:
    """Write all trials, all epochs, or what a model predicts, to a file; its name's ending tells the format, else CSV.

    `where` filters trials. Predictions are those of a `trial` (the best one) on a `part` of its data (dev).
    """
    into = Path(file)
    ending = into.suffix.removeprefix(".")
    chosen = file_format or (ending if ending in {"jsonl", "parquet"} else "csv")
    params: dict[str, Param] = {"format": chosen, "of": of, "where": where, "trial": trial, "part": part}
    return Call("GET", _at(sweep, "export"), lambda _: into, params, repeatable=True, takes=_EXPORT, into=into)


def progress_chart(
    sweep: str,
    *,
    by: Literal["trials", "epochs", "seconds"] | None = None,
    points: int | None = None,
    where: str | Sequence[str] | None = None,
) -> Call[dict[str, Any]]:
    """Tell how the best value came about, in few points, by trials, epochs or seconds."""
    return get(_at(sweep, "charts", "progress"), answer(dict[str, Any]), by=by, points=points, where=where)


def curves_chart(
    sweep: str,
    *,
    metric: str | None = None,
    number: Sequence[int] | None = None,
    trials: int | None = None,
    points: int | None = None,
    where: str | Sequence[str] | None = None,
) -> Call[dict[str, Any]]:
    """Show the curves of many trials, or of these, in few points."""
    path, numbers = _at(sweep, "charts", "curves"), None if number is None else [str(one) for one in number]
    shown: dict[str, Param] = {"trials": trials, "points": points, "where": where}
    return Call("GET", path, answer(dict[str, Any]), {"metric": metric, "number": numbers, **shown}, repeatable=True)


def points_chart(
    sweep: str, field: str | Sequence[str], *, most: int | None = None, where: str | Sequence[str] | None = None
) -> Call[dict[str, Any]]:
    """Show fields of many trials, the best ones and an even sample."""
    return get(_at(sweep, "charts", "points"), answer(dict[str, Any]), field=field, most=most, where=where)


def _control(sweep: str, verb: str) -> Call[SweepAnswer]:
    return Call("POST", _at(sweep, verb), _SWEEP, repeatable=True)


def _at(sweep: str, *parts: str | int) -> str:
    return place("v1", "sweeps", sweep, *parts)
