"""Causal networks of every kind that streams, and bins for them."""

import numpy as np
from tests.oracle.networks import Case

from lfads.model.shapes import SessionShape

SEGMENT, NEURONS, WIDTH_S = 3, 4, 0.01


def case(
    name: str, external: int = 0, read_in: bool = False, sessions: bool = False, **model
) -> Case:
    causal = {"causal": True, "initial_condition_length": SEGMENT, **model}
    return Case(
        name, causal, num_bins=8, num_neurons=NEURONS, held_out=(1,), num_external_inputs=external,
        with_read_in=read_in or sessions,
        other_sessions=(SessionShape(6, (0, 1, 2, 3, 4, 5)),) if sessions else (),
    )  # fmt: skip


CASES = [
    case("one of two sessions, two inputs", num_inferred_inputs=2, sessions=True),
    case(
        "no lag, states clipped", controller_lag=0, state_limit=0.3, observation="negative_binomial"
    ),
    case("lag of two, more than a block", controller_lag=2, encoder_size=40, generator_size=33),
    case("measured inputs to the generator", external=2),
    case(
        "measured inputs to the encoders", external=2, external_inputs_to="encoders", read_in=True
    ),
    case("autonomous", num_inferred_inputs=0, causal=False),
    case(
        "plain, measured inputs alone", external=1, num_inferred_inputs=0, generator="vanilla_rnn"
    ),
    case("plain, of signals", generator="vanilla_rnn", observation="gaussian"),
]


def bins_of(case: Case, number: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Values and measured inputs of some bins; of signals some are missing."""
    rng = np.random.default_rng(seed)
    values = rng.poisson(1.0, (number, NEURONS)).astype(np.float32)
    if case.config.observation == "gaussian":
        values = rng.normal(size=values.shape).astype(np.float32)
        values[rng.random(values.shape) < 0.1] = np.nan
    external = rng.standard_normal((number, case.num_external_inputs))
    return values, external.astype(np.float32)
