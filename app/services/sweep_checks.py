"""What is wrong with a sweep that someone asks for, beyond what its form already shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from app.contract.combinations import combination_faults
from app.contract.hyperparameters import (
    HYPERPARAMETERS,
    KNOBS,
    SEARCHABLE,
    augment_faults,
    class_weight_faults,
    fixed_value_faults,
    network_faults,
    normalize_faults,
    parameter_faults,
    plain,
    plain_parameter,
    unknown,
)
from app.contract.layers import LAYERS, conditioned, layer_faults, widest
from app.contract.rules import CURRENT_RULES
from app.domain.constraint_faults import constraint_faults
from app.domain.datasets import DatasetSummary
from app.domain.drafts import SweepDraft
from app.domain.errors import Fault, faults_of, pointer, show
from app.domain.foreign import is_foreign
from app.domain.hints import hint
from app.domain.space import ChoiceParameter, Space
from app.domain.space_faults import space_faults
from app.domain.values import Value
from app.planning.pairs import pair_faults
from app.samplers import SAMPLERS, Ask, Sampler
from app.samplers.streams import uniform
from app.schedulers import SCHEDULERS
from app.services.budget_checks import epoch_budget_faults, most_epochs
from app.services.fold_checks import fold_faults
from app.services.foreign_checks import trainer_faults
from app.services.pools import pool_faults

T = TypeVar("T")

_TRIED, _FEWEST_ADMITTED = 2_000, 20

KEEP_MODELS = 10
"""The models that a sweep keeps unless it says how many."""


def plain_draft(draft: SweepDraft) -> SweepDraft:
    """Return the draft with all values as the engine writes them, and widths only where there is a layer of them.

    What was posted stays as it was.

    What foreign trainers are told is passed on as it is.
    """
    if is_foreign(draft.trainer):
        return draft
    parameters = {name: plain_parameter(name, parameter) for name, parameter in draft.parameters.items()}
    fixed = {name: plain(name, value) for name, value in draft.fixed.items()}
    return replace(draft, parameters=conditioned(parameters, fixed), fixed=fixed)


def draft_faults(draft: SweepDraft, dataset: DatasetSummary | None) -> list[Fault]:
    """Return every broken rule of the parts that could be read; `dataset` is None if it is not known."""
    return [
        *trainer_faults(draft),
        *_space_faults(draft),
        *([] if is_foreign(draft.trainer) else own_faults(draft, dataset)),
        *_sampler_faults(draft),
        *_scheduler_faults(draft),
        *_confirm_faults(draft),
        *_epoch_budget_faults(draft),
        *pair_faults(draft.sampler, draft.scheduler),
    ]


def own_faults(draft: SweepDraft, dataset: DatasetSummary | None) -> list[Fault]:
    """Return what is wrong with the hyperparameters of our own networks."""
    return [
        *(layer_faults(draft.parameters, draft.fixed) if draft.unreadable.isdisjoint(LAYERS) else []),
        *_hyperparameter_faults(draft),
        *_network_faults(draft, dataset),
        *pool_faults(draft, dataset),
        *([] if dataset is None else fold_faults(draft.folds, dataset)),
        *combination_faults({name: _points(draft, name) for name in HYPERPARAMETERS}),
    ]


def _space_faults(draft: SweepDraft) -> list[Fault]:
    """Return what is wrong with the space; how much the constraints leave of it is known once all else is right."""
    faults = _written_faults(draft)
    return faults if faults or draft.unreadable or not draft.constraints else _emptiness(draft)


def _written_faults(draft: SweepDraft) -> list[Fault]:
    """Return what is wrong with the space as it is written, without a look at its points."""
    return [
        *space_faults(draft.parameters, draft.fixed, draft.unreadable),
        *constraint_faults(draft.constraints, draft.parameters, draft.fixed, draft.unreadable),
    ]


def _emptiness(draft: SweepDraft) -> list[Fault]:
    space = Space(draft.parameters, draft.constraints)
    points = space.points(uniform(0, list(space), range(_TRIED)).tolist(), draft.fixed, CURRENT_RULES)
    kept = sum(space.admits(point, draft.fixed) for point in points)
    if kept >= _FEWEST_ADMITTED:
        return []
    detail = f"Of {_TRIED:,} points drawn from the space the constraints admit {kept:,} ({kept / _TRIED:.2%})"
    way = "Loosen them, or narrow the space to what they admit."
    return [Fault("/constraints", f"{detail}, but at least {_FEWEST_ADMITTED / _TRIED:.0%} are needed. {way}")]


def unknown_dataset(name: str, known: Sequence[str]) -> Fault:
    """Return the fault of naming a data set that does not exist."""
    return Fault("/dataset", f"There is no data set {show(name)}. {hint(name, known)}")


def _hyperparameter_faults(draft: SweepDraft) -> Iterable[Fault]:
    strangers = [name for name in draft.parameters if name not in SEARCHABLE]
    yield from faults_of(strangers, lambda name: Fault(pointer("space", name), unknown(name)))
    for name, parameter in draft.parameters.items():
        if name in SEARCHABLE:
            yield from parameter_faults(name, parameter, pointer("space", name))
    yield from fixed_value_faults(draft.fixed)


def _network_faults(draft: SweepDraft, dataset: DatasetSummary | None) -> Iterable[Fault]:
    """Yield what is wrong with widths, augmentations, inputs and class weights of the draft on this data set."""
    if dataset is None:
        return
    norm = any(value is True for value, _ in _points(draft, "batch_norm"))
    largest = widest(draft.parameters, draft.fixed)
    for value, place in _points(draft, "hidden_units") if largest is None else [largest]:
        yield from network_faults(value, dataset.features, dataset.outputs, place, batch_norm=norm)
    for value, place in _points(draft, "augment"):
        yield from augment_faults(value, dataset.card.get("image"), place)
    for value, place in _points(draft, "normalize_inputs"):
        yield from normalize_faults(value, dataset.card, place)
    for value, place in _points(draft, "class_weight"):
        yield from class_weight_faults(value, dataset.card, place)


def _points(draft: SweepDraft, name: str) -> list[tuple[Value, str]]:
    """Return the values that a hyperparameter can have, or their bounds, with the place of each; "" for a default."""
    if name in draft.fixed:
        return [(draft.fixed[name], pointer("fixed", name))]
    parameter = draft.parameters.get(name)
    default = [(HYPERPARAMETERS[name].default, "")]
    if parameter is None:
        return default
    if isinstance(parameter, ChoiceParameter):
        points = [(value, pointer("space", name, "values", index)) for index, value in enumerate(parameter.values)]
    else:
        points = [(parameter.low, pointer("space", name, "low")), (parameter.high, pointer("space", name, "high"))]
        points += [(0, pointer("space", name, "zero_probability"))] if parameter.zero_probability else []
    return [*points, *default] if parameter.when else points


def _confirm_faults(draft: SweepDraft) -> Iterable[Fault]:
    """Yield the fault of confirming trials whose models are not kept."""
    leaders, kept = draft.confirm.leaders if draft.confirm else 0, draft.keep_models or KEEP_MODELS
    if leaders > kept and not is_foreign(draft.trainer):
        detail = f"{leaders} leaders are to be confirmed, but the models of {kept} trials are kept"
        yield Fault("/confirm/leaders", f"{detail}, so that the winner might have none. Raise keep_models.")


def _epoch_budget_faults(draft: SweepDraft) -> Iterable[Fault]:
    foreign = is_foreign(draft.trainer)
    most = (draft.steps or 1) if foreign else most_epochs(draft.parameters, draft.fixed)
    shape = most, draft.replicates, draft.folds, draft.confirm
    return () if draft.unreadable else epoch_budget_faults(draft.epochs, *shape, "steps" if foreign else "epochs")


def _sampler_faults(draft: SweepDraft) -> Iterable[Fault]:
    kind, faults = _kind("sampler", draft.sampler, SAMPLERS)
    if kind is None:
        return faults
    faults = list(kind.faults(draft.sampler, Space(draft.parameters), draft.fixed))
    return faults if faults or draft.unreadable or _written_faults(draft) else _pointless(draft, kind)


def _pointless(draft: SweepDraft, kind: Sampler) -> list[Fault]:
    """Return the fault of a sampler of which the constraints admit no point."""
    space = Space(draft.parameters, tuple(draft.constraints))
    ask = Ask(space, (), 0, CURRENT_RULES, draft.fixed, draft.sampler)
    if kind.points(ask) != 0:
        return []
    detail = f"The constraints admit none of the points that the sampler {draft.sampler['kind']} has in this space."
    way = "Give it more of them by its options, loosen the constraints, or use the sampler random."
    return [Fault("/sampler", f"{detail} {way}")]


def _scheduler_faults(draft: SweepDraft) -> Iterable[Fault]:
    kind, faults = _kind("scheduler", draft.scheduler, SCHEDULERS)
    if kind is None:
        return faults
    return [*kind.faults(draft.scheduler, _fixed_epochs(draft)), *(_inheritance_faults(draft) if kind.inherits else ())]


def _inheritance_faults(draft: SweepDraft) -> Iterable[Fault]:
    """Yield why trials of a draft could not go on from others with other knobs."""
    kind = draft.scheduler["kind"]
    if is_foreign(draft.trainer):
        why = f"Under {kind} trials go on from the weights of others, which a foreign trainer keeps to itself"
        yield Fault("/scheduler/kind", f"{why}. Use another scheduler.")
    elif not draft.unreadable and not any(name in KNOBS for name in draft.parameters):
        why = f"{kind} changes knobs of trials as they train, but none of the space's parameters is one"
        yield Fault("/space", f"{why}. Search one of {', '.join(KNOBS)}, or use another scheduler.")


def _kind(part: str, options: Mapping[str, Value], known: Mapping[str, T]) -> tuple[T | None, list[Fault]]:
    """Return the kind that the options of a sampler or a scheduler name, or what is wrong with that name."""
    kind = options.get("kind")
    if isinstance(kind, str) and kind in known:
        return known[kind], []
    if isinstance(kind, str):
        return None, [Fault(pointer(part, "kind"), f"There is no {part} of kind {show(kind)}. {hint(kind, known)}")]
    return None, [Fault(pointer(part, "kind"), f'The {part} needs a "kind": one of {", ".join(known)}.')]


def _fixed_epochs(draft: SweepDraft) -> int | None:
    """Return to which epoch, or step, all trials train; None if that is searched."""
    if is_foreign(draft.trainer):
        return draft.steps or 1
    if "epochs" in draft.parameters:
        return None
    epochs = draft.fixed.get("epochs")
    known = HYPERPARAMETERS["epochs"]
    return int(str(epochs if known.allowed.accepts(epochs) else known.default))
