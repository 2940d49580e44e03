"""What is stored of reports, and what their senders are told: of several at once the same as of one after the other."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeAlias

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from app.domain.work import CheckpointRef, Lease, Progress
from app.storage import changes, moves, progress
from app.storage.progress import Report
from app.storage.tables import metadata
from tests.app.storage.queue_world import NOW, World, paused, point, points, queue_world
from tests.tries import tries

FIRST, SECOND = CheckpointRef(1, "aa" * 32, 5), CheckpointRef(2, "bb" * 32, 5)


def test_a_report_moves_run_and_trial_on(world: World) -> None:
    world.add_sweep()
    lease = world.claim()[0].lease
    assert world.report(lease, 1).decision == "continue"
    assert (world.run(1).epochs, world.trial(0).epochs, world.epochs(1)) == (1, 1, [1])


def test_a_trial_is_as_far_as_the_furthest_of_its_replicates(world: World) -> None:
    world.add_sweep(replicates=3, asked=4)
    leases = [claimed.lease for claimed in world.claim(slots=3)]
    items = [Progress(lease, points(*range(1, upto + 1))) for lease, upto in zip(leases, (1, 3, 2), strict=True)]
    world.report_items(items)
    assert world.trial(0).epochs == 3


def test_epochs_of_one_request_may_come_in_several_items(world: World) -> None:
    world.add_sweep(asked=9)
    lease = world.claim()[0].lease
    items = [Progress(lease, points(1, 2)), Progress(lease, points(3)), Progress(lease, points(5))]
    decisions = world.report_items(items)
    assert world.epochs(1) == [1, 2, 3]
    # All three are about the same run, whose worker left epoch 4 out.
    assert [one.decision for one in decisions] == ["stop"] * 3


@pytest.mark.parametrize("numbers", [(3,), (0,), (2, 4), (-1, 1)])
def test_nothing_of_an_item_with_a_gap_is_stored(world: World, numbers: tuple[int, ...]) -> None:
    world.add_sweep(asked=9)
    lease = world.claim()[0].lease
    world.report(lease, 1)
    curve = [replace(point(1), epoch=number) for number in numbers]
    (decision,) = world.report_items([Progress(lease, curve)])
    assert decision.decision == "stop"
    assert "send the epochs without a gap, from 2 on" in (decision.reason or "")
    assert world.epochs(1) == [1]


def test_a_checkpoint_counts_once_its_epochs_are_stored_and_never_goes_back(world: World) -> None:
    world.add_sweep(asked=9)
    lease = world.claim()[0].lease
    world.report(lease, 1, checkpoint=SECOND)
    assert world.checkpoint() == (None, None)
    world.report(lease, 2, checkpoint=SECOND)
    world.report(lease, 3, checkpoint=FIRST)
    assert world.checkpoint() == (2, SECOND.sha256)


def test_the_checkpoint_of_a_pause_may_come_after_its_result_until_another_worker_has_the_run(world: World) -> None:
    world.add_sweep(asked=1)
    lease = world.claim()[0].lease
    world.finish(paused(lease))
    assert world.report(lease, checkpoint=FIRST).decision == "stop"
    assert world.checkpoint() == (1, FIRST.sha256)
    moves.queue_on(world.connection, [1], 2, 2)
    newer = world.claim("w2")[0].lease
    world.report(newer, 2, worker="w2")
    world.report(lease, checkpoint=SECOND)
    assert world.checkpoint() == (1, FIRST.sha256)


def test_a_note_of_a_report_is_kept_until_the_attempt_ends(world: World) -> None:
    world.add_sweep()
    world.report(world.claim()[0].lease, 1)
    world.lose()
    again = world.claim("w2")[0].lease
    other = [replace(point(1), metrics={**point(1).metrics, "train_loss": 0.25})]
    world.report_items([Progress(again, other)], "w2")
    world.lose("w2")
    reason = world.attempts(1)[1][3] or ""
    assert reason.startswith("epoch 1 came out otherwise")
    assert reason.endswith("the worker fell silent")
    assert world.claim("w3")
    assert world.run(1).reason is None


Sent: TypeAlias = tuple[int, int, int, CheckpointRef | None]
"""By which lease epochs are sent, from which one on, how many, and a checkpoint."""

SENT = st.tuples(st.integers(0, 6), st.integers(1, 3), st.integers(0, 2), st.sampled_from([None, FIRST, SECOND]))
REPORTS = st.lists(st.lists(SENT, max_size=3), max_size=4)


def leases_of(world: World) -> list[Lease]:
    """Return leases in two sweeps: two that their worker lost, and those under which two workers train."""
    world.add_sweep("swp_1", 2, replicates=2, asked=3)
    world.add_sweep("swp_2", 2, asked=3)
    lost = [claimed.lease for claimed in world.claim("w1", 2)]
    world.report(lost[0], 1)
    world.lose()
    return lost + [claimed.lease for worker in ("w1", "w2") for claimed in world.claim(worker, 3, live=2)]


def reports_of(leases: Sequence[Lease], sent: Sequence[Sequence[Sent]]) -> list[Report]:
    """Return reports by turns of two workers, without those that name a run that one before them names."""
    reports, named = list[Report](), set[int]()
    for number, items in enumerate(sent):
        mine = [
            Progress(leases[pick % len(leases)], points(*range(first, first + count)), kept)
            for pick, first, count, kept in items
        ]
        report = Report(f"w{1 + number % 2}", mine, NOW + timedelta(seconds=number))
        if named.isdisjoint(report.runs):
            reports.append(report)
            named |= report.runs
    return reports


def everything(world: World) -> dict[str, Any]:
    rows = {table.name: sorted(map(repr, world.connection.execute(select(table)))) for table in metadata.sorted_tables}
    told = changes.of(world.connection).events(world.connection)
    return rows | {"told": sorted(told, key=lambda one: (type(one).__name__, getattr(one, "sweep", "")))}


@settings(max_examples=tries(60), deadline=None)
@given(sent=REPORTS)
@example(sent=[[(2, 1, 2, None)], [], [(3, 1, 1, None)]])  # two runs of one trial, the further one first
@example(sent=[[], [(7, 1, 1, None)], [], [(6, 1, 2, None)]])  # trials of one sweep, the later one first
def test_several_reports_at_once_do_what_they_do_one_after_the_other(sent: list[list[Sent]]) -> None:
    with queue_world() as together, queue_world() as by_turns:
        reports = reports_of(leases_of(together), sent)
        assert reports_of(leases_of(by_turns), sent) == reports
        answers = progress.report(together.connection, together.policy, reports)
        alone = [progress.report(by_turns.connection, by_turns.policy, [one]) for one in reports]
        assert answers == [answer for (answer,) in alone]
        assert everything(together) == everything(by_turns)


def test_several_reports_at_once_take_as_many_statements_as_one(world: World) -> None:
    world.add_sweep(trials=8)
    leases = [claimed.lease for claimed in world.claim(slots=8)]
    first, *others = [Report("w1", [Progress(lease, points(1))], NOW) for lease in leases]
    progress.report(world.connection, world.policy, [first])  # which notes the names of the metrics
    statements = list[str]()
    event.listen(world.connection, "before_cursor_execute", lambda *call: statements.append(call[2]))
    progress.report(world.connection, world.policy, others[:1])
    of_one = [statements.pop() for _ in list(statements)]
    progress.report(world.connection, world.policy, others[1:])
    assert statements[::-1] == of_one != []
