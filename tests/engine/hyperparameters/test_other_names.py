"""Tests of the words of other tools."""

import pytest

from engine.hyperparameters import HYPERPARAMETERS
from engine.hyperparameters.other_names import OTHER_NAMES, suggestion

WORDS = {
    "learning_rate": ["lr", "eta", "learning_rate_init", "step_size"],
    "keep_prob": ["dropout", "dropout_rate"],
    "beta1": ["momentum", "nesterov", "nesterovs_momentum"],
    "l2": ["weight_decay", "alpha"],
    "hidden_units": ["hidden_layer_sizes", "hidden_dims", "layers"],
    "epochs": ["n_epochs", "max_iter"],
    "optimizer": ["solver"],
    "batch_size": ["batchsize"],
}


@pytest.mark.parametrize(("name", "words"), WORDS.items())
def test_words_of_other_tools_lead_to_ours(name: str, words: list[str]) -> None:
    for word in words:
        assert str(suggestion(word)).startswith(f'Did you mean "{name}"?')


def test_what_is_counted_otherwise_is_explained() -> None:
    assert "1 - dropout" in str(suggestion("dropout"))
    assert '"momentum"' in str(suggestion("momentum"))
    assert "squared weights" in str(suggestion("weight_decay"))
    assert "learning_rate" in str(suggestion("alpha"))
    assert "64 is one layer" in str(suggestion("widths"))


def test_every_word_leads_to_a_hyperparameter_and_none_is_one() -> None:
    assert {sentence.split('"')[1] for sentence in OTHER_NAMES.values()} <= set(HYPERPARAMETERS)
    assert len(OTHER_NAMES) == sum(len(alias.words) for row in HYPERPARAMETERS.values() for alias in row.aliases)
    assert not OTHER_NAMES.keys() & set(HYPERPARAMETERS)
    assert all(word == word.lower() and sentence.startswith("Did you mean") for word, sentence in OTHER_NAMES.items())


def test_case_and_hyphens_do_not_matter() -> None:
    assert suggestion("Weight-Decay") == suggestion("weight_decay")
    assert suggestion("batch size") is None  # our own name, which a close match finds
    assert suggestion("zzz") is None
