"""From uploaded files to a prepared data set, or to every fault, with a pointer to the field that it is about."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from app.domain.errors import Fault, InvalidRequest, NotInstalled, pointer
from app.domain.uploads import AnyFile, SentFiles, UploadForm
from app.domain.values import LARGEST_WHOLE
from app.preparation.datasets import PreparedDataset, prepared
from app.preparation.said import said_faults, said_of
from engine.data import Cut, Dataset, Table, TableError, TableFault, Tables, prepare, read_csv, read_npz, read_parquet
from engine.data.files.picture_shapes import SaidImage
from engine.data.part_tables import FILE_OF
from engine.data.parts.cut import Fractions
from engine.data.said import Said
from engine.data.target import without_missing_targets
from engine.extras import MissingExtra

Format = Literal["CSV", "NPZ", "Parquet"]

NPZ_TARGET = "y"
_ZIP, _PARQUET = b"PK\x03\x04", b"PAR1"
_TEXTS = (".csv", ".tsv", ".txt")
_OF_TEXT = ("separator", "header", "encoding", "decimal", "thousands", "dates")
_TASKS = ("classification", "regression")
_SEED = re.compile(r"[0-9]{1,19}")
_IMAGE = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})(?:x([1-9][0-9]{0,4}))?")


def prepare_upload(files: SentFiles, form: UploadForm, *, max_table_bytes: int) -> PreparedDataset:
    """Read and prepare uploaded files. Raises InvalidRequest with every fault found, and NotInstalled."""
    return prepared(read_upload(files, form, max_table_bytes=max_table_bytes))


def read_upload(files: SentFiles, form: UploadForm, *, max_table_bytes: int) -> Dataset:
    """Read uploaded files into a data set. Raises InvalidRequest with every fault found, and NotInstalled."""
    faults = [*said_faults(form)]
    said = said_of(form)
    read: dict[str, Tables] = {}
    for field, sent in files.by_field().items():
        try:
            read[field] = _read(field, sent, form, said, first=read.get("file"), max_bytes=max_table_bytes)
        except InvalidRequest as error:
            faults += error.faults
    faults += [*_format_faults(files, read), *_part_faults(read), *_form_faults(form, _format(files.file))]
    if faults:
        raise InvalidRequest(faults)
    try:
        return prepare(
            _together(read),
            target=form.target or NPZ_TARGET,
            task=form.task,
            cut=Cut(_fractions(form.split), int(form.split_seed or 0), form.group, form.order),
            max_bytes=max_table_bytes,
        )
    except TableError as error:
        raise InvalidRequest([Fault(pointer(_field(fault, read)), fault.detail) for fault in error.faults]) from None


def _field(fault: TableFault, read: Mapping[str, Tables]) -> str:
    """Return the field that a fault is about; parts that were not sent as files are in the first."""
    return "file" if fault.about in FILE_OF.values() and fault.about not in read else fault.about


def _together(read: Mapping[str, Tables]) -> Tables:
    """Return the tables of all files: a part is in a file of its own, or in the first, or cut from it."""
    first = read["file"]
    own = {part: read[field].train for part, field in FILE_OF.items() if field in read}
    return Tables(first.train, own.get("dev", first.dev), own.get("test", first.test))


def _part_faults(read: Mapping[str, Tables]) -> Iterator[Fault]:
    """Yield a fault for each part that is there twice."""
    for part, field in FILE_OF.items():
        if field in read and read[field].separate():
            detail = f"An NPZ file with the {part} part holds x and y alone, and this one has parts of its own."
            yield Fault(pointer(field), f"{detail} Name its arrays x and y.")
        if field in read and "file" in read and part in read["file"].separate():
            yield Fault(pointer(field), f"There is a {part} part in the first file already. Leave one of them out.")


def _read(field: str, sent: AnyFile, form: UploadForm, said: Said, *, first: Tables | None, max_bytes: int) -> Tables:
    """Read one file as was said; `first` are the tables of the first, if that could be read. Raises InvalidRequest."""
    if detail := _name_fault(sent):
        raise InvalidRequest([Fault(pointer(field), detail)])
    try:
        if _format(sent) == "NPZ":
            tables = read_npz(sent.content, max_bytes=max_bytes, image=_image(form.image), said=said)
        else:
            tables = Tables(_read_columns(sent, form, said, like=first.train if first else None, max_bytes=max_bytes))
        return _with_targets(tables, form.target or NPZ_TARGET) if said.missing_target == "drop" else tables
    except MissingExtra as error:
        raise NotInstalled(str(error)) from None
    except TableError as error:
        places = [fault.about if field == "file" else field for fault in error.faults]
        details = [fault.detail for fault in error.faults]
        raise InvalidRequest([Fault(pointer(p), detail) for p, detail in zip(places, details, strict=True)]) from None


def _read_columns(sent: AnyFile, form: UploadForm, said: Said, *, like: Table | None, max_bytes: int) -> Table:
    """Read one file of named columns, as the training table if `like` is one. Raises TableError and MissingExtra."""
    read = read_parquet if _format(sent) == "Parquet" else read_csv
    if like is not None:
        return read(sent.content, max_bytes=max_bytes, said=said, like=like)
    table = read(sent.content, max_bytes=max_bytes, said=said, target=form.target or None)
    return replace(table, image=image if (image := _image(form.image)) != "none" else None)


def _with_targets(tables: Tables, target: str) -> Tables:
    """Return the tables without the rows that have no target."""
    separate = {part: without_missing_targets(table, target) for part, table in tables.separate().items()}
    return Tables(without_missing_targets(tables.train, target), separate.get("dev"), separate.get("test"))


def _format(sent: AnyFile) -> Format:
    name = sent.name.lower()
    return "NPZ" if name.endswith(".npz") else "Parquet" if name.endswith(".parquet") else "CSV"


def _name_fault(sent: AnyFile) -> str | None:
    """Return what is wrong with the name of a file."""
    by_name, name, content = _format(sent), sent.name[:120], next(sent.pieces(), b"")
    if by_name == "CSV" and not sent.name.lower().removesuffix(".gz").endswith(_TEXTS):
        use = "Use .csv, .tsv or .txt, each also with .gz, .npz or .parquet."
        return f'The file name "{name}" does not say what it is. {use}'
    if by_name != "NPZ" and content.startswith(_ZIP):
        way = "Save a spreadsheet as CSV, or give an NPZ file the ending .npz."
        return f'The file "{name}" is not {by_name} but a zip archive by its content. {way}'
    if by_name == "CSV" and content.startswith(_PARQUET):
        return f'The file "{name}" is not CSV but Parquet by its content. Give it the ending .parquet.'
    if by_name == "NPZ" and not content.startswith(_ZIP):
        way = "Write it with numpy.savez, or give it the ending .csv."
        return f'The file "{name}" is not an NPZ file by its content. {way}'
    if by_name == "Parquet" and not content.startswith(_PARQUET):
        way = "Write it with to_parquet of pandas, for example, or give it the ending .csv."
        return f'The file "{name}" is not a Parquet file by its content. {way}'
    return None


def _format_faults(files: SentFiles, read: Mapping[str, Tables]) -> Iterator[Fault]:
    """Yield a fault for each table that could be read but is not in the format of the first."""
    for field, sent in files.by_field().items():
        if field in read and _format(sent) != _format(files.file):
            names = f'"{sent.name[:120]}" and "{files.file.name[:120]}"'
            detail = f"The files {names} are of different formats: send all as CSV, all as NPZ, or all as Parquet."
            yield Fault(pointer(field), detail)


def _form_faults(form: UploadForm, of_file: Format) -> Iterator[Fault]:
    """Yield what is wrong with the fields beside the files."""
    if of_file != "NPZ" and not form.target:
        yield Fault("/target", "The target is missing: name the column that the networks are to predict.")
    if of_file == "NPZ":
        yield from _npz_faults(form)
    if of_file != "CSV":
        yield from _text_faults(form, of_file)
    if form.task not in (None, *_TASKS):
        yield Fault("/task", f'The task "{form.task}" is not known: it must be one of {", ".join(_TASKS)}.')
    if form.split is not None and _fractions(form.split) is None:
        rule = 'it must be the three shares of train, dev and test, such as "0.7,0.15,0.15"'
        yield Fault("/split", f'The split "{form.split[:60]}" is not possible: {rule}.')
    if form.split_seed is not None and not _is_seed(form.split_seed):
        rule = f"it must be a whole number from 0 to {LARGEST_WHOLE:,}"
        yield Fault("/split_seed", f'The split_seed "{form.split_seed[:60]}" is not possible: {rule}.')
    if form.image is not None and _image(form.image) is None:
        rule = 'it must be height and width, and channels if there are several, such as "8x8" or "8x8x3", or "none"'
        yield Fault("/image", f'The image "{form.image[:60]}" is not possible: {rule}.')


def _npz_faults(form: UploadForm) -> Iterator[Fault]:
    """Yield what an NPZ file has no use for."""
    if form.target not in (None, NPZ_TARGET):
        detail = f'The target "{form.target}" is not possible: in an NPZ file it is "{NPZ_TARGET}". Leave it out.'
        yield Fault("/target", detail)
    if form.categorical:
        named = ", ".join(form.categorical)
        yield Fault("/categorical", f"An NPZ file has no categorical columns, but {named} was named. Leave it out.")
    if form.ignore:
        named = ", ".join(form.ignore)[:60]
        yield Fault("/ignore", f'The ignore "{named}" is about text, and an NPZ file has none. Leave it out.')


def _text_faults(form: UploadForm, of_file: Format) -> Iterator[Fault]:
    """Yield a fault for each setting of text files that came with another kind of file."""
    file = "an NPZ file" if of_file == "NPZ" else "a Parquet file"
    for field in _OF_TEXT:
        if value := getattr(form, field):
            yield Fault(pointer(field), f'The {field} "{value[:60]}" is about text, and {file} has none. Leave it out.')


def _fractions(text: str | None) -> Fractions | None:
    try:
        train, dev, test = (float(share) for share in (text or "").split(","))
    except ValueError:
        return None
    return train, dev, test


def _is_seed(text: str) -> bool:
    return bool(_SEED.fullmatch(text)) and int(text) <= LARGEST_WHOLE


def _image(text: str | None) -> SaidImage:
    if text == "none":
        return "none"
    found = _IMAGE.fullmatch(text or "")
    return (int(found[1]), int(found[2]), int(found[3] or 1)) if found else None
