"""Tests of pages by columns in memory: what they are told of while a page is read."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection

from app.domain.filters import Condition, Field, TrialQuery
from app.domain.work import Progress
from app.storage import SqliteStorage
from app.storage.trial_pages import TrialPages
from app.trial_columns import cache
from tests.app.storage.world import START, SWEEP, add_sweep, claim, drawn, point

TRAINED = TrialQuery(conditions=(Condition(Field("epochs"), ">", 0),))


def test_what_changes_after_columns_in_use_were_forgotten_is_not_missed(
    storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MOST_CHANGED", 1)
    add_sweep(storage, drawn(0, 3))
    *others, last = [one.lease for one in claim(storage, slots=3).claimed]
    snapshots = 0

    @contextmanager
    def snapshot() -> Iterator[Connection]:
        nonlocal snapshots
        snapshots += 1
        if snapshots == 4:  # of the index, of the count, of the scan; and before the one that the page is read on
            storage.report("w1", [Progress(lease, [point(1)], None) for lease in others], START).result()
            storage.report("w1", [Progress(last, [point(1)], None)], START).result()
        with storage._reads.snapshot() as connection:
            yield connection

    pages = TrialPages(snapshot)
    storage.listen(pages.take)

    assert [place.number for _, place in pages.page(SWEEP, TRAINED, {}, None, 9)] == [0, 1, 2]
