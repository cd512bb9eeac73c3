"""Averages of some bins of each trial, where more were inferred than are asked for."""

from typing import Any

import numpy as np

from lfads.arrays import PerTrial
from lfads.inference.averages import PosteriorArrays, Sample


def at_bins(
    arrays: PosteriorArrays, first: PerTrial, num_bins: int, *, generator_states: bool
) -> PosteriorArrays:
    """Averages of so many bins of each trial, from its own first one on, as if it began there.

    The generator's initial state is that before the first of these bins, so that inputs lead on from it.
    The posterior of the code is of the whole trial, whose beginning it describes. Behind the last bin that
    there is, it is repeated.

    Parameters
    ----------
    arrays
        Averages, with the generator's states.
    first
        The first bin of each trial.
    num_bins
        Of the result.
    generator_states
        Whether the result has the generator's states.
    """
    trial = np.arange(len(first))
    bins = first[:, None] + np.arange(num_bins)

    def cut(values: Any) -> Any:
        if values is None:
            return None
        return values[trial[:, None], np.minimum(bins, values.shape[1] - 1)]

    def of(sample: Sample) -> Sample:
        states = sample.generator_states
        if states is None:
            raise ValueError("averages without the generator's states: infer them as well")
        before = states[trial, np.maximum(first - 1, 0)]
        begins = (first > 0)[:, None]
        return sample._replace(
            rates=cut(sample.rates),
            factors=cut(sample.factors),
            inferred_inputs=cut(sample.inferred_inputs),
            generator_initial_state=np.where(begins, before, sample.generator_initial_state),
            generator_states=cut(states) if generator_states else None,
            over_time={name: cut(values) for name, values in sample.over_time.items()},
        )

    return arrays._replace(mean=of(arrays.mean), std=of(arrays.std))
