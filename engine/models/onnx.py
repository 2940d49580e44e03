"""Models as ONNX, normalisation included, for programs that know nothing of logsweep; needs the extra `onnx`."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto, checker, helper, numpy_helper

from engine.data.encoding import double_places
from engine.kernels.leaky_relu import SLOPE
from engine.kernels.norm import EPSILON
from engine.models.ensemble import Ensemble
from engine.models.model import Model
from engine.models.predictor import Predictor

_OPSET, _IR_VERSION = 17, 8  # they go together; runtimes since 2022 read both

ACTIVATIONS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": SLOPE}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
}
"""The operation of each activation, with its attributes."""


class _Graph:
    """Operations in the order in which they run, and the constants that they read."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._arrays = arrays
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, TensorProto] = {}

    def constant(self, name: str, value: NDArray[Any] | np.generic) -> str:
        """Add a constant; return its name."""
        self.constants[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def node(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        """Add an operation, and those of the model's arrays that it reads; return the name of its output."""
        for name in inputs:
            if name in self._arrays:
                self.constant(name, self._arrays[name])
        result = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [result], **attributes))
        return result


def write_onnx(model: Predictor) -> bytes:
    """Return a model or an ensemble as an ONNX file.

    Its input "inputs", float32 (rows, inputs), is what the card makes of rows: numbers, flags, a one for a category;
    it is float64 if the card has a column that is double.
    Its outputs are "label", int64 (rows,), the place in the classes, and "probabilities", float32 (rows, classes);
    for a regression "prediction", float64 (rows,), in the target's own unit.
    """
    graph = _Graph(model.named_arrays())
    outputs = _ensemble(graph, model) if isinstance(model, Ensemble) else _single(graph, model)
    kind = TensorProto.DOUBLE if double_places(model.encodings) else TensorProto.FLOAT
    inputs = helper.make_tensor_value_info("inputs", kind, ["rows", sum(one.width for one in model.encodings)])
    proto = helper.make_model(
        helper.make_graph(graph.nodes, "logsweep", [inputs], outputs, list(graph.constants.values())),
        producer_name="logsweep",
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
    )
    card = json.dumps(model.card, sort_keys=True, allow_nan=False)
    helper.set_model_props(proto, {"card": card, "labels": json.dumps(model.classes)})
    checker.check_model(proto)
    content: bytes = proto.SerializeToString(deterministic=True)
    return content


def _single(graph: _Graph, model: Predictor) -> Sequence[ValueInfoProto]:
    assert isinstance(model, Model), "there are models and ensembles of them"
    return HEADS[model.card["structure"]["loss"]](graph, _body(graph, model, _inputs(graph, model)), model)


def _ensemble(graph: _Graph, ensemble: Ensemble) -> Sequence[ValueInfoProto]:
    """Add the mean of what the members answer, and what follows from it."""
    inputs, total, parts = _inputs(graph, ensemble), sum(ensemble.counts), []
    for place, (member, count) in enumerate(zip(ensemble.members, ensemble.counts, strict=True)):
        share = SHARES[ensemble.loss](graph, _body(graph, member, inputs, prefix=Ensemble.prefix(place)))
        weight = graph.constant(f"weight{place}", np.float32(count / total))
        parts.append(graph.node("Mul", share, weight))
    mean = graph.node("Sum", *parts)
    if ensemble.loss == "squared":
        return _squared(graph, mean, ensemble, prefix=Ensemble.prefix(0))
    graph.node("ArgMax", mean, output="label", axis=1, keepdims=0)
    graph.node("Identity", mean, output="probabilities")
    return _class_outputs(ensemble)


def _inputs(graph: _Graph, model: Predictor) -> str:
    return graph.node("Cast", _rounded(graph, model), to=TensorProto.DOUBLE)


def _body(graph: _Graph, model: Model, inputs: str, prefix: str = "") -> str:
    """Add everything up to the logits, (rows, outputs); the inputs are normalised in double, as in training."""
    signal = graph.node("Sub", inputs, f"{prefix}input_mean")
    signal = graph.node("Div", signal, f"{prefix}input_scale")
    signal = graph.node("Cast", signal, to=TensorProto.FLOAT)
    structure = model.card["structure"]
    kind, attributes = ACTIVATIONS[structure["activation"]]
    last = len(structure["hidden_units"]) + 1
    for number in range(1, last + 1):
        signal = graph.node("MatMul", signal, f"{prefix}W{number}")
        if f"b{number}" in model.arrays:
            signal = graph.node("Add", signal, f"{prefix}b{number}")
        if f"gamma{number}" in model.arrays:
            moments = [f"{prefix}{name}{number}" for name in ("gamma", "beta", "mean", "variance")]
            signal = graph.node("BatchNormalization", signal, *moments, epsilon=EPSILON)
        if number < last:
            signal = graph.node(kind, signal, **attributes)
    return signal


def _rounded(graph: _Graph, model: Predictor) -> str:
    """Add what rounds the inputs to float32, but for those that are double."""
    places = double_places(model.encodings)
    if not places:
        return "inputs"
    double = graph.constant("double", np.isin(np.arange(sum(one.width for one in model.encodings)), places))
    single = graph.node("Cast", graph.node("Cast", "inputs", to=TensorProto.FLOAT), to=TensorProto.DOUBLE)
    return graph.node("Where", double, "inputs", single)


def _softmax(graph: _Graph, logits: str, model: Predictor) -> list[ValueInfoProto]:
    graph.node("ArgMax", logits, output="label", axis=1, keepdims=0)
    graph.node("Softmax", logits, output="probabilities", axis=1)
    return _class_outputs(model)


def _logistic(graph: _Graph, logits: str, model: Predictor) -> list[ValueInfoProto]:
    """A logit of 0 is class 0, as in training."""
    flat = graph.node("Squeeze", logits, graph.constant("columns", np.array([1])))
    positive = graph.node("Greater", flat, graph.constant("zero", np.float32(0.0)))
    graph.node("Cast", positive, output="label", to=TensorProto.INT64)
    _both(graph, logits, output="probabilities")
    return _class_outputs(model)


def _both(graph: _Graph, logits: str, output: str | None = None) -> str:
    """Add the probabilities of both classes."""
    second = graph.node("Sigmoid", logits)
    first = graph.node("Sub", graph.constant("one", np.float32(1.0)), second)
    return graph.node("Concat", first, second, output=output, axis=1)


def _squared(graph: _Graph, logits: str, model: Predictor, prefix: str = "") -> list[ValueInfoProto]:
    del model
    flat = graph.node("Squeeze", logits, graph.constant("columns", np.array([1])))
    scaled = graph.node("Mul", graph.node("Cast", flat, to=TensorProto.DOUBLE), f"{prefix}target_scale")
    graph.node("Add", scaled, f"{prefix}target_mean", output="prediction")
    return [helper.make_tensor_value_info("prediction", TensorProto.DOUBLE, ["rows"])]


def _class_outputs(model: Predictor) -> list[ValueInfoProto]:
    return [
        helper.make_tensor_value_info("label", TensorProto.INT64, ["rows"]),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["rows", len(model.classes)]),
    ]


HEADS: Mapping[str, Callable[[_Graph, str, Predictor], Sequence[ValueInfoProto]]] = {
    "logistic": _logistic,
    "softmax": _softmax,
    "squared": _squared,
}
"""What follows the logits of each loss."""

SHARES: Mapping[str, Callable[[_Graph, str], str]] = {
    "logistic": _both,
    "softmax": lambda graph, logits: graph.node("Softmax", logits, axis=1),
    "squared": lambda _, logits: logits,
}
"""What an ensemble averages, made of the logits of each loss."""
