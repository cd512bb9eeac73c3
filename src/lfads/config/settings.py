"""What fixes the network, the objective and the training run, as frozen dataclasses.

Users write a `…Config`, whose fields may be None: these are derived from the data before training
(`lfads.training.defaults`) and shown. The network and its training are given `…Settings`, the same with
every derived value known. What a shape depends on lies here; what a population may search lies in
`lfads.hyperparameters`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from lfads.bounds import (
    Bound,
    DegreesOfFreedom,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Share,
    check_fields,
    check_settings,
)
from lfads.checks import Problems

Schedule = Literal["cosine", "plateau", "constant"]
Recurrence = Literal["native", "scan"]

MOST_SHARDS = 1024  # XLA takes the process down where it cannot start a thread for each
Shards = Annotated[int, Bound(f"from 1 to {MOST_SHARDS}", 1.0, MOST_SHARDS + 1.0)]

NOT_WRITTEN: Mapping[str, Any] = {"where_default": "not written"}
"""Of a setting that came later: where it has its default, files are as they were before there was one."""

NEEDED: Any = None
"""In the place of a default, of a setting that must be known."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Sizes and form of the network.

    Parameters
    ----------
    num_factors
        Latent factors that the rates are read out from.
    generator
        Its dynamics: `gru`, gated units; `vanilla_rnn`, tanh units without gates; `low_rank_rnn`, the same
        in few dimensions; `residual_mlp`, a neural differential equation; or those of an installed
        package. `lfads parts generators` lists them.
    generator_size
        Units of the generator.
    generator_rank
        Of `low_rank_rnn`: dimensions of its dynamics.
    generator_hidden_size
        Of `residual_mlp`: units that each change of the state is made of.
    encoder
        Of spikes: `gru`, gated units, bin by bin; `lru`, layers of linear recurrent units, all bins at
        once.
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
        agree; `files`, the matrices that data files bring along (`alignment_matrix_cxf`, `readin_weight`);
        or `random`.
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
        Measured inputs drive the `generator`, are seen by the `encoders`, or `both`.
    inferred_input_prior
        `gaussian` or `student_t`, independent in each bin; `autoregressive`, of first order, as Pandarinath
        et al. (2018) have it; `none`; `lfads parts priors` lists what there is.
    prior_correlation_bins
        Where the learned correlation time of the prior `autoregressive` starts, in bins.
    prior_correlation_s
        The same in seconds, in the place of bins.
    prior_variance
        Where the learned variance of the inputs' prior starts; of `autoregressive` that of a bin, given
        the bin before.
    prior_degrees_of_freedom
        Of `student_t`: the fewer, the more of what there is may come at once.
    initial_condition_prior
        `gaussian`, about a learned mean; `fixed_gaussian`, about 0; `learned_gaussian`, of learned mean and
        variance; `none`; `lfads parts priors` lists what there is.
    initial_condition_prior_variance
        Fixed variance of the prior over the initial-condition code.
    posterior_variance_floor
        Added to the posterior variance of the initial-condition code.
    state_limit
        Recurrent states are clipped to ± this.
    observation
        How what was recorded is distributed, given the rates: by name, such as `poisson`,
        `negative_binomial` or `gaussian`; `lfads parts observations` lists what there is. Of several
        modalities together, each by its name: `"spikes=poisson + emg=gamma"`, or a table
        `[model.observations]`; what is not named is as usual.
    slow_offsets
        Slow courses over the trials of a session that the rates of all neurons are offset by: what drifts
        while electrodes move or arousal changes is then no part of the dynamics. 0 for none; 1 to 3 are
        usual.

    Examples
    --------
    >>> lfads.ModelConfig(num_factors=8, num_inferred_inputs=0).generator
    'gru'
    """

    num_factors: PositiveInt | None = None
    generator: str = "gru"
    generator_size: PositiveInt | None = None
    generator_rank: PositiveInt | None = None
    generator_hidden_size: PositiveInt | None = None
    encoder: Literal["gru", "lru"] = "gru"
    encoder_size: PositiveInt | None = None
    controller_size: PositiveInt | None = None
    read_in_size: NonNegativeInt | None = None
    read_in_start: Literal["conditions", "time_course", "files", "random"] | None = None
    num_inferred_inputs: NonNegativeInt = 1
    causal: bool = False
    initial_condition_size: PositiveInt | None = None
    initial_condition_length: NonNegativeInt = 0
    controller_lag: NonNegativeInt = 1
    external_inputs_to: Literal["generator", "encoders", "both"] = "generator"
    inferred_input_prior: str = "gaussian"
    prior_correlation_bins: PositiveFloat | None = None
    prior_correlation_s: PositiveFloat | None = None
    prior_variance: PositiveFloat = 0.1
    prior_degrees_of_freedom: DegreesOfFreedom | None = None
    initial_condition_prior: str = "gaussian"
    initial_condition_prior_variance: PositiveFloat = 0.1
    posterior_variance_floor: NonNegativeFloat = 1e-4
    state_limit: PositiveFloat = 5.0
    observation: str | None = None
    slow_offsets: NonNegativeInt = field(default=0, metadata=NOT_WRITTEN, repr=False)

    def __post_init__(self) -> None:
        problems = Problems("[model]")
        check_fields(self, problems)
        if self.causal and self.initial_condition_length == 0:
            problems.add(
                "`causal` needs the bins that the initial condition is inferred from: "
                "set `initial_condition_length` above 0"
            )
        problems.raise_if_any()

    @property
    def drives_by_external_inputs(self) -> bool:
        """Whether measured inputs, if there are any, drive the generator."""
        return self.external_inputs_to != "encoders"

    @property
    def encodes_external_inputs(self) -> bool:
        """Whether the encoders see them."""
        return self.external_inputs_to != "generator"


SETTINGS_OF_PARTS = (
    "generator_rank", "generator_hidden_size", "prior_correlation_bins", "prior_degrees_of_freedom",
)  # fmt: skip
"""Of `[model]`, that not every generator or prior takes; the part says which, and their defaults."""


@dataclass(frozen=True, kw_only=True)
class ModelSettings(ModelConfig):
    """Sizes and form of the network, with every size known; settings of parts that it lacks are None.

    Examples
    --------
    >>> isinstance(run.config.model, lfads.ModelSettings), run.config.model.encoder_size
    (True, 3)
    """

    num_factors: PositiveInt = NEEDED
    generator_size: PositiveInt = NEEDED
    encoder_size: PositiveInt = NEEDED
    controller_size: PositiveInt = NEEDED
    read_in_size: NonNegativeInt = NEEDED
    initial_condition_size: PositiveInt = NEEDED
    observation: str = NEEDED


@dataclass(frozen=True, kw_only=True)
class ObjectiveConfig:
    """How the terms of the objective combine.

    Parameters
    ----------
    loss_scale
        The loss is nats per trial, divided by bins times neurons, times this. Gradient clipping and
        Adam's epsilon act on it.
    augmentations
        What is done to values before the encoders see them in training, in this order, joined by `+`, each
        with its choices if any: `coordinated_dropout`, or `coordinated_dropout + NAME(choice=2)`. `lfads
        parts augmentations` lists what there is.
    rescale_coordinated_dropout
        Divide the scored likelihood by the fraction scored, so that a KL weight of 1 is the evidence
        lower bound at any coordinated dropout rate.
    sample_validation_rate
        Share of single samples (a neuron in a bin) that are removed for good, in training and
        validation trials, and only scored. Above 0 their score in validation trials decides early
        stopping, the best weights and a search: over-fitting cannot fool it.
    modality_weights
        What a nat of a modality weighs in training, where channels of several are modelled together:
        `"lfp=0.1 + emg=2"`. 1 if not named: then the loss is the evidence lower bound of all channels.

    Examples
    --------
    >>> lfads.ObjectiveConfig(augmentations="coordinated_dropout + spike_jitter(most_bins=2)").loss_scale
    1.0
    """

    loss_scale: PositiveFloat = 1.0
    augmentations: str = "coordinated_dropout"
    rescale_coordinated_dropout: bool = True
    sample_validation_rate: Share = 0.0
    modality_weights: str = ""

    def __post_init__(self) -> None:
        check_settings(self, "[objective]")


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
        What stays at its start: `nothing`, the `read_in` of every session, `dynamics`, everything but
        read-ins and read-outs, `generator`, the generator with its initial state and factors, so that
        encoders and controller are trained as well, or `generative`, all that a trial is generated with,
        so that read-ins, encoders and controller are trained.
    session_weights
        Where sessions share the network, each `trial` counts the same, or each `session`.
    num_shards
        Devices that share a batch; part of a run, so that it resumes bit for bit.
    recurrence
        How the network runs through time: `native`, by the compiled kernels of the package
        lfads-kernels (`pip install 'lfads[fast]'`), or `scan`, by JAX alone. Part of a run, too: the
        numbers differ in their last digits. If not set, the faster one on this machine.
    checkpoint_epochs
        Epochs between checkpoints (one is written at the end in any case).
    max_hours
        Stop after this long.
    max_dropped_steps
        Consecutive steps with a non-finite gradient that stop the run.

    Examples
    --------
    >>> lfads.TrainingConfig(num_epochs=200, batch_size=64).num_epochs
    200
    """

    num_epochs: NonNegativeInt | None = None
    batch_size: PositiveInt | None = None
    patience_epochs: PositiveInt | None = None
    ramp_epochs: NonNegativeInt | None = None
    learning_rate_schedule: Schedule | None = None
    decay_epochs: PositiveInt | None = None
    final_learning_rate_fraction: NonNegativeFloat = 0.02
    plateau_factor: PositiveFloat = 0.95
    plateau_epochs: PositiveInt = 6
    weight_average_decay: Share = 0.98
    score_smoothing: Share = 0.3
    gradient_clip_norm: PositiveFloat = 5.0
    adam_beta1: Share = 0.9
    adam_beta2: Share = 0.999
    adam_epsilon: PositiveFloat = 1e-8
    time_segments: PositiveInt | None = None
    stream_steps: NonNegativeInt | None = None
    length_buckets: PositiveInt | None = None
    freeze: Literal["nothing", "read_in", "dynamics", "generator", "generative"] = "nothing"
    session_weights: Literal["trial", "session"] = "trial"
    num_shards: Shards | None = None
    recurrence: Recurrence | None = None
    checkpoint_epochs: PositiveInt = 10
    max_hours: PositiveFloat | None = None
    max_dropped_steps: PositiveInt = 20

    def __post_init__(self) -> None:
        check_settings(self, "[training]")


@dataclass(frozen=True, kw_only=True)
class TrainingSettings(TrainingConfig):
    """The training run, with everything known but its ends: budgets and patience.

    Examples
    --------
    >>> isinstance(run.config.training, lfads.TrainingSettings), run.config.training.batch_size
    (True, 8)
    """

    batch_size: PositiveInt = NEEDED
    ramp_epochs: NonNegativeInt = NEEDED
    learning_rate_schedule: Schedule = NEEDED
    decay_epochs: PositiveInt = NEEDED
    time_segments: PositiveInt = NEEDED
    stream_steps: NonNegativeInt = NEEDED
    length_buckets: PositiveInt = NEEDED
    num_shards: Shards = NEEDED
    recurrence: Recurrence = "scan"  # of runs that were written before there was a choice
