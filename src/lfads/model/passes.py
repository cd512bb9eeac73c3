"""What goes into the passes through the network, and what comes out of them."""

from typing import NamedTuple

from jaxtyping import Array, Bool, Float

from lfads.data.places import Between
from lfads.model.distributions import DiagonalGaussian


class EncoderInputs(NamedTuple):
    """What the encoders see of a batch after augmentation: 0 where missing, anything where padded.

    `beside` says where trials lie in the session, for slow offsets.
    """

    counts: Float[Array, "time trial neuron"]
    valid: Bool[Array, "time trial"] | None
    external_inputs: Float[Array, "all_time trial external_input"] | None
    beside: Between | None = None


class Encoded(NamedTuple):
    """What the encoders give: the posterior of the code, and the controller's input.

    `controller_products` are of `LFADS.for_samples`. `offsets`, of read-outs, do not depend on what was
    encoded but on the places of trials.
    """

    initial_condition: DiagonalGaussian
    controller_inputs: Float[Array, "time trial encoded"] | None
    external_inputs: Float[Array, "time trial external_input"] | None
    controller_products: Float[Array, "time trial gates"] | None = None
    offsets: Float[Array, "trial neuron"] | None = None


class Trajectories(NamedTuple):
    """One sample of everything that the network infers, at each decoded bin."""

    read_outs: tuple[Float[Array, "time trial neuron"], ...]
    factors: Float[Array, "time trial factor"]
    generator_states: Float[Array, "time trial unit"]
    initial_condition: Float[Array, "trial latent"]
    generator_initial_state: Float[Array, "trial unit"]
    inferred_inputs: Float[Array, "time trial input"] | None
    input_mean: Float[Array, "time trial input"] | None
    input_log_variance: Float[Array, "time trial input"] | None
