"""Tests of lists of trials: every order and filter, in pages that neither repeat nor miss a trial."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.errors import NotFound
from app.domain.filters import Condition, Field, Position, TrialQuery
from app.domain.states import TrialState
from app.domain.sweeps import SweepFilter
from app.domain.trials import LossCurve, Trial
from app.domain.values import Value
from app.domain.work import Progress
from app.storage import SqliteStorage
from app.storage.columns import instant_text
from tests.app.storage.world import START, SWEEP, add_sweep, claim, drawn, finish, point, result
from tests.app.trial_columns.plain_scan import Row, scan
from tests.tries import tries

NUMBER, ERROR = Field("number"), Field("dev_error", "metric")


def every_page(
    storage: SqliteStorage, sweep: str, query: TrialQuery, limit: int, shared: Mapping[str, Value] | None = None
) -> list[Trial]:
    found: list[Trial] = []
    after: Position | None = None
    while page := storage.trials(sweep, query, shared or {}, after, limit):
        assert len(page) <= limit
        found += [trial for trial, _ in page]
        after = page[-1][1]
    return found


mixed = st.sampled_from([None, 0, 1, 2.5, -1.0, 2**53 + 1, "adam", "sgd", True, [64], [64, 32], [128], [8]])
errors = st.sampled_from([None, 0.0, 0.1, 0.1 + 2**-56, 0.5])
FIELDS = [NUMBER, Field("value"), ERROR, Field("seconds"), Field("l1", "param"), Field("finished_at"), Field("state")]


@settings(max_examples=tries(20), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    rows=st.lists(st.tuples(mixed, errors), min_size=1, max_size=14),
    sort=st.sampled_from(FIELDS),
    states=st.sampled_from([(), (TrialState.COMPLETED,), (TrialState.COMPLETED, TrialState.QUEUED)]),
    descending=st.booleans(),
    limit=st.integers(1, 5),
)
def test_pages_are_those_of_a_plain_scan_while_trials_finish(
    storage: SqliteStorage,
    rows: list[tuple[Value, float | None]],
    sort: Field,
    states: tuple[TrialState, ...],
    descending: bool,
    limit: int,
) -> None:
    sweep = f"swp_{len(storage.sweeps(SweepFilter(), None, 500)):04}"
    trials = [
        replace(drawn(number, 1)[0], params={} if value is None else {"l1": value})
        for number, (value, _) in enumerate(rows)
    ]
    add_sweep(storage, trials, sweep=sweep)
    query = TrialQuery(states, sort=sort, descending=descending)

    def require_the_same() -> None:
        stored = [_row(storage.trial(sweep, number)) for number in range(len(rows))]
        found = every_page(storage, sweep, query, limit)
        assert [trial.number for trial in found] == scan(stored, query)
        assert [_row(trial) for trial in found] == [stored[trial.number] for trial in found]

    require_the_same()
    claimed = claim(storage, f"of {sweep}", slots=len(rows)).claimed
    require_the_same()
    for half in (claimed[::2], claimed[1::2]):
        storage.finish(f"of {sweep}", [result(item.lease, rows[item.trial][1]) for item in half], [], START)
        require_the_same()


def _row(trial: Trial) -> Row:
    columns = {Field(name): getattr(trial, name) for name in ("state", "value", "seconds")}
    end = instant_text(trial.finished_at) if trial.finished_at else None
    metrics = {Field(name, "metric"): value for name, value in trial.metrics.items()}
    return {
        **columns,
        **metrics,
        Field("finished_at"): end,
        **{Field(name, "param"): value for name, value in trial.params.items()},
    }


@pytest.fixture
def filled(storage: SqliteStorage) -> SqliteStorage:
    """Six trials: 0 to 3 with dev_error 0, 0.25, 0.5, None; 4 running; 5 queued."""
    optimizers = ["adam", "sgd", "adam", "sgd", "adam", "sgd"]
    trials = [
        replace(one, params={"l2": one.number, "optimizer": optimizers[one.number], "batch_norm": True})
        for one in drawn(0, 6)
    ]
    add_sweep(storage, trials)
    leases = [item.lease for item in claim(storage, slots=5).claimed]
    for lease, value in zip(leases[:4], [0.0, 0.25, 0.5, None], strict=True):
        finish(storage, lease, value)
    return storage


def condition(name: str, operator: str, value: Value, *, param: bool = False) -> Condition:
    kind = "param" if param else "metric" if name == "dev_error" else "column"
    return Condition(Field(name, kind), operator, value)  # type: ignore[arg-type] # one of the operators


@pytest.mark.parametrize(
    ("conditions", "numbers"),
    [
        ([condition("dev_error", "<", 0.25)], [0]),
        ([condition("dev_error", "<=", 0.25)], [0, 1]),
        ([condition("dev_error", ">", 0)], [1, 2]),
        ([condition("dev_error", ">=", 0.25)], [1, 2]),
        ([condition("dev_error", "=", 0.5)], [2]),
        ([condition("dev_error", "!=", 0.5)], [0, 1]),
        ([condition("dev_error", "=", None)], [3, 4, 5]),
        ([condition("dev_error", "!=", None)], [0, 1, 2]),
        ([condition("optimizer", "=", "adam", param=True)], [0, 2, 4]),
        ([condition("optimizer", "!=", "adam", param=True)], [1, 3, 5]),
        ([condition("optimizer", ">", 0.5, param=True)], []),
        ([condition("l2", "<", "x", param=True)], []),
        ([condition("batch_norm", "=", True, param=True), condition("number", ">", 3)], [4, 5]),
        ([condition("batch_norm", "=", 1, param=True)], []),
        ([condition("batch_norm", "!=", 1, param=True)], [0, 1, 2, 3, 4, 5]),
        ([condition("batch_norm", "!=", True, param=True)], []),
        ([condition("l2", "=", True, param=True)], []),
        ([condition("l2", "=", 1.0, param=True)], [1]),
        ([condition("optimizer", "!=", 0.5, param=True)], [0, 1, 2, 3, 4, 5]),
        ([condition("nothing", "!=", "adam", param=True)], []),
        ([condition("nothing", "!=", None, param=True)], []),
        ([condition("l2", ">=", 2, param=True), condition("optimizer", "=", "sgd", param=True)], [3, 5]),
        ([condition("nothing", "=", None, param=True)], [0, 1, 2, 3, 4, 5]),
        ([condition("started_at", "<", "2026-01-01")], []),
        ([condition("started_at", ">", "2026-01-01")], [0, 1, 2, 3, 4]),
        ([condition("epochs", "=", 4)], [0, 1, 2, 3]),
    ],
)
def test_conditions_choose_trials(filled: SqliteStorage, conditions: list[Condition], numbers: list[int]) -> None:
    found = every_page(filled, SWEEP, TrialQuery(conditions=tuple(conditions)), 2)
    assert [trial.number for trial in found] == numbers


UNITS: list[Value] = [[64], [128], [64, 32], [], [8, 4], [64.0], None, "[64]"]


@pytest.mark.parametrize(
    ("operator", "value", "numbers"),
    [
        ("=", [64], [0, 5]),
        ("!=", [64], [1, 2, 3, 4, 7]),
        ("<", [64, 32], [0, 3, 4, 5]),
        (">=", [64, 32], [1, 2]),
        ("=", "[64]", [7]),
        ("!=", "[64]", [0, 1, 2, 3, 4, 5]),
        ("=", None, [6]),
    ],
)
def test_lists_are_compared_by_their_numbers(
    storage: SqliteStorage, operator: str, value: Value, numbers: list[int]
) -> None:
    add_sweep(storage, [replace(drawn(n, 1)[0], params={"units": units}) for n, units in enumerate(UNITS)])
    query = TrialQuery(conditions=(condition("units", operator, value, param=True),))
    assert [trial.number for trial in every_page(storage, SWEEP, query, 3)] == numbers


def test_lists_are_sorted_by_their_numbers(storage: SqliteStorage) -> None:
    add_sweep(storage, [replace(drawn(n, 1)[0], params={"units": units}) for n, units in enumerate(UNITS[:7])])
    query = TrialQuery(sort=Field("units", "param"))
    assert [trial.number for trial in every_page(storage, SWEEP, query, 2)] == [3, 4, 0, 5, 2, 1, 6]


def test_objects_are_compared_by_their_fields(storage: SqliteStorage) -> None:
    objects: list[Value] = [{"flip": 1, "tilt": 2.5}, {"tilt": 2.5, "flip": 1.0}, {"flip": 1}, {}]
    add_sweep(storage, [replace(drawn(n, 1)[0], params={"augment": one}) for n, one in enumerate(objects)])
    query = TrialQuery(conditions=(condition("augment", "=", {"flip": 1, "tilt": 2.5}, param=True),))
    assert [trial.number for trial in every_page(storage, SWEEP, query, 3)] == [0, 1]


@settings(max_examples=tries(20), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_found_by_its_digits(storage: SqliteStorage, number: float) -> None:
    sweep = f"swp_{len(storage.sweeps(SweepFilter(), None, 500)):04}"
    add_sweep(storage, drawn(0, 1, params={"l1": number}), sweep=sweep)
    assert every_page(storage, sweep, TrialQuery(conditions=(condition("l1", "=", number, param=True),)), 1)


def test_what_all_trials_share_is_filtered_and_sorted_like_what_they_do_not(filled: SqliteStorage) -> None:
    shared: dict[str, Value] = {"l1": 0.5, "hidden_units": [64], "batch_norm": False}

    def numbers(*conditions: Condition, sort: str = "number") -> list[int]:
        query = TrialQuery(conditions=conditions, sort=Field(sort, "column" if sort == "number" else "param"))
        return [trial.number for trial in every_page(filled, SWEEP, query, 2, shared)]

    everything = [0, 1, 2, 3, 4, 5]
    assert numbers(condition("l1", "<", 1, param=True)) == everything
    assert numbers(condition("l1", ">", 1, param=True)) == []
    assert numbers(condition("hidden_units", "=", [64], param=True), sort="hidden_units") == everything
    assert numbers(condition("batch_norm", "=", False, param=True)) == everything
    assert numbers(sort="l1") == everything


def test_states_choose_trials(filled: SqliteStorage) -> None:
    query = TrialQuery(states=(TrialState.RUNNING, TrialState.QUEUED), sort=NUMBER, descending=True)
    assert [trial.number for trial in every_page(filled, SWEEP, query, 1)] == [5, 4]


def test_a_trial_comes_back_as_it_was_drawn(storage: SqliteStorage) -> None:
    units: Value = [64, 32]
    add_sweep(storage, drawn(0, 1, params={"hidden_units": units, "batch_norm": True, "name": "é☂"}))
    assert storage.trial(SWEEP, 0) == Trial(
        sweep=SWEEP,
        number=0,
        state=TrialState.QUEUED,
        params={"l2": 0.0, "hidden_units": [64, 32], "batch_norm": True, "name": "é☂"},
        metrics={},
        value=None,
        best_epoch=None,
        epochs=0,
        seconds=0.0,
        reason=None,
        replicates=1,
        created_at=START,
        started_at=None,
        finished_at=None,
    )
    with pytest.raises(NotFound, match="no trial 1"):
        storage.trial(SWEEP, 1)


def test_curves_come_in_pages(storage: SqliteStorage) -> None:
    add_sweep(storage, drawn(0, 1))
    (claimed,) = claim(storage).claimed
    curve = [point(epoch, None if epoch == 2 else 0.5) for epoch in range(1, 5)]
    storage.finish("w1", [result(claimed.lease, curve=curve)], [], START)
    assert storage.curve(SWEEP, 0, 0, 0, 2) == curve[:2]
    assert storage.curve(SWEEP, 0, 0, 2, 9) == curve[2:]
    assert storage.curve(SWEEP, 0, 1, 0, 9) == []


def test_finished_trials_are_those_a_sampler_can_learn_from(filled: SqliteStorage) -> None:
    assert [trial.number for trial in filled.finished_trials(SWEEP)] == [0, 1, 2, 3]
    assert [trial.number for trial in filled.finished_trials(SWEEP, 2)] == [2, 3]


def test_the_trainings_of_trials_are_those_that_ended_with_a_value(storage: SqliteStorage) -> None:
    add_sweep(storage, [replace(drawn(n, 1)[0], replicates=2) for n in range(3)])
    leases = [item.lease for item in claim(storage, slots=5).claimed]
    for lease, value in zip(leases[:4], [0.5, 0.25, None, 0.75], strict=True):
        finish(storage, lease, value)
    assert storage.trainings(SWEEP, [0, 1, 2]) == {0: {0: 0.5, 1: 0.25}, 1: {1: 0.75}, 2: {}}
    assert storage.trainings(SWEEP, [0]) == {0: {0: 0.5, 1: 0.25}}


def test_the_ends_of_curves_have_the_first_epoch_and_the_last_ones(storage: SqliteStorage) -> None:
    add_sweep(storage, drawn(0, 3))
    add_sweep(storage, drawn(0, 1), sweep="swp_2")
    claimed = claim(storage, slots=4).claimed
    curve = [replace(point(epoch), gradient_norms=None if epoch == 3 else [0.1, None]) for epoch in range(1, 5)]
    curve[1] = replace(curve[1], metrics={**curve[1].metrics, "train_loss": None})
    storage.report("w1", [Progress(item.lease, curve) for item in claimed], START).result()
    storage.finish("w1", [result(item.lease, curve=curve) for item in claimed if item.trial != 2], [], START)

    def of(*epochs: int) -> LossCurve:
        some = [one for one in curve if one.epoch in epochs]
        return LossCurve([*epochs], [one.metrics["train_loss"] for one in some], [one.gradient_norms for one in some])

    assert storage.curve_ends(SWEEP, [0, 1], 2) == {0: of(1, 3, 4), 1: of(1, 3, 4)}
    assert storage.curve_ends(SWEEP, [2], 1) == {2: of(1, 4)}
    assert storage.curve_ends(SWEEP, [0, 9], 9) == {0: of(1, 2, 3, 4)}
    assert storage.curve_ends(SWEEP, [], 9) == {}
