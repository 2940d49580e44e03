"""What a server tells of what it does."""

from pathlib import Path

from app.domain.states import SweepState
from app.domain.sweeps import SweepFilter
from app.server_status import doing
from tests.app.api.serving import Trainer, finished, serving, start


def test_a_server_tells_what_is_swept_how_far_it_is_and_who_is_here(tmp_path: Path) -> None:
    with serving(tmp_path) as (client, services):
        assert str(doing([], [])) == "Waiting for sweeps: no worker is here."
        names = [start(client)["id"] for _ in range(2)]
        trainer = Trainer(client)
        trainer.finish(*(finished(lease, 0.5) for lease in trainer.leases(3)))
        running = services.sweeps.page(SweepFilter(state=SweepState.RUNNING), 10, None).items
        told = str(doing(running, services.workers.page(10, None).items))
    assert told.startswith(f"Sweeping {names[1]} and 1 more: 3/8 trials, ")
    assert told.endswith(" epochs/s, 1 worker.")
