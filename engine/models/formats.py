"""The formats that a model can be written in."""

from collections.abc import Callable, Mapping

from engine.extras import MissingExtra
from engine.models.npz import write_npz_model
from engine.models.predictor import Predictor
from engine.models.safetensors import write_safetensors


def _write_onnx(model: Predictor) -> bytes:
    try:
        from engine.models.onnx import write_onnx  # noqa: PLC0415  # imports a package that may be missing
    except ImportError as error:
        raise MissingExtra.of("Writing ONNX", "onnx", "onnx", error) from None
    return write_onnx(model)


FORMATS: Mapping[str, Callable[[Predictor], bytes]] = {
    "npz": write_npz_model,
    "safetensors": write_safetensors,
    "onnx": _write_onnx,
}
"""What writes a model, by the name of the format and the ending of the file; `read_model` reads the first two."""
