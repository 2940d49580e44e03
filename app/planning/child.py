"""The process that makes plans for which models are fitted: questions come in, plans go out, until nobody asks.

It ends with its parent, whose end closes its input.
"""

import os
import pickle
import sys
import traceback
from contextlib import suppress
from typing import BinaryIO

from app.domain.plan import Plan
from app.planning.increments import Failure, Increment, Question, Shown
from app.planning.plan import plan


def answers(questions: BinaryIO, out: BinaryIO) -> None:
    """Answer questions, one after the other, until there are no more."""
    shown: dict[str, Shown] = {}
    # The parent has ended, or lets go of us: between two questions, in the middle of one or before an answer.
    with suppress(EOFError, pickle.UnpicklingError, BrokenPipeError):
        while True:
            question: Question = pickle.load(questions)  # noqa: S301 - our own parent wrote it
            for sweep in question.over:
                shown.pop(sweep, None)
            sweep = question.increment.snapshot.sweep
            pickle.dump(_answer(shown.setdefault(sweep, Shown()), question.increment), out)
            out.flush()


def _answer(shown: Shown, increment: Increment) -> Plan | Failure:
    snapshot = shown.whole(increment)
    try:
        return plan(snapshot)
    except Exception:  # noqa: BLE001 - one sweep's fault must not end the plans of the others; the parent raises it
        return Failure(traceback.format_exc())


def main() -> None:
    """Answer what comes over standard input; what anything prints goes to standard error instead."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as out:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        answers(sys.stdin.buffer, out)


if __name__ == "__main__":
    main()
