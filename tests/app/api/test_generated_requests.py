"""What the OpenAPI document says is so: requests made out of it, sound and unsound, alone and in a row."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.access import Scope
from tests.app.api.generated_requests import LONGEST_BESIDE_TESTS, QUICK_PHASES, send_generated
from tests.app.api.guarded import Guarded, bearer, guarded


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded(tmp_path_factory.mktemp("generated")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("scope", "phases", "examples", "least"), [(Scope.ADMIN, QUICK_PHASES, 2, 300), (Scope.READ, ("fuzzing",), 1, 60)]
)
def test_every_answer_to_a_generated_request_is_in_time_and_as_documented(
    server: Guarded, tmp_path: Path, scope: Scope, phases: tuple[str, ...], examples: int, least: int
) -> None:
    outcome = send_generated(server, scope, tmp_path, phases, examples, 0, LONGEST_BESIDE_TESTS)
    assert not outcome.wrong, outcome.output
    assert outcome.cases >= least
    assert server.client.get("/v1/sweeps", headers=bearer(server.good[scope])).is_success
