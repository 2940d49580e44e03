"""Options of samplers and schedulers: what each may be, and what is wrong with those of a request."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.domain.errors import Fault, faults_of, pointer, show
from app.domain.hints import hint
from app.domain.values import Value, whole


@dataclass(frozen=True, slots=True)
class Option:
    """A whole number from `low` to `high` that shapes a kind, and what it means."""

    default: int
    low: int
    high: int
    meaning: str

    def accepts(self, value: Value) -> bool:
        """Return whether `value` is within the bounds; 3.0 is 3, and true is no number."""
        number = whole(value)
        return isinstance(number, int) and not isinstance(number, bool) and self.low <= number <= self.high


Options = Mapping[str, Option]


def option_faults(part: str, posted: Mapping[str, Value], known: Options) -> Iterator[Fault]:
    """Yield what is wrong with the options that were `posted` for a sampler or scheduler, as faults below `part`."""
    kind = show(posted.get("kind"))
    strangers = [name for name in posted if name != "kind" and name not in known]
    yield from faults_of(
        strangers,
        lambda name: Fault(
            pointer(part, name), f"The {part} {kind} has no option {show(name)}. {_way_out(name, known)}"
        ),
    )
    for name, option in known.items():
        if name in posted and not option.accepts(posted[name]):
            rule = f"it must be a whole number from {option.low:,} to {option.high:,}: {option.meaning}"
            yield Fault(
                pointer(part, name),
                f"The option {name} of the {part} {kind} cannot be {show(posted[name])}; {rule}. "
                f"Without it, it is {option.default}.",
            )


def settled(posted: Mapping[str, Value], known: Options) -> dict[str, int]:
    """Return all options of a kind: those posted, which have no faults, and the defaults of the others."""
    return {name: int(str(whole(posted.get(name, option.default)))) for name, option in known.items()}


def _way_out(name: str, known: Options) -> str:
    return hint(name, known) if known else "Remove it."
