"""Where compiled kernels lie: in the package, where an image has them, or in the user's own cache."""

import hashlib
import json
import os
import platform
import shutil
import stat
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import numpy as np

from engine.kernels.compiler import COMPILING, compile_library, library_name
from engine.kernels.errors import KernelsUnavailableError
from engine.kernels.level import level

SHIPPED = Path(__file__).parent / "compiled"
"""Libraries that were compiled when the image was built."""


def import_for_compiling(environment: Mapping[str, str] = os.environ, shipped: Path = SHIPPED) -> None:
    """Import here what another thread needs that has to compile: a process forked meanwhile would keep half of it."""
    name = library_name(level())
    with suppress(KernelsUnavailableError):  # as that thread is about to say
        if not (shipped / name).exists() and not _is_whole(_folder(environment) / name):
            import_module("filelock")


def library_path(
    environment: Mapping[str, str] = os.environ, shipped: Path = SHIPPED, *, in_background: bool = False
) -> Path:
    """Return the library for this processor; it is compiled if need be, by one process of all that ask.

    Raises KernelsUnavailableError if it cannot be compiled, or if another user could write to where it would lie.
    """
    name = library_name(level())
    if (shipped / name).exists():
        return shipped / name
    path = _folder(environment) / name
    if not _is_whole(path):
        from filelock import FileLock  # noqa: PLC0415 - it brings asyncio, and each worker would wait for that

        with FileLock(path.parent / "lock"):
            if not _is_whole(path):
                _forget_interrupted(path.parent)
                compile_library(level(), path, in_background=in_background)
                _digest_file(path).write_text(_digest(path), "ascii")
    _refuse_foreign(path)
    return path


def differing_here(path: Path, find: Callable[[], list[str]], environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the names that `find` gives for a library: once for each machine and NumPy, and from the cache later."""
    library = _digest(path)
    try:
        kept = _folder(environment) / f"{path.stem}-{platform.node()}-numpy-{np.__version__}.json"
    except KernelsUnavailableError:
        return find()  # a library of the package needs no cache
    if (names := _kept_names(kept, library)) is None:
        names = find()
        written = kept.with_suffix(f".{os.getpid()}")
        written.write_text(json.dumps({"library": library, "differing": names}), "utf-8")
        written.replace(kept)
    return names


def _kept_names(kept: Path, library: str) -> list[str] | None:
    """Return what was found for a library with this digest; None if nothing was, or it cannot be read."""
    try:
        found = json.loads(kept.read_text("utf-8"))
        return [str(name) for name in found["differing"]] if found["library"] == library else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _is_whole(path: Path) -> bool:
    """Return whether a library is what the compiler wrote: loading one that lost its end kills the process."""
    kept = _digest_file(path)
    return path.is_file() and kept.is_file() and kept.read_text("ascii", "replace") == _digest(path)


def _digest_file(path: Path) -> Path:
    return path.with_suffix(".sha256")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _folder(environment: Mapping[str, str]) -> Path:
    """Return the cache folder, made if need be: the user's own, and nobody else can write to it."""
    try:
        base = Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = base / "logsweep"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home
        raise KernelsUnavailableError(f"There is no folder for compiled kernels: {error}.") from error
    _refuse_foreign(folder)
    return folder


def _forget_interrupted(folder: Path) -> None:
    """Remove what processes left that ended while they compiled; the lock is held."""
    for leftover in folder.glob(f"{COMPILING}*/"):
        shutil.rmtree(leftover)


def _refuse_foreign(path: Path) -> None:
    """Raise if anyone but this user may have written `path`."""
    if not hasattr(os, "getuid"):
        return
    about = path.stat()
    if about.st_uid != os.getuid() or about.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        mode = stat.filemode(about.st_mode)
        raise KernelsUnavailableError(
            f"{path} is not this user's alone: its owner is user {about.st_uid}, its mode {mode}. Remove it, or set "
            "XDG_CACHE_HOME to a folder of your own."
        )
