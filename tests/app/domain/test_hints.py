"""Tests of what is said of unknown names."""

from app.domain.hints import hint


def test_hints_name_a_close_match_or_else_everything() -> None:
    assert hint("learnin_rate", ["learning_rate", "l2"]) == 'Did you mean "learning_rate"?'
    assert hint("zzz", ["a", "b"]) == "Known are a, b."
    assert hint("zzz", []) == "There are none."


def test_hints_stay_short_however_much_is_known() -> None:
    assert hint("zzz", [f"a{number}" for number in range(10_000)]).endswith("a28, a29 and 9,970 more.")
    assert len(hint("zzz", ["x" * 10_000] * 31)) < 3_000


def test_a_name_far_longer_than_any_known_one_is_not_compared() -> None:
    assert hint("a" * 1_000_000, ["a" * 60]) == f"Known are {'a' * 60}."


def test_capital_letters_make_no_difference_to_what_is_close() -> None:
    assert hint("dev_AUC", ["dev_f1", "dev_auc"]) == 'Did you mean "dev_auc"?'
    assert hint("digits", ["Digits", "iris"]) == 'Did you mean "Digits"?'
