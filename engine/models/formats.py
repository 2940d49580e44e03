"""The formats that a model can be written in."""

from collections.abc import Callable, Mapping

from engine.models.model import Model
from engine.models.npz import write_npz_model
from engine.models.safetensors import write_safetensors


class MissingExtra(ImportError):  # noqa: N818 - the name is what went wrong
    """A format needs a package that is not installed; the sentence names the extra that brings it."""


def _write_onnx(model: Model) -> bytes:
    try:
        from engine.models.onnx import write_onnx  # noqa: PLC0415  # imports a package that may be missing
    except ImportError as error:
        way = 'Install the extra: pip install "logsweep[onnx]".'
        raise MissingExtra(f"Writing ONNX needs the package onnx, which cannot be imported: {error}. {way}") from None
    return write_onnx(model)


FORMATS: Mapping[str, Callable[[Model], bytes]] = {
    "npz": write_npz_model,
    "safetensors": write_safetensors,
    "onnx": _write_onnx,
}
"""What writes a model, by the name of the format and the ending of the file; `read_model` reads the first two."""
