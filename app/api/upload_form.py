"""The form of an upload, field by field."""

from typing import Annotated, Any

from fastapi import Depends, Form

from app.domain.uploads import UploadForm


def reading(  # noqa: PLR0913  # FastAPI takes each field of a form as an argument
    *,
    ignore: Annotated[list[str] | None, Form(description="columns to leave out")] = None,
    separator: Annotated[
        str | None, Form(description="comma, semicolon, tab, pipe or spaces, if not found out")
    ] = None,
    header: Annotated[str | None, Form(description="none, if the first row is data already")] = None,
    encoding: Annotated[str | None, Form(description="the encoding of the text; UTF-8 or UTF-16 by its mark")] = None,
    decimal: Annotated[str | None, Form(description="what marks decimals: point or comma")] = None,
    thousands: Annotated[
        str | None, Form(description="what groups thousands: comma, point, space, quote, none")
    ] = None,
    dates: Annotated[str | None, Form(description="the order of dates that are not ISO: ymd, dmy or mdy")] = None,
    missing: Annotated[
        list[str] | None, Form(description="what a missing cell looks like, in place of the usual")
    ] = None,
    missing_target: Annotated[str | None, Form(description="drop: leave out rows without a target")] = None,
) -> dict[str, Any]:
    """Return what the form says of how the files are written."""
    return {
        "ignore": ignore or (),
        "separator": separator,
        "header": header,
        "encoding": encoding,
        "decimal": decimal,
        "thousands": thousands,
        "dates": dates,
        "missing": missing,
        "missing_target": missing_target,
    }


def cutting(  # noqa: PLR0913  # FastAPI takes each field of a form as an argument
    *,
    target: Annotated[str | None, Form(description="the column to predict; y in an NPZ file")] = None,
    task: Annotated[str | None, Form(description="classification or regression, if not inferred")] = None,
    categorical: Annotated[list[str] | None, Form(description="columns that hold categories")] = None,
    split: Annotated[
        str | None, Form(description="shares of train, dev and test in file, such as 0.7,0.15,0.15")
    ] = None,
    split_seed: Annotated[str | None, Form(description="a whole number from 0; another one splits otherwise")] = None,
    image: Annotated[str | None, Form(description="height x width (x channels) of a row: 8x8, 8x8x3 or none")] = None,
    group: Annotated[str | None, Form(description="a column whose equal values stay in one part")] = None,
    order: Annotated[str | None, Form(description="a column to cut by: the last rows are test")] = None,
) -> dict[str, Any]:
    """Return what the form says of the target, and of how the table is cut."""
    return {
        "target": target,
        "task": task,
        "categorical": categorical or (),
        "split": split,
        "split_seed": split_seed,
        "image": image,
        "group": group,
        "order": order,
    }


Read = Annotated[dict[str, Any], Depends(reading)]
Cut = Annotated[dict[str, Any], Depends(cutting)]


def upload_form(how_read: Read, how_cut: Cut, name: Annotated[str, Form()]) -> UploadForm:
    """Return the form of an upload."""
    return UploadForm(name, **how_cut, **how_read)


def preview_form(
    how_read: Read, how_cut: Cut, name: Annotated[str, Form(description="not needed")] = "preview"
) -> UploadForm:
    """Return the form of an upload that may go without a name."""
    return UploadForm(name, **how_cut, **how_read)
