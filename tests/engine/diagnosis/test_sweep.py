"""Tests of what many trials say together."""

from engine.diagnosis import (
    DIVERGENCE,
    PLATEAU,
    Diagnosis,
    Errors,
    Practice,
    TrialDiagnosis,
    Trouble,
    diagnose_sweep,
    judge,
)

PRACTICE = Practice(trained=20, allowed=20, still_falls=False)


def trial(train: float | None, dev: float, *kinds: Trouble) -> TrialDiagnosis:
    judged = None if train is None else judge(Errors("error", train, dev), PRACTICE)
    return TrialDiagnosis(judged, [Diagnosis(kind, "Something is wrong.", 3) for kind in kinds])


def test_trials_are_counted_by_verdict_and_by_trouble_and_the_first_ten_are_named() -> None:
    trials = {number: trial(None, 0.0, DIVERGENCE) for number in range(12)}
    trials |= {20: trial(0.0, 0.3), 21: trial(0.3, 0.3, PLATEAU), 22: trial(0.0, 0.0)}
    found = diagnose_sweep(trials, 20)
    best = found.bias_variance
    assert best is not None
    assert best.counts == {"high_bias": 1, "high_variance": 1, "both": 0, "neither": 1}
    assert found.training.counts == {DIVERGENCE: 12, "exploding_gradients": 0, "vanishing_gradients": 0, PLATEAU: 1}
    assert found.training.trials[DIVERGENCE] == list(range(10))
    assert found.training.trials[PLATEAU] == [21]
    assert (best.verdict, best.train, best.dev) == ("high_variance", 0.0, 0.3)


def test_the_next_steps_are_those_of_the_best_trial_and_of_what_is_common() -> None:
    trials = {0: trial(0.0, 0.125)} | {n: trial(None, 0.0, DIVERGENCE) for n in (1, 2)}
    trials |= {n: trial(0.0, 0.3) for n in range(3, 19)} | {19: trial(None, 0.0, PLATEAU)}
    best, data, regularization, architecture, common = diagnose_sweep(trials, 0).next
    assert best.startswith("Trial 0 is the best, and shows high variance. The dev error is 0.125, the train error 0")
    assert data.startswith("1. More data. More examples")
    assert regularization.startswith("2. More regularization. It has none: try l2 or keep_prob")
    assert architecture.startswith("3. Other architecture.")
    assert common == "2 of 20 finished trials show divergence: lower learning_rate, or the upper end of its range."


def test_a_best_trial_that_is_good_enough_needs_nothing() -> None:
    (sentence,) = diagnose_sweep({0: trial(0.0, 0.0)}, 0).next
    assert sentence.startswith("Trial 0 is the best. The dev error is 0")
    assert "needs no repair" in sentence


def test_without_a_result_or_without_its_errors_that_is_said() -> None:
    assert diagnose_sweep({}, None).next == ["No trial has a result yet: ask again when one has finished."]
    (sentence,) = diagnose_sweep({3: trial(None, 0.0)}, 3).next
    assert sentence.startswith("Trial 3 is the best; without its train and dev error nothing can be said")
