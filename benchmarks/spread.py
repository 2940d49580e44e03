"""A measured figure: its median over the rounds, with the lowest and the highest, and whether it meets a target."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal


@dataclass(frozen=True, slots=True)
class Spread:
    """What several rounds gave for one figure."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Summarise the values of all rounds; there must be one at least."""
        rounds = sorted(values)
        return cls(median(rounds), rounds[0], rounds[-1])

    @classmethod
    def of_ratios(cls, above: Sequence[float], below: Sequence[float]) -> "Spread":
        """Summarise above/below, taken round by round, so that what disturbs a whole round cancels out."""
        return cls.of(a / b for a, b in zip(above, below, strict=True))

    def show(self, unit: str = "", digits: int = 1) -> str:
        """Return "median unit (low..high)"."""
        return f"{self.median:,.{digits}f}{unit} ({self.low:,.{digits}f}..{self.high:,.{digits}f})"


@dataclass(frozen=True, slots=True)
class Target:
    """What a median should reach: at least, or at most, `value`. A goal is more than was promised."""

    sense: Literal[">=", "<="]
    value: float
    unit: str = ""
    kind: Literal["target", "goal"] = "target"

    def verdict(self, measured: float) -> str:
        """Return the target with "met" or "missed"."""
        met = measured >= self.value if self.sense == ">=" else measured <= self.value
        return f"{self.kind} {self.sense} {self.value:g}{self.unit}: {'met' if met else 'missed'}"


def show_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(map(show_row, [header, ["---"] * len(header), *rows]))


def show_row(cells: Sequence[str]) -> str:
    """Return one row of a Markdown table."""
    return f"| {' | '.join(cells)} |"
