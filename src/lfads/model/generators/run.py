"""A generator through time, by itself or driven by the controller, in the fastest way that it has."""

from jaxtyping import Array, Float

from lfads.model.controller import Controller, DecoderInputs
from lfads.model.generators.generator import FastGenerator, Generator
from lfads.model.recurrence.by_steps import controlled_by_steps, states_by_steps
from lfads.model.recurrence.controlled import ControlledGeneratorOutputs, ControlledGeneratorState


def run_alone(
    generator: Generator,
    inputs: Float[Array, "time trial input"],
    initial_state: Float[Array, "trial unit"],
    *,
    limit: float,
    num_segments: int = 1,
) -> Float[Array, "time trial unit"]:
    """States at every bin under given inputs.

    Parameters
    ----------
    generator
        Any.
    inputs
        Of each bin; their width may be 0.
    initial_state
        Before the first bin.
    limit
        States stay within ±limit.
    num_segments
        Stretches of time that the backward pass computes again, one by one.
    """
    if isinstance(generator, FastGenerator):
        return generator.run(inputs, initial_state, limit=limit, num_segments=num_segments)
    return states_by_steps(
        lambda state, now: generator.step(state, now, limit), inputs, initial_state, num_segments
    )


def run_controlled(
    generator: Generator,
    controller: Controller,
    factor_weights: Float[Array, "unit factor"],
    initial: ControlledGeneratorState,
    inputs: DecoderInputs,
    *,
    scale: Float[Array, ""],
    limit: float,
) -> ControlledGeneratorOutputs:
    """All that controller and generator, which drive each other, compute at every bin.

    Parameters
    ----------
    generator, controller
        The two.
    factor_weights
        What factors are read out from the generator with.
    initial
        Both, and the factors, before the first bin.
    inputs
        Of each bin, with the masks of dropout.
    scale
        What values that dropout keeps are multiplied by.
    limit
        States stay within ±limit.
    """
    if isinstance(generator, FastGenerator):
        return generator.run_controlled(
            controller, factor_weights, initial, inputs, scale=scale, limit=limit
        )
    return controlled_by_steps(
        lambda state, now: generator.step(state, now, limit),
        controller, factor_weights, initial, inputs, scale, limit,
    )  # fmt: skip
