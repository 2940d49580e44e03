"""The small parts of the engine: early stopping, averages, initial weights, seeds, penalties, batches, threads."""

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.averages import accumulate, corrected_weight, smooth, weight
from engine.blas import use_one_thread
from engine.early_stopping import BestEpoch, Patience
from engine.initializers import INITIALIZERS, choose, draw
from engine.network import Network
from engine.population.batches import batch_orders, batch_sizes, order_bytes
from engine.regularizers import PENALTIES
from engine.rules import CURRENT, FIRST
from engine.seeds import Purpose, Seed
from engine.spec import BatchSize, Knobs, Structure
from engine.training_set import TrainingSet
from tests.engine.stacks import member, random_dataset, train_alone, training_set


@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.5, 0.9]), min_size=1, max_size=12), st.integers(1, 4))
def test_patience_runs_out_after_so_many_epochs_without_a_better_one(values: list[float], patience: int) -> None:
    best = BestEpoch()
    for epoch, value in enumerate(values, 1):
        best.observe(epoch, value, 0.0)
        first = values[:epoch].index(min(values[:epoch])) + 1

        assert (best.epoch, best.value) == (first, min(values[:epoch]))
        assert best.exhausted(epoch, Patience(patience)) == (epoch - first >= patience)
        assert not best.exhausted(epoch, None)


def test_gains_within_min_delta_do_not_renew_patience_but_are_kept() -> None:
    best, patience = BestEpoch(), Patience(3, min_delta=0.1)
    for epoch, value in enumerate([1.0, 0.95, 0.92, 0.91], 1):
        assert best.observe(epoch, value, patience.min_delta)

    assert best.exhausted(4, patience)
    assert (best.epoch, best.value) == (4, 0.91)


def test_a_value_that_is_not_a_number_is_never_the_best() -> None:
    best = BestEpoch()

    assert not best.observe(1, math.nan, 0.0)
    assert best.epoch is None


def test_the_average_is_the_textbook_one_with_and_without_correction() -> None:
    beta, values = 0.9, [3.0, -1.0, 4.0, 1.0, 5.0]
    average, total = 0.0, np.zeros((1, 1))
    for t, value in enumerate(values, 1):
        average = beta * average + (1 - beta) * value
        accumulate(total, np.array([[value]]), np.array([[beta]]))

        assert total[0, 0] * weight(np.array(beta)) == pytest.approx(average, rel=1e-14)
        corrected = total[0, 0] * corrected_weight(np.array(beta), np.array(t))
        assert corrected == pytest.approx(average / (1 - beta**t), rel=1e-14)
        assert smooth(values, beta)[t - 1] == pytest.approx(average / (1 - beta**t), rel=1e-14)


@pytest.mark.parametrize("updates", [1, 2, 3, 7])
def test_the_correction_of_a_member_is_the_same_alone_and_in_company(updates: int) -> None:
    betas = np.random.default_rng(0).uniform(0.0, 1.0, (1, 5_000))
    together = corrected_weight(betas, np.full(betas.shape, updates))
    alone = [corrected_weight(betas[:, row : row + 1], np.array([[updates]]))[0, 0] for row in range(betas.size)]

    assert np.array_equal(together[0], alone)


def test_smoothing_with_beta_zero_gives_the_curve_itself() -> None:
    assert smooth([3.0, 1.0, 2.0], 0.0) == [3.0, 1.0, 2.0]
    assert smooth([], 0.9) == []


@pytest.mark.parametrize(
    ("initializer", "activation", "variance"),
    [
        ("he", "tanh", 2 / 400),
        ("xavier", "relu", 1 / 400),
        ("glorot", "relu", 2 / 700),
        ("auto", "relu", 2 / 400),
        ("auto", "leaky_relu", 2 / 400),
        ("auto", "tanh", 1 / 400),
        ("auto", "sigmoid", 2 / 700),
        ("auto", None, 2 / 700),
    ],
)
def test_initial_weights_have_the_variance_of_their_rule(
    initializer: str, activation: str | None, variance: float
) -> None:
    weights = draw(np.random.default_rng(0), 400, 300, choose(initializer, activation))

    assert weights.shape == (400, 300)
    assert weights.var() == pytest.approx(variance, rel=0.02)
    assert weights.mean() == pytest.approx(0.0, abs=4 * math.sqrt(variance / weights.size))


@pytest.mark.parametrize("batch_norm", [False, True])
def test_biases_and_betas_start_at_zero_and_gammas_at_one(batch_norm: bool) -> None:
    network = Network(Structure(5, (4, 3), 2, "relu", "softmax", 8, batch_norm))
    arrays = network.named_arrays(network.initial_row(Seed(0, 0), "auto"))
    starts = {"b": 0.0, "beta": 0.0, "gamma": 1.0}
    found = {name: array for name, array in arrays.items() if name[:-1] in starts}

    assert len(found) == (5 if batch_norm else 3)
    for name, array in found.items():
        assert np.all(array == starts[name[:-1]]), name


def test_an_unknown_initializer_is_not_taken_for_another() -> None:
    assert "uniform" not in INITIALIZERS

    with pytest.raises(KeyError):
        choose("uniform", "relu")


def test_generators_of_different_purposes_members_replicates_epochs_and_seeds_differ() -> None:
    draws = {
        Seed(entropy, number, replicate).generator(purpose, epoch).random()
        for entropy in (0, 1)
        for number in (0, 1, 2)
        for replicate in (0, 1, 2)
        for purpose in Purpose
        for epoch in (0, 1, 2)
    }

    assert len(draws) == 54 * len(Purpose)
    assert (
        Seed(1, 2).generator(Purpose.BATCH_ORDER, 3).random() == Seed(1, 2).generator(Purpose.BATCH_ORDER, 3).random()
    )


# What these seeds drew before there were replicates.
DRAWN = (
    (Seed(0, 0), Purpose.INITIAL_WEIGHTS, 0, (5559497400832831700, 5319243380202163349, 4284948988431154913)),
    (Seed(7, 3), Purpose.BATCH_ORDER, 5, (2074371783458642906, 6064102188048088778, 4800380295289379975)),
    (Seed(2**40, 12), Purpose.DROPOUT, 1, (8472640641831491210, 9177031288036449440, 4980907220175013728)),
    (Seed(2**70, 999_999), Purpose.AUGMENTATION, 250, (7743724808135123371, 2541072989009598866, 8916253794578429728)),
)


@pytest.mark.parametrize(("seed", "purpose", "epoch", "drawn"), DRAWN)
def test_replicate_0_draws_what_its_member_drew_before_there_were_replicates(
    seed: Seed, purpose: Purpose, epoch: int, drawn: tuple[int, ...]
) -> None:
    for same in (seed, replace(seed, replicate=0)):
        assert tuple(same.generator(purpose, epoch).integers(0, 2**63, 3).tolist()) == drawn


def test_a_replicate_draws_by_a_key_with_its_own_number_at_the_end() -> None:
    drawn = Seed(7, 3, 2).generator(Purpose.DROPOUT, 5)
    oracle = np.random.Generator(np.random.PCG64(np.random.SeedSequence(7, spawn_key=(3, 2, 5, 2))))

    assert np.array_equal(drawn.random(9), oracle.random(9))
    with pytest.raises(ValueError, match="non-negative"):
        Seed(7, 3, -1).generator(Purpose.DROPOUT)


COSTS = {"l1": lambda w, lam, m: lam / (2 * m) * np.abs(w).sum(), "l2": lambda w, lam, m: lam / (2 * m) * (w**2).sum()}


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_adds_the_slope_of_its_cost(name: str) -> None:
    penalty, strengths, examples = PENALTIES[name], [0.5, 2.0], 8
    knobs = [Knobs(0.1, **{name: strength}) for strength in strengths]
    w, g = np.array([[1.0, -2.0, 0.3], [3.0, 4.0, -0.1]]), np.ones((2, 3))
    share = penalty.strength(Knobs.columns(knobs))[:, np.newaxis] / examples
    penalty.add(w, g, share, np.empty_like(w))
    for row, column in np.ndindex(w.shape):
        above, below = w[row].copy(), w[row].copy()
        above[column] += 1e-6
        below[column] -= 1e-6
        slope = (COSTS[name](above, strengths[row], examples) - COSTS[name](below, strengths[row], examples)) / 2e-6

        assert g[row, column] - 1.0 == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_applies_only_where_it_is_asked_for(name: str) -> None:
    others = {other: 1.0 for other in PENALTIES if other != name}

    assert PENALTIES[name].applies(Knobs(0.1, **{name: 0.5}))
    assert not PENALTIES[name].applies(Knobs(0.1, **others))


def test_a_strong_l1_penalty_keeps_most_weights_at_zero() -> None:
    data = training_set(random_dataset("binary", (200, 50, 0), 20))
    ends = [
        train_alone(data, member(data, hidden=(), epochs=60, batch="full", optimizer="sgd", knobs=Knobs(0.01, l1=l1)))[
            1
        ]
        for l1 in (0.0, 400.0)
    ]
    small = [np.mean(np.abs(end.weights[:-1]) < 0.02) for end in ends if end.weights is not None]

    assert small[0] < 0.2
    assert small[1] > 0.5


def structure(batch: BatchSize, *, batch_norm: bool = False, rules: int = CURRENT) -> Structure:
    return Structure(3, (4,), 2, "relu", "softmax", batch, batch_norm, rules)


BATCH_SIZES = st.one_of(st.integers(1, 60), st.just("full"))


@given(st.integers(1, 50), BATCH_SIZES)
def test_batches_are_as_large_as_asked_but_for_the_last(examples: int, batch: BatchSize) -> None:
    size = examples if batch == "full" else min(batch, examples)
    last = examples % size

    assert batch_sizes(examples, structure(batch)) == (size,) * (examples // size) + (last,) * (last > 0)


@given(st.integers(1, 50), BATCH_SIZES, st.booleans(), st.sampled_from([FIRST, CURRENT]))
def test_the_batches_of_an_epoch_have_every_example_once(
    examples: int, batch: BatchSize, batch_norm: bool, rules: int
) -> None:
    sizes = batch_sizes(examples, structure(batch, batch_norm=batch_norm, rules=rules))
    orders = batch_orders([Seed(0, 1), Seed(0, 2)], [0, 3], sizes)

    assert [order.shape[1] for order in orders] == list(sizes)
    for row in np.concatenate(orders, axis=1):
        assert sorted(row) == list(range(examples))


@given(st.integers(1, 300), BATCH_SIZES)
def test_under_batch_norm_a_rest_below_half_a_batch_joins_the_batch_before_it(examples: int, batch: BatchSize) -> None:
    without = batch_sizes(examples, structure(batch))
    sizes = batch_sizes(examples, structure(batch, batch_norm=True))
    joins = without[-1] < without[0] / 2

    assert sizes == ((*without[:-2], without[-2] + without[-1]) if joins else without)
    assert max(sizes) < 1.5 * without[0]


@given(st.integers(1, 300), BATCH_SIZES)
def test_by_the_first_rules_every_rest_is_a_batch_of_its_own(examples: int, batch: BatchSize) -> None:
    old = structure(batch, batch_norm=True, rules=FIRST)

    assert batch_sizes(examples, old) == batch_sizes(examples, structure(batch))


def test_an_order_is_the_permutation_of_its_seed_in_half_the_memory() -> None:
    seeds, epochs = [Seed(0, 1), Seed(0, 2)], [0, 3]
    batches = batch_orders(seeds, epochs, [300, 300, 400])
    permutations = [
        seed.generator(Purpose.BATCH_ORDER, epoch).permutation(1000) for seed, epoch in zip(seeds, epochs, strict=True)
    ]

    assert np.array_equal(np.concatenate(batches, axis=1), permutations)
    assert sum(batch.nbytes for batch in batches) == 2 * order_bytes(1000) == np.array(permutations).nbytes // 2


def test_each_epoch_and_each_member_has_its_own_order() -> None:
    first, second, other = (
        batch_orders([Seed(0, number)], [epoch], [30])[0].tolist() for number, epoch in ((1, 0), (1, 1), (2, 0))
    )

    assert first != second
    assert first != other


@pytest.mark.parametrize("rows", [(0, 5, 5), (5, 0, 5)])
def test_a_data_set_without_training_or_dev_examples_is_refused(rows: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="needs examples in its training and in its dev part"):
        TrainingSet.of(random_dataset("binary", rows, 2), normalize_inputs=False)


def test_every_library_gets_one_thread_and_other_variables_stay() -> None:
    environment = {"OPENBLAS_NUM_THREADS": "8", "OPENBLAS_CORETYPE": "Haswell"}
    use_one_thread(environment)

    assert environment["OPENBLAS_NUM_THREADS"] == environment["OMP_NUM_THREADS"] == "1"
    assert environment["OPENBLAS_CORETYPE"] == "Haswell"


def test_importing_the_setting_of_threads_does_not_import_numpy() -> None:
    code = "import sys, engine.blas; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
