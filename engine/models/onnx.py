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
from engine.models.model import Model

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


def write_onnx(model: Model) -> bytes:
    """Return the model as an ONNX file.

    Its input "inputs", float32 (rows, inputs), is what the card makes of rows: numbers, flags, a one for a category;
    it is float64 if the card has a column that is double.
    Its outputs are "label", int64 (rows,), the place in the classes, and "probabilities", float32 (rows, classes);
    for a regression "prediction", float64 (rows,), in the target's own unit.
    """
    graph = _Graph(model.arrays)
    outputs = HEADS[model.card["structure"]["loss"]](graph, _body(graph, model), model)
    kind = TensorProto.DOUBLE if double_places(model.encodings) else TensorProto.FLOAT
    inputs = helper.make_tensor_value_info("inputs", kind, ["rows", model.card["structure"]["inputs"]])
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


def _body(graph: _Graph, model: Model) -> str:
    """Add everything up to the logits, (rows, outputs); the inputs are normalised in double, as in training."""
    signal = graph.node("Cast", _rounded(graph, model), to=TensorProto.DOUBLE)
    signal = graph.node("Sub", signal, "input_mean")
    signal = graph.node("Div", signal, "input_scale")
    signal = graph.node("Cast", signal, to=TensorProto.FLOAT)
    structure = model.card["structure"]
    kind, attributes = ACTIVATIONS[structure["activation"]]
    last = len(structure["hidden_units"]) + 1
    for number in range(1, last + 1):
        signal = graph.node("MatMul", signal, f"W{number}")
        if f"b{number}" in model.arrays:
            signal = graph.node("Add", signal, f"b{number}")
        if f"gamma{number}" in model.arrays:
            moments = [f"{name}{number}" for name in ("gamma", "beta", "mean", "variance")]
            signal = graph.node("BatchNormalization", signal, *moments, epsilon=EPSILON)
        if number < last:
            signal = graph.node(kind, signal, **attributes)
    return signal


def _rounded(graph: _Graph, model: Model) -> str:
    """Add what rounds the inputs to float32, but for those that are double."""
    places = double_places(model.encodings)
    if not places:
        return "inputs"
    double = graph.constant("double", np.isin(np.arange(model.card["structure"]["inputs"]), places))
    single = graph.node("Cast", graph.node("Cast", "inputs", to=TensorProto.FLOAT), to=TensorProto.DOUBLE)
    return graph.node("Where", double, "inputs", single)


def _softmax(graph: _Graph, logits: str, model: Model) -> list[ValueInfoProto]:
    graph.node("ArgMax", logits, output="label", axis=1, keepdims=0)
    graph.node("Softmax", logits, output="probabilities", axis=1)
    return _class_outputs(model)


def _logistic(graph: _Graph, logits: str, model: Model) -> list[ValueInfoProto]:
    """A logit of 0 is class 0, as in training."""
    flat = graph.node("Squeeze", logits, graph.constant("columns", np.array([1])))
    positive = graph.node("Greater", flat, graph.constant("zero", np.float32(0.0)))
    graph.node("Cast", positive, output="label", to=TensorProto.INT64)
    second = graph.node("Sigmoid", logits)
    first = graph.node("Sub", graph.constant("one", np.float32(1.0)), second)
    graph.node("Concat", first, second, output="probabilities", axis=1)
    return _class_outputs(model)


def _squared(graph: _Graph, logits: str, model: Model) -> list[ValueInfoProto]:
    del model
    flat = graph.node("Squeeze", logits, graph.constant("columns", np.array([1])))
    scaled = graph.node("Mul", graph.node("Cast", flat, to=TensorProto.DOUBLE), "target_scale")
    graph.node("Add", scaled, "target_mean", output="prediction")
    return [helper.make_tensor_value_info("prediction", TensorProto.DOUBLE, ["rows"])]


def _class_outputs(model: Model) -> list[ValueInfoProto]:
    return [
        helper.make_tensor_value_info("label", TensorProto.INT64, ["rows"]),
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["rows", len(model.classes)]),
    ]


HEADS: Mapping[str, Callable[[_Graph, str, Model], Sequence[ValueInfoProto]]] = {
    "logistic": _logistic,
    "softmax": _softmax,
    "squared": _squared,
}
"""What follows the logits of each loss."""
