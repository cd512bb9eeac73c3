"""What arrives from a wire, what is made of it, and what goes out; and what a wire says of its values."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

SourceKind = Literal["counts", "events"]

NOTHING = np.zeros(0, np.float32)


@dataclass(frozen=True)
class BinSent:
    """The values of one bin, as a source sent them.

    Parameters
    ----------
    values
        Of every neuron that the source has.
    external
        Measured inputs.
    number
        Of the bin in its trial, from 0; None where the source does not count.
    trial
        Number of the trial; None where the source does not say.
    sent_s
        When the bin ended, in seconds of the receiver's clock as well as it is known; NaN if it is not.
    arrived_s
        When it was received.
    """

    values: Float[np.ndarray, " neuron"]
    external: Float[np.ndarray, " external_input"]
    number: int | None
    trial: int | None
    sent_s: float
    arrived_s: float


@dataclass(frozen=True)
class SpikesSent:
    """Spikes, as a source sent them.

    Parameters
    ----------
    times_s, neurons
        Of each spike, in seconds of the sender's clock; the neuron by its place, from 0.
    arrived_s
        When they were received.
    until_s
        All spikes before this have been sent; NaN where the source does not say.
    begins
        Whether a trial begins at `until_s`.
    offset_s
        What is added to the sender's times for those of the receiver's clock, as well as it is known.
    """

    times_s: Float[np.ndarray, " spike"]
    neurons: Int[np.ndarray, " spike"]
    arrived_s: float
    until_s: float = float("nan")
    begins: bool = False
    offset_s: float = 0.0


@dataclass(frozen=True)
class Broken:
    """The source was lost, or is there again."""

    at_s: float
    is_back: bool


Packet = BinSent | SpikesSent | Broken


@dataclass(frozen=True)
class About:
    """What a wire says of its values.

    Parameters
    ----------
    kind
        Counts or signals bin by bin, or single spikes.
    num_values
        Neurons; None where only the values themselves will tell.
    neurons
        Their names; empty where they have none.
    inputs
        Names of measured inputs, behind the neurons.
    bin_width_s
        None where it does not say.
    """

    kind: SourceKind
    num_values: int | None
    neurons: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    bin_width_s: float | None = None


class Ready(NamedTuple):
    """A bin that can be inferred; `values` is None if nothing came and something must stand in.

    `began` says why a trial begins with it; empty if it goes on.
    """

    trial: int
    number: int
    values: Float[np.ndarray, " neuron"] | None
    external: Float[np.ndarray, " external_input"] | None
    sent_s: float
    arrived_s: float
    began: str = ""


@dataclass(frozen=True)
class Inferred:
    """What goes out for a bin: rates in spikes/s for counts, else in the unit of the signals.

    `is_filled` says that nothing came in this bin, and what the network had predicted stood in.
    """

    trial: int
    number: int
    is_filled: bool
    sent_s: float
    rates: Float[np.ndarray, " neuron"]
    factors: Float[np.ndarray, " factor"]
    inferred_inputs: Float[np.ndarray, " input"] | None
    decoded: Float[np.ndarray, " channel"] | None


@dataclass(frozen=True)
class Names:
    """Names of what goes out, in order."""

    neurons: tuple[str, ...]
    factors: tuple[str, ...]
    inferred_inputs: tuple[str, ...]
    decoded: tuple[str, ...]
    unit: str = "spikes/s"
    bin_width_s: float = 0.0
    parts: tuple[str, ...] = field(default=("rates", "factors", "inferred_inputs", "decoded"))

    def of(self, part: str) -> tuple[str, ...]:
        """Names of one of the parts."""
        return self.neurons if part == "rates" else getattr(self, part)


def parts_of(made: Inferred) -> dict[str, np.ndarray]:
    """What is there of a bin, by name, in the order of `Names.parts`."""
    found = {
        "rates": made.rates,
        "factors": made.factors,
        "inferred_inputs": made.inferred_inputs,
        "decoded": made.decoded,
    }
    return {name: values for name, values in found.items() if values is not None}
