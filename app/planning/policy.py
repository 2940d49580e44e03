"""The policy that the storage asks within its transactions: one class over the functions of this room."""

from typing import final

from app.domain.policy import Policy
from app.planning import blame
from app.planning.outcome import outcome
from app.planning.ranking import ranking
from app.planning.sharing import share, suspect_turn, turns


@final
class StandardPolicy(Policy):
    """The decisions of this house."""

    suspect_losses = blame.SUSPECT_LOSSES
    share = staticmethod(share)
    turns = staticmethod(turns)
    suspect_turn = staticmethod(suspect_turn)
    after_loss = staticmethod(blame.after_loss)
    after_return = staticmethod(blame.after_return)
    fatal = staticmethod(blame.fatal)
    outcome = staticmethod(outcome)
    ranking = staticmethod(ranking)
