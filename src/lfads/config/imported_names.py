"""Names of settings in other implementations of LFADS, and where each goes here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple


class Sizes(NamedTuple):
    """Of what is reconstructed: bins, neurons, and training steps in an epoch; 0 where unknown."""

    bins: int = 0
    neurons: int = 0
    steps: int = 0


NO_SIZES = Sizes()


@dataclass(frozen=True)
class Setting:
    """Where a setting goes, and what becomes of its number; `needs` names sizes that this takes.

    Texts are carried over if they are among `texts`. What becomes None need not be said.
    """

    place: str
    becomes: Callable[[Any, Sizes], Any] = lambda value, sizes: value
    needs: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


def _whole(value: Any, sizes: Sizes) -> int:
    return int(value)


def _per_sample(value: Any, sizes: Sizes) -> float:
    """A weight of a mean over bins and neurons, as one of the sum over a trial."""
    return float(value) * sizes.bins * sizes.neurons


_WHOLE = {
    "model.num_factors": ("fac_dim", "factors_dim"),
    "model.generator_size": ("gen_dim",),
    "model.encoder_size": ("ic_enc_dim", "ci_enc_dim"),
    "model.controller_size": ("con_dim",),
    "model.num_inferred_inputs": ("co_dim",),
    "model.initial_condition_size": ("ic_dim",),
    "model.initial_condition_length": ("ic_enc_seq_len",),
    "model.controller_lag": ("ci_lag", "controller_input_lag"),
    "training.ramp_epochs": ("kl_increase_epoch", "l2_increase_epoch", "increase_epoch"),
    "training.num_epochs": ("max_epochs", "num_epochs"),
    "training.batch_size": ("batch_size",),
}
_PLAIN = {
    "model.causal": ("do_causal_controller",),
    "model.posterior_variance_floor": ("ic_post_var_min",),
    "model.state_limit": ("cell_clip", "cell_clip_value"),
    "model.prior_correlation_bins": ("tau", "prior_ar_atau", "co_prior_tau"),
    "model.prior_variance": ("nvar", "prior_ar_nvar", "co_prior_nvar"),
    "objective.loss_scale": ("loss_scale",),
    "training.gradient_clip_norm": ("gradient_clip_val", "max_grad_norm"),
    "training.adam_epsilon": ("lr_adam_epsilon", "adam_epsilon"),
    "training.adam_beta1": ("lr_adam_beta1",),
    "training.adam_beta2": ("lr_adam_beta2",),
    "training.plateau_factor": ("lr_decay", "learning_rate_decay_factor"),
    "hyperparameters.learning_rate": ("lr_init", "learning_rate_init"),
    "hyperparameters.weight_decay": ("weight_decay",),
    "hyperparameters.dropout_rate": ("dropout_rate",),
    "hyperparameters.coordinated_dropout_rate": ("cd_rate",),
    "objective.sample_validation_rate": ("sv_rate",),
    "seed": ("seed",),
}
_WEIGHTS = {
    "hyperparameters.initial_condition_kl_weight": ("kl_ic_scale", "ic_weight"),
    "hyperparameters.inferred_input_kl_weight": ("kl_co_scale", "co_weight"),
    "hyperparameters.generator_l2_weight": ("l2_gen_scale", "gen_scale"),
    "hyperparameters.controller_l2_weight": ("l2_con_scale", "con_scale"),
}
_OF_TF1 = {
    "learning_rate_n_to_compare": Setting("training.plateau_epochs", _whole),
    "in_factors_dim": Setting("model.read_in_size", lambda value, _: int(value) or None),
    "do_train_readin": Setting("training.freeze", lambda value, _: None if value else "read_in"),
    "do_train_io_only": Setting("training.freeze", lambda value, _: "dynamics" if value else None),
    "output_dist": Setting("model.observation", texts=("poisson", "gaussian")),
    **dict.fromkeys(
        ("ic_prior_var_min", "ic_prior_var_scale", "ic_prior_var_max"),
        Setting("model.initial_condition_prior_variance"),
    ),
    "kl_ic_weight": Setting("hyperparameters.initial_condition_kl_weight"),
    "kl_co_weight": Setting("hyperparameters.inferred_input_kl_weight"),
    "l2_gen_scale": Setting("hyperparameters.generator_l2_weight"),
    "l2_con_scale": Setting("hyperparameters.controller_l2_weight"),
}
"""Of the original alone; its weights are of a sum, as ours."""


def known_names(*, original: bool, summed: bool) -> dict[str, Setting]:
    """Settings by their names there.

    Parameters
    ----------
    original
        Whether names of the original in TensorFlow 1 are among them.
    summed
        Whether weights are of a sum over bins and neurons, as ours, not of a mean.
    """
    found = {name: Setting(place, _whole) for place, names in _WHOLE.items() for name in names}
    found |= {name: Setting(place) for place, names in _PLAIN.items() for name in names}
    for place, names in _WEIGHTS.items():
        weight = Setting(place) if summed else Setting(place, _per_sample, ("bins", "neurons"))
        found |= dict.fromkeys(names, weight)
    found["lr_patience"] = Setting("training.plateau_epochs", lambda value, _: int(value) + 1)
    found["keep_prob"] = Setting(
        "hyperparameters.dropout_rate", lambda value, _: round(1 - float(value), 12)
    )
    in_epochs = Setting("training.ramp_epochs", lambda v, s: round(int(v) / s.steps), ("steps",))
    found |= {"kl_increase_steps": in_epochs, "l2_increase_steps": in_epochs}
    found["lr_scheduler"] = Setting(
        "training.learning_rate_schedule", lambda value, _: "plateau" if value else "constant"
    )
    found["inject_ext_input_to_gen"] = Setting(
        "model.external_inputs_to", lambda value, _: "generator" if value else "encoders"
    )
    return found | _OF_TF1 if original else found


def place_in_original(name: str) -> str:
    """Where a setting of the original goes here, such as `model.num_factors`; empty for others.

    >>> place_in_original("factors_dim")
    'model.num_factors'
    """
    setting = known_names(original=True, summed=True).get(name)
    return "" if setting is None else setting.place
