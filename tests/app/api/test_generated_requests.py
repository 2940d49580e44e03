"""What the OpenAPI document says of answers is so: requests made out of it, sound and unsound, alone and in a row."""

from collections.abc import Iterator

import pytest

from app.domain.access import Scope
from tests.app.api.generated_requests import PHASES, Plan, send_generated
from tests.app.api.guarded import Guarded, bearer, guarded

UNCOVERED = ("POST /v1/datasets", "POST /v1/datasets/preview", "POST /v1/spaces/preview")
"""Each upload starts a process, and the space of a preview is that of a sweep: their boundaries take half of the time.

They are among what is sent at random, and all of it is in `tests/faults`.
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded(tmp_path_factory.mktemp("generated")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("plan", "least"),
    [(Plan(Scope.ADMIN, PHASES, 1, 0, UNCOVERED), 3_000), (Plan(Scope.READ, ("fuzzing",), 1, 0), 60)],
    ids=["admin", "read"],
)
def test_every_answer_to_a_generated_request_is_in_time_and_as_documented(
    server: Guarded, plan: Plan, least: int
) -> None:
    outcome = send_generated(server.client, server.good, plan)
    print(outcome)  # noqa: T201 - the figures of a report
    assert not outcome.wrong, "\n\n".join(outcome.wrong)
    assert outcome.cases >= least
    assert server.client.get("/v1/sweeps", headers=bearer(server.good[plan.scope])).is_success
