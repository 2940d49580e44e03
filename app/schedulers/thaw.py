"""Thaw: each round trains, of all paused trials and of new points, those that may become best by their end.

A Gaussian process of points and epochs tells what each would come to. Swersky, Snoek and Adams, "Freeze-thaw Bayesian
optimization", arXiv:1406.3896, 2014; the model here is one of ranks, as that of the sampler `gp`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from math import inf, log
from typing import Self, final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from app.domain.options import Option, settled
from app.domain.states import TrialState
from app.domain.values import Value
from app.schedulers.base import RoundComposer
from app.schedulers.board import Board, Standing, Step
from app.surrogates import Believer, Embedding, Posterior, Prior, fit, log_improvement, normal_scores
from app.surrogates.axes import Axes, Quantiles
from app.surrogates.encoding import Encoding, Points

_TWENTY_SIXTHS = (1, 3, 6, 10, 14, 18, 22, 26)
"""The rungs, as shares of the last epoch: two short ways, then even ones."""

_KEPT, _FITTED = 300, 150
"""Values that the model sees, the deepest and the newest, and those of them by which its lengths are fitted."""

_UNSEEN = 600
_BY_ITSELF = frozenset({TrialState.COMPLETED, TrialState.DIVERGED, TrialState.FAILED})
_BLAS = ThreadpoolController()

Floats = NDArray[np.float64]


@final
class Thaw(RoundComposer):
    """Starts with one batch of the sampler's; then of each batch every trial trains to its next rung.

    The points after the first batch are its own, by the model of the sampler `gp`, which alone it goes with.
    """

    samplers = ("gp",)
    why_samplers = "The scheduler thaw proposes new points by a model of its own, the one of the sampler gp."
    options: Mapping[str, Option] = {
        "batch": Option(16, 1, 64, "so many trials train at a time, each to its next rung, before the next are chosen")
    }

    def rungs(self, posted: Mapping[str, Value], epochs: int) -> Sequence[int]:  # noqa: ARG002 - they have no option
        """Return the epochs at whose ends trials pause."""
        return rungs_of(epochs)

    def first_epoch(self, posted: Mapping[str, Value], epochs: int) -> int:  # noqa: ARG002 - the same for all options
        """Return the first rung."""
        return rungs_of(epochs)[0]

    def compose(self, posted: Mapping[str, Value], board: Board) -> Step:
        """Return the batch, the same bits for the same board; what cannot be compared is pruned."""
        batch, rungs = settled(posted, self.options)["batch"], rungs_of(board.epochs)
        results = list(_results(board))
        if not results:
            return _begin(board, rungs[0], batch)
        if _only_finishing(board) and _waiting(board):
            return _finish(board, rungs, batch)
        with _BLAS.limit(limits=1, user_api="blas"):
            return _Choice(board, results, rungs).step(batch)


def rungs_of(epochs: int) -> list[int]:
    """Return the epochs at whose ends trials pause: 2, 6, 12, 20, 28, 36, 44 and 52 of 52."""
    return sorted({-(-epochs * part // 26) for part in _TWENTY_SIXTHS})


@dataclass(frozen=True)
class _Result:
    """What a trial had come to by an epoch; infinite costs are the worst."""

    trial: int
    params: Mapping[str, Value]
    epoch: int
    cost: float


def _results(board: Board) -> Iterator[_Result]:
    """Yield the values at the rungs; where a trial ended by itself, its value there is that of the last epoch."""
    for one in (one for one in board.trials if one.inside):
        over = one.state in _BY_ITSELF
        for epoch, cost in one.rungs:
            at_end = over and (epoch, cost) == one.rungs[-1]
            yield _Result(one.trial, one.params, board.epochs if at_end else epoch, cost)
        if over and not one.rungs:
            yield _Result(one.trial, one.params, board.epochs, inf)


def _kept(results: Sequence[_Result]) -> list[_Result]:
    """Return the deepest results, of those at one epoch the newest."""
    return sorted(results, key=lambda one: (-one.epoch, -one.trial))[:_KEPT]


def _waiting(board: Board) -> list[Standing]:
    """Return the paused trials that can be compared and placed."""
    return [one for one in board.trials if one.open and one.rungs and one.inside]


def _outcasts(board: Board) -> dict[int, str]:
    why = f"no {board.objective.metric} to compare, as a replicate diverged, failed or has none"
    return {one.trial: why for one in board.trials if one.open and not one.rungs}


def _outsiders(board: Board) -> dict[int, str]:
    why = "it lies outside of the space as it was changed, and nothing else is left to train"
    return {one.trial: why for one in board.trials if one.open and not one.inside}


def _begin(board: Board, rung: int, batch: int) -> Step:
    """Return the first batch, before any result: fewer where the epochs would not let one of them come to its end."""
    first, whole = rung * board.replicates, board.epochs * board.replicates
    if board.epochs_left is not None and board.epochs_left >= whole:
        batch = min(batch, 1 + (board.epochs_left - whole) // first)
    draw = min(batch, board.trials_left)
    pruned = {**({} if draw else _outsiders(board)), **_outcasts(board)}
    return Step(draw=draw, first_epoch=rung, pruned=pruned, reason=_why_begin(board, draw, rung))


def _why_begin(board: Board, draw: int, rung: int) -> str:
    """Return why trials begin without a model, or why none can; no reason of its own where all have ended."""
    inside = all(one.inside for one in board.trials)
    if draw:
        known = "before any result" if inside else "as no trial lies in the space as it was changed"
        return f"up to {draw} new trials, {known}, up to epoch {rung}"
    return "" if inside else "no trial lies in the space as it was changed, and all trials of the budget were drawn"


def _room(board: Board) -> float:
    """Return the epochs that a round may spend: while no trial is complete, enough are kept for the deepest one.

    Once one is, what fits is the planner's matter.
    """
    if board.epochs_left is None or _any_complete(board):
        return inf
    deepest = max((one.epochs for one in _waiting(board)), default=0)
    return board.epochs_left - (board.epochs - deepest) * board.replicates


def _any_complete(board: Board) -> bool:
    return any(one.state is TrialState.COMPLETED for one in board.trials)


def _only_finishing(board: Board) -> bool:
    """Return whether no trial is complete and less than two full trainings are left."""
    left = board.epochs_left
    return left is not None and left < 2 * board.epochs * board.replicates and not _any_complete(board)


def _finish(board: Board, rungs: Sequence[int], batch: int) -> Step:
    """Return the deepest paused trials, the best first, as many as can come to their end; at least one."""
    order = sorted(_waiting(board), key=lambda one: (-one.epochs, one.rungs[-1][1], one.trial))
    costs = accumulate((board.epochs - one.epochs) * board.replicates for one in order)
    room = sum(1 for _ in takewhile(lambda cost: cost <= (board.epochs_left or 0), costs))
    going = order[: min(max(room, 1), batch)]
    why = f"no trial is complete and {board.epochs_left:,} epochs are left: the deepest go on, the best of them first"
    return Step({one.trial: _next(rungs, one) for one in going}, pruned=_outcasts(board), reason=why)


def _next(rungs: Sequence[int], one: Standing) -> int:
    return next((rung for rung in rungs if rung > one.epochs), rungs[-1])


@dataclass(frozen=True)
class _Known:
    """Trials as arrays, each encoded once, however many results it has: `rows` tells where it is in `encoded`."""

    rows: Mapping[int, int]
    encoded: Points

    @classmethod
    def of(cls, encoding: Encoding, params: Mapping[int, Mapping[str, Value]]) -> Self:
        """Return these trials, given by their numbers."""
        return cls({trial: row for row, trial in enumerate(params)}, encoding.encode(list(params.values())))

    def points(self, trials: Sequence[int]) -> Points:
        """Return the points of trials, in their order."""
        rows = [self.rows[trial] for trial in trials]
        return Points(self.encoded.numbers[rows], self.encoded.categories[rows])


class _Choice:
    """The choice of one round, by a model of what every candidate would come to at the last epoch."""

    def __init__(self, board: Board, results: Sequence[_Result], rungs: Sequence[int]) -> None:
        self.board, self.rungs, self.waiting = board, rungs, _waiting(board)
        self.axes = Axes(board.space, board.fixed, board.rules)
        self.encoding = Encoding.of(board.space)
        sizes = [len(one.values) for one in self.encoding.categories.values()]
        self.embedding = Embedding(len(self.encoding.numbers) + 1, sizes)
        kept = _kept(results)
        self.known = _Known.of(self.encoding, {one.trial: one.params for one in (*kept, *self.waiting)})
        self.tried = list(dict.fromkeys(one.trial for one in kept))
        self.posterior = self._posterior(kept)

    def step(self, batch: int) -> Step:
        """Return the picks that the epochs reach for: paused trials in the order of their worth, then new ones."""
        waiting, rows = self.waiting, self._unseen()
        chosen = self._picks(rows, batch)
        picks = self._reached(chosen)
        going = [waiting[pick] for pick in picks if pick < len(waiting)]
        new = [rows[pick - len(waiting)] for pick in picks if pick >= len(waiting)]
        return Step(
            go_on={one.trial: _next(self.rungs, one) for one in going},
            new=[dict(zip(self.board.space, row.tolist(), strict=True)) for row in new],
            first_epoch=self.rungs[0],
            pruned={**({} if picks else _outsiders(self.board)), **_outcasts(self.board)},
            reason=self._reason(len(waiting), len(rows), len(going), len(new)) if picks else self._why_none(chosen),
        )

    def _reached(self, picks: Sequence[int]) -> list[int]:
        """Return the first picks, as far as a round may spend epochs."""
        ways = (self._way(pick) * self.board.replicates for pick in picks)
        room = _room(self.board)
        return list(picks[: sum(1 for _ in takewhile(lambda spent: spent <= room, accumulate(ways)))])

    def _way(self, pick: int) -> int:
        """Return the epochs from where a pick stands to its next rung."""
        if pick >= len(self.waiting):
            return self.rungs[0]
        return _next(self.rungs, self.waiting[pick]) - self.waiting[pick].epochs

    def _reason(self, waiting: int, unseen: int, going: int, new: int) -> str:
        chosen = f"the greatest expected improvement at epoch {self.board.epochs}"
        return f"{chosen}, of {waiting} paused trials and {unseen} new points: {going} go on, {new} begin"

    def _why_none(self, chosen: Sequence[int]) -> str:
        """Return why nothing trains though some were chosen; no reason where there was nothing to choose."""
        if not chosen:
            return ""
        return f"{self.board.epochs_left:,} epochs are left, and no trial would come to its last one with them"

    def _posterior(self, kept: Sequence[_Result]) -> Posterior:
        vectors = self._vectors(self.known.points([one.trial for one in kept]), [one.epoch for one in kept])
        scores = normal_scores([one.cost for one in kept])
        some = slice(None, None, -(-len(scores) // _FITTED))
        kernel = fit(vectors[some], self.embedding.owners, scores[some], Prior())
        return Posterior.of(kernel, vectors, scores)

    def _unseen(self) -> Quantiles:
        """Return rows of points that were not tried, none where no trial may be drawn."""
        board = self.board
        chance = np.random.Generator(np.random.Philox([board.seed, board.drawn]))
        rows = chance.random((_UNSEEN if board.trials_left else 0, len(board.space)))
        taken = {self.axes.name(one.params) for one in board.trials}
        return rows[list(self.axes.open_rows(rows, taken).values())]

    def _picks(self, rows: Quantiles, batch: int) -> list[int]:
        """Return places among those waiting and then the rows; each pick is believed to come to what is expected."""
        waiting = self.known.points([one.trial for one in self.waiting])
        candidates = np.vstack([self._at_the_end(waiting), self._at_the_end(self.axes.encode(rows))])
        believer = Believer(self.posterior, candidates)
        lowest = float(self.posterior.means(self._at_the_end(self.known.points(self.tried))).min())
        picks, new, free = list[int](), 0, np.ones(len(candidates), bool)
        while len(picks) < batch and free.any():
            worth = np.where(free, log_improvement(believer.means, believer.variances, lowest), -np.inf)
            pick = int(worth.argmax())
            picks.append(pick)
            free[pick] = False
            new += pick >= len(self.waiting)
            if new == self.board.trials_left:
                free[len(self.waiting) :] = False
            lowest = min(lowest, float(believer.means[pick]))
            believer.believe(candidates[pick : pick + 1])
        return picks

    def _at_the_end(self, points: Points) -> Floats:
        return self._vectors(points, [self.board.epochs] * len(points.numbers))

    def _vectors(self, points: Points, epochs: Sequence[int]) -> Floats:
        last = log(max(self.board.epochs, 2))
        depths = np.array([log(epoch) / last for epoch in epochs], np.float64)
        return self.embedding.vectors(np.column_stack([points.numbers, depths]), points.categories)
