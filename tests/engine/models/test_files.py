"""Tests of model files: what is written is read back to the bit, and what is not a model is refused in sentences."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save

from engine.models import FORMATS, Model, ModelError, Predictor, read_model
from engine.rules import CURRENT
from tests.engine.models.trained import TASKS, trained

BOTH = ["npz", "safetensors"]
Change = Callable[[dict[str, Any], dict[str, NDArray[Any]]], None]


def same(one: Predictor, other: Predictor) -> None:
    assert one.card == other.card
    arrays, others = one.named_arrays(), other.named_arrays()
    assert list(arrays) == list(others)
    for name, array in arrays.items():
        assert (array.dtype, array.shape) == (others[name].dtype, others[name].shape)
        assert array.tobytes() == others[name].tobytes()


@st.composite
def models(draw: st.DrawFn) -> Model:
    """A network of any shape with any bits in it, NaN and infinities included."""
    task = draw(st.sampled_from(TASKS))
    hidden = tuple(draw(st.lists(st.integers(1, 5), max_size=3)))
    model = trained(task, hidden, batch_norm=draw(st.booleans()), normalize=draw(st.booleans())).model
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    arrays = {
        name: np.frombuffer(rng.bytes(array.nbytes), array.dtype).reshape(array.shape)
        for name, array in model.arrays.items()
    }
    about = draw(st.dictionaries(st.text(), st.none() | st.text() | st.floats(allow_nan=False, allow_infinity=False)))
    return Model({**about, **model.card}, arrays)


@given(models())
def test_a_model_goes_through_both_formats_without_the_loss_of_a_bit(model: Model) -> None:
    from_npz = read_model(FORMATS["npz"](model))
    from_both = read_model(FORMATS["safetensors"](from_npz))
    same(from_npz, model)
    same(from_both, model)
    assert FORMATS["npz"](from_both) == FORMATS["npz"](model)


@pytest.mark.parametrize("kind", BOTH)
def test_a_model_from_a_file_predicts_what_the_trained_one_does(kind: str) -> None:
    one = trained("multiclass", (6,), "sigmoid", batch_norm=True)
    found = read_model(FORMATS[kind](one.model)).predict(one.rows)
    np.testing.assert_array_equal(found.probabilities, one.model.predict(one.rows).probabilities)


@pytest.mark.parametrize("kind", BOTH)
def test_a_model_file_is_always_the_same_bytes(kind: str) -> None:
    assert FORMATS[kind](trained("binary").model) == FORMATS[kind](trained("binary").model)


def written(kind: str, change: Change) -> bytes:
    """A file of a sound model in which something was changed by hand."""
    model = trained("multiclass").model
    card, arrays = json.loads(json.dumps(model.card)), dict(model.arrays)
    change(card, arrays)
    return FORMATS[kind](Model(card, arrays))


def faults_of(content: bytes) -> list[str]:
    with pytest.raises(ModelError) as caught:
        read_model(content)
    return list(caught.value.faults)


def set_card(*path: str, to: Any) -> Change:
    def change(card: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        del arrays
        for name in path[:-1]:
            card = card[name]
        card[path[-1]] = to

    return change


def set_array(name: str, to: NDArray[Any] | None) -> Change:
    def change(card: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        del card
        arrays.pop(name, None)
        if to is not None:
            arrays[name] = to

    return change


COLUMN = {"name": "a", "kind": "numeric", "fill": 0.0, "flag": False}
HUGE = [10**6] * 3
FAULTS: dict[str, tuple[Change, str]] = {
    "a missing array": (set_array("W2", None), "The array W2 is missing: the card needs it with the shape (6, 3)."),
    "a wrong shape": (
        set_array("W1", np.zeros((6, 7), np.float32)),
        "The array W1 is float32 (6, 7), but by the card it is float32 (7, 6).",
    ),
    "a wrong type": (
        set_array("b1", np.zeros(6)),
        "The array b1 is float64 (6,), but by the card it is float32 (6,).",
    ),
    "an array too many": (
        set_array("gamma1", np.zeros(6, np.float32)),
        'The array "gamma1" is not expected by the card. Leave it out.',
    ),
    "another version": (
        set_card("format", to=3),
        'The card has the format "3", and this version reads 1 and 2. Update logsweep.',
    ),
    "no version": (
        set_card("format", to=None),
        'The card has the format "None", and this version reads 1 and 2. Update logsweep.',
    ),
    "rules to come": (
        set_card("rules", to=99),
        f'The card has the rules "99", and this version knows up to {CURRENT}. Update logsweep.',
    ),
    "no structure": (set_card("structure", to=7), 'The card has no object "structure".'),
    "an unknown activation": (
        set_card("structure", "activation", to="swish"),
        'The card has structure.activation = "swish": it must be one of relu, leaky_relu, tanh, sigmoid.',
    ),
    "widths that are none": (
        set_card("structure", "hidden_units", to=[6, 0]),
        'The card has structure.hidden_units = "[6, 0]": it must be a list of whole numbers from 1.',
    ),
    "a network beyond all memory": (
        set_card("structure", "hidden_units", to=HUGE),
        "The network of the card has 2,000,013,000,003 numbers, more than 1,073,741,824 bytes hold.",
    ),
    "another number of inputs": (
        set_card("structure", "inputs", to=3),
        "The card has 3 inputs, but its columns make 7.",
    ),
    "another number of classes": (
        set_card("data", "classes", to=["a", "b", "c", "d"]),
        "The card has 3 outputs, but the task needs 4.",
    ),
    "classes that do not make the task": (
        set_card("data", "classes", to=["a"]),
        "The card has 1 classes, which do not make the task multiclass.",
    ),
    "a loss of another task": (
        set_card("structure", "loss", to="squared"),
        "The card has the loss squared, but the task multiclass has softmax.",
    ),
    "a fill that no number holds": (
        set_card("data", "columns", to=[{**COLUMN, "fill": 10**400}]),
        "The card has data.columns = ",
    ),
    "columns of one name": (set_card("data", "columns", to=[COLUMN, COLUMN]), "The card has data.columns = "),
    "a column of an unknown kind": (
        set_card("data", "columns", to=[{**COLUMN, "kind": "image"}]),
        "The card has data.columns = ",
    ),
    "columns that are no objects": (set_card("data", "columns", to=["a"]), "The card has data.columns = "),
    "categories that are none": (
        set_card("data", "columns", to=[{"name": "a", "kind": "categorical", "categories": [1]}]),
        "The card has data.columns = ",
    ),
}


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("fault", FAULTS)
def test_a_model_with_a_fault_is_refused_with_a_sentence(kind: str, fault: str) -> None:
    change, sentence = FAULTS[fault]
    assert any(found.startswith(sentence) for found in faults_of(written(kind, change))), faults_of(
        written(kind, change)
    )


@pytest.mark.parametrize("kind", BOTH)
def test_all_faults_of_the_arrays_are_named_together(kind: str) -> None:
    def change(card: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        del card, arrays["W1"], arrays["target_mean"]
        arrays["b2"], arrays["more"] = np.zeros(2, np.float32), np.zeros(2, np.float32)

    found = [sentence.split(" is ")[0] for sentence in faults_of(written(kind, change))]
    assert found == ["The array W1", "The array b2", "The array target_mean", 'The array "more"']


class Canary:
    """Unpickling it ends the test."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return pytest.fail, ("the canary was unpickled",)


def test_a_pickle_is_refused_and_never_run() -> None:
    pickled = io.BytesIO()
    np.save(pickled, np.array([Canary()], dtype=object), allow_pickle=True)
    content = io.BytesIO(FORMATS["npz"](trained("binary").model))
    with zipfile.ZipFile(content) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name in members:
        changed = io.BytesIO()
        with zipfile.ZipFile(changed, "w") as archive:
            for other, raw in members.items():
                archive.writestr(other, pickled.getvalue() if other == name else raw)
        (fault,) = faults_of(changed.getvalue())
        assert fault.startswith(f'The array {name.removesuffix(".npy")} has the type "|O": only numbers')
    with pytest.raises(pytest.fail.Exception, match="canary"):
        pickle.loads(pickle.dumps(Canary()))  # noqa: S301  # shows that the canary would have sung


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


NOT_MODELS = {
    "nothing": (b"", "neither NPZ nor safetensors"),
    "text": (b"W1,b1\n1,2\n", "neither NPZ nor safetensors"),
    "an NPZ without a card": (npz(W1=np.zeros(2)), "The file has no card."),
    "an NPZ with numbers for a card": (npz(card=np.zeros(2)), "The array card has the type float64 and the shape (2,)"),
    "a card that is not JSON": (npz(card="{"), "The card is not JSON"),
    "a card with NaN": (npz(card='{"format": NaN}'), "it has the number NaN"),
    "a card that is deep": (npz(card="[" * 100_000), "The card is not JSON"),
    "a card that is a list": (npz(card="[]"), "The card is not an object of JSON."),
    "safetensors without a card": (save({"W1": np.zeros(2)}), "The file has no card."),
    "safetensors of another type": (
        save({"W1": np.zeros(2, np.int8)}, {"card": "{}"}),
        "The array W1 has the type I8: it must be F32",
    ),
    "safetensors with a header and nothing else": (b"\x02" + bytes(7) + b"{}x", "not a whole safetensors file"),
    "safetensors that declare too much": (b"\xff" * 8 + b"{}", "not a whole safetensors file"),
}


@pytest.mark.parametrize("name", NOT_MODELS)
def test_what_is_not_a_model_is_refused_with_a_sentence(name: str) -> None:
    content, words = NOT_MODELS[name]
    assert words in " ".join(faults_of(content))


@pytest.mark.parametrize("kind", BOTH)
@given(data=st.data())
def test_a_mutilated_file_is_a_model_or_refused_and_nothing_else(kind: str, data: st.DataObject) -> None:
    content = bytearray(SOUND[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    stop = data.draw(st.integers(0, len(content)) | st.just(len(content)))
    with suppress(ModelError):
        read_model(bytes(content[:stop]))


SOUND = {kind: FORMATS[kind](trained("binary", (2,)).model) for kind in BOTH}
