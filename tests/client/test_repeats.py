"""What a client makes is made once, also where the answer to the first try is lost."""

import httpx
import pytest

from logsweep import Client, Conflict
from tests.app.api.serving import Trainer, sweep_body


class LosingAnswers(httpx.BaseTransport):
    """Sends each request, and loses the answer of each first try."""

    def __init__(self) -> None:
        self._sending = httpx.HTTPTransport()
        self.lost = list[str]()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._sending.handle_request(request)
        key = request.headers.get("Idempotency-Key", "")
        if not key or key in self.lost:
            return answer
        answer.read()
        self.lost.append(key)
        raise httpx.ReadError("lost", request=request)

    def close(self) -> None:
        self._sending.close()


@pytest.fixture
def losing() -> LosingAnswers:
    return LosingAnswers()


def test_a_sweep_whose_answer_was_lost_is_one_sweep(server: tuple[str, Trainer], losing: LosingAnswers) -> None:
    with Client(server[0], transport=losing) as client:
        made = client.sweep(sweep_body())
        made.enqueue([{"learning_rate": 0.01}])
        assert len(losing.lost) == len(set(losing.lost)) == 2
        assert [sweep.id for sweep in client.sweeps()] == [made.id]
        assert made.look().budget["trials"] == 5


def test_a_key_whose_answer_was_lost_is_one_key_and_named(server: tuple[str, Trainer], losing: LosingAnswers) -> None:
    with Client(server[0]) as client:
        key = client.create_key("mine", ["admin"]).token
    with Client(server[0], key=key, transport=losing) as client:
        with pytest.raises(Conflict) as refused:
            client.create_key("Ada", ["read"])
        lost = next(one for one in client.access_keys() if one.name == "Ada")
        assert f"logsweep key revoke {lost.id}" in refused.value.detail
        assert len(list(client.access_keys())) == 2
