"""Settings that population-based training may change: scalars, never a shape.

`HyperParameterConfig` holds plain floats (files and flags fill it; JAX is not imported);
`HyperParameters` is the same as arrays, passed into compiled code, so that another value never
compiles again.
"""

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from lfads.bounds import NonNegativeFloat, PositiveFloat, Share, check_settings


class HyperParameters(NamedTuple):
    """The traced form: scalar arrays, or arrays over a population. See HyperParameterConfig."""

    learning_rate: Any
    weight_decay: Any
    dropout_rate: Any
    coordinated_dropout_rate: Any
    initial_condition_kl_weight: Any
    inferred_input_kl_weight: Any
    generator_l2_weight: Any
    controller_l2_weight: Any


@dataclass(frozen=True, kw_only=True)
class HyperParameterConfig:
    """Hyperparameters as plain numbers.

    Parameters
    ----------
    learning_rate
        Step size of AdamW.
    weight_decay
        Decoupled weight decay of AdamW.
    dropout_rate
        Probability of dropping, in [0, 1). Derived from the number of training trials if not set.
    coordinated_dropout_rate
        Probability that a spike count is hidden from the encoders and scored instead, in [0, 1).
        0 turns coordinated dropout off (Keshtkaran & Pandarinath 2019).
    initial_condition_kl_weight
        Weight of the initial condition's Kullback-Leibler term; 1 is the evidence lower bound.
    inferred_input_kl_weight
        Weight of the inferred inputs' Kullback-Leibler term; 1 is the evidence lower bound.
    generator_l2_weight
        Scale of the penalty on the generator's recurrent kernels, in nats per trial.
    controller_l2_weight
        Scale of the penalty on the controller's recurrent kernels, in nats per trial.

    Examples
    --------
    >>> lfads.HyperParameterConfig(learning_rate=0.004, dropout_rate=0.1).coordinated_dropout_rate
    0.3
    """

    learning_rate: PositiveFloat = 8e-3
    weight_decay: NonNegativeFloat = 0.0
    dropout_rate: Share | None = None
    coordinated_dropout_rate: Share = 0.3
    initial_condition_kl_weight: NonNegativeFloat = 0.2
    inferred_input_kl_weight: NonNegativeFloat = 0.1
    generator_l2_weight: NonNegativeFloat = 0.0
    controller_l2_weight: NonNegativeFloat = 0.0

    def __post_init__(self) -> None:
        check_settings(self, "[hyperparameters]")


@dataclass(frozen=True, kw_only=True)
class HyperParameterSettings(HyperParameterConfig):
    """Hyperparameters with every one known, as networks are trained with them.

    Examples
    --------
    >>> isinstance(run.config.hyperparameters, lfads.HyperParameterSettings)
    True
    """

    dropout_rate: Share = 0.05

    def traced(self) -> HyperParameters:
        """As float32 scalars for compiled code."""
        import jax.numpy as jnp

        return HyperParameters(
            **{f.name: jnp.asarray(getattr(self, f.name), jnp.float32) for f in fields(self)}
        )
