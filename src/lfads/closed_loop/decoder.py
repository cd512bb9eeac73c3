"""Behaviour from factors or rates, bin by bin: a linear map of a signal and its past.

y_t = b + sum_k s_{t - k step} W_k, with the first bin in place of what was before it, as in `lfads.analysis`.
"""

from collections import deque
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

Signal = Literal["factors", "rates"]


@dataclass(frozen=True)
class LinearDecoder:
    """A linear decoder of a network's signal.

    Parameters
    ----------
    behavior
        The series that it gives.
    channels
        Names of its channels.
    signal
        What it reads.
    weights
        Of the signal now, `step` bins before, and so on.
    bias
        Of each channel.
    step
        Bins between two values of the past.
    r2
        R² of each channel on trials that were left out, when it was fitted.
    """

    behavior: str
    channels: tuple[str, ...]
    signal: Signal
    weights: Float[np.ndarray, "lag feature channel"]
    bias: Float[np.ndarray, " channel"]
    step: int
    r2: tuple[float, ...] = ()

    @property
    def num_features(self) -> int:
        """Dimensions of the signal."""
        return self.weights.shape[1]

    @property
    def memory(self) -> int:
        """Bins of the signal that are kept, this one among them."""
        return 1 + self.step * (self.weights.shape[0] - 1)


class Decoding:
    """A decoder at work."""

    def __init__(self, decoder: LinearDecoder) -> None:
        self._decoder = decoder
        self._flat = decoder.weights.reshape(-1, len(decoder.channels))
        self.begin()

    def begin(self) -> None:
        """Begin a new trial."""
        self._past: deque[np.ndarray] = deque(maxlen=self._decoder.memory)

    def step(self, signal: Float[np.ndarray, " feature"]) -> Float[np.ndarray, " channel"]:
        """Behaviour of the next bin."""
        decoder = self._decoder
        self._past.append(np.asarray(signal, np.float32))
        last = len(self._past) - 1
        lags = range(decoder.weights.shape[0])
        seen = np.concatenate([self._past[max(last - k * decoder.step, 0)] for k in lags])
        return seen @ self._flat + decoder.bias
