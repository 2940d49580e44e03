"""Population based training: in each round the losers give their place to heirs of the leaders, with changed knobs.

Jaderberg et al., "Population based training of neural networks", arXiv:1711.09846, 2017: truncation selection, and in
rounds, so that who is replaced does not depend on who was faster. Here an heir is a trial of its own, which goes on
from its parent's weights; the trial in whose place it comes is pruned.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import final

import numpy as np

from app.domain.objectives import value_of
from app.domain.options import Option, settled
from app.domain.space import ChoiceParameter, Parameter
from app.domain.values import Value, key
from app.schedulers.base import RoundComposer
from app.schedulers.board import Board, Heir, Standing, Step
from app.schedulers.rungs import ordinal

_RESAMPLED = 0.25
"""With this probability a knob is drawn anew from its whole axis, as in the paper."""

_ATTEMPTS = 100
"""Changes that are tried until the constraints and conditions of the space admit one; then the knobs stay."""

_BELOW_ONE = 1.0 - 2.0**-53


@final
class PopulationBasedTraining(RoundComposer):
    """Trains a population, interval by interval; of all its knobs, and of nothing else, an heir has others."""

    inherits = True
    samplers = ("random", "sobol", "halton", "latin_hypercube")
    why_samplers = (
        "The scheduler pbt draws whole populations, and most of its trials go on from others with other knobs, "
        "so that their results tell little of their points."
    )
    options: Mapping[str, Option] = {
        "population": Option(16, 2, 1000, "so many trials train at a time"),
        "interval": Option(2, 1, 1_000_000, "the epochs from one comparison to the next"),
        "replaced": Option(20, 1, 50, "percent of the population that give their place to heirs of as many leaders"),
        "perturbed": Option(5, 1, 100, "percent of its axis by which a knob is moved, up or down"),
    }

    def rungs(self, posted: Mapping[str, Value], epochs: int) -> Sequence[int]:
        """Return the ends of the intervals."""
        interval = settled(posted, self.options)["interval"]
        return [*range(interval, epochs, interval), epochs]

    def compose(self, posted: Mapping[str, Value], board: Board) -> Step:
        """Return who goes on and who gives its place to whose heir; a new population once the last one has ended."""
        options = settled(posted, self.options)
        members = _members(board)
        behind = {one.trial: _why_behind(board, one) for one in board.trials if one.open and one not in members}
        if not members:
            return _begin(board, options, behind)
        size = max(len(members) * options["replaced"] // 100, 1)
        leaders = members[:size]
        empty = min(options["population"] - len(members), board.trials_left)
        losers = [one for one in members[size:][-size:] if _cost(one) > _cost(leaders[-1])]
        losers = losers[: max(board.trials_left - empty, 0)]
        places = [*(f"in place of trial {one.trial}" for one in losers), *["in a place that became free"] * empty]
        epoch = members[0].epochs
        to_epoch = min(epoch + options["interval"], board.epochs)
        survivors = [one for one in members if one not in losers]
        return Step(
            go_on={one.trial: to_epoch for one in survivors},
            heirs=[
                _heir(board, leaders, board.drawn + place, said, options["perturbed"])
                for place, said in enumerate(places)
            ],
            first_epoch=to_epoch,
            pruned=behind | dict(_replaced(board, members, losers)),
            reason=f"epoch {epoch}: {len(survivors)} of {len(members)} go on to epoch {to_epoch}",
        )


def _members(board: Board) -> list[Standing]:
    """Return the population that is under way, the best first; ties go to the lower number."""
    waiting = [one for one in board.trials if one.open and one.rungs]
    furthest = max((one.epochs for one in waiting), default=0)
    return sorted((one for one in waiting if one.epochs == furthest), key=lambda one: (_cost(one), one.trial))


def _cost(one: Standing) -> float:
    return one.rungs[-1][1]


def _begin(board: Board, options: Mapping[str, int], pruned: Mapping[int, str]) -> Step:
    size, to_epoch = min(options["population"], board.trials_left), min(options["interval"], board.epochs)
    reason = f"a population of {size} begins, up to epoch {to_epoch}" if size else ""
    return Step(draw=size, first_epoch=to_epoch, pruned=pruned, reason=reason)


def _why_behind(board: Board, one: Standing) -> str:
    if one.rungs:
        return f"epoch {one.epochs}: the budget had no epochs left for it when others went on"
    return f"epoch {one.epochs}: no {board.objective.metric} to compare, as a replicate diverged, failed or has none"


def _replaced(board: Board, members: Sequence[Standing], losers: Sequence[Standing]) -> Iterator[tuple[int, str]]:
    metric, direction = board.objective.metric, board.objective.direction
    for one in losers:
        value, rank = value_of(_cost(one), direction), ordinal(members.index(one) + 1)
        yield (
            one.trial,
            f"epoch {one.epochs}: {metric} {value:.4g} was {rank} of {len(members)}; an heir takes its place",
        )


def _heir(board: Board, leaders: Sequence[Standing], number: int, place: str, percent: int) -> Heir:
    """Return the heir with this number: it follows from the board's seed and the number, of which leader and how."""
    chance = np.random.Generator(np.random.Philox([board.seed, number]))
    parent = leaders[int(chance.integers(len(leaders)))]
    params = _changed(board, parent.params, percent / 100.0, chance)
    changes = [f"{name} {_said(parent.params[name])} to {_said(params[name])}" for name in params]
    changed = [said for name, said in zip(params, changes, strict=True) if params[name] != parent.params[name]]
    reason = f"{place}: goes on from trial {parent.trial} at epoch {parent.epochs}, {', '.join(changed) or 'as it was'}"
    return Heir(parent.trial, parent.epochs, params, reason)


def _said(value: Value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _changed(
    board: Board, params: Mapping[str, Value], share: float, chance: np.random.Generator
) -> Mapping[str, Value]:
    """Return hyperparameters whose knobs were changed; what the space does not admit is tried anew."""
    space = board.space
    changing = {name for name in board.knobs if name in space.parameters}
    for _ in range(_ATTEMPTS):
        tried = {
            name: _moved(space.parameters[name], value, share, board.rules, chance) if name in changing else value
            for name, value in params.items()
        }
        if space.admits(tried, board.fixed) and space.applies(tried, board.fixed, board.rules):
            return tried
    return params


def _moved(parameter: Parameter, value: Value, share: float, rules: int, chance: np.random.Generator) -> Value:
    """Return a value a little up or down its axis, on the axis' own scale, or one from anywhere.

    One that lies outside of the axis, of a space that was changed since, has no neighbours there.
    """
    anew, up, anywhere = chance.random() < _RESAMPLED, chance.random() < 0.5, float(chance.random())
    if anew or not _lies_on(parameter, value):
        return parameter.at([anywhere], rules)[0]
    if isinstance(parameter, ChoiceParameter) and not parameter.ordered:
        return value
    place = parameter.coordinate(value) + (share if up else -share)
    return parameter.at([min(max(place, 0.0), _BELOW_ONE)], rules)[0]


def _lies_on(parameter: Parameter, value: Value) -> bool:
    if isinstance(parameter, ChoiceParameter):
        return key(value) in parameter.keys
    number = float(str(value))
    return parameter.low <= number <= parameter.high or (number == 0.0 and parameter.zero_probability > 0.0)
