"""Draw the pictures of docs/techniques.md from the engine's own functions and from real runs on built-in data.

`make docs` runs it. Each picture is one function, and is written as SVG beside this file; its bytes depend on the code,
the version of matplotlib and the kind of processor alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.domain.space import FloatParameter, Space
from app.samplers import SAMPLERS
from engine.augmentation.augmenter import Augmenter
from engine.augmentation.settings import Augmentation
from engine.averages import smooth
from engine.data import load_builtin
from engine.gradient_check.cost import StackedCost
from engine.gradient_check.trained import row_after
from engine.lr_decay import DECAYS, DecayUnit, decay_factors, warmup_factors
from engine.population.batches import batch_orders, batch_sizes
from engine.rules import CURRENT
from engine.seeds import Seed
from engine.spec import Knobs, MemberSpec, Structure
from engine.standalone import train
from engine.training_set import TrainingSet

if TYPE_CHECKING:  # what is drawn is told without matplotlib
    from matplotlib.axes import Axes
else:
    Axes: TypeAlias = Any

FOLDER = Path(__file__).parent

MEMBERS = 8
"""The members of different seeds that a curve is the mean of."""


def bias_correction(panels: Sequence[Axes]) -> None:
    """Show the losses of mini-batches, and their average with and without the correction of its start."""
    losses, beta = _batch_losses(), 0.95
    average = list(accumulate(losses, lambda v, loss: beta * v + (1.0 - beta) * loss, initial=0.0))[1:]
    numbers = range(1, len(losses) + 1)
    panels[0].plot(numbers, losses, ".", color="0.6", label="loss of a mini-batch")
    panels[0].plot(numbers, average, label="v = 0.95 v + 0.05 loss, from v = 0")
    panels[0].plot(numbers, smooth(losses, beta), label="v / (1 - 0.95^t)")
    panels[0].set(xlabel="mini-batch t", ylim=(0.0, None), title="first epoch on digits, batch_size 16")
    panels[0].legend()


def decay(panels: Sequence[Axes]) -> None:
    """Show what each decay multiplies the learning rate with, by epoch and by mini-batch."""
    _draw_decays(panels[0], "epoch", 4.0)
    _draw_decays(panels[1], "batch", 40.0)
    panels[0].set(ylabel="factor, decay_rate 0.5")
    panels[1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _draw_decays(panel: Axes, unit: DecayUnit, every: float) -> None:
    epochs, steps, rate = range(16), 10, 0.5
    passed = np.arange(len(epochs) * steps) / steps
    for kind in DECAYS:
        factors = [decay_factors(kind, rate, every, unit, before, steps) for before in epochs]
        panel.plot(passed, np.concatenate(factors), label=kind)
    rise = np.concatenate([warmup_factors(2.0, before, steps) for before in epochs])
    panel.plot(passed, rise, "k:", label="warmup_epochs 2")
    title = f"decay_by {unit}, decay_every {every:g}"
    panel.set(xlabel=f"epochs passed, {steps} mini-batches each", ylim=(0.0, 1.05), title=title)


def dropout(panels: Sequence[Axes]) -> None:
    """Show train and dev loss with and without dropout, where a network can learn its data by heart."""
    data = TrainingSet.of(load_builtin("diabetes"), normalize_inputs=True)
    for panel, keep_prob in zip(panels, (1.0, 0.5), strict=True):
        curves = _curves(data, _spec(data, Knobs(0.003, keep_prob=keep_prob), epochs=100))
        for name in ("train_loss", "dev_loss"):
            panel.plot(curves["epoch"], curves[name], label=name)
        panel.set(xlabel="epoch", ylim=(0.0, 0.6), title=f"diabetes, keep_prob {keep_prob:g}")
    panels[0].legend()


def batch_norm(panels: Sequence[Axes]) -> None:
    """Show how a deep network of sigmoids learns with and without batch norm."""
    data = TrainingSet.of(load_builtin("digits"), normalize_inputs=True)
    for norm in (False, True):
        deep = _spec(data, Knobs(0.003), 30, hidden_units=(32,) * 6, activation="sigmoid", batch_norm=norm)
        curves = _curves(data, deep)
        panels[0].plot(curves["epoch"], curves["dev_error"], label=f"batch_norm {norm}".lower())
        panels[1].semilogy(curves["epoch"], curves["first_norm"])
    panels[0].set(xlabel="epoch", ylim=(0.0, 1.0), title="digits, six layers of 32 sigmoids: dev error")
    panels[1].set(xlabel="epoch", title="gradient norm of the first layer")
    panels[0].legend()


def log_scale(panels: Sequence[Axes]) -> None:
    """Show where 2,000 trials of random search lie on each scale."""
    linear, log, reverse_log = panels
    _draw_points(linear, _points(FloatParameter(1e-4, 1.0, "linear")), (-4, 0), 0.1)
    _draw_points(log, _points(FloatParameter(1e-4, 1.0, "log")), (-4, 0), 0.1)
    _draw_points(reverse_log, 1.0 - _points(FloatParameter(0.9, 0.999, "reverse_log")), (-3, -1), 0.01)
    linear.set(xlabel="learning_rate, linear", ylabel="trials of 2,000")
    log.set(xlabel="learning_rate, log")
    reverse_log.set(xlabel="1 - beta1, reverse_log")


def _points(parameter: FloatParameter) -> NDArray[np.float64]:
    quantiles = SAMPLERS["random"].propose(Space({"x": parameter}), 7, range(2000), ())
    return np.array(parameter.at(quantiles[:, 0].tolist(), CURRENT))


def _draw_points(panel: Axes, points: NDArray[np.float64], decades: tuple[int, int], border: float) -> None:
    panel.hist(points, bins=np.logspace(*decades, 25), histtype="stepfilled")
    panel.set(xscale="log", ylim=(0, 700), title=f"{np.mean(points > border):.0%} above {border:g}")


def augmentation(panels: Sequence[Axes]) -> None:
    """Show a digit as it is, and as each kind of augmentation may change it."""
    digit = load_builtin("digits").x_train[3:4]
    kinds = {
        "as it is": Augmentation(),
        "flip 1": Augmentation(flip=1.0),
        "tilt 30": Augmentation(tilt=30.0),
        "shift 2": Augmentation(shift=2.0),
        "zoom 0.4": Augmentation(zoom=0.4),
        "elastic 0.8": Augmentation(elastic=0.8, elastic_sigma=2.0),
    }
    augmenter = Augmenter((8, 8, 1), 1, np.zeros(1), np.float32)
    for panel, (title, settings) in zip(panels, kinds.items(), strict=True):
        image = digit.copy()
        augmenter.run(image, settings, np.random.default_rng(5))
        panel.imshow(image.reshape(8, 8), cmap="gray_r", vmin=0, vmax=16)
        panel.set(title=title, xticks=[], yticks=[])


def _spec(data: TrainingSet, knobs: Knobs, epochs: int, **structure: Any) -> MemberSpec:
    """Return a member with Adam and, unless `structure` says otherwise, two layers of 64 and mini-batches of 32."""
    usual = Structure(data.inputs, (64, 64), data.outputs, "relu", data.loss_name, 32)
    return MemberSpec(replace(usual, **structure), "adam", "auto", knobs, epochs, Seed(0, 0), "train_loss")


def _curves(data: TrainingSet, spec: MemberSpec) -> dict[str, NDArray[np.float64]]:
    """Train a stack of members that differ in their seed; return the means of their curves, (epochs,), by name."""
    stack = [replace(spec, seed=Seed(0, number)) for number in range(MEMBERS)]
    rows = [
        [{"epoch": seen.epoch, "first_norm": seen.gradient_norms[0], **seen.values} for seen in trained.curve]
        for trained in train(data, stack)
    ]
    return {name: np.mean([[seen[name] for seen in curve] for curve in rows], axis=0) for name in rows[0][0]}


def _batch_losses() -> list[float]:
    """Return the loss of each mini-batch of a first epoch on digits, before the step that follows it."""
    data = TrainingSet.of(load_builtin("digits"), normalize_inputs=True, dtype=np.float64)
    spec = _spec(data, Knobs(0.001), epochs=1, batch_size=16)
    sizes = batch_sizes(len(data.train), spec.structure)
    batches = [order[0] for order in batch_orders([spec.seed], [0], sizes)]
    return [
        StackedCost(data, spec, batch, np.arange(1)).at(row_after(data, spec, steps))
        for steps, batch in enumerate(batches)
    ]


@dataclass(frozen=True, slots=True)
class Picture:
    """A function that draws into so many panels, of a width and a height in inches."""

    draw: Callable[[Sequence[Axes]], None]
    panels: int
    width: float = 4.4
    height: float = 3.0


PICTURES: Mapping[str, Picture] = {
    "bias_correction": Picture(bias_correction, 1, 6.0),
    "decay": Picture(decay, 2),
    "dropout": Picture(dropout, 2),
    "batch_norm": Picture(batch_norm, 2),
    "log_scale": Picture(log_scale, 3, 2.9, 2.4),
    "augmentation": Picture(augmentation, 6, 1.4, 1.7),
}


def main() -> None:
    """Draw all pictures."""
    import matplotlib as mpl  # noqa: PLC0415
    from matplotlib import pyplot  # noqa: PLC0415

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "logsweep", "font.size": 9, "axes.titlesize": 10})
    for name, picture in PICTURES.items():
        size = picture.panels * picture.width, picture.height
        figure, axes = pyplot.subplots(1, picture.panels, figsize=size, squeeze=False, layout="constrained")
        picture.draw(axes[0])
        figure.savefig(FOLDER / f"{name}.svg", metadata={"Date": None})
        pyplot.close(figure)


if __name__ == "__main__":
    main()
