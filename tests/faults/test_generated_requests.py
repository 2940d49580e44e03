"""What the OpenAPI document says is so: tens of thousands of requests made out of it."""

import os
import time
from pathlib import Path

import pytest

from app.domain.access import Scope
from tests.app.api.generated_requests import PHASES, Plan, send_generated
from tests.app.api.guarded import bearer, make_keys
from tests.app.storage.new_database import put_new_database
from tests.system.processes import ServerProcess, running

pytestmark = pytest.mark.large

SEED = int(os.environ.get("LOGSWEEP_SEED", "1"))

MOST_MEGABYTES = 400.0
"""What the server may hold at any moment: an idle one holds about 130, and bodies have 151."""

DOUBTED = 0.001
"""The share of answers that may be late but not again: a server that is slow now and then, whatever it is asked."""


BOUNDARIES, AT_RANDOM = ("examples", "coverage"), ("fuzzing", "stateful")
"""What is enumerated is the same whatever the seed and the number of examples, and needs to be sent once."""


@pytest.mark.parametrize(
    ("plan", "least"),
    [
        (Plan(Scope.ADMIN, BOUNDARIES, 1, SEED), 4_500),
        (Plan(Scope.READ, PHASES, 3, SEED), 4_500),
        (Plan(Scope.ADMIN, AT_RANDOM, 330, SEED), 17_000),
    ],
    ids=["boundaries", "read", "random"],
)
def test_every_answer_to_a_generated_request_is_in_time_and_as_documented_and_the_memory_is_bounded(
    tmp_path: Path, plan: Plan, least: int
) -> None:
    keys, _ = make_keys(put_new_database(tmp_path / "data"))
    server, began = ServerProcess(tmp_path / "data"), time.monotonic()
    with running(server):
        outcome = send_generated(server.client, keys, plan)
        peak = _megabytes(server, "VmHWM")
        print(f"{outcome}; in {time.monotonic() - began:,.0f} s, {peak:.0f} MB at most")  # noqa: T201 - a report's figures
        assert server.client.get("/v1/sweeps", headers=bearer(keys[plan.scope])).is_success
    assert not outcome.wrong, "\n\n".join(outcome.wrong)
    assert outcome.cases >= least
    assert outcome.doubted <= DOUBTED * outcome.cases
    assert peak <= MOST_MEGABYTES


def _megabytes(server: ServerProcess, name: str) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition(f"{name}:")[2].split(maxsplit=1)[0]) / 1e3
