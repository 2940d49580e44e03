"""A member gets the same bits alone and in company, whoever joins or leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.augmentation.augmenter import AUGMENTATIONS
from engine.augmentation.settings import Augmentation
from engine.early_stopping import Patience
from engine.layers import ACTIVATIONS
from engine.lr_decay import DECAYS
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.population import Checkpoint, Finished, Observation, Population
from engine.population.cohort import tile_members
from engine.regularizers import PENALTIES
from engine.rules import CURRENT
from engine.spec import Knobs, MemberSpec
from engine.training_set import TrainingSet
from tests.engine.stacks import Record, member, random_dataset, tick, train, train_alone, training_set
from tests.tries import tries

MULTI = training_set(random_dataset("multiclass", (61, 23, 17), 5))
SETS = {
    "multiclass": MULTI,
    "binary": training_set(random_dataset("binary", (61, 23, 17), 5)),
    "regression": training_set(random_dataset("regression", (61, 23, 17), 5)),
}

KNOBS = st.builds(
    Knobs,
    learning_rate=st.sampled_from([1e-3, 0.03, 0.7]),
    beta1=st.sampled_from([0.0, 0.9, 0.99]),
    beta2=st.sampled_from([0.9, 0.999]),
    epsilon=st.sampled_from([1e-8, 1e-4]),
    l1=st.sampled_from([0.0, 0.2]),
    l2=st.sampled_from([0.0, 0.5, 200.0]),
    keep_prob=st.sampled_from([1.0, 1.0, 0.8, 0.3]),
    input_keep_prob=st.sampled_from([1.0, 1.0, 0.9]),
    batch_norm_beta=st.sampled_from([0.5, 0.9]),
    decay_rate=st.sampled_from([0.5, 0.95]),
    decay_every=st.sampled_from([1.0, 2.5]),
    warmup_epochs=st.sampled_from([0.0, 1.5]),
    clip_norm=st.sampled_from([0.0, 0.3]),
)


def assert_same(found: tuple[Sequence[Observation], Finished], alone: tuple[Sequence[Observation], Finished]) -> None:
    """Curves, metrics and weights agree to the last bit."""
    # By their repr: it tells every two numbers apart, and the NaN of a diverged member is its own equal.
    assert [(seen.epoch, repr(seen.values), repr(seen.gradient_norms)) for seen in found[0]] == [
        (seen.epoch, repr(seen.values), repr(seen.gradient_norms)) for seen in alone[0]
    ]
    one, other = found[1], alone[1]
    assert (one.state, one.reason, one.best_epoch, one.metrics) == (
        other.state,
        other.reason,
        other.best_epoch,
        other.metrics,
    )
    if one.weights is None or other.weights is None:
        assert one.weights is other.weights
    else:
        assert one.weights.tobytes() == other.weights.tobytes()


def assert_all_same(data: TrainingSet, members: Sequence[tuple[str, MemberSpec]], record: Record) -> None:
    for key, spec in members:
        assert_same((record.curves[key], record.ends[key]), train_alone(data, spec))


@st.composite
def stacks(draw: Any) -> tuple[TrainingSet, list[tuple[str, MemberSpec]]]:
    """Members of one random structure that differ in all that may differ."""
    data = SETS[draw(st.sampled_from(sorted(SETS)))]
    shape = {
        "hidden": tuple(draw(st.lists(st.integers(1, 20), max_size=2))),
        "activation": draw(st.sampled_from(["relu", "leaky_relu", "tanh", "sigmoid"])),
        "batch": draw(st.sampled_from([1, 2, 7, 16, 61, "full"])),
        "batch_norm": draw(st.booleans()),
        "rules": draw(st.sampled_from([CURRENT, CURRENT, 2])),
    }
    members = [
        (
            f"m{number}",
            member(
                data,
                number,
                optimizer=draw(st.sampled_from(["sgd", "momentum", "rmsprop", "adam"])),
                knobs=draw(KNOBS),
                epochs=draw(st.integers(1, 4)),
                patience=draw(st.sampled_from([None, Patience(1), Patience(2, 0.01)])),
                initializer=draw(st.sampled_from(["auto", "he", "glorot"])),
                class_weight=draw(
                    st.sampled_from(["none", "balanced", {"0": 0.3, "1": 2.5}] if data.classes else ["none"])
                ),
                decay=draw(st.sampled_from(sorted(DECAYS))),
                decay_by=draw(st.sampled_from(["epoch", "batch"])),
                **shape,
            ),
        )
        for number in range(draw(st.integers(2, 6)))
    ]
    return data, members


@settings(max_examples=tries(24), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stacks())
def test_a_member_of_any_stack_is_what_it_is_alone(stack: tuple[TrainingSet, list[tuple[str, MemberSpec]]]) -> None:
    data, members = stack

    assert_all_same(data, members, train(data, members))


@settings(max_examples=tries(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stacks(), st.randoms(use_true_random=False))
def test_joining_and_leaving_neighbours_leave_no_trace(
    stack: tuple[TrainingSet, list[tuple[str, MemberSpec]]], chance: Any
) -> None:
    data, members = stack
    population, record = Population(tick), Record()
    waiting, gone = list(members), set()
    while waiting or len(population):
        if waiting:
            population.join(data, [waiting.pop()])
        if chance.random() < 0.2 and record.curves:
            leaver = chance.choice(sorted(record.curves))
            if leaver not in record.ends:
                population.leave([leaver])
                gone.add(leaver)
        record.take(population)
    stayed = [(key, spec) for key, spec in members if key not in gone]

    assert_all_same(data, stayed, record)


@settings(max_examples=tries(16), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stacks(), st.integers(1, 3), st.randoms(use_true_random=False))
def test_going_on_from_a_checkpoint_leaves_no_trace(
    stack: tuple[TrainingSet, list[tuple[str, MemberSpec]]], stop: int, chance: Any
) -> None:
    data, members = stack
    before, record = Population(tick), Record()
    before.join(data, members)
    for _ in range(stop):
        record.take(before)
    paused = [(key, spec) for key, spec in members if key not in record.ends]
    checkpoints = {key: Checkpoint.from_bytes(before.checkpoint(key).to_bytes()) for key, _ in paused}
    after = Population(tick)
    chance.shuffle(paused)
    while paused or len(after):
        if paused:
            after.join(data, [paused.pop()], checkpoints)
        record.take(after)

    assert_all_same(data, members, record)


def test_a_checkpoint_is_the_same_bytes_whoever_was_there() -> None:
    specs = [(str(n), member(MULTI, n, batch_norm=True, knobs=Knobs(0.05, keep_prob=0.7), epochs=9)) for n in range(3)]
    found = []
    for company in (specs, specs[1:2]):
        population = Population(tick)
        population.join(MULTI, company)
        for _ in range(4):
            population.train_epoch()
        found.append(population.checkpoint("1").to_bytes())

    assert found[0] == found[1]


def test_a_checkpoint_with_nothing_left_to_do_is_refused() -> None:
    population = Population(tick)
    population.join(MULTI, [("a", member(MULTI, epochs=3))])
    for _ in range(2):
        population.train_epoch()
    checkpoint = population.checkpoint("a")

    with pytest.raises(ValueError, match="The checkpoint of a is at epoch 2, and its 2 epochs are done"):
        Population(tick).join(MULTI, [("a", member(MULTI, epochs=2))], {"a": checkpoint})
    with pytest.raises(KeyError):
        population.checkpoint("b")


def test_members_on_both_sides_of_a_tile_border_are_what_they_are_alone() -> None:
    specs = [
        member(
            MULTI,
            n,
            hidden=(257, 129),
            batch=16,
            epochs=2,
            optimizer=("adam", "sgd")[n % 2],
            batch_norm=True,
            knobs=Knobs(0.05, keep_prob=(1.0, 0.5)[n % 3 == 0]),
        )
        for n in range(9)
    ]
    members = [(str(number), spec) for number, spec in enumerate(specs)]

    assert 1 < tile_members(Network(specs[0].structure), MULTI) < len(specs)
    assert_all_same(MULTI, members, train(MULTI, members))


def test_a_diverging_neighbour_leaves_no_trace() -> None:
    wild = member(MULTI, 0, optimizer="sgd", knobs=Knobs(1e30), activation="relu", epochs=5)
    calm = [member(MULTI, n, optimizer="sgd", activation="relu", epochs=5) for n in range(1, 5)]
    members = [("wild", wild), *((str(number), spec) for number, spec in enumerate(calm))]
    record = train(MULTI, members)

    assert record.ends["wild"].state == "diverged"
    assert_all_same(MULTI, members[1:], record)


def test_a_member_that_diverges_late_is_what_it_is_alone() -> None:
    data = SETS["regression"]
    late = member(data, 0, optimizer="sgd", activation="relu", knobs=Knobs(3.0, warmup_epochs=20.0), epochs=60)
    calm = [member(data, n, optimizer="sgd", activation="relu", epochs=60) for n in range(1, 4)]
    members = [(str(number), spec) for number, spec in enumerate([*calm[:2], late, calm[2]])]
    record = train(data, members)

    assert (record.ends["2"].state, record.ends["2"].weights is None) == ("diverged", False)
    assert_all_same(data, members, record)


def test_a_population_of_several_structures_and_data_sets_mixes_nothing_up() -> None:
    population, record = Population(tick), Record()
    groups = [
        (data, [(f"{name}-{n}", member(data, n, hidden=(3 + n,))) for n in range(3)]) for name, data in SETS.items()
    ]
    for data, members in groups:
        population.join(data, members)
    while len(population):
        record.take(population)

    for data, members in groups:
        assert_all_same(data, members, record)


def test_the_same_member_trained_twice_gives_the_same_bits() -> None:
    spec = member(MULTI, 3, hidden=(16, 8), epochs=4)

    assert_same(train_alone(MULTI, spec), train_alone(MULTI, spec))


def test_another_number_or_another_seed_gives_other_weights() -> None:
    network = Network(member(MULTI).structure)
    rows = [network.initial_row(member(MULTI, number).seed, "auto") for number in (0, 1)]

    assert not np.array_equal(rows[0], rows[1])


def test_replicates_are_members_of_their_own_and_each_is_in_a_stack_what_it_is_alone() -> None:
    spec = member(MULTI, 3, batch_norm=True, knobs=Knobs(0.05, keep_prob=0.7))
    seeds = [*(replace(spec.seed, replicate=r) for r in range(4)), replace(spec.seed, number=4, replicate=1)]
    members = [(str(place), replace(spec, seed=seed)) for place, seed in enumerate(seeds)]
    record = train(MULTI, members)

    assert_all_same(MULTI, members, record)
    assert_same((record.curves["0"], record.ends["0"]), train_alone(MULTI, spec))
    assert len({repr(curve) for curve in record.curves.values()}) == len(members)


# Images of 5 x 5 pixels.
IMAGES = replace(
    training_set(random_dataset("multiclass", (61, 23, 17), 25)), image=(5, 5, 1), fill=np.zeros(1, np.float32)
)
DECAYING = Knobs(0.05, decay_rate=0.5, decay_every=1.5)
TECHNIQUES: Mapping[str, dict[str, Any]] = {
    **{name: {"optimizer": name} for name in OPTIMIZERS},
    **{name: {"activation": name, "hidden": (6, 5)} for name in ACTIVATIONS},
    **{name: {"knobs": Knobs(0.05, **{name: 0.3})} for name in PENALTIES},
    "dropout": {"knobs": Knobs(0.05, keep_prob=0.6)},
    "input dropout": {"knobs": Knobs(0.05, input_keep_prob=0.8)},
    "batch norm": {"batch_norm": True},
    "batch norm, a rest that joins": {"batch_norm": True, "batch": 20},
    **{f"{kind} by epoch": {"knobs": DECAYING, "decay": kind} for kind in DECAYS if kind != "none"},
    **{
        f"{kind} by batch": {"knobs": DECAYING, "decay": kind, "decay_by": "batch"} for kind in DECAYS if kind != "none"
    },
    "warm-up": {"knobs": Knobs(0.05, warmup_epochs=2.5)},
    "clipping": {"knobs": Knobs(0.05, clip_norm=0.3)},
    "early stopping": {"knobs": Knobs(0.5), "patience": Patience(1)},
    **{name: {"augment": Augmentation(**{name: 0.5})} for name in AUGMENTATIONS},
    "class weights": {"class_weight": {"0": 0.3, "2": 2.5}},
    "full batches": {"batch": "full"},
    "no hidden layer": {"hidden": ()},
}
COMPANY: Sequence[dict[str, Any]] = [
    {"optimizer": "sgd", "knobs": Knobs(1e30)},  # diverges
    {"optimizer": "sgd", "knobs": Knobs(0.7, l1=0.2, keep_prob=0.5), "patience": Patience(1)},
    {"optimizer": "momentum", "knobs": Knobs(0.3, beta1=0.5, clip_norm=0.2), "decay": "staircase"},
    {
        "optimizer": "momentum",
        "knobs": Knobs(0.1, l2=0.5, input_keep_prob=0.9),
        "epochs": 2,
        "class_weight": {"0": 3.0, "1": 0.5},
    },
    {"optimizer": "rmsprop", "knobs": Knobs(0.01, beta2=0.9, keep_prob=0.3, warmup_epochs=1.5)},
    {
        "optimizer": "adam",
        "knobs": Knobs(0.02, l2=0.1, batch_norm_beta=0.5),
        "decay": "exponential",
        "decay_by": "batch",
    },
    {
        "optimizer": "adam",
        "knobs": Knobs(0.1, keep_prob=0.9),
        "initializer": "he",
        "augment": Augmentation(0.5, 10.0, 1.0),
    },
]
EPOCHS = 5


def with_technique(technique: Mapping[str, Any], number: int = 0, **others: Any) -> MemberSpec:
    """Return a member with this technique, and what `others` say of all that may differ in a stack."""
    return member(IMAGES, number, **{"batch": 16, "epochs": EPOCHS, **technique, **others})


@pytest.mark.parametrize("technique", TECHNIQUES.values(), ids=TECHNIQUES)
def test_each_technique_gives_the_same_bits_alone_and_in_a_mixed_stack(technique: Mapping[str, Any]) -> None:
    others = [with_technique(technique, number, **differing) for number, differing in enumerate(COMPANY, 1)]
    specs = [*others[:4], with_technique(technique), *others[4:]]
    members = [(str(number), spec) for number, spec in enumerate(specs)]

    assert len(members) == 8
    assert len({spec.structure for spec in specs}) == 1
    assert_all_same(IMAGES, members, train(IMAGES, members))


@pytest.mark.parametrize("technique", TECHNIQUES.values(), ids=TECHNIQUES)
def test_each_technique_goes_on_from_any_epoch_to_the_bits_of_never_having_stopped(
    technique: Mapping[str, Any],
) -> None:
    spec, straight = with_technique(technique), Record()
    population, checkpoints = Population(tick), []
    population.join(IMAGES, [("straight", spec)])
    while len(population):
        checkpoints.append(population.checkpoint("straight").to_bytes())
        straight.take(population)
    curve, end = straight.curves["straight"], straight.ends["straight"]
    for stop, content in enumerate(checkpoints):
        again, record = Population(tick), Record()
        again.join(IMAGES, [("again", spec)], {"again": Checkpoint.from_bytes(content)})
        while len(again):
            record.take(again)

        assert_same((record.curves["again"], record.ends["again"]), (curve[stop:], end))


def test_each_technique_leaves_its_mark() -> None:
    ends = [repr(train_alone(IMAGES, with_technique(technique))) for technique in TECHNIQUES.values()]

    assert len(set(ends)) == len(TECHNIQUES)
    assert train_alone(IMAGES, with_technique(TECHNIQUES["early stopping"]))[1].epochs < EPOCHS
