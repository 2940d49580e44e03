"""Numbers in a known format are read, and nothing else is."""

from engine.data.formats.numbers import NumberFormat


def test_a_zero_is_never_taken_for_a_group_of_thousands() -> None:
    assert [*NumberFormat("comma", "point").read(["0.126", "1.126", "0", "0,5"])] == [None, 1126.0, 0.0, 0.5]
    assert [*NumberFormat("point", "comma").read(["0,123", "1,234", "0.5"])] == [None, 1234.0, 0.5]
