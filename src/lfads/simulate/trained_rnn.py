"""A recurrent network that is trained to do something: h ← tanh(h W + b + u B), output h C + c.

Trained once a seed and task, by Adam through time, and kept in the cache of the user from then on.
"""

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from lfads.checks import UserError
from lfads.files import CannotWrite, written_beside
from lfads.formats.npz import arrays_of

NUM_UNITS = 64
BATCH = 128
LEARNING_RATE = 2e-3
CLIP = 1.0

Inputs = Float[np.ndarray, "trial time input"]
Targets = Float[np.ndarray, "trial time output"]
Task = Callable[[np.random.Generator, int], tuple[Inputs, Targets]]
"""Draws inputs, and the outputs that are wanted, for so many trials."""


class TrainedRNN(NamedTuple):
    """Weights of the network."""

    recurrent: Float[np.ndarray, "unit unit"]
    bias: Float[np.ndarray, " unit"]
    input_weights: Float[np.ndarray, "input unit"]
    readout: Float[np.ndarray, "unit output"]
    offset: Float[np.ndarray, " output"]
    start: Float[np.ndarray, " unit"]


def trained(name: str, task: Task, seed: int, num_steps: int) -> TrainedRNN:
    """The network for a task and a seed, from the cache if it was trained before.

    Parameters
    ----------
    name
        Of the task, for the cache.
    task
        Draws trials.
    seed
        Of weights and trials.
    num_steps
        Of Adam, on `BATCH` trials each.
    """
    place = _place(name, seed, num_steps)
    try:
        kept = arrays_of(place)
        return TrainedRNN(*(kept[key] for key in TrainedRNN._fields))
    except (UserError, KeyError):
        pass
    found = _train(task, seed, num_steps)
    try:
        with written_beside(place) as beside, beside.open("wb") as file:
            np.savez(file, **found._asdict())
    except (OSError, CannotWrite):
        pass  # it will be trained again
    return found


def _place(name: str, seed: int, num_steps: int) -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or (
        os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None
    )
    folder = Path(base) if base else Path.home() / ".cache"
    about = f"{name} {seed} {num_steps} {NUM_UNITS} {BATCH} {LEARNING_RATE} 1"
    digest = hashlib.blake2b(about.encode(), digest_size=6).hexdigest()
    return folder / "lfads" / "networks" / f"{name}-{seed}-{digest}.npz"


def states_of(network: TrainedRNN, inputs: Inputs) -> Float[np.ndarray, "trial time unit"]:
    """States of the units in each bin. Sums run in a fixed order, whatever library multiplies matrices."""
    state = np.broadcast_to(network.start, (len(inputs), len(network.start)))
    states = np.empty((*inputs.shape[:2], state.shape[1]))
    for time in range(inputs.shape[1]):
        drive = np.einsum("ri,ij->rj", state, network.recurrent) + network.bias
        state = np.tanh(drive + np.einsum("ri,ij->rj", inputs[:, time], network.input_weights))
        states[:, time] = state
    return states


def outputs_of(
    network: TrainedRNN, states: Float[np.ndarray, "trial time unit"]
) -> Float[np.ndarray, "trial time output"]:
    """What the network says in each bin."""
    return np.einsum("rti,ij->rtj", states, network.readout) + network.offset


def _train(task: Task, seed: int, num_steps: int) -> TrainedRNN:
    import jax
    import jax.numpy as jnp
    import optax

    rng = np.random.default_rng(seed)
    inputs, targets = task(rng, 1)
    sizes = (NUM_UNITS, inputs.shape[2], targets.shape[2])
    weights = {
        name: jnp.asarray(value, jnp.float32)
        for name, value in _started(rng, *sizes)._asdict().items()
    }
    rates = optax.cosine_decay_schedule(LEARNING_RATE, num_steps)
    optimizer = optax.chain(optax.clip_by_global_norm(CLIP), optax.adam(rates))

    def cost(own: dict[str, jax.Array], given: jax.Array, wanted: jax.Array) -> jax.Array:
        def step(state: jax.Array, now: jax.Array) -> tuple[jax.Array, jax.Array]:
            drive = state @ own["recurrent"] + now @ own["input_weights"]
            state = jnp.tanh(drive + jnp.broadcast_to(own["bias"], drive.shape))
            return state, state

        first = jnp.broadcast_to(own["start"], (given.shape[0], NUM_UNITS))
        _, states = jax.lax.scan(step, first, given.swapaxes(0, 1))
        said = states @ own["readout"]
        said = said + jnp.broadcast_to(own["offset"], said.shape)
        return ((said - wanted.swapaxes(0, 1)) ** 2).mean()

    @jax.jit
    def learn(
        own: dict[str, jax.Array], state: Any, given: jax.Array, wanted: jax.Array
    ) -> tuple[Any, Any]:
        gradient = jax.grad(cost)(own, given, wanted)
        with jax.numpy_dtype_promotion("standard"):  # optax mixes dtypes of scalars
            updates, state = optimizer.update(gradient, state, own)
        return optax.apply_updates(own, updates), state

    state = optimizer.init(weights)
    for _ in range(num_steps):
        given, wanted = (jnp.asarray(one, jnp.float32) for one in task(rng, BATCH))
        weights, state = learn(weights, state, given, wanted)
    return TrainedRNN(**{name: np.asarray(one, np.float64) for name, one in weights.items()})


def _started(
    rng: np.random.Generator, num_units: int, num_inputs: int, num_outputs: int
) -> TrainedRNN:
    return TrainedRNN(
        recurrent=rng.normal(0.0, num_units**-0.5, (num_units, num_units)),
        bias=np.zeros(num_units),
        input_weights=rng.normal(0.0, num_inputs**-0.5, (num_inputs, num_units)),
        readout=rng.normal(0.0, num_units**-0.5, (num_units, num_outputs)),
        offset=np.zeros(num_outputs),
        start=np.zeros(num_units),
    )
