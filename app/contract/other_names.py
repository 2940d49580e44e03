"""How other tools call our hyperparameters, and what to say to someone who uses their words."""

from collections.abc import Mapping, Sequence

_LAMBDA = "It is lambda in cost + lambda/(2m) * sum of squared weights, m the examples of a mini-batch"

_ROWS: Sequence[tuple[str, str, str]] = (
    ("hidden_units", "hidden_layer_sizes hidden_sizes hidden_dims hidden_layers layers layer_sizes widths", ""),
    (
        "hidden_units",
        "units n_units num_units hidden_size hidden_dim n_hidden width",
        "It lists the width of each hidden layer: 64 is one layer of 64 units, [64, 32] are two",
    ),
    (
        "hidden_units",
        "n_layers num_layers depth num_hidden_layers",
        "It lists the width of each hidden layer, so that its length is their number",
    ),
    ("activation", "activation_function nonlinearity transfer_function act hidden_activation", ""),
    ("initializer", "init weight_init kernel_initializer initialization initialiser init_mode", ""),
    ("optimizer", "solver optim optimiser", ""),
    ("learning_rate", "lr eta eta0 step_size learning_rate_init learningrate initial_lr base_lr", ""),
    ("beta1", "momentum", 'It is the momentum of the optimizers "momentum" and "adam"'),
    ("beta1", "beta_1 adam_beta1", ""),
    (
        "beta1",
        "nesterov nesterovs_momentum",
        'Nesterov momentum is not offered: beta1 is the plain momentum of the optimizers "momentum" and "adam"',
    ),
    ("beta2", "beta_2 rho adam_beta2", ""),
    ("epsilon", "eps adam_epsilon", ""),
    ("batch_size", "batchsize minibatch_size mini_batch_size batch bs per_device_train_batch_size", ""),
    ("epochs", "n_epochs num_epochs nb_epoch max_epochs epoch max_iter n_iter num_train_epochs", ""),
    ("l1", "l1_reg l1_penalty lambda1 lambda_l1", ""),
    ("l2", "weight_decay wd l2_reg l2_penalty lambda lambda_ lambda2 lambda_l2 reg_lambda", _LAMBDA),
    ("l2", "alpha", f"{_LAMBDA}; the size of a step is learning_rate"),
    (
        "keep_prob",
        "dropout dropout_rate drop_rate dropout_prob hidden_dropout",
        "It is the share of hidden units that stays: 1 - dropout",
    ),
    ("input_keep_prob", "input_dropout input_dropout_rate", "It is the share of inputs that stays: 1 - dropout"),
    ("batch_norm", "batchnorm bn use_batch_norm batch_normalization use_bn", ""),
    ("batch_norm_beta", "bn_momentum batch_norm_momentum", ""),
    ("decay", "lr_decay lr_schedule lr_scheduler learning_rate_schedule", ""),
    ("decay_rate", "gamma lr_gamma decay_factor", ""),
    ("decay_every", "decay_steps lr_step_size", "It is counted in epochs, or in mini-batches by decay_by"),
    ("warmup_epochs", "warmup warmup_steps num_warmup_steps", "It is counted in epochs"),
    ("clip_norm", "clipnorm max_grad_norm grad_clip gradient_clip_val", ""),
    ("augment", "augmentation data_augmentation", ""),
    ("normalize_inputs", "normalize standardize normalise_inputs", ""),
)

OTHER_NAMES: Mapping[str, str] = {
    word: f'Did you mean "{name}"?' + (f" {remark}." if remark else "")
    for name, words, remark in _ROWS
    for word in words.split()
}
"""A sentence for each word of another tool, by the word in lower case with underscores."""


def suggestion(name: str) -> str | None:
    """Return what to say to someone who uses another tool's word for a hyperparameter, or None."""
    return OTHER_NAMES.get(name.strip().lower().replace("-", "_").replace(" ", "_")) if len(name) <= 64 else None
