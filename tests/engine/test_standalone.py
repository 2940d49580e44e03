"""Tests of training without the service: the engine as a person uses it who imports it and nothing else."""

import doctest
import subprocess
import sys

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

import engine
from engine.early_stopping import Patience
from engine.standalone import train
from tests.engine.stacks import member, random_dataset, tick, train_alone, training_set


def run_python(code: str) -> int:
    return subprocess.run([sys.executable, "-c", code], check=False).returncode


def test_each_spec_gets_its_own_curve_and_end_in_order() -> None:
    data = training_set(random_dataset("multiclass", (40, 20, 20), 4))
    specs = [
        member(data, 0, epochs=4),
        member(data, 1, epochs=2, hidden=(7,)),
        member(data, 2, epochs=30, optimizer="sgd", patience=Patience(2)),
        member(data, 0, epochs=3),
    ]

    for spec, trained in zip(specs, train(data, specs, tick), strict=True):
        curve, finished = train_alone(data, spec)
        assert list(trained.curve) == curve
        assert trained.finished.metrics == finished.metrics
        assert np.array_equal(trained.finished.weights, finished.weights)  # type: ignore[arg-type]  # none diverges


def test_without_specs_there_is_nothing_to_return() -> None:
    assert train(training_set(random_dataset("binary", (8, 4, 0), 2)), []) == []


def test_blas_has_one_thread_in_training_and_afterwards_as_many_as_before() -> None:
    seen: set[int] = set()

    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    def clock() -> float:
        seen.update(threads())
        return 0.0

    data = training_set(random_dataset("binary", (8, 4, 0), 2))
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        train(data, [member(data)], clock)

        assert seen == {1}
        assert threads() == before != {1}


def test_the_example_of_the_engine_does_what_it_says() -> None:
    found = doctest.testmod(engine)

    assert found.attempted > 0
    assert found.failed == 0


def test_every_public_name_is_there_and_another_is_refused_with_those_that_are() -> None:
    assert all(callable(getattr(engine, name)) for name in engine.__all__)
    assert run_python("from engine import *; Knobs, train, load_builtin") == 0
    assert run_python("import engine; engine.trian") == 1


def test_importing_the_engine_imports_neither_numpy_nor_scikit_learn() -> None:
    assert run_python("import sys, engine; sys.exit(bool({'numpy', 'sklearn'} & set(sys.modules)))") == 0


def test_the_public_names_need_no_scikit_learn() -> None:
    code = (
        "import sys; sys.modules['sklearn'] = None; import engine; [getattr(engine, name) for name in engine.__all__]"
    )

    assert run_python(code) == 0


def test_estimators_without_scikit_learn_say_what_to_install() -> None:
    code = """
import sys
sys.modules["sklearn"] = None
try:
    import engine.estimators
except ModuleNotFoundError as error:
    sys.exit("pip install '.[sklearn]'" not in str(error))
sys.exit("nothing was raised")
"""

    assert run_python(code) == 0
