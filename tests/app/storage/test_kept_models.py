"""Which models of a sweep are stored, and when they fall out."""

from sqlalchemy import select

from app.domain.states import SweepState
from app.domain.work import Keep, Lease, ModelRef, Rank, Result
from app.storage import kept_models, moves
from app.storage.outcomes import follow_runs
from app.storage.tables import artifacts, models
from tests.app.storage.queue_world import NOW, World, completed, hash_of, paused


def model(world: World, content: str) -> ModelRef:
    world.artifact(content)
    return ModelRef(hash_of(content), 4, {"processor": content})


def end(world: World, lease: Lease, value: float | None) -> dict[str, Keep]:
    return world.finish(completed(lease, value, model=model(world, str(lease)))).keep


def here(world: World) -> int:
    statement = select(artifacts.c.key).where(artifacts.c.state == "here")
    return len(world.connection.execute(statement).all())


def test_the_best_models_stay_whoever_arrives_first(world: World) -> None:
    world.add_sweep(trials=4, keep_models=2)
    values = 0.5, 0.25, 0.75, 0.25
    for claimed, value in zip(world.claim(slots=4), values, strict=True):
        end(world, claimed.lease, value)
    assert world.models() == {1: (0.25, 1), 3: (0.25, 1)}


def test_what_fell_out_is_forgotten_and_the_bound_is_told(world: World) -> None:
    world.add_sweep(trials=3, keep_models=1)
    first, second, third = (one.lease for one in world.claim(slots=3))
    assert end(world, first, 0.5) == {"swp_1": Keep(1, Rank(0.5, 0), None, 1)}
    assert end(world, second, 0.25) == {"swp_1": Keep(1, Rank(0.25, 1), None, 1)}
    assert end(world, third, 0.75) == {"swp_1": Keep(1, Rank(0.25, 1), None, 1)}
    assert here(world) == 2  # the data set and one model
    assert world.models() == {1: (0.25, 1)}


def test_a_pool_keeps_more_of_the_best_models_and_a_smaller_one_changes_nothing(world: World) -> None:
    world.add_sweep("swp_1", trials=3, keep_models=1, pool=2)
    for claimed, value in zip(world.claim(slots=3), (0.5, 0.25, 0.75), strict=True):
        end(world, claimed.lease, value)
    assert world.models() == {0: (0.5, 1), 1: (0.25, 1)}
    world.add_sweep("swp_2", trials=1, keep_models=3, pool=2)
    assert world.grant().keep["swp_2"].models == 3


def test_a_claim_tells_whose_weights_are_wanted(world: World) -> None:
    world.add_sweep(trials=2, keep_models=1)
    end(world, world.claim()[0].lease, 0.5)
    assert world.grant().keep == {"swp_1": Keep(1, Rank(0.5, 0), None, 1)}


def test_a_result_without_a_value_keeps_no_model(world: World) -> None:
    world.add_sweep()
    end(world, world.claim()[0].lease, None)
    assert world.models() == {}


def test_a_model_of_a_paused_run_waits_and_settles_when_its_trial_is_pruned(world: World) -> None:
    world.add_sweep(asked=1)
    world.finish(paused(world.claim()[0].lease, 0.5, model=model(world, "a")))
    assert world.models() == {0: (0.5, 0)}
    moves.prune(world.connection, {1: "worse"})
    moves.settle(world.connection, world.policy, [(1, 0)], NOW, [1])
    assert world.models() == {0: (0.5, 1)}


def test_a_later_result_of_the_same_best_epoch_keeps_the_model_and_another_one_drops_it(world: World) -> None:
    world.add_sweep(trials=2, asked=1)
    same, other = (one.lease for one in world.claim(slots=2))
    world.finish(paused(same, 0.5, model=model(world, "a")), paused(other, 0.5, model=model(world, "b")))
    moves.queue_on(world.connection, [same.run, other.run], 2, 2)
    same, other = (one.lease for one in world.claim(slots=2))
    later = [
        Result(lease, "completed", {"dev_error": 0.25}, best, 1, 0.5, "done") for lease, best in ((same, 1), (other, 2))
    ]
    world.finish(*later)
    assert world.models() == {0: (0.25, 1)}
    assert here(world) == 2


def test_a_newer_model_takes_the_place_of_the_one_before(world: World) -> None:
    world.add_sweep(asked=1)
    world.finish(paused(world.claim()[0].lease, 0.5, model=model(world, "a")))
    moves.queue_on(world.connection, [1], 2, 2)
    world.finish(completed(world.claim()[0].lease, 0.25, model=model(world, "b")))
    assert world.models() == {0: (0.25, 1)}
    assert world.connection.execute(select(models.c.made_with)).scalars().all() == [{"processor": "b"}]
    assert here(world) == 2


def test_the_model_of_a_cancelled_trial_goes(world: World) -> None:
    world.add_sweep(asked=1)
    world.finish(paused(world.claim()[0].lease, 0.5, model=model(world, "a")))
    moves.cancel_sweep(world.connection, world.policy, 1, "on request", NOW)
    assert world.models() == {}
    assert here(world) == 1


def test_the_end_of_a_sweep_settles_what_waits_and_ranks_it(world: World) -> None:
    world.add_sweep(trials=3, asked=1, keep_models=2)
    values = 0.5, 0.25, 0.75
    for claimed, value in zip(world.claim(slots=3), values, strict=True):
        world.finish(paused(claimed.lease, value, model=model(world, str(value))))
    assert moves.end_sweep(world.connection, world.policy, 1, SweepState.COMPLETED, "enough", NOW)
    assert world.models() == {0: (0.5, 1), 1: (0.25, 1)}


def test_only_the_first_replicate_has_a_model_and_the_value_is_the_trials(world: World) -> None:
    world.add_sweep(replicates=2)
    first, second = (one.lease for one in world.claim(slots=2))
    world.finish(completed(first, 0.25, model=model(world, "a")))
    assert world.models() == {0: (0.25, 0)}
    world.finish(completed(second, 0.75, model=model(world, "b")))
    assert world.models() == {0: (0.5, 1)}
    assert world.connection.execute(select(models.c.made_with)).scalars().all() == [{"processor": "a"}]


def test_two_trials_may_have_the_same_weights(world: World) -> None:
    world.add_sweep(trials=2, keep_models=1)
    first, second = (one.lease for one in world.claim(slots=2))
    same = model(world, "a")
    world.finish(completed(first, 0.5, model=same), completed(second, 0.25, model=same))
    assert world.models() == {1: (0.25, 1)}
    assert here(world) == 2


def test_sweeps_are_ranked_apart(world: World) -> None:
    world.add_sweep("swp_1", 1, keep_models=1)
    world.add_sweep("swp_2", 1, keep_models=1)
    for claimed in world.claim(slots=2):
        end(world, claimed.lease, 0.5)
    assert kept_models.rank(world.connection, world.policy, [1, 2]).keys() == {"swp_1", "swp_2"}
    assert (world.models(1), world.models(2)) == ({0: (0.5, 1)}, {0: (0.5, 1)})
    assert follow_runs(world.connection, world.policy, {(2, 0)}, NOW) == {(2, 0): 0.5}
