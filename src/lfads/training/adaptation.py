"""New sessions on a trained network: read-ins and read-outs of their own, everything else as it was.

Slow offsets, where the network has any, are read-outs in this: new sessions have their own, from what
changes slowly in their training trials.
"""

import dataclasses
from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from lfads.data.dataset import Dataset
from lfads.model.encoder import Encoder
from lfads.model.gru import GRU
from lfads.model.initialise import Start, means_seen, observation_start, random_start
from lfads.model.lfads import LFADS
from lfads.model.lru import LRU
from lfads.model.readin import ReadIn, initialise_read_ins
from lfads.model.shapes import shapes_of
from lfads.model.slow_offsets import initialise_slow_offsets
from lfads.stitching.alignment import StartingReadIn
from lfads.stitching.onto import read_in_like, read_out_like
from lfads.stitching.trial_averages import encoded_part, encoded_parts
from lfads.training.moments import as_linked, as_seen, log_links, training_moments
from lfads.training.slow_start import with_slow_start


def with_read_in(model: LFADS, seen_mean: Float[np.ndarray, " encoded_neuron"]) -> LFADS:
    """The same network, of one session that was encoded as it is, with a read-in: y = x - mean.

    What the means added to the encoders' gates goes into their biases, so that nothing changes where
    nothing is dropped.
    """
    if model.read_in is not None:
        return model
    mean = jnp.asarray(seen_mean, jnp.float32)
    read_in = ReadIn(jnp.eye(len(mean)), mean)
    controlled = model.controller_encoder
    return dataclasses.replace(
        model,
        read_in=read_in,
        initial_condition_encoder=_about(model.initial_condition_encoder, mean),
        controller_encoder=None if controlled is None else _about(controlled, mean),
        config=dataclasses.replace(model.config, read_in_size=len(mean)),
    )


def _about(encoder: Encoder, mean: Float[Array, " input"]) -> Encoder:
    """The encoder of counts, for counts less their means."""

    def shifted(given: GRU | LRU) -> GRU | LRU:
        added = mean @ given.input_weights[: len(mean)]
        return eqx.tree_at(lambda part: part.bias, given, given.bias + added)

    backward = None if encoder.backward is None else shifted(encoder.backward)
    return eqx.tree_at(
        lambda e: (e.forward, e.backward),
        encoder,
        (shifted(encoder.forward), backward),
        is_leaf=lambda x: x is None,
    )


def start_like(
    model: LFADS, trained_on: Dataset, factors: Sequence[np.ndarray], dataset: Dataset
) -> Start:
    """Where read-ins and read-outs of new sessions start, after the sessions that were trained on.

    Parameters
    ----------
    model
        Trained, with read-ins.
    trained_on
        Its training data.
    factors
        That it infers on their training trials, session by session, `trial time factor`.
    dataset
        The new sessions.
    """
    observation = model.observation
    others, new = (encoded_parts(as_seen(each, observation)) for each in (trained_on, dataset))
    known = [_as_starting(model, number) for number in range(len(others))]
    whole = [
        encoded_part(dataclasses.replace(s, held_out_neurons=np.zeros_like(s.held_out_neurons)))
        for s in as_linked(dataset, observation).sessions
    ]
    links = [log_links(session, observation) for session in dataset.sessions]
    width = dataset.bin_width_s
    read_ins = [read_in_like(session, others, known, width) for session in new]
    read_outs = [
        read_out_like(session, others, factors, width, link)
        for session, link in zip(whole, links, strict=True)
    ]
    return Start(
        [read_in.weights for read_in in read_ins],
        [read_in.offset for read_in in read_ins],
        [read_out.weights for read_out in read_outs],
        [read_out.bias for read_out in read_outs],
    )


def _as_starting(model: LFADS, session: int) -> StartingReadIn:
    read_in = model.of_session(session).read_in
    if read_in is None:
        raise ValueError("a network without read-ins: call `with_read_in` first")
    return StartingReadIn(
        offset=np.asarray(read_in.offset, np.float64),
        weights=np.asarray(read_in.weights, np.float64),
    )


def adapted(model: LFADS, dataset: Dataset, start: Start | None, seed: int) -> LFADS:
    """The network of a run for new sessions, whose maps start as given, or at random.

    Parameters
    ----------
    model
        Trained, with read-ins.
    dataset
        The new sessions.
    start
        Of their read-ins and read-outs.
    seed
        Of random ones.
    """
    slow = model.config.slow_offsets
    shapes = shapes_of(dataset, slow)
    moments = [training_moments(s) for s in dataset.sessions]
    if start is None:
        rng = np.random.default_rng(seed)
        start = random_start(rng, model.config, shapes, means_seen(model.config, moments))
    encoded = [session.encoded_neurons for session in shapes.sessions]
    read_in = initialise_read_ins(
        start.read_in_weights, start.read_in_offsets, encoded, shapes.num_neurons
    )
    observed = observation_start(model.config, moments, start)
    network = dataclasses.replace(
        model,
        read_in=read_in,
        read_out=observed.read_outs[0],
        more_read_outs=observed.read_outs[1:],
        observation_values=observed.own,
        shapes=shapes,
        slow_offsets=initialise_slow_offsets(np.random.default_rng(seed), slow, shapes),
    )
    return with_slow_start(network, dataset)
