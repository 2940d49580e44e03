"""Requests that schemathesis makes out of the OpenAPI document, sent to a server that has something to show."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from app.domain.access import Scope
from tests.app.api.guarded import bearer
from tests.app.api.late_answers import LONGEST_ANSWER, TRIES, Asked, times_late
from tests.app.api.serving import Trainer, start
from tests.app.api.training import train_all

if TYPE_CHECKING:
    from schemathesis.engine.events import ScenarioFinished
    from schemathesis.engine.recorder import Interaction, ScenarioRecorder
    from schemathesis.schemas import BaseSchema

PHASES = ("examples", "coverage", "fuzzing", "stateful")
"""The coverage of every boundary in the document takes thousands of requests, whatever the number of examples."""

_CONFIG = """
seed = SEED
headers = { Authorization = TOKEN }

[phases]
examples.enabled = EXAMPLES_PHASE
coverage.enabled = COVERAGE_PHASE
fuzzing.enabled = FUZZING_PHASE
stateful.enabled = STATEFUL_PHASE

[generation]
max-examples = MOST_EXAMPLES
database = "none"

[dictionaries]
sweeps = { values = SWEEPS }
expendable = { values = EXPENDABLE }
trials = { values = [0, 1] }
datasets = { values = ["iris"] }
at-once = { values = [0] }

[parameters]
"path.sweep" = { dictionary = "sweeps", probability = 0.5 }
"path.number" = { dictionary = "trials", probability = 0.5 }
"path.name" = { dictionary = "datasets", probability = 0.5 }
# Whoever asks the server to wait is answered late.
"query.wait" = { dictionary = "at-once" }
"body.wait" = { dictionary = "at-once" }

[checks]
# Which names a space has, and which values go together, is told by no schema: a request may keep to it and be refused.
positive_data_acceptance.enabled = false
# An address that is too long is refused before anybody looks at its query.
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 414, 415, 422, 428, 429]

# Where more than one thing is wrong on purpose, the wait may be there all the same.
[[operations]]
include-name = ["GET /v1/sweeps/{sweep}", "POST /v1/work/claim"]
request-timeout = 30

# Feeds have no end, and most are silent until they are left: few of them, or the run would do nothing but listen.
# Their schema is that of the text as a whole, and not of the parts that each event is read into.
[[operations]]
include-path-regex = "/events$"
checks.response_schema_conformance.enabled = false
request-timeout = LISTENING
request-retries = 3 # where the machine holds up the head
max-stream-events = 1
phases.fuzzing.generation.max-examples = OF_FEEDS

# Each upload starts a process that reads it.
[[operations]]
include-name = ["POST /v1/datasets", "POST /v1/datasets/preview"]
phases.fuzzing.generation.max-examples = OF_UPLOADS

[[operations]]
include-name = "DELETE /v1/sweeps/{sweep}"
parameters = { "path.sweep" = { dictionary = "expendable" } }

# The negation of this body cannot be spelled out. What is unsound in it comes of its boundaries, and of a sweep's.
[[operations]]
include-name = "POST /v1/spaces/preview"
phases.fuzzing.generation.mode = "positive"

# Their boundaries are left out.
[[operations]]
include-name = UNCOVERED
phases.coverage.enabled = false

# Its address is that of a data set of this name too, which can be shown and deleted.
[[operations]]
include-name = "POST /v1/datasets/preview"
checks.allow_header_conformance.enabled = false

# A sweep that was just made has no best trial yet, and no winner to retrain.
[[operations]]
include-name = ["GET /v1/sweeps/{sweep}/best", "POST /v1/sweeps/{sweep}/retrain"]
checks.ensure_resource_availability.enabled = false

# An artifact that is here already is told by its hash, and its body is not read once more.
[[operations]]
include-name = "PUT /v1/work/artifacts/{sha256}"
checks.negative_data_rejection.enabled = false
"""

_LISTENING = LONGEST_ANSWER
"""Seconds for which a feed is listened to, and in which its head must come: that is sent at once, whatever follows."""

_FEEDS, _UPLOADS = 10, 40
"""How many requests are made at random of each feed and upload, at most."""

_REVOKING = "DELETE /v1/keys/{key}"
"""An admin would revoke the key that it asks with, and all that follows would be refused."""


@dataclass(frozen=True)
class Plan:
    """What is sent: with a key of which scope, how many examples of each operation and phase, made by which seed.

    The boundaries of `uncovered` operations are left out.
    """

    scope: Scope
    phases: tuple[str, ...]
    examples: int
    seed: int
    uncovered: tuple[str, ...] = ()


@dataclass
class Outcome:
    """What became of the requests: how many there were, of which operations, and all that was wrong.

    The machine held up some answers; those of `doubted` requests were late without it, and in time once sent again.
    """

    cases: int = 0
    operations: set[str] = field(default_factory=set)
    slowest: tuple[float, str] = (0.0, "")
    held_up: int = 0
    doubted: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        seconds, which = self.slowest
        return (
            f"{self.cases:,} requests of {len(self.operations)} operations, {self.held_up} held up by the machine, "
            f"{self.doubted} late but not again, the slowest after {seconds:.2f} s ({which})"
        )


def send_generated(client: httpx.Client, keys: Mapping[Scope, str], plan: Plan) -> Outcome:
    """Send what the plan says to the server of a client, whose keys are given; return what became of it."""
    from schemathesis.engine import events, from_schema  # noqa: PLC0415 - it takes a second to import

    outcome = Outcome()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NO_PROXY", "127.0.0.1")  # or it is looked for with each request, which takes a tenth of all
        for event in from_schema(_schema(client, keys, plan)).execute():
            if isinstance(event, events.ScenarioFinished):
                _count(event, outcome)
            elif isinstance(event, events.NonFatalError):
                outcome.wrong.append(f"{event.label}: {event.value}")
            elif isinstance(event, events.Interrupted):
                outcome.wrong.append(f"It was interrupted in {event.phase}.")
    return outcome


def _schema(client: httpx.Client, keys: Mapping[Scope, str], plan: Plan) -> "BaseSchema":
    from schemathesis import openapi  # noqa: PLC0415
    from schemathesis.config import SchemathesisConfig  # noqa: PLC0415

    config = SchemathesisConfig.from_str(_config(client, keys, plan))
    schema = openapi.from_url(f"{client.base_url}/openapi.json", config=config, headers=bearer(keys[plan.scope]))
    return schema.exclude(name=_REVOKING) if plan.scope is Scope.ADMIN else schema


def _count(event: "ScenarioFinished", outcome: Outcome) -> None:
    """Count what was sent of one operation, or in a row, and note what was wrong with it."""
    recorder = event.recorder
    outcome.cases += len(recorder.cases)
    outcome.operations |= {case.value.operation.label for case in recorder.cases.values()}
    outcome.wrong += _failures(recorder)
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            _time(interaction, interaction.response.elapsed, outcome)


def _failures(recorder: "ScenarioRecorder") -> Iterator[str]:
    for check in chain.from_iterable(recorder.checks.values()):
        if (info := check.failure_info) is not None:
            yield f"{check.name}: {info.failure.title}\n{info.failure.message}\n{info.code_sample}"


def _time(interaction: "Interaction", seconds: float, outcome: Outcome) -> None:
    """Hold an answer against the clock."""
    request, response = interaction.request, interaction.response
    assert response is not None
    headers = {name: values[0] for name, values in request.headers.items()}
    asked = Asked(request.method, request.uri, headers, request.body or b"", response.status_code, seconds)
    outcome.slowest = max(outcome.slowest, (seconds, f"{asked.method} {asked.address}: {asked.status}"))
    if seconds > asked.longest(LONGEST_ANSWER):
        times = times_late(asked)
        outcome.held_up += times == 0
        outcome.doubted += 0 < times < TRIES
        if times == TRIES:
            outcome.wrong.append(f"It takes more than {LONGEST_ANSWER:g} s, {TRIES} times in a row: {asked}")


def _config(client: httpx.Client, keys: Mapping[Scope, str], plan: Plan) -> str:
    """Return the settings, with the ids of sweeps: two that were trained, one that waits, and some to be deleted."""
    with httpx.Client(base_url=client.base_url, headers=bearer(keys[Scope.ADMIN]), timeout=30.0) as admin:
        sweeps = [start(admin, seed=seed, budget={"trials": 2})["id"] for seed in range(2)]
        train_all(admin, Trainer(admin))
        sweeps.append(start(admin)["id"])
        expendable = [start(admin, budget={"trials": 1})["id"] for _ in range(5)]
    values: dict[str, Any] = {"SEED": plan.seed, "TOKEN": bearer(keys[plan.scope])["Authorization"]}
    values |= {f"{phase.upper()}_PHASE": phase in plan.phases for phase in PHASES}
    most = plan.examples
    values |= {"MOST_EXAMPLES": most, "OF_FEEDS": min(most, _FEEDS), "OF_UPLOADS": min(most, _UPLOADS)}
    values |= {"SWEEPS": sweeps, "EXPENDABLE": expendable, "UNCOVERED": plan.uncovered, "LISTENING": _LISTENING}
    config = _CONFIG
    for name, value in values.items():
        config = config.replace(name, json.dumps(value))
    return config
