"""The loop's own work: one bin in, what is inferred of it out. It knows no wire and no clock.

For a bin that is missing stands what the network predicted in the bin before, as counts per bin or
signals; while the initial condition is still inferred, the mean of the bins so far. Measured inputs stay as
they were.
"""

import numpy as np

from lfads.analysis.linear_decoder import DecodedBins, LinearDecoder
from lfads.closed_loop.engines import Engine
from lfads.closed_loop.packets import Inferred, Ready
from lfads.closed_loop.tally import Tally


class Loop:
    """Infers bins one after another.

    Parameters
    ----------
    engine
        What infers a bin.
    num_neurons, num_external
        Values and measured inputs of a bin.
    width_of_counts_s
        Bin width of counts, whose rates are in spikes/s; 1 of signals.
    decoder
        Of behaviour; None for none.
    tally
        Counts what happens.
    """

    def __init__(
        self,
        engine: Engine,
        num_neurons: int,
        num_external: int,
        width_of_counts_s: float,
        decoder: LinearDecoder | None,
        tally: Tally,
    ) -> None:
        self._engine, self._width_s, self._tally = engine, width_of_counts_s, tally
        self._signal = "" if decoder is None else decoder.signal
        self._decoded = None if decoder is None else DecodedBins(decoder)
        self._nothing = np.zeros(num_neurons, np.float32), np.zeros(num_external, np.float32)
        self._begin(0)

    def infer(self, ready: Ready) -> Inferred | None:
        """What is inferred of a bin; None while the initial condition is."""
        if ready.began:
            self._begin(ready.trial)
        values = self._predicted() if ready.values is None else ready.values
        if ready.external is not None:
            self._external = ready.external
        found = self._engine.step(values, self._external)
        self._tally.bins += 1
        if found is None:
            self._sum = self._sum + np.nan_to_num(values)
            self._number += 1
            return None
        self._rates = found.rates
        decoded = None
        if self._decoded is not None:
            decoded = self._decoded.step(getattr(found, self._signal))
        return Inferred(
            ready.trial, ready.number, ready.values is None, ready.sent_s, *found, decoded
        )

    def _begin(self, trial: int) -> None:
        self._engine.begin(trial)
        if self._decoded is not None:
            self._decoded.begin()
        self._sum, self._external = self._nothing
        self._number, self._rates = 0, None

    def _predicted(self) -> np.ndarray:
        if self._rates is None:
            return np.asarray(self._sum / max(1, self._number), np.float32)
        return np.asarray(self._rates * self._width_s, np.float32)
