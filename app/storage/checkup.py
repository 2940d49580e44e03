"""A look at a data folder that no server uses: what is wrong in it, and what can be mended without a loss."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from app.domain import disks
from app.domain.errors import LogsweepError
from app.storage import artifacts, backup, counts, opening
from app.storage.connect import AT_REST, driver_version, faults_of, looking_engine, mark, write_back, writing_engine
from app.storage.faults import faults_told
from app.storage.migrate import lacking, missing_tables, older_schema
from app.storage.tables import runs, sweeps, trials
from app.storage.trouble import LEAST_FREE
from app.storage.wal import log_of, size_of

FIXED_IN = (3, 51, 3)
"""The version of SQLite from which on two processes may write one log; ours alone writes, and any other may not."""

_AHEAD = timedelta(minutes=5)
"""How much the clock may be behind the times in a database before that is told."""

Mend = Callable[[Connection], object]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, in a sentence; where it can be mended without a loss, how; whether nothing else may be mended."""

    detail: str
    mend: Mend | None = None
    forbids_mending: bool = False
    mended: bool = False


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a folder has, by name, and what is wrong with it."""

    facts: Mapping[str, object]
    troubles: tuple[Trouble, ...]


def check(folder: Path, database: Path, now: datetime, *, mending: bool) -> Checkup:
    """Look at a folder under its lock, and mend what can be if asked to.

    Raises NotFound for a folder without a database, Unavailable if a server uses it.
    """
    backup.require_there(folder, database.name)
    with backup.locked(folder, "Ask that server: logsweep doctor --server http://127.0.0.1:8000, or where it is."):
        found, mended = _look(folder, database, now), list[Trouble]()
        while mending and (some := _mended(database, found)):
            mended += some
            found = _look(folder, database, now)  # what was not seen before, or is still so
            if {one.detail for one in some} & {one.detail for one in found.troubles}:
                break
        return replace(found, troubles=(*mended, *found.troubles))


def _look(folder: Path, database: Path, now: datetime) -> Checkup:
    """Look at everything in a folder that its holder of the lock may look at; nothing changes."""
    facts = {**_facts(folder, database), "clock": now.isoformat(timespec="seconds")}
    if (fault := _unsound(database)) is not None:
        return Checkup(facts, (fault,))
    engine = looking_engine(database)
    try:
        with engine.connect() as connection:
            if (older := older_schema(connection)) is not None:
                facts["schema"] = f"{older}, which the next start of a server makes a newer one, beside a copy"
                return Checkup(facts, tuple(_troubles_of_any(connection, folder, database)))
            if missing := missing_tables(connection):
                return Checkup(facts, (Trouble(f"{lacking(missing)} {opening.GO_BACK}.", forbids_mending=True),))
            facts |= _contents(connection)
            found = [*_troubles_of_any(connection, folder, database), *_troubles(connection, now)]
            return Checkup(facts, tuple(found))
    finally:
        engine.dispose()


def _mended(database: Path, checkup: Checkup) -> tuple[Trouble, ...]:
    """Mend what can be, in one transaction, unless the database is damaged or the disk full; return what was mended."""
    mendable = [one for one in checkup.troubles if one.mend is not None]
    if not mendable or any(one.forbids_mending for one in checkup.troubles):
        return ()
    with faults_told(str(database)):
        engine = writing_engine(database)
        try:
            with engine.connect() as connection:
                with connection.begin():
                    for one in mendable:
                        if one.mend is not None:
                            one.mend(connection)
                mark(connection, AT_REST)
                write_back(connection)
        finally:
            engine.dispose()
    return tuple(replace(one, mended=True) for one in mendable)


def _facts(folder: Path, database: Path) -> dict[str, object]:
    version = driver_version()
    race = "" if version >= FIXED_IN else ": let no other program write, which below 3.51.3 may damage the log"
    return {
        "database": str(database),
        "bytes": size_of(database),
        "log_bytes": size_of(log_of(database)),
        "free_bytes": disks.free(folder),
        "cache_bytes": sum(size_of(file) for file in folder.glob("cache/**/*") if file.is_file()),
        "sqlite": ".".join(map(str, version)) + race,
    }


def _contents(connection: Connection) -> dict[str, object]:
    """Return how much a database has; the schema is ours."""
    named = select(runs.c.checkpoint_sha256).where(runs.c.checkpoint_sha256.is_not(None)).distinct()
    return {
        "sweeps": connection.execute(select(func.count()).select_from(sweeps)).scalar_one(),
        "trials": connection.execute(select(func.count()).select_from(trials)).scalar_one(),
        "checkpoints_named": len(connection.execute(named).all()),
    }


def _unsound(database: Path) -> Trouble | None:
    """Return why a server would refuse the folder; a log that is lost may be done without, if all else is sound."""
    try:
        opening.require_sound(database)
    except LogsweepError as error:
        accept = _nothing if opening.lacks_its_log_alone(database) else None
        return Trouble(error.detail, accept, forbids_mending=accept is None)
    return None


def _nothing(_: Connection) -> None:
    """Change nothing: the mark that a server uses the database goes in any case."""


def _troubles_of_any(connection: Connection, folder: Path, database: Path) -> Iterator[Trouble]:
    """Yield what can be wrong with a database of any version, and with its disk."""
    for fault in faults_of(connection):
        yield Trouble(f"The database is damaged: {fault}. {opening.GO_BACK}.", forbids_mending=True)
    if size := size_of(log_of(database)):
        detail = f"A server was killed: {size:,} bytes of changes are in the log, and not in the file yet."
        yield Trouble(detail, _nothing)
    for partial in folder.glob(f"{database.name}.partial*"):
        yield Trouble(
            f"{partial.name} is what a copy left that broke off.", lambda _: backup.remove_unfinished(database)
        )
    if (free := disks.free(folder)) < LEAST_FREE:
        yield Trouble(disks.full(str(folder), f"{free:,} bytes are free").detail, forbids_mending=True)


def _troubles(connection: Connection, now: datetime) -> Iterator[Trouble]:
    """Yield what can be wrong with what a database of this version has."""
    if wrong := counts.miscounted(connection):
        yield Trouble(f"The counts of {len(wrong):,} sweeps are not those of their trials.", counts.recount)
    if damaged := artifacts.damaged(connection):
        detail = f"{len(damaged):,} artifacts have other bytes than their hashes say, {damaged[0]} for one."
        yield Trouble(f"{detail} {opening.GO_BACK}.", forbids_mending=True)
    if unnamed := artifacts.forgotten(connection):
        yield Trouble(f"Nothing names {unnamed:,} artifacts, which a server would delete.", _forget)
    last = connection.execute(select(func.max(trials.c.created_at))).scalar()
    if last is not None and last > now + _AHEAD:
        yield Trouble(
            f"The clock of this machine is behind: its time is {now:%Y-%m-%d %H:%M}, and the database has trials of "
            f"{last:%Y-%m-%d %H:%M}. Set the clock."
        )


def _forget(connection: Connection) -> None:
    artifacts.forget_all_unnamed(connection)
    while artifacts.clear(connection, 64):
        pass
