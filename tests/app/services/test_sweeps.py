"""Tests of the use cases of sweeps, asked by several at the same time."""

import os
import signal
from functools import partial
from threading import Thread

from app.domain.sweeps import Enqueued
from app.services.services import Services
from tests.app.services.requests import claimed, finish, patched, posted
from tests.system.processes import PATIENCE, planners_of, until


def test_no_change_of_another_sweep_waits_for_a_model_and_points_get_their_own_trials(services: Services) -> None:
    sweep = posted(services, sampler={"kind": "gp", "batch": 2}, budget={"trials": 8})
    other = posted(services)
    answers = dict[float, Enqueued]()

    def enqueue(rate: float) -> None:
        answers[rate] = services.sweeps.enqueue(sweep, [{"learning_rate": rate}], [])

    def wait(count: int) -> bool:
        return services.sweeps.get(sweep).waiting_points == count

    enqueuing = [Thread(target=enqueue, args=(rate,)) for rate in (0.25, 0.5, 0.75)]
    changing = Thread(target=patched, args=(services, other), kwargs={"budget": {"trials": 9}}, daemon=True)
    (child,) = planners_of(os.getpid())
    os.kill(child, signal.SIGSTOP)
    try:
        finish(services, [run for run in claimed(services, 64) if run.sweep == sweep])
        for count, thread in enumerate(enqueuing, 1):
            thread.start()
            until(partial(wait, count), "the points wait")
        changing.start()
        changing.join(PATIENCE)
        assert services.sweeps.get(other).spec.budget.trials == 9
    finally:
        os.kill(child, signal.SIGCONT)
    for thread in enqueuing:
        thread.join()
    for rate, answer in answers.items():
        (number,) = answer.trials
        assert services.trials.get(sweep, number).params == {"learning_rate": rate}
