"""Use cases of data sets: upload, look at, hand to workers, delete; and the built-in ones."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import final

from app.domain.datasets import DatasetPreview, DatasetSummary
from app.domain.errors import Conflict, Fault, InvalidRequest
from app.domain.uploads import SentFiles, UploadForm, upload_hash
from app.preparation.datasets import PreparedDataset, builtin_names, prepare_builtin, trains_alike
from app.preparation.preparation import Preparation
from app.preparation.preview import preview
from app.services.clock import Clock
from app.services.cursors import Page, decode, page_of
from app.storage.interface import Storage

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


@final
class Datasets:
    """The data sets of the service; uploads are read by `preparation`, outside this process."""

    def __init__(self, storage: Storage, clock: Clock, preparation: Preparation) -> None:
        self._storage = storage
        self._clock = clock
        self._preparation = preparation

    def upload(
        self, files: SentFiles, form: UploadForm, faults: Sequence[Fault], owner: str = ""
    ) -> tuple[DatasetSummary, bool]:
        """Prepare and store tables; the flag tells whether they are new. `faults` are what else is wrong.

        The same files and form under the same name are found again, however this version would prepare them. `owner` is
        the access key of the request. Raises InvalidRequest with all faults; Conflict if the name is taken; OverQuota.
        """
        sent = upload_hash(files, form)
        if not faults and self._storage.upload_hash(form.name) == sent:
            return self._storage.dataset(form.name), False
        with self._prepared(files, form, faults) as prepared:
            created = not self._recognised(form.name, prepared, sent) and self._storage.add_dataset(
                self._summary(form.name, prepared, builtin=False), prepared.source, sent, owner
            )
        return self._storage.dataset(form.name), created

    def preview(self, files: SentFiles, form: UploadForm, faults: Sequence[Fault]) -> DatasetPreview:
        """Return what an upload would become, and store nothing. Raises InvalidRequest with all faults."""
        with self._prepared(files, form, faults) as prepared:
            return preview(prepared)

    def _recognised(self, name: str, prepared: PreparedDataset, sent: str) -> bool:
        """Return whether this upload was stored before uploads had hashes, and prepared otherwise than today.

        Raises Conflict if it would train otherwise.
        """
        stored = self._storage.upload_without_hash(name)
        if stored is None or stored[0] == prepared.sha256:
            return False
        if not trains_alike(stored[1], prepared.content):
            raise Conflict(
                f'There is already a data set "{name}", which an older version of logsweep prepared. Either '
                "this is another table, or this version reads it otherwise; CHANGELOG.md tells what has changed. "
                "Choose another name, or delete the old one first."
            )
        self._storage.recognise_upload(name, stored[0], sent)
        return True

    def get(self, name: str) -> DatasetSummary:
        """Return a data set. Raises NotFound."""
        return self._storage.dataset(name)

    def content_hash(self, name: str, sha256: str | None = None) -> str:
        """Return the hash of the prepared content that workers train on. Raises NotFound.

        With `sha256` it is that content, also where the data set was deleted, or replaced by a new version of itself.
        """
        return self._storage.dataset(name).sha256 if sha256 is None else sha256

    def content(self, sha256: str) -> tuple[int, Iterator[bytes]]:
        """Return the size of a prepared content in bytes, and its pieces in turn. Raises NotFound."""
        return self._storage.content_size(sha256), self._storage.artifact_stream(sha256)

    def page(self, limit: int, cursor: str | None) -> Page[DatasetSummary]:
        """Return data sets in the order of their names. Raises Malformed for a cursor of another list."""
        after = decode(cursor, "datasets", str) if cursor else ""
        return page_of(self._storage.datasets(after, limit + 1), limit, "datasets", lambda last: [last.name])

    def delete(self, name: str) -> None:
        """Delete an upload. Raises NotFound; Conflict if it is built in or a sweep runs on it."""
        self._storage.remove_dataset(name)

    def register_builtin(self) -> None:
        """Store the built-in data sets that are missing or were prepared differently before."""
        stored = self._storage.builtin_hashes()
        for name in builtin_names():
            prepared = prepare_builtin(name)
            if stored.get(name) != prepared.sha256:
                summary = self._summary(name, prepared, builtin=True)
                self._storage.replace_builtin(summary, prepared.source)

    @contextmanager
    def _prepared(self, files: SentFiles, form: UploadForm, others: Sequence[Fault]) -> Iterator[PreparedDataset]:
        """Return prepared tables, which are there until the context ends. Raises InvalidRequest with all faults."""
        faults = [*others, *_name_faults(form.name)]
        with ExitStack() as context:
            try:
                prepared = context.enter_context(self._preparation.prepare(files, form))
            except InvalidRequest as error:
                raise InvalidRequest([*faults, *error.faults]) from None
            if faults:
                raise InvalidRequest(faults)
            yield prepared

    def _summary(self, name: str, prepared: PreparedDataset, *, builtin: bool) -> DatasetSummary:
        return DatasetSummary(
            name=name,
            sha256=prepared.sha256,
            task=prepared.task,
            builtin=builtin,
            rows=dict(prepared.rows),
            features=prepared.features,
            outputs=prepared.outputs,
            card=prepared.card,
            created_at=self._clock.now(),
        )


def every_name(storage: Storage, limit: int = 100) -> list[str]:
    """Return the names of the first `limit` data sets."""
    return [dataset.name for dataset in storage.datasets("", limit)]


def _name_faults(name: str) -> list[Fault]:
    if _NAME.fullmatch(name):
        return []
    rule = "it must start with a letter or digit and go on with up to 99 letters, digits, _, . or -"
    return [Fault("/name", f"The name {name[:120]!r} is not possible: {rule}.")]
