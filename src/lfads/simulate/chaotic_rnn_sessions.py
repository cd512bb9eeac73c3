"""Sessions that record different neurons of one chaotic network, to be stitched together.

The network, and its starts in each condition, are the same in all sessions; each has its own neurons and
trials.
"""

import numpy as np
from jaxtyping import Float

from lfads.checks import Problems
from lfads.data.dataset import Dataset
from lfads.numerics.components import signs_of
from lfads.simulate.chaotic_rnn import (
    PEAK_RATE_HZ,
    check_step,
    rnn_states,
    scaled_by_trial,
    split_by_start,
)
from lfads.simulate.choices import check_choices

NUM_LATENTS = 10


def simulate_chaotic_rnn_sessions(
    seed: int = 0,
    *,
    num_sessions: int = 5,
    neurons_per_session: int = 20,
    num_network_neurons: int = 100,
    num_conditions: int = 150,
    trials_per_condition: int = 40,
    num_bins: int = 100,
    bin_width_s: float = 0.01,
    gain: float = 1.5,
) -> Dataset:
    """Spikes of a chaotic recurrent network, of which each session sees other neurons.

    The network is that of `simulate_chaotic_rnn`, without pulses. What it does in a condition is the same
    in all sessions; spikes are drawn anew for every trial of every session.

    Parameters
    ----------
    seed
        Same seed, same network, neurons and data.
    num_sessions, neurons_per_session
        No neuron is in two sessions; which are in one is drawn.
    num_network_neurons, num_conditions, num_bins
        Sizes of the network and of what it does.
    trials_per_condition
        In each session. Trials of a condition follow one another; the first 80 % train, the others
        validate.
    bin_width_s
        Width of a bin in seconds, and step of the network.
    gain
        Of the recurrent weights: chaos is mild at 1.5 and strong at 2.5.

    Returns
    -------
    Dataset
        With `true_rates_hz`, `condition` and `true_latents`: the leading principal components, at most 10,
        of the scaled rates (0 to 1) of the whole network over conditions and bins. They have the same axes
        in all sessions.

    Raises
    ------
    UserError
        If a size is below 1, a number is out of range, or the network has too few neurons for the sessions.

    Examples
    --------
    >>> simulate_chaotic_rnn_sessions(num_sessions=2, num_conditions=3, trials_per_condition=5)
    Dataset(Session('session_1': 15 trials, 100 bins, 20 neurons),
            Session('session_2': 15 trials, 100 bins, 20 neurons); 10 ms bins)
    """
    problems = Problems("simulate_chaotic_rnn_sessions")
    sizes = {
        "num_sessions": num_sessions, "neurons_per_session": neurons_per_session,
        "num_network_neurons": num_network_neurons, "num_conditions": num_conditions,
        "trials_per_condition": trials_per_condition, "num_bins": num_bins,
    }  # fmt: skip
    check_choices(problems, sizes, seed=seed, gain=gain, bin_width_s=bin_width_s)
    if not problems.found:
        check_step(problems, bin_width_s)
    needed = num_sessions * neurons_per_session
    problems.require(
        needed <= num_network_neurons,
        f"{num_sessions} sessions of {neurons_per_session} neurons each, none in two, need a network of at "
        f"least {needed} neurons; got `num_network_neurons` {num_network_neurons}",
    )
    problems.raise_if_any()

    rng = np.random.default_rng(seed)
    size = num_network_neurons
    weights = rng.normal(0.0, size**-0.5, (size, size))
    neurons = rng.permutation(size)[:needed].reshape(num_sessions, neurons_per_session)
    start = rng.normal(0.0, 1.0, (num_conditions, size))
    no_input = np.zeros((num_conditions, num_bins))
    states = rnn_states(start, gain * weights, np.zeros(size), no_input, bin_width_s)
    scaled = scaled_by_trial(np.tanh(states))
    of_trial = np.repeat(np.arange(num_conditions), trials_per_condition)
    latents = _principal_components(scaled, NUM_LATENTS).astype(np.float32)[of_trial]
    source = f"simulate_chaotic_rnn_sessions(seed={seed})"
    sessions = []
    for number, chosen in enumerate(neurons, start=1):
        rates_hz = (PEAK_RATE_HZ * scaled[:, :, chosen]).astype(np.float32)[of_trial]
        sessions.append(
            Dataset.from_arrays(
                rng.poisson(rates_hz * bin_width_s),
                bin_width_s=bin_width_s,
                split=split_by_start(num_conditions, trials_per_condition),
                condition=of_trial,
                true_rates_hz=rates_hz,
                true_latents=latents,
                name=f"session_{number}",
                source=source,
            ).session
        )
    return Dataset(sessions=tuple(sessions), bin_width_s=bin_width_s, source=source)


def _principal_components(
    values: Float[np.ndarray, "condition time neuron"], num: int
) -> Float[np.ndarray, "condition time latent"]:
    """Scores of the leading components, with signs such that the largest loading is positive."""
    rows = values.reshape(-1, values.shape[-1])
    centred = rows - rows.mean(0)
    vectors = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :num]
    return (centred @ (vectors * signs_of(vectors))).reshape(*values.shape[:2], -1)
