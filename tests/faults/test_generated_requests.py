"""What the OpenAPI document says is so: tens of thousands of requests made out of it."""

import os
from pathlib import Path

import pytest

from app.domain.access import Scope
from tests.app.api.generated_requests import ALL_PHASES, send_generated
from tests.app.api.guarded import bearer, guarded

pytestmark = pytest.mark.large

SEED = int(os.environ.get("LOGSWEEP_SEED", "1"))


@pytest.mark.parametrize(
    ("scope", "examples", "least"), [(Scope.ADMIN, 3, 2_000), (Scope.READ, 3, 2_000), (Scope.ADMIN, 350, 25_000)]
)
def test_every_answer_to_a_generated_request_is_in_time_and_as_documented(
    tmp_path: Path, scope: Scope, examples: int, least: int
) -> None:
    with guarded(tmp_path / "data") as server:
        outcome = send_generated(server, scope, tmp_path, ALL_PHASES, examples, SEED)
        print(f"{outcome.cases:,} requests of {outcome.operations} operations")  # noqa: T201 - the figure of a report
        assert not outcome.wrong, outcome.output
        assert outcome.cases >= least
        assert server.client.get("/v1/sweeps", headers=bearer(server.good[scope])).is_success
