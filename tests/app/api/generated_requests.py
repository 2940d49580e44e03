"""Requests that schemathesis makes out of the OpenAPI document, sent to a server that has something to show."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.domain.access import Scope
from tests.app.api.guarded import Guarded, bearer
from tests.app.api.serving import Trainer, start
from tests.app.api.training import train_all

LONGEST_ANSWER = 2.0
"""Seconds that no answer may exceed, but those that a request asked to wait for."""

LONGEST_BESIDE_TESTS = 10.0
"""Seconds that the answer to an upload may take where other tests run beside."""

QUICK_PHASES = ("examples", "fuzzing", "stateful")
ALL_PHASES = ("examples", "coverage", "fuzzing", "stateful")
"""The coverage of every boundary in the document takes thousands of requests, whatever the number of examples."""

_CONFIG = """
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
max_response_time = LONGEST_ANSWER

# Where more than one thing is wrong on purpose, the wait may be there all the same.
[[operations]]
include-name = ["GET /v1/sweeps/{sweep}", "POST /v1/work/claim"]
request-timeout = 30
checks.max_response_time = 25

# Each upload is read by a process of its own, which takes longer to start where others have the processors.
[[operations]]
include-name = ["POST /v1/datasets", "POST /v1/datasets/preview"]
checks.max_response_time = LONGEST_READING

# Feeds have no end. Their schema is that of the text as a whole, and not of the parts that each event is read into.
[[operations]]
include-path-regex = "/events$"
checks.response_schema_conformance.enabled = false
request-timeout = 0.5
max-stream-events = 1

[[operations]]
include-name = "DELETE /v1/sweeps/{sweep}"
parameters = { "path.sweep" = { dictionary = "expendable" } }

# An admin would revoke the key that it asks with, and all that follows would be refused.
[[operations]]
include-name = "DELETE /v1/keys/{key}"
enabled = MAY_REVOKE

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


@dataclass(frozen=True)
class Outcome:
    """What became of the requests: how many there were, of how many operations, and all that was wrong."""

    cases: int
    operations: int
    wrong: list[Any]
    output: str


def send_generated(
    server: Guarded,
    scope: Scope,
    folder: Path,
    phases: tuple[str, ...],
    examples: int,
    seed: int,
    longest_reading: float = LONGEST_ANSWER,
) -> Outcome:
    """Send at most so many requests of each operation and phase, with a key of one scope.

    An upload must be answered within `longest_reading` seconds.
    """
    report, config = folder / "report.json", folder / "schemathesis.toml"
    config.write_text(_config(server, scope is not Scope.ADMIN, longest_reading))
    options = {
        "header": f"Authorization: {bearer(server.good[scope])['Authorization']}",
        "phases": ",".join(phases),
        "max-examples": examples,
        "seed": seed,
        "generation-database": "none",
        "report": "json",
        "report-json-path": report,
        "warnings": "off",
    }
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", "--no-color"]
    command += [f"{server.client.base_url}/openapi.json", *(f"--{name}={value}" for name, value in options.items())]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert report.exists(), ran.stdout + ran.stderr
    return _outcome(json.loads(report.read_text()), ran.stdout)


def _outcome(found: dict[str, Any], output: str) -> Outcome:
    cases, operations = found["test_cases"], found["operations"]
    return Outcome(cases["generated"], operations["tested"], found["failures"] + found["errors"], output)


def _config(server: Guarded, may_revoke: bool, longest_reading: float) -> str:
    """Return the settings, with the ids of sweeps: two that were trained, one that waits, and some to be deleted."""
    with httpx.Client(base_url=server.client.base_url, headers=bearer(server.good[Scope.ADMIN])) as admin:
        sweeps = [start(admin, seed=seed, budget={"trials": 2})["id"] for seed in range(2)]
        train_all(admin, Trainer(admin))
        sweeps.append(start(admin)["id"])
        expendable = [start(admin, budget={"trials": 1})["id"] for _ in range(5)]
    values = {"SWEEPS": sweeps, "EXPENDABLE": expendable, "MAY_REVOKE": may_revoke}
    values |= {"LONGEST_ANSWER": LONGEST_ANSWER, "LONGEST_READING": longest_reading}
    config = _CONFIG
    for name, value in values.items():
        config = config.replace(name, json.dumps(value))
    return config
