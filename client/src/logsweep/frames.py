"""Lists of answers as frames of pandas or polars, a column for each field."""

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from logsweep.answers import Answer
from logsweep.answers.sweeps import TrialAnswer

if TYPE_CHECKING:
    import pandas
    import polars


def columns(items: Sequence[Answer]) -> dict[str, list[Any]]:
    """Return a list for each field, as long as the items; a field that an item lacks is None there."""
    rows = [_row(item) for item in items]
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def pandas_frame(items: Sequence[Answer]) -> "pandas.DataFrame":
    """Return items as a frame of pandas. Raises ImportError where it is not installed."""
    pandas = _imported("pandas")
    return pandas.DataFrame(columns(items))


def polars_frame(items: Sequence[Answer]) -> "polars.DataFrame":
    """Return items as a frame of polars. Raises ImportError where it is not installed."""
    polars = _imported("polars")
    return polars.DataFrame(columns(items), strict=False, infer_schema_length=None)  # type: ignore[no-any-return]


def _imported(package: str) -> Any:
    try:
        return import_module(package)
    except ImportError:
        raise ImportError(f"{package} is not installed here: pip install 'logsweep-client[{package}]'") from None


def _row(item: Answer) -> dict[str, Any]:
    fields = {name: getattr(item, name) for name in (*type(item).model_fields, *(item.model_extra or {}))}
    if not isinstance(item, TrialAnswer):
        return fields
    # As `where` and `sort` call them: metrics by their names, and param.NAME.
    del fields["params"], fields["all_params"], fields["metrics"], fields["lineage"]
    params = {f"param.{name}": value for name, value in item.params.items()}
    return {
        "number": fields.pop("number"),
        "state": fields.pop("state"),
        "value": fields.pop("value"),
        **params,
        **item.metrics,
        **fields,
    }
