"""Settings of lfads-run-manager (`c_…` of its RunParams): names, defaults, and what they are here.

Classes of the toolbox for MATLAB are made from this list. What a network is and is trained for is carried
over whether it was changed or not; how it is optimised only where it was changed, since a learning rate or
a ramp means something else beside another optimiser.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lfads.checks import Problems, suggestion
from lfads.config.imported import carried_over
from lfads.config.imported_names import Sizes, place_in_original
from lfads.config.settings import ModelConfig, TrainingConfig
from lfads.config.texts import texts_of
from lfads.hyperparameters import HyperParameterConfig

Value = float | int | bool | str

_NETWORK: dict[str, Value] = {
    "factors_dim": 50, "in_factors_dim": 0, "gen_dim": 100, "ic_enc_dim": 128, "ci_enc_dim": 128,
    "con_dim": 128, "ic_dim": 64, "co_dim": 4, "controller_input_lag": 1, "do_causal_controller": False,
    "inject_ext_input_to_gen": False, "output_dist": "poisson", "cell_clip_value": 5.0,
    "ic_prior_var_min": 0.1, "ic_prior_var_scale": 0.1, "ic_prior_var_max": 0.1, "ic_post_var_min": 1e-4,
    "prior_ar_atau": 10.0, "prior_ar_nvar": 0.1, "kl_ic_weight": 1.0, "kl_co_weight": 1.0,
    "l2_gen_scale": 500.0, "l2_con_scale": 500.0, "keep_prob": 0.95, "do_train_readin": True,
    "do_train_io_only": False,
}  # fmt: skip
_OPTIMISATION: dict[str, Value] = {
    "learning_rate_init": 0.01, "learning_rate_decay_factor": 0.98, "learning_rate_n_to_compare": 6,
    "max_grad_norm": 200.0, "batch_size": 256, "kl_increase_steps": 900, "l2_increase_steps": 900,
}  # fmt: skip
_NO_COUNTERPART: dict[str, tuple[Value, str]] = {
    "learning_rate_stop": (
        1e-5,
        "training ends after `training.num_epochs`, or `training.patience_epochs` without a better score",
    ),
    "kl_start_step": (0, "weights rise from the first step, over `training.ramp_epochs`"),
    "l2_start_step": (0, "weights rise from the first step, over `training.ramp_epochs`"),
    "do_feed_factors_to_controller": (True, "factors are always fed to the controller"),
    "do_train_prior_ar_atau": (True, "the prior's correlation time is always learned"),
    "do_train_prior_ar_nvar": (True, "the prior's variance is always learned"),
    "temporal_spike_jitter_width": (
        0,
        "add `spike_jitter(most_bins=…)` to `objective.augmentations`, behind `coordinated_dropout`",
    ),
}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A setting of lfads-run-manager.

    Parameters
    ----------
    name
        With `c_` before it.
    default
        There.
    place
        Its place here, such as `model.num_factors`; empty without a counterpart.
    always
        Whether it is carried over at its default, too.
    text
        What it is, or why it has no counterpart.
    """

    name: str
    default: Value
    place: str
    always: bool
    text: str


def parameters() -> tuple[Parameter, ...]:
    """All that are known, by name.

    >>> next(one for one in parameters() if one.name == "c_co_dim").place
    'model.num_inferred_inputs'
    """
    found = [_known(name, value, True) for name, value in _NETWORK.items()]
    found += [_known(name, value, False) for name, value in _OPTIMISATION.items()]
    found += [
        Parameter(name=f"c_{name}", default=value, place="", always=False, text=why)
        for name, (value, why) in _NO_COUNTERPART.items()
    ]
    return tuple(sorted(found, key=lambda one: one.name))


def _known(name: str, value: Value, always: bool) -> Parameter:
    place = place_in_original(name)
    return Parameter(name=f"c_{name}", default=value, place=place, always=always, text=_text(place))


def _text(place: str) -> str:
    """What our setting is, from its docstring."""
    table, _, name = place.partition(".")
    kinds = {
        "model": ModelConfig,
        "training": TrainingConfig,
        "hyperparameters": HyperParameterConfig,
    }
    return texts_of(kinds[table])[name]


def settings_of_run_manager(values: Mapping[str, Any], sizes: Sizes) -> dict[str, dict[str, Any]]:
    """Tables of ours from a RunParams' `c_…`.

    Parameters
    ----------
    values
        By name, with `c_`; those that are not given are at their defaults.
    sizes
        Of the data; steps of an epoch are needed where a ramp was changed.

    Raises
    ------
    UserError
        If one that was changed has no counterpart, or none of that name is known; all are named.

    Examples
    --------
    >>> tables = settings_of_run_manager({"c_factors_dim": 8, "c_ic_enc_dim": 64}, Sizes())
    >>> tables["model"]["num_factors"], tables["model"]["encoder_size"], "training" in tables
    (8, 64, False)
    """
    known = {one.name: one for one in parameters()}
    problems = Problems("RunParams")
    changed: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            problems.add(
                f"`{name}` is no setting of LFADS that is known here.{suggestion(name, known)}"
            )
        elif value == known[name].default:
            continue
        elif not known[name].place:
            problems.add(
                f"`{name}` = {value} has no counterpart here: {known[name].text}. Take it out, or leave it "
                f"at {known[name].default}"
            )
        else:
            changed[name] = value
    problems.raise_if_any()
    places = {known[name].place for name in changed}
    chosen = {
        name: changed.get(name, one.default)
        for name, one in known.items()
        if name in changed or (one.always and one.place not in places)
    }
    found = carried_over(chosen, sizes)
    problems = Problems("RunParams")
    for text in found.not_used:
        problems.add(f"cannot be carried over: {text}")
    problems.raise_if_any()
    return found.tables
