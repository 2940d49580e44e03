"""Words as categories: among words that are all numbers, 1 and 1.0 are one; with 01 or 1e5 among them none are."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r"([+-]?)((?:0|[1-9][0-9]*))(?:\.([0-9]+))?")


@dataclass(frozen=True, slots=True)
class WordFormat:
    """How the words of a column are compared: with `numbers`, those of one value are one word."""

    numbers: bool = False

    def read(self, words: Sequence[str]) -> list[str]:
        """Return the words as they are compared."""
        return [number_word(word) or word for word in words] if self.numbers else list(words)

    @property
    def noun(self) -> str:
        """What a cell is, in a sentence."""
        return "a word"

    def card(self) -> dict[str, bool]:
        """Return what differs from words that are compared as they stand."""
        return {"numbers": True} if self.numbers else {}


def guess_words(words: Sequence[str]) -> WordFormat:
    """Return how words are compared."""
    return WordFormat(numbers=bool(words) and all(number_word(word) for word in words))


def number_word(word: str) -> str | None:
    """Return the shortest way to write a number, None if the word is none or has a leading zero or an exponent."""
    found = _NUMBER.fullmatch(word)
    if found is None:
        return None
    sign, whole, fraction = found[1], found[2], (found[3] or "").rstrip("0")
    number = f"{whole}.{fraction}" if fraction else whole
    return f"-{number}" if sign == "-" and number != "0" else number
