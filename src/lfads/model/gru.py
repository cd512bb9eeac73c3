"""The parameters of an LFADS gated recurrent unit; the loops over time are in `recurrence`.

The unit applies the reset gate before the recurrent product and clips its state (Pandarinath et
al. 2018, Online Methods eq. 1-4), so it is neither the cuDNN form nor `equinox.nn.GRUCell`.
"""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from lfads.model.first_values import random_weights
from lfads.model.recurrence.gates import GateInputs, GRUWeights, Kernels
from lfads.model.recurrence.gru import gru_sequence
from lfads.model.recurrence.native import gru_by_kernels
from lfads.model.recurrence.paths import Path, is_native
from lfads.model.segments import in_time_segments


class GRU(eqx.Module):
    """Weights of a GRU, its gates in the order update z, reset r, candidate n; and its way through time."""

    input_weights: Float[Array, "input gates"]
    recurrent: Kernels
    bias: Float[Array, " gates"]
    path: Path = eqx.field(static=True, default="scan")

    @property
    def size(self) -> int:
        """Units."""
        return self.recurrent.candidate.shape[0]

    def penalised(self) -> tuple[Array, ...]:
        """What the L2 penalty counts: the recurrent kernels."""
        return tuple(self.recurrent)

    def weights(self) -> GRUWeights:
        """Kernels and biases, gate by gate."""
        gates = slice(2 * self.recurrent.candidate.shape[0])
        candidate = slice(gates.stop, None)
        return GRUWeights(
            inputs=Kernels(self.input_weights[:, gates], self.input_weights[:, candidate]),
            recurrent=self.recurrent,
            bias=GateInputs(self.bias[None, gates], self.bias[None, candidate]),
        )

    def __call__(
        self,
        inputs: Float[Array, "time trial input"],
        initial_state: Float[Array, "trial unit"],
        *,
        state_limit: float,
        valid: Bool[Array, "time trial"] | None = None,
        reverse: bool = False,
        num_segments: int = 1,
    ) -> Float[Array, "time trial unit"]:
        """States at every bin, run towards earlier bins if `reverse`.

        A bin that is not `valid` leaves the state as it was, so a trial of its own length gives the
        same numbers whatever it is padded to.
        """

        def segment(state: Any, xs: Any) -> tuple[Array, Array]:
            inputs, valid = xs
            run = gru_by_kernels if is_native(self.path, inputs) else gru_sequence
            states = run(self.weights(), inputs, state, valid, state_limit, reverse)
            return states[0 if reverse else -1], states

        xs = (inputs, valid)
        return in_time_segments(segment, initial_state, xs, num_segments, reverse=reverse)


def num_weights_of_gru(num_inputs: int, num_units: int) -> int:
    """Weights and biases of a GRU."""
    return 3 * num_units * (num_inputs + num_units + 1)


def initialise_gru(
    rng: np.random.Generator, num_inputs: int, num_units: int, *, joint_fan_in: bool
) -> GRU:
    """Weights ~ N(0, 1/fan_in), gate biases 1, candidate biases 0.

    `joint_fan_in` (the encoders) counts inputs and units together as the fan-in of both kernels.
    """
    fan_in = num_inputs + num_units if joint_fan_in else None
    gate_biases = np.ones(2 * num_units), np.zeros(num_units)
    return GRU(
        input_weights=random_weights(rng, num_inputs, 3 * num_units, fan_in),
        recurrent=Kernels(
            gates=random_weights(rng, num_units, 2 * num_units, fan_in),
            candidate=random_weights(rng, num_units, num_units, fan_in),
        ),
        bias=jnp.asarray(np.concatenate(gate_biases)),
    )
