"""Tests of whole simulations, and of the files that they read."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from app.cli import app
from app.domain.errors import InvalidRequest
from app.domain.space import FloatParameter, IntParameter
from app.domain.sweeps import Budget, Confirmation
from app.simulation.clock import Search, simulate
from app.simulation.files import read_tasks, task_named
from app.simulation.report import HEIGHT, as_json, plot
from app.simulation.tasks import Curves, Table
from tests.app.simulation.files import small_curves, small_table
from tests.tries import tries

RANDOM, PLAIN = {"kind": "random"}, {"kind": "none"}


def halving(eta: int) -> dict[str, str | int]:
    return {"kind": "successive_halving", "eta": eta, "first_rung": 2}


def test_a_table_is_searched_on_one_seed_and_scored_by_the_mean_of_all(tmp_path: Path) -> None:
    [task] = read_tasks(small_table(tmp_path))
    assert isinstance(task, Table)
    with np.load(tmp_path / "small.npz") as file:
        costs = file["made_up"].astype(float)
    means = costs.mean(-1)
    found = simulate(task, Search(RANDOM, PLAIN, Budget(5)), [1.0])
    seen = {run.trial: run.value for run in found.sweep.runs.values()}
    for trial, value in seen.items():
        params = found.sweep.trials[trial].params
        assert value in costs[task.space_index(params)]
    winner = found.sweep.trials[min(seen, key=lambda trial: (seen[trial] or 0.0, trial))].params
    cost = means[task.space_index(winner)]
    assert math.isclose(found.regret, (cost - means.min()) / (np.median(means) - means.min()))


def test_what_a_confirmed_sweep_hands_back_is_the_best_mean_of_its_leaders(tmp_path: Path) -> None:
    [task] = read_tasks(small_table(tmp_path))
    confirm = Confirmation(share=0.25, leaders=2, replicates=1)
    found = simulate(task, Search(RANDOM, PLAIN, Budget(8, epochs=8), confirm=confirm), [1.0, 2.0])
    assert (len(found.sweep.trials), len(found.sweep.confirmed)) == (6, 2)
    winner = min(found.sweep.confirmed, key=lambda trial: (found.sweep.cost(trial) or 0.0, trial))
    assert found.moments[-1].trial == winner
    assert found.regret == task.regret(task.cost(found.sweep.trials[winner].params, 1))


def test_axes_of_curves_are_found_from_their_values(tmp_path: Path) -> None:
    task = read_tasks(small_curves(tmp_path))[0]
    rate, layers, momentum = task.space.parameters.values()
    assert isinstance(rate, FloatParameter)
    assert rate.scale == "log"
    assert isinstance(layers, IntParameter)
    assert isinstance(momentum, FloatParameter)
    assert momentum.scale == "linear"


def test_a_recorded_configuration_goes_along_its_own_curve(tmp_path: Path) -> None:
    task = read_tasks(small_curves(tmp_path))[0]
    assert isinstance(task, Curves)
    with np.load(tmp_path / "curves.npz") as file:
        configs = file["configs"].astype(float)
    for number, config in enumerate(configs):
        assert task.nearest(dict(zip(task.space, config.tolist(), strict=True))) == number


def test_a_trial_on_recorded_curves_is_stored_with_the_parameters_of_the_recorded_configuration(tmp_path: Path) -> None:
    task = read_tasks(small_curves(tmp_path))[0]
    with np.load(tmp_path / "curves.npz") as file:
        recorded = {tuple(config) for config in file["configs"].astype(float).tolist()}
    found = simulate(task, Search(RANDOM, PLAIN, Budget(6)), [1.0])
    taken = [tuple(float(str(value)) for value in trial.params.values()) for trial in found.sweep.trials]
    assert set(taken) <= recorded
    assert len(set(taken)) == len(taken)


def test_each_trial_has_the_nearest_curve_that_no_earlier_one_has(tmp_path: Path) -> None:
    task = read_tasks(small_curves(tmp_path))[0]
    assert isinstance(task, Curves)
    with np.load(tmp_path / "curves.npz") as file:
        count = len(file["configs"])
    params = {"learning_rate": 0.01, "layers": 3, "momentum": 0.5}
    recorded = task.recorder()
    found = [task.nearest(recorded(params)) for _ in range(count + 1)]
    assert found[0] == task.nearest(params)
    assert sorted(found[:count]) == list(range(count))
    assert found[count] == found[0]


def test_the_clock_counts_the_seconds_of_the_epochs_by_the_speed_of_the_worker(tmp_path: Path) -> None:
    [task] = read_tasks(small_table(tmp_path))
    slow, fast = (simulate(task, Search(RANDOM, PLAIN, Budget(6)), [speed]) for speed in (1.0, 4.0))
    assert math.isclose(slow.seconds, 4 * fast.seconds)
    assert math.isclose(slow.utilisation, 1.0)
    two = simulate(task, Search(RANDOM, PLAIN, Budget(6)), [1.0, 1.0])
    assert slow.seconds / 2 <= two.seconds < slow.seconds


@settings(max_examples=tries(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32),
    eta=st.integers(2, 5),
    trials=st.integers(1, 40),
    epochs=st.none() | st.integers(10, 300),
    replicates=st.sampled_from([1, 2]),
    speeds=st.lists(st.floats(0.1, 10), min_size=7, max_size=7),
)
def test_one_worker_and_seven_of_any_speed_give_the_same_trials_and_decisions(
    tmp_path: Path, seed: int, eta: int, trials: int, epochs: int | None, replicates: int, speeds: list[float]
) -> None:
    task = read_tasks(small_curves(tmp_path))[seed % 2]
    search = Search(RANDOM, halving(eta), Budget(trials, epochs=epochs), seed, replicates, 0.1)
    alone, many = simulate(task, search, [1.0]), simulate(task, search, speeds)
    assert alone.sweep.table() == many.sweep.table()
    assert alone.sweep.decisions == many.sweep.decisions
    assert [trial.params for trial in alone.sweep.trials] == [trial.params for trial in many.sweep.trials]


def test_a_report_is_json_and_its_plot_falls_to_the_regret_at_the_end(tmp_path: Path) -> None:
    found = simulate(read_tasks(small_curves(tmp_path))[1], Search(RANDOM, halving(3), Budget(9)), [1.0, 2.0])
    assert json.loads(json.dumps(as_json(found)))["regret"] == found.regret
    lines = list(plot(found.moments))
    assert len(lines) == HEIGHT + 2
    assert sum(line.count("*") for line in lines) == 60


def test_the_command_answers_a_plot_or_json_and_refuses_with_all_faults(tmp_path: Path) -> None:
    file = str(small_curves(tmp_path))
    text = CliRunner().invoke(app, ["simulate", file, "--task", "two", "--trials", "9"])
    assert text.exit_code == 0
    assert "two: random with none, 4 workers, seed 0" in text.stdout
    answer = CliRunner().invoke(app, ["simulate", file, "--trials", "3", "--json", "--speed", "2"])
    assert json.loads(answer.stdout)["trials"] == 3
    wrong = CliRunner().invoke(app, ["simulate", file, "--sampler", "randon", "--speed", "0"])
    assert wrong.exit_code == 1
    assert 'There is no sampler "randon".' in wrong.stderr
    assert "each must be a number above 0" in wrong.stderr


def test_trials_that_go_on_from_others_cannot_be_simulated_on_a_table(tmp_path: Path) -> None:
    asked = ["simulate", str(small_curves(tmp_path)), "--task", "two", "--trials", "9", "--scheduler", "pbt"]
    refused = CliRunner().invoke(app, asked)
    assert refused.exit_code == 1
    assert "pbt cannot be simulated. Use another scheduler." in refused.stderr


@pytest.mark.parametrize("form", [small_table, small_curves])
@pytest.mark.parametrize("part", [0.0, 0.3, 0.99])
def test_a_file_that_is_cut_is_refused(tmp_path: Path, form: Callable[[Path], Path], part: float) -> None:
    file = form(tmp_path)
    file.write_bytes(file.read_bytes()[: int(part * file.stat().st_size)])
    with pytest.raises(InvalidRequest, match="is no NPZ file that can be read"):
        read_tasks(file)


@pytest.mark.parametrize("changed", [{"configs": np.array(["a"])}, {"dataset": np.array("one")}])
def test_arrays_of_other_kinds_are_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    with np.load(small_curves(tmp_path)) as file:
        np.savez(tmp_path / "other.npz", **{**file, **changed})
    with pytest.raises(InvalidRequest, match="has arrays of other kinds or shapes than tasks have"):
        read_tasks(tmp_path / "other.npz")


@pytest.mark.parametrize("axes", ["[", "[" * 99_999, "7", '{"axes": 7}', '{"axes": [["a", 1]]}', "\xff"])
def test_axes_that_are_none_are_refused(tmp_path: Path, axes: str) -> None:
    file = small_table(tmp_path)
    (tmp_path / "small_axes.json").write_bytes(axes.encode("latin-1"))
    with pytest.raises(InvalidRequest, match="does not name the axes"):
        read_tasks(file)


def test_a_file_of_no_form_and_a_task_that_is_not_there_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no archive")
    with pytest.raises(InvalidRequest, match="is no NPZ file that can be read"):
        read_tasks(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(InvalidRequest, match=r"nor other_axes\.json beside it"):
        read_tasks(tmp_path / "other.npz")
    with pytest.raises(InvalidRequest, match=r'There is no task "three"\. There are: one, two'):
        task_named(read_tasks(small_curves(tmp_path)), "three")
