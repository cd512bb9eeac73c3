"""What fixes the network, the objective and the training run, as frozen dataclasses.

Fields that are None are derived from the data before training (`lfads.training.defaults`) and shown. What
a shape depends on lies here; what a population may search lies in `lfads.hyperparameters`.
"""

import math
from dataclasses import dataclass
from typing import Literal

from lfads.checks import Problems
from lfads.config.values import check_fields, check_positive


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Sizes and form of the network.

    Parameters
    ----------
    num_factors
        Latent factors that the rates are read out from.
    generator_size
        Units of the generator.
    encoder_size
        Units of each encoder in each direction.
    controller_size
        Units of the controller.
    read_in_size
        What a linear map makes of each session's neurons before the encoders see them; 0 gives them the
        counts. Needed where sessions of different neurons share the network.
    read_in_start
        Where these maps start: `conditions`, principal components of condition averages that the
        sessions share; `time_course`, factors of each session turned so that their average time courses
        agree; or `random`.
    num_inferred_inputs
        Inputs that the controller infers; 0 makes the generator autonomous.
    causal
        The controller sees earlier bins only; needs `initial_condition_length`.
    initial_condition_size
        Dimensions of the initial-condition code.
    initial_condition_length
        The first bins feed the initial-condition encoder alone and are not modelled.
    controller_lag
        Bins that separate what the controller sees from the bin it drives: 1 hides the bin itself.
    external_inputs_to
        Measured inputs drive the generator, or are seen by the encoders.
    inferred_input_prior
        First-order autoregressive, or independent Gaussian in each bin.
    prior_correlation_bins
        Where the learned correlation time of that prior starts, in bins.
    prior_variance
        Where the learned innovation variance of that prior starts.
    initial_condition_prior_variance
        Fixed variance of the prior over the initial-condition code.
    posterior_variance_floor
        Added to the posterior variance of the initial-condition code.
    state_limit
        Recurrent states are clipped to ± this.
    """

    num_factors: int | None = None
    generator_size: int | None = None
    encoder_size: int | None = None
    controller_size: int | None = None
    read_in_size: int | None = None
    read_in_start: Literal["conditions", "time_course", "random"] | None = None
    num_inferred_inputs: int = 1
    causal: bool = False
    initial_condition_size: int | None = None
    initial_condition_length: int = 0
    controller_lag: int = 1
    external_inputs_to: Literal["generator", "encoders"] = "generator"
    inferred_input_prior: Literal["autoregressive", "gaussian"] = "autoregressive"
    prior_correlation_bins: float = 10.0
    prior_variance: float = 0.1
    initial_condition_prior_variance: float = 0.1
    posterior_variance_floor: float = 1e-4
    state_limit: float = 5.0

    def __post_init__(self) -> None:
        problems = Problems("[model]")
        check_fields(self, problems)
        may_be_zero = {
            "num_inferred_inputs", "read_in_size", "initial_condition_length", "controller_lag",
            "posterior_variance_floor",
        }  # fmt: skip
        check_positive(self, problems, may_be_zero)
        if self.causal and self.initial_condition_length == 0:
            problems.add(
                "`causal` needs the bins that the initial condition is inferred from: "
                "set `initial_condition_length` above 0"
            )
        problems.raise_if_any()


@dataclass(frozen=True, kw_only=True)
class ObjectiveConfig:
    """How the terms of the objective combine.

    Parameters
    ----------
    loss_scale
        The loss is nats per trial, divided by bins times neurons, times this. Gradient clipping and
        Adam's epsilon act on it.
    rescale_coordinated_dropout
        Divide the scored likelihood by the fraction scored, so that a KL weight of 1 is the evidence
        lower bound at any coordinated dropout rate.
    sample_validation_rate
        Share of single samples (a neuron in a bin) that are removed for good, in training and
        validation trials, and only scored. Above 0 their score in validation trials decides early
        stopping, the best weights and a search: over-fitting cannot fool it.
    """

    loss_scale: float = 1.0
    rescale_coordinated_dropout: bool = True
    sample_validation_rate: float = 0.0

    def __post_init__(self) -> None:
        problems = Problems("[objective]")
        check_fields(self, problems)
        check_positive(self, problems, {"sample_validation_rate"})
        rate = self.sample_validation_rate
        if isinstance(rate, float) and 1 <= rate < math.inf:
            problems.add(f"`sample_validation_rate` must be below 1; got {rate}")
        problems.raise_if_any()


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """The training run.

    Parameters
    ----------
    num_epochs
        Most epochs to train.
    batch_size
        Trials in a step.
    patience_epochs
        Stop after this many epochs without a better smoothed validation likelihood.
    ramp_epochs
        Epochs over which the weights of KL and L2 terms rise linearly to their values.
    learning_rate_schedule
        `cosine` falls over `decay_epochs`; `plateau` falls when the smoothed validation likelihood
        has not improved for `plateau_epochs`; `constant` stays. If not set, `cosine`, and `constant`
        where a population searches the learning rate.
    decay_epochs
        Epochs over which `cosine` falls.
    final_learning_rate_fraction
        Share of the learning rate that `cosine` ends at.
    plateau_factor
        What `plateau` multiplies the learning rate by.
    plateau_epochs
        Epochs without improvement that `plateau` waits for.
    weight_average_decay
        Per-step decay of the exponential average of the weights that is validated and kept; 0 keeps
        the weights themselves.
    score_smoothing
        Share of the previous smoothed score in the next.
    gradient_clip_norm
        Largest global norm of the gradient of the loss.
    adam_beta1
        Decay of AdamW's first moment.
    adam_beta2
        Decay of AdamW's second moment.
    adam_epsilon
        AdamW's epsilon.
    time_segments
        Stretches of time that the backward pass computes again one by one, to save memory; 1 keeps
        everything. Derived from memory if not set.
    stream_steps
        Steps whose trials are sent to the devices at a time, for data larger than their memory; 0
        keeps every trial on every device. The numbers are the same. Derived from memory if not set.
    length_buckets
        Groups of trials of similar length; each step is of one, and runs for its longest trial alone.
        1 runs every trial for the longest of all. Derived from the lengths of the trials if not set.
    freeze
        What stays at its start: `nothing`, the `read_in` of every session, or `dynamics`, everything but
        read-ins and read-outs.
    session_weights
        Where sessions share the network, each `trial` counts the same, or each `session`.
    num_shards
        Devices that share a batch; part of a run, so that it resumes bit for bit.
    checkpoint_epochs
        Epochs between checkpoints (one is written at the end in any case).
    max_hours
        Stop after this long.
    max_dropped_steps
        Consecutive steps with a non-finite gradient that stop the run.
    """

    num_epochs: int | None = None
    batch_size: int | None = None
    patience_epochs: int | None = None
    ramp_epochs: int | None = None
    learning_rate_schedule: Literal["cosine", "plateau", "constant"] | None = None
    decay_epochs: int | None = None
    final_learning_rate_fraction: float = 0.02
    plateau_factor: float = 0.95
    plateau_epochs: int = 6
    weight_average_decay: float = 0.98
    score_smoothing: float = 0.3
    gradient_clip_norm: float = 5.0
    adam_beta1: float = 0.9
    adam_beta2: float = 0.999
    adam_epsilon: float = 1e-8
    time_segments: int | None = None
    stream_steps: int | None = None
    length_buckets: int | None = None
    freeze: Literal["nothing", "read_in", "dynamics"] = "nothing"
    session_weights: Literal["trial", "session"] = "trial"
    num_shards: int | None = None
    checkpoint_epochs: int = 10
    max_hours: float | None = None
    max_dropped_steps: int = 20

    def __post_init__(self) -> None:
        problems = Problems("[training]")
        check_fields(self, problems)
        may_be_zero = {
            "ramp_epochs", "weight_average_decay", "score_smoothing", "adam_beta1", "adam_beta2",
            "final_learning_rate_fraction", "num_epochs", "stream_steps",
        }  # fmt: skip
        check_positive(self, problems, may_be_zero)
        for name in ("weight_average_decay", "score_smoothing", "adam_beta1", "adam_beta2"):
            value = getattr(self, name)
            if isinstance(value, float) and 1 <= value < math.inf:
                problems.add(f"`{name}` must be below 1; got {value}")
        problems.raise_if_any()
