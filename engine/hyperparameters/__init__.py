"""The hyperparameters, one row each: the service, the estimators and the engine's own records all follow from them."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from engine.class_weights import Weighing
from engine.hyperparameters.base import Alias, Hyperparameter, Role
from engine.hyperparameters.bounds import Bounds
from engine.hyperparameters.ranges import Flag, Object, OneOf, PerClass, Range, Real, Whole, Widths
from engine.initializers import INITIALIZERS
from engine.layers import ACTIVATIONS
from engine.lr_decay import DECAYS, DecayUnit
from engine.optimizers import OPTIMIZERS

_ABOVE_0, _FROM_0 = Real(Bounds(0.0, low_open=True)), Real(Bounds(0.0))
_BETA, _KEEP = Real(Bounds(0.0, 1.0, high_open=True)), Real(Bounds(0.01, 1.0))
# Squares of gradients below 2^-63 are 0 in training: a smaller epsilon would let Adam divide such a gradient by
# less than itself, and the step by nothing but epsilon would be no step but a leap.
_EPSILON = Real(Bounds(1e-18, 1.0))
_AUGMENT = Object(
    {
        "flip": Real(Bounds(0.0, 1.0)),
        "tilt": Real(Bounds(0.0, 180.0)),
        "shift": Real(Bounds(0.0, 1000.0)),
        "zoom": Real(Bounds(0.0, 1.0, high_open=True)),
        "elastic": Real(Bounds(0.0, 1000.0)),
        "elastic_sigma": Real(Bounds(0.3, 100.0)),
    }
)

_SAME = object()
_LAMBDA = "It is lambda in cost + lambda/(2m) * sum of squared weights, m the examples of a mini-batch"


def _row(
    name: str,
    role: Role,
    allowed: Range,
    default: Any,
    meaning: str,
    *aliases: Alias,
    estimators: Any = _SAME,
) -> Hyperparameter:
    other = default if estimators is _SAME else estimators
    return Hyperparameter(name, role, allowed, default, other, meaning, aliases)


def _alias(words: str, remark: str = "") -> Alias:
    return Alias(tuple(words.split()), remark)


_ROWS: Sequence[Hyperparameter] = (
    _row(
        "hidden_units",
        "structure",
        Widths(16, 16_384),
        (64,),
        "the width of each hidden layer; no layer is softmax, logistic or linear regression",
        _alias(
            "hidden_layer_sizes hidden_sizes hidden_dims layers layer_sizes widths",
            "It lists the width of each hidden layer: 64 is one layer of 64 units, [64, 32] are two",
        ),
    ),
    _row(
        "activation",
        "structure",
        OneOf(tuple(ACTIVATIONS)),
        "relu",
        "the function after each hidden layer",
        _alias("activation_function nonlinearity transfer_function act hidden_activation"),
    ),
    _row(
        "initializer",
        "training",
        OneOf(("auto", *INITIALIZERS)),
        "auto",
        "the variance of the initial weights; auto chooses by the activation",
        _alias("init weight_init kernel_initializer initialization initialiser init_mode"),
    ),
    _row(
        "optimizer",
        "training",
        OneOf(tuple(OPTIMIZERS)),
        "adam",
        "how weights follow the gradient",
        _alias("solver optim optimiser"),
    ),
    _row(
        "learning_rate",
        "knob",
        _ABOVE_0,
        0.001,
        "alpha, the size of a step",
        _alias("lr eta eta0 step_size learning_rate_init learningrate initial_lr base_lr"),
    ),
    _row(
        "beta1",
        "knob",
        _BETA,
        0.9,
        "how long momentum and Adam remember the gradient",
        _alias("momentum", 'It is the momentum of the optimizers "momentum" and "adam"'),
        _alias("beta_1 adam_beta1"),
        _alias(
            "nesterov nesterovs_momentum",
            'Nesterov momentum is not offered: beta1 is the plain momentum of the optimizers "momentum" and "adam"',
        ),
    ),
    _row(
        "beta2",
        "knob",
        _BETA,
        0.999,
        "how long RMSprop and Adam remember its square",
        _alias("beta_2 rho adam_beta2"),
    ),
    _row(
        "epsilon",
        "knob",
        _EPSILON,
        1e-8,
        "what keeps RMSprop and Adam from dividing by zero",
        _alias("eps adam_epsilon"),
    ),
    _row(
        "batch_size",
        "structure",
        Whole(1, 10_000_000, ("full",)),
        64,
        "the examples of a mini-batch; under batch norm from 2 on, and a rest of less than half joins the batch before",
        _alias("batchsize minibatch_size mini_batch_size batch bs per_device_train_batch_size"),
        estimators=32,
    ),
    _row(
        "epochs",
        "training",
        Whole(1, 1_000_000),
        20,
        "the passes over the training part, at most",
        _alias("n_epochs num_epochs nb_epoch max_epochs epoch max_iter n_iter num_train_epochs"),
        estimators=200,
    ),
    _row(
        "l1",
        "knob",
        _FROM_0,
        0.0,
        "lambda in cost + lambda/(2m) * sum of absolute weights, m the examples of a mini-batch",
        _alias("l1_reg l1_penalty lambda1 lambda_l1"),
    ),
    _row(
        "l2",
        "knob",
        _FROM_0,
        0.0,
        "lambda in cost + lambda/(2m) * sum of squared weights, m the examples of a mini-batch",
        _alias("weight_decay wd l2_reg l2_penalty lambda lambda_ lambda2 lambda_l2 reg_lambda", _LAMBDA),
        _alias("alpha", f"{_LAMBDA}; the size of a step is learning_rate"),
    ),
    _row(
        "keep_prob",
        "knob",
        _KEEP,
        1.0,
        "the share of hidden units that inverted dropout keeps",
        _alias(
            "dropout dropout_rate drop_rate dropout_prob hidden_dropout",
            "It is the share of hidden units that stays: 1 - dropout",
        ),
    ),
    _row(
        "input_keep_prob",
        "knob",
        _KEEP,
        1.0,
        "the share of inputs that inverted dropout keeps",
        _alias("input_dropout input_dropout_rate", "It is the share of inputs that stays: 1 - dropout"),
    ),
    _row(
        "batch_norm",
        "structure",
        Flag(),
        False,
        "whether each hidden layer normalises its sums over the mini-batch",
        _alias("batchnorm bn use_batch_norm batch_normalization use_bn"),
    ),
    _row(
        "batch_norm_beta",
        "knob",
        _BETA,
        0.9,
        "how long batch norm remembers the moments of mini-batches",
        _alias("bn_momentum batch_norm_momentum"),
    ),
    _row(
        "decay",
        "training",
        OneOf(tuple(DECAYS)),
        "none",
        "how the learning rate falls",
        _alias("lr_decay lr_schedule lr_scheduler learning_rate_schedule"),
    ),
    _row(
        "decay_rate",
        "knob",
        _ABOVE_0,
        0.95,
        "the rate of the decay, or its factor",
        _alias("gamma lr_gamma decay_factor"),
    ),
    _row(
        "decay_every",
        "knob",
        _ABOVE_0,
        1.0,
        "the epochs or mini-batches of one period of decay",
        _alias("decay_steps lr_step_size", "It is counted in epochs, or in mini-batches by decay_by"),
    ),
    _row(
        "decay_by",
        "training",
        OneOf(get_args(DecayUnit)),
        "epoch",
        "whether the decay counts epochs or mini-batches",
    ),
    _row(
        "warmup_epochs",
        "knob",
        _FROM_0,
        0.0,
        "the epochs in which the learning rate rises to its value",
        _alias("warmup warmup_steps num_warmup_steps", "It is counted in epochs"),
    ),
    _row(
        "clip_norm",
        "knob",
        _FROM_0,
        0.0,
        "the length above which a gradient is shortened; 0 is no limit",
        _alias("clipnorm max_grad_norm grad_clip gradient_clip_val"),
    ),
    _row(
        "augment",
        "training",
        _AUGMENT,
        {},
        "how far training images are moved, anew for each mini-batch: flip is a probability, tilt in degrees, zoom a "
        "share, all else in pixels",
        _alias("augmentation data_augmentation"),
    ),
    _row(
        "class_weight",
        "training",
        PerClass(get_args(Weighing), _ABOVE_0),
        "none",
        "what an example of each class counts in the training loss; balanced lets all classes count alike",
        _alias("class_weights weight_class loss_weights"),
        _alias(
            "scale_pos_weight pos_weight positive_weight",
            'It gives classes their weights by name, such as {"no": 1, "yes": 9}',
        ),
        _alias("is_unbalance unbalanced balanced", 'It may be "balanced", so that all classes count alike'),
        _alias("sample_weight sample_weights", "Examples are weighed by their class alone"),
    ),
    _row(
        "normalize_inputs",
        "data",
        Flag(),
        True,
        "whether each input gets mean 0 and deviation 1; true is needed where float32 would merge values of a "
        "column (Unix times, serial numbers)",
        _alias("normalize standardize normalise_inputs"),
    ),
)

HYPERPARAMETERS: Mapping[str, Hyperparameter] = {row.name: row for row in _ROWS}


def names_of(*roles: Role) -> Sequence[str]:
    """Return the hyperparameters of some roles, in the order of the table."""
    return [row.name for row in _ROWS if row.role in roles]


__all__ = ["HYPERPARAMETERS", "Bounds", "Hyperparameter", "Role", "names_of"]
