"""Tests of sharing: even shares, and suspects that are tried without holding up the others, but never wait for ever."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.queue import Ask, Load, Part, Standing, SuspectCase
from app.planning.sharing import FEWEST, share, suspect_turn, turns
from tests.app.planning.simulation import dice

SLOTS = 8


def ask(live: int = 1, slots: int = SLOTS) -> Ask:
    """Return what a worker asks for among `live` ones."""
    return Ask("one", "logsweep", 3, slots, (), Part(workers=live))


@pytest.mark.parametrize(
    ("live", "load", "most"),
    [
        (1, Load(held=0, waiting=100, leased=0), 8),
        (1, Load(held=0, waiting=3, leased=0), 3),
        (2, Load(held=0, waiting=6, leased=0), 3),
        (2, Load(held=0, waiting=5, leased=0), 3),
        (4, Load(held=0, waiting=0, leased=40), 0),
        (2, Load(held=5, waiting=3, leased=5), 0),
        (2, Load(held=2, waiting=4, leased=4), 2),
    ],
)
def test_a_worker_gets_what_it_lacks_of_an_even_share(live: int, load: Load, most: int) -> None:
    assert share(ask(live), load) == most


@pytest.mark.parametrize(
    ("part", "runs", "most"),
    [
        (Part(keys=2, workers=3), 60, 10),
        (Part(workers=2, within=2), 100, 98),
        (Part(workers=2, within=80), 100, 50),
        (Part(keys=2, beside=10), 100, 90),
        (Part(keys=2, workers=2, within=2), 100, 48),
        (Part(keys=2, workers=2, beside=20, within=2), 100, 78),
        (Part(keys=3, workers=2, beside=0, within=0), 7, 7),
    ],
)
def test_what_others_have_no_room_for_is_a_workers_own_beside_its_even_part(part: Part, runs: int, most: int) -> None:
    assert part.of(runs) == most


@given(
    slots=st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=2), min_size=1, max_size=2),
    runs=st.integers(0, 200),
)
def test_two_keys_of_two_workers_leave_no_run_waiting_while_one_of_them_has_room(
    slots: list[list[int]], runs: int
) -> None:
    """Each key is a list of the slots of its workers."""
    rooms = [sum(key) for key in slots]
    held = sum(
        min(one, Part(len(slots), len(key), sum(rooms) - room, room - one).of(runs))
        for key, room in zip(slots, rooms, strict=True)
        for one in key
    )
    assert held >= min(runs, sum(rooms))


@given(
    live=st.integers(1, 9),
    slots=st.integers(1, 64),
    held=st.integers(0, 64),
    waiting=st.integers(0, 500),
    others=st.integers(0, 500),
)
def test_a_share_is_within_slots_and_queue_and_some_worker_always_gets_some(
    live: int, slots: int, held: int, waiting: int, others: int
) -> None:
    most = share(ask(live, slots), Load(held, waiting, held + others))
    assert 0 <= most <= min(slots, waiting)
    if waiting and held * live <= held + others:  # no more in its hands than the mean
        assert most > 0


@pytest.mark.parametrize(
    ("case", "turn"),
    [
        (SuspectCase(hands=0, trying=0, live_workers=1), "give"),
        (SuspectCase(hands=0, trying=3, live_workers=4), "give"),
        (SuspectCase(hands=5, trying=0, live_workers=1), "drain"),
        (SuspectCase(hands=5, trying=1, live_workers=2), "pass"),
        (SuspectCase(hands=5, trying=0, live_workers=2, first=True), "drain"),
        (SuspectCase(hands=5, trying=0, live_workers=2, first=False), "pass"),
    ],
)
def test_a_suspect_is_tried_by_empty_hands_and_only_one_worker_is_emptied_for_it(case: SuspectCase, turn: str) -> None:
    assert suspect_turn(case) == turn


@dataclass
class Worker:
    """What a worker holds: the time that each run still takes, and whether that is a suspect."""

    id: int
    held: list[int] = field(default_factory=list)
    tries: bool = False


@dataclass
class House:
    """An old sweep with some healthy runs and suspects, and a younger one whose queue is always full."""

    workers: list[Worker]
    seed: int
    healthy: int
    suspects: int

    def __post_init__(self) -> None:
        self.chance = dice(self.seed)

    def tick(self) -> None:
        """Let all workers train for a while and ask for more, in any order."""
        for worker in self.chance.sample(self.workers, len(self.workers)):
            worker.held = [left - 1 for left in worker.held if left > 1]
            worker.tries = worker.tries and bool(worker.held)
            if not worker.tries:
                self.claim(worker)

    def claim(self, worker: Worker) -> None:
        """Walk the two sweeps, the older one first."""
        taken = min(self.healthy, SLOTS - len(worker.held))
        self.healthy -= taken
        self.take(worker, taken)
        if self.suspects and not self.healthy:
            turn = suspect_turn(self.case(worker))
            if turn == "give":
                self.suspects, worker.tries = self.suspects - 1, True
                self.take(worker, 1)
            if turn != "pass":
                return
        self.take(worker, SLOTS - len(worker.held))

    def case(self, worker: Worker) -> SuspectCase:
        """Return what speaks for trying a suspect."""
        others = [other for other in self.workers if other is not worker]
        return SuspectCase(
            hands=len(worker.held),
            trying=sum(other.tries for other in others),
            live_workers=len(self.workers),
            first=not any(other.held and other.id < worker.id for other in others),
        )

    def take(self, worker: Worker, count: int) -> None:
        """Put runs into a worker's hands."""
        worker.held += [self.chance.randint(1, 5) for _ in range(count)]


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    workers=st.integers(1, 6),
    healthy=st.integers(0, 40),
    suspects=st.integers(1, 12),
    begun=st.integers(0, 10),
)
def test_a_younger_sweep_that_is_always_full_keeps_no_suspect_waiting(
    seed: int, workers: int, healthy: int, suspects: int, begun: int
) -> None:
    house = House([Worker(number) for number in range(workers)], seed, healthy, 0)
    for _ in range(begun):
        house.tick()
    house.suspects = suspects
    longest = 5  # ticks that a run takes at most
    for _ in range(longest * (1 + healthy + suspects + 1) + longest):
        house.tick()
    assert house.suspects == 0
    assert house.healthy == 0


def test_of_several_workers_one_alone_is_emptied_and_the_others_go_on() -> None:
    house = House([Worker(number) for number in range(4)], 1, 0, 0)
    for _ in range(10):
        house.tick()
    house.suspects = 50
    for _ in range(30):
        house.tick()
        assert sum(worker.tries or len(worker.held) < SLOTS for worker in house.workers) == 1


def held(*counts: int, priorities: tuple[int, ...] = (), mine: tuple[int, ...] = ()) -> list[Standing]:
    """Return sweeps of which so many runs are held; by the asking worker all, unless said."""
    return [
        Standing(priorities[place] if priorities else 10, count, mine[place] if mine else count)
        for place, count in enumerate(counts)
    ]


@pytest.mark.parametrize(
    ("count", "sweeps", "given"),
    [
        (64, held(0), [64]),
        (64, held(0, 0), [32, 32]),
        (4, held(60, 0), [0, 4]),
        (64, held(0, 0, priorities=(10, 30)), [16, 48]),
        (2, held(15, 47, priorities=(10, 30)), [2, 0]),
        (64, held(0, 64, mine=(0, 0)), [64, 0]),
        (64, held(*[0] * 100), [8] * 8 + [0] * 92),
    ],
)
def test_sweeps_take_turns_by_their_priorities(count: int, sweeps: list[Standing], given: list[int]) -> None:
    assert turns(count, sweeps) == given


def test_a_worker_goes_on_with_a_sweep_that_it_trains_already() -> None:
    sweeps = held(30, 60, 60, mine=(0, 60, 0))
    assert turns(10, [*sweeps, Standing(10, 40, 40)]) == [0, 0, 0, 10]


@given(
    st.integers(1, 64),
    st.lists(st.builds(Standing, st.integers(1, 100), st.integers(0, 64), st.integers(0, 64)), min_size=1, max_size=9),
)
def test_nothing_is_given_twice_and_nobody_who_lacks_most_goes_empty_handed(count: int, sweeps: list[Standing]) -> None:
    given_ = turns(count, sweeps)
    assert sum(given_) == count
    assert min(given_) >= 0
    least = min(sweeps, key=lambda one: one.held / one.priority)
    mine = [one for one, more in zip(sweeps, given_, strict=True) if more and one.mine]
    assert mine or any(
        more and one.held / one.priority == least.held / least.priority
        for one, more in zip(sweeps, given_, strict=True)
    )


@pytest.mark.parametrize("priorities", [(10, 10, 10), (1, 10, 100), (7, 50, 3)])
def test_in_time_each_sweep_holds_its_part_and_the_last_of_a_long_queue_begins_at_once(
    priorities: tuple[int, ...],
) -> None:
    rng, slots = dice(1), 60
    now = [slots, 0, 0]  # the first has trained alone
    for _ in range(400):
        ended = rng.randint(1, 5)
        for _ in range(ended):
            (place,) = rng.choices(range(3), now)
            now[place] -= 1
        now = [one + more for one, more in zip(now, turns(ended, held(*now, priorities=priorities)), strict=True)]
    for count, priority in zip(now, priorities, strict=True):
        assert abs(count - slots * priority / sum(priorities)) <= FEWEST
