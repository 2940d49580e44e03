"""Tests of ensembles of kept models: chosen on dev, and scored as the model that comes of them scores the same rows."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from app.contract.hyperparameters import complete
from app.contract.rules import CURRENT_RULES
from app.domain.ensembles import Selection
from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.models import ensembles
from app.models.ensembles import Chosen, Pool, PoolModel
from app.models.evaluation import evaluate_file
from app.preparation.datasets import PreparedDataset
from app.preparation.uploads import prepare_upload
from tests.app.trainer import runs

GREEDY = Selection("greedy")
LIMIT = 1 << 20
SETTINGS: list[dict[str, Any]] = [
    {"hidden_units": [6], "epochs": 6, "learning_rate": 0.03},
    {"hidden_units": [], "epochs": 6, "learning_rate": 0.03},
    {"hidden_units": [5, 4], "epochs": 6, "batch_norm": True, "learning_rate": 0.03},
    {"hidden_units": [6], "epochs": 2, "normalize_inputs": False, "learning_rate": 0.001},
]
CASES = [("binary", "dev_error"), ("binary", "dev_auc"), ("multiclass", "train_loss"), ("regression", "dev_rmse")]


def texts(task: str) -> dict[str, str]:
    """Three files with numbers and words, and a target that follows from them with some noise."""
    rng = np.random.default_rng(1)
    found = {}
    for part, rows in {"train": 120, "dev": 60, "test": 50}.items():
        a, b, words = rng.normal(3.0, 20.0, rows), rng.normal(size=rows), rng.choice(["red", "green"], rows)
        score = a / 20.0 + b + (words == "red") + rng.normal(0.0, 0.5, rows)
        binary, classes = np.where(score > 0.3, "yes", "no"), np.array(["x", "y", "z"])[np.digitize(score, [-0.5, 1.0])]
        y = {"binary": binary, "multiclass": classes, "regression": 1000.0 + 50.0 * score}[task]
        lines = (f"{','.join(map(str, row))}\n" for row in zip(a, b, words, y, strict=True))
        found[part] = f"a,b,w,y\n{''.join(lines)}"
    return found


def dataset_of(parts: dict[str, str]) -> PreparedDataset:
    files = SentFiles(*(SentFile(f"{name}.csv", text.encode()) for name, text in parts.items()))
    return prepare_upload(files, UploadForm("data", "y"), max_table_bytes=LIMIT)


def models(dataset: PreparedDataset, metric: str) -> list[PoolModel]:
    """Networks that were trained on a data set."""
    found = []
    for number, settings in enumerate(SETTINGS):
        stopped = runs.trained(dataset, metric, **settings)
        assert stopped.weights is not None
        found.append(PoolModel(number, stopped.weights, complete(settings), {"numpy": "2"}, {"trial": number}))
    return found


def chosen_of(dataset: PreparedDataset, every: list[PoolModel], metric: str, selection: Selection = GREEDY) -> Chosen:
    return Pool(every, dataset.content, CURRENT_RULES).choose(selection, metric)


@pytest.mark.parametrize(("task", "metric"), CASES)
def test_what_is_chosen_is_no_worse_on_dev_than_any_model_alone(task: str, metric: str) -> None:
    dataset = dataset_of(texts(task))
    every = models(dataset, metric)
    name, sign = ("dev_loss" if metric == "train_loss" else metric), (-1.0 if metric == "dev_auc" else 1.0)

    def cost(found: Chosen) -> float:
        value = found.metrics[name]
        assert value is not None
        return sign * value

    alone = [cost(chosen_of(dataset, [one], metric)) for one in every]
    assert cost(chosen_of(dataset, every, metric)) <= min(alone) + 1e-12


@pytest.mark.parametrize(("task", "metric"), CASES)
@pytest.mark.parametrize("selection", [GREEDY, Selection("top", 3)])
def test_the_model_of_an_ensemble_has_the_metrics_that_were_told_to_the_last_bit(
    task: str, metric: str, selection: Selection
) -> None:
    parts = texts(task)
    dataset = dataset_of(parts)
    every = models(dataset, metric)
    chosen = chosen_of(dataset, every, metric, selection)
    taken = [(model, count) for model, count in zip(every, chosen.counts, strict=True) if count]
    pool = Pool([model for model, _ in taken], dataset.content, CURRENT_RULES)
    ensemble = pool.ensemble([count for _, count in taken], {"sweep": "swp_1"})
    told: dict[str, float | None] = {}
    for part in ("dev", "test"):
        scores = evaluate_file(ensemble, parts[part].encode(), max_bytes=LIMIT)
        told |= {f"{part}_{name}": value for name, value in scores.metrics.items()}
    assert told == chosen.metrics
    assert [one["trial"] for one in ensemble.card["members"]] == [model.trial for model, _ in taken]


def test_the_best_few_are_taken_in_their_order_and_the_dev_part_is_not_asked() -> None:
    dataset = dataset_of(texts("binary"))
    chosen = chosen_of(dataset, models(dataset, "dev_error"), "dev_error", Selection("top", 2))
    assert (chosen.counts, chosen.rows) == ([1, 1, 0, 0], 0)


def test_of_a_large_dev_part_every_so_many_rows_choose_and_all_are_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = dataset_of(texts("regression"))
    every = models(dataset, "dev_rmse")
    monkeypatch.setattr(ensembles, "MOST_SHARES", 4 * 20)
    chosen = chosen_of(dataset, every, "dev_rmse")
    assert chosen.rows == 20  # every third of 60
    counts = [count for count in chosen.counts if count]
    pool = Pool([one for one, count in zip(every, chosen.counts, strict=True) if count], dataset.content, CURRENT_RULES)
    whole = evaluate_file(pool.ensemble(counts, {}), texts("regression")["dev"].encode(), max_bytes=LIMIT)
    assert whole.rows == 60
    assert whole.metrics["rmse"] == chosen.metrics["dev_rmse"]


def test_without_a_test_part_there_are_no_metrics_of_it() -> None:
    parts = texts("binary")
    content = f"{parts['train']}{parts['dev'].partition(chr(10))[2]}".encode()
    form = UploadForm("data", "y", split="0.8,0.2,0")
    dataset = prepare_upload(SentFiles(SentFile("t.csv", content)), form, max_table_bytes=LIMIT)
    chosen = chosen_of(dataset, models(dataset, "dev_error"), "dev_error")
    assert {name.partition("_")[0] for name in chosen.metrics} == {"dev"}


def test_weights_that_do_not_fit_their_network_are_refused_with_their_trial() -> None:
    dataset = dataset_of(texts("binary"))
    every = models(dataset, "dev_error")
    every[2] = replace(every[2], weights=bytes(8))
    with pytest.raises(ValueError, match="The model of trial 2 has 2 numbers, and its network "):
        chosen_of(dataset, every, "dev_error")


def test_a_model_whose_answers_are_no_numbers_is_never_chosen() -> None:
    dataset = dataset_of(texts("regression"))
    every = models(dataset, "dev_rmse")
    broken = np.full(len(every[0].weights) // 4, np.nan, "<f4").tobytes()
    assert chosen_of(dataset, [replace(every[0], weights=broken), *every[1:]], "dev_rmse").counts[0] == 0


def test_a_model_alone_is_shown_to_answer_by_its_own_logits_however_near_they_are_to_a_tie() -> None:
    dataset = dataset_of(texts("binary"))
    every = models(dataset, "dev_error")
    faint = (np.frombuffer(every[1].weights, "<f4") * np.float32(1e-20)).astype("<f4").tobytes()
    confusions = []
    for weights in (every[1].weights, faint):
        pool = Pool([replace(every[1], weights=weights)], dataset.content, CURRENT_RULES)
        found = pool.part_answers("dev", [1]).classes
        assert found is not None
        confusions.append(found.confusion.counts)
        (page,) = pool.answer_table("dev", [1]).pages(100)
        wrong = sum(target != answer for _, target, answer, *_ in page)
        assert wrong == found.confusion.counts[0][1] + found.confusion.counts[1][0]
    assert confusions[0] == confusions[1]
