"""Small files as people send them, and what becomes of them, for tests of uploads."""

import gzip
import io
from typing import Any

import numpy as np
import pytest

from app.domain.errors import Fault, InvalidRequest
from app.domain.uploads import SentFile, SentFiles, UploadForm
from app.preparation.datasets import PreparedDataset
from app.preparation.uploads import prepare_upload

LIMIT = 1 << 20
CSV = ("n,w,y\n" + "".join(f'{index}.5,"{"ab"[index % 2]}",{index % 2}\n' for index in range(30))).encode()


def npz() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=np.arange(60, dtype=np.float32).reshape(30, 2), y=np.array(["a", "b"] * 15))
    return buffer.getvalue()


FILES = {"table.csv": CSV, "table.csv.gz": gzip.compress(CSV, mtime=0), "table.npz": npz()}


def upload(
    filename: str,
    content: bytes,
    *,
    target: str | None = "y",
    task: str | None = None,
    categorical: tuple[str, ...] = (),
) -> PreparedDataset:
    form = UploadForm("mine", target, task, categorical)
    return prepare_upload(SentFiles(SentFile(filename, content)), form, max_table_bytes=LIMIT)


def faults_of(filename: str, content: bytes, **said: str | None) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as caught:
        upload(filename, content, target=said.get("target", "y"), task=said.get("task"))
    return [(fault.pointer, fault.detail) for fault in caught.value.faults]


def faults_of_all(dev: SentFile | None, test: SentFile | None, **said: Any) -> list[Fault]:
    files = SentFiles(SentFile("table.csv", CSV), dev, test)
    with pytest.raises(InvalidRequest) as caught:
        prepare_upload(files, UploadForm("mine", **{"target": "y", **said}), max_table_bytes=LIMIT)
    return list(caught.value.faults)


def csv(text: str, name: str = "t.csv") -> SentFile:
    return SentFile(name, text.encode())


PIXELS = "a,b,c,d,e,f,y\n" + "".join(f"0,1,2,3,4,{row},{row % 2}\n" for row in range(30))


def arrays(**given: Any) -> SentFile:
    buffer = io.BytesIO()
    np.savez(buffer, **given)
    return SentFile("t.npz", buffer.getvalue())


def images(*shape: int, dtype: Any = np.uint8) -> SentFile:
    return arrays(x=(np.arange(np.prod(shape)).reshape(shape) % 7).astype(dtype), y=np.arange(shape[0]) % 2)
