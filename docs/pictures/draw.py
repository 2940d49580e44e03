"""Draw the pictures of docs/techniques.md from the engine's own functions and from real runs on built-in data.

`make docs` runs it. Each picture is one function; all are written as SVG beside this file.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from engine.blas import use_one_thread

use_one_thread(os.environ)

import matplotlib as mpl  # noqa: E402  # the line above counts only before NumPy is imported
import numpy as np  # noqa: E402
from matplotlib import pyplot  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402

from app.domain.space import FloatParameter, Scale  # noqa: E402
from engine.augmentation.augmenter import Augmenter  # noqa: E402
from engine.augmentation.settings import Augmentation  # noqa: E402
from engine.averages import smooth  # noqa: E402
from engine.data import load_builtin  # noqa: E402
from engine.lr_decay import DECAYS, decay_factors, warmup_factors  # noqa: E402
from engine.seeds import Seed  # noqa: E402
from engine.spec import Knobs, MemberSpec, Structure  # noqa: E402
from engine.training import Trained, train  # noqa: E402
from engine.training_set import TrainingSet  # noqa: E402

FOLDER = Path(__file__).parent


def bias_correction(axes: Sequence[Axes]) -> None:
    """Show the loss of mini-batch training, and its average with and without the correction of its start."""
    curve = [point.values["train_loss"] for point in _digits(_spec(Knobs(0.003), epochs=40, batch_size=16))[0].curve]
    beta = 0.9
    plain, average = [], 0.0
    for value in curve:
        average = beta * average + (1.0 - beta) * value
        plain.append(average)
    (left,) = axes
    epochs = range(1, len(curve) + 1)
    left.plot(epochs, curve, color="0.7", label="train loss of each epoch")
    left.plot(epochs, plain, label="v = 0.9 v + 0.1 loss, from v = 0")
    left.plot(epochs, smooth(curve, beta), label="the same, divided by 1 - 0.9^t")
    left.set(xlabel="epoch", ylabel="train loss")
    left.legend()


def decay_curves(axes: Sequence[Axes]) -> None:
    """Show what each decay multiplies the learning rate with, by epoch and by mini-batch."""
    steps, epochs = 10, 20
    for panel, unit in zip(axes, ("epoch", "batch"), strict=True):
        every = 1.0 if unit == "epoch" else float(steps)
        for kind in DECAYS:
            factors = [decay_factors(kind, 0.8, every, unit, epoch, steps) for epoch in range(epochs)]
            panel.plot(np.arange(steps * epochs) / steps, np.concatenate(factors), label=kind)
        warmup = [warmup_factors(3.0, epoch, steps) for epoch in range(epochs)]
        panel.plot(np.arange(steps * epochs) / steps, np.concatenate(warmup), ":", label="warm-up over 3 epochs")
        panel.set(xlabel="epoch", ylabel="factor of the learning rate", title=f"decay_by {unit}, decay_rate 0.8")
    axes[0].legend(fontsize="small")


def dropout(axes: Sequence[Axes]) -> None:
    """Show train and dev loss of one network on few digits, with and without dropout."""
    specs = [_spec(Knobs(0.003, keep_prob=keep), epochs=60, hidden_units=(256,)) for keep in (1.0, 0.5)]
    for panel, spec, trained in zip(axes, specs, _digits(*specs), strict=True):
        for name in ("train_loss", "dev_loss"):
            panel.plot([point.values[name] for point in trained.curve], label=name)
        panel.set(xlabel="epoch", title=f"keep_prob {spec.knobs.keep_prob:g}", ylim=(0.0, 0.6))
    axes[0].legend()


def batch_norm(axes: Sequence[Axes]) -> None:
    """Show how a deep network of sigmoids learns with and without batch norm."""
    specs = [
        _spec(Knobs(0.003), epochs=30, hidden_units=(32,) * 6, activation="sigmoid", batch_norm=norm)
        for norm in (False, True)
    ]
    for spec, trained in zip(specs, _digits(*specs), strict=True):
        label = "with batch norm" if spec.structure.batch_norm else "without"
        axes[0].plot([point.values["dev_error"] for point in trained.curve], label=label)
        axes[1].semilogy([point.gradient_norms[0] for point in trained.curve], label=label)
    axes[0].set(xlabel="epoch", ylabel="dev error", title="six layers of 32 sigmoids")
    axes[1].set(xlabel="epoch", ylabel="norm of the first layer's gradient")
    axes[0].legend()


def log_scale(axes: Sequence[Axes]) -> None:
    """Show 2,000 points of each scale, drawn as the samplers draw them."""
    quantiles = np.random.default_rng(0).random(2000)
    cases: list[tuple[float, float, Scale, str]] = [
        (1e-4, 1.0, "linear", "learning_rate, linear"),
        (1e-4, 1.0, "log", "learning_rate, log"),
        (0.9, 0.999, "reverse_log", "beta1, reverse_log"),
    ]
    for panel, (low, high, scale, title) in zip(axes, cases, strict=True):
        values = np.array([FloatParameter(low, high, scale).at(float(quantile)) for quantile in quantiles])
        shown = np.log10(1.0 - values) if scale == "reverse_log" else np.log10(values)
        panel.hist(shown, bins=30)
        panel.set(title=title, xlabel="log10(1 - beta1)" if scale == "reverse_log" else "log10(learning_rate)")


def augmentation(axes: Sequence[Axes]) -> None:
    """Show a digit as it is, and as each kind of augmentation may change it."""
    dataset = load_builtin("digits")
    digit = dataset.x_train[3].reshape(1, 64)
    kinds = [
        ("as it is", Augmentation()),
        ("flip 1", Augmentation(flip=1.0)),
        ("tilt 30", Augmentation(tilt=30.0)),
        ("shift 2", Augmentation(shift=2.0)),
        ("zoom 0.4", Augmentation(zoom=0.4)),
        ("elastic 0.8", Augmentation(elastic=0.8, elastic_sigma=2.0)),
    ]
    augmenter = Augmenter((8, 8, 1), 1, np.zeros(1), np.float32)
    for panel, (title, settings) in zip(axes, kinds, strict=True):
        image = digit.copy()
        augmenter.run(image, settings, np.random.default_rng(5))
        panel.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        panel.set(title=title, xticks=[], yticks=[])


PICTURES: dict[str, tuple[Callable[[Sequence[Axes]], None], int]] = {
    "bias_correction": (bias_correction, 1),
    "decay_curves": (decay_curves, 2),
    "dropout": (dropout, 2),
    "batch_norm": (batch_norm, 2),
    "log_scale": (log_scale, 3),
    "augmentation": (augmentation, 6),
}
"""Each picture with the number of its panels."""


def _spec(
    knobs: Knobs, *, epochs: int, hidden_units: tuple[int, ...] = (64,), activation: str = "relu", batch_size: int = 64,
    batch_norm: bool = False,
) -> MemberSpec:  # fmt: skip  # one line a kind of argument
    structure = Structure(64, hidden_units, 10, activation, "softmax", batch_size, batch_norm)
    return MemberSpec(structure, "adam", "auto", knobs, epochs, Seed(0, 0), "dev_error")


def _digits(*specs: MemberSpec) -> list[Trained]:
    """Train on a third of the built-in digits, few enough to overfit."""
    dataset = load_builtin("digits")
    few = replace(dataset, x_train=dataset.x_train[::3], y_train=dataset.y_train[::3])
    return train(TrainingSet.of(few, normalize_inputs=True), specs)


def main() -> None:
    """Draw all pictures; their bytes depend on the code and the fonts alone."""
    mpl.rcParams.update({"svg.hashsalt": "logsweep", "svg.fonttype": "none", "font.size": 9})
    for name, (draw, panels) in PICTURES.items():
        width = 1.5 if name == "augmentation" else 4.2
        figure, axes = pyplot.subplots(1, panels, figsize=(width * panels, 1.8 if width < 2 else 2.8), squeeze=False)
        draw(list(axes[0]))
        figure.tight_layout()
        figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
        pyplot.close(figure)


if __name__ == "__main__":
    main()
