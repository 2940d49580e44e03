"""Ensembles in the storage: the models of an ended sweep to choose from, and what was chosen of them."""

from dataclasses import asdict

from sqlalchemy import Connection, and_, bindparam, delete, insert, select

from app.domain.ensembles import ChosenEnsemble, Member, PoolEntry
from app.domain.order import Order
from app.domain.states import TrialState
from app.storage.sweep_rows import sweep_key
from app.storage.tables import artifacts, ensembles, models, trials

_POOL = (
    select(models.c.trial, models.c.cost, trials.c.state, trials.c.confirmed, artifacts.c.sha256, artifacts.c.size)
    .join(artifacts, artifacts.c.key == models.c.artifact_key)
    .join(trials, and_(trials.c.sweep_key == models.c.sweep_key, trials.c.number == models.c.trial))
    .where(models.c.sweep_key == bindparam("sweep"), models.c.settled == 1)
)


def pool(connection: Connection, sweep: str) -> list[PoolEntry]:
    """Return the kept models of final trials, best first. Raises NotFound."""
    rows = connection.execute(_POOL, {"sweep": sweep_key(connection, sweep)})
    ranked = sorted(
        (Order.of(row.cost, TrialState(row.state), row.trial, confirmed=bool(row.confirmed)), row.sha256, row.size)
        for row in rows
    )
    return [PoolEntry(order.number, sha256, size) for order, sha256, size in ranked]


def find(connection: Connection, sweep: str, name: str, chosen_from: str) -> ChosenEnsemble | None:
    """Return what was chosen under this name, if it was from these models. Raises NotFound."""
    here = ensembles.c.sweep_key == sweep_key(connection, sweep), ensembles.c.name == name
    content = connection.execute(
        select(ensembles.c.content).where(*here, ensembles.c.chosen_from == chosen_from)
    ).scalar()
    if content is None:
        return None
    members = [Member(**member) for member in content["members"]]
    return ChosenEnsemble(**{**content, "members": members})


def store(connection: Connection, sweep: str, name: str, chosen_from: str, chosen: ChosenEnsemble) -> None:
    """Store what was chosen, in place of what was before. Raises NotFound."""
    key = sweep_key(connection, sweep)
    connection.execute(delete(ensembles).where(ensembles.c.sweep_key == key, ensembles.c.name == name))
    row = {"sweep_key": key, "name": name, "chosen_from": chosen_from, "content": asdict(chosen)}
    connection.execute(insert(ensembles).values(row))
