"""How many examples the widest searches try: enough in `make test`, and several times as many in `make test-large`."""

import os

_TIMES = int(os.environ.get("LOGSWEEP_TRIES", "1"))


def tries(usual: int) -> int:
    """Return how many examples to try where `usual` is what `make test` has the time for."""
    return usual * _TIMES
