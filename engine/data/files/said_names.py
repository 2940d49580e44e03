"""Columns that the sender of a file names, and that the file does not have or needs for something else."""

from collections.abc import Iterator, Sequence

from engine.data.quoting import quoted
from engine.data.said import Said
from engine.data.table import SHOWN_FAULTS, About, TableFault, no_such_column


def name_faults(names: Sequence[str], target: str | None, said: Said) -> Iterator[TableFault]:
    """Yield what is wrong with the columns that were named; `names` are those of all columns in the file."""
    known, header = set(names), [name for name in names if name]
    named: dict[About, Sequence[str]] = {"categorical": said.categorical, "ignore": said.ignore}
    unknown = [(about, name) for about, every in named.items() for name in every if name not in known]
    for about, name in unknown[:SHOWN_FAULTS]:
        yield TableFault(no_such_column(name, header), about)
    for about, name in unknown[SHOWN_FAULTS:]:  # which are counted only: nearest names take their time
        yield TableFault(f"There is no column {quoted(name)}.", about)
    if target is not None and target not in known:
        yield TableFault(no_such_column(target, header), "target")
    if target in said.ignore:
        detail = f"The column {quoted(target or '')} is the target: it cannot be ignored. Take it out of ignore."
        yield TableFault(detail, "ignore")
    for by, column in {"group": said.group, "order": said.order}.items():
        if column in known and column in said.ignore:
            detail = f"The {by} column {quoted(column)} is no input anyway, and needed for the split."
            yield TableFault(f"{detail} Take it out of ignore.", "ignore")
