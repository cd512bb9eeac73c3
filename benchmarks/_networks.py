"""Networks and random data of the sizes that benchmarks measure at."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import lfads

STEPS = 8
"""Steps of an epoch, unless a size says how many trials there are."""


@dataclass(frozen=True)
class Sizes:
    """Of a data set and a network."""

    neurons: int
    bins: int
    batch: int
    generator: int
    encoder: int
    controller: int
    factors: int = 20
    inferred_inputs: int = 1
    held_out: int = 0
    forward_bins: int = 0
    trials: int | None = None

    @property
    def num_trials(self) -> int:
        """Trials to train on: a few batches unless said."""
        return STEPS * self.batch if self.trials is None else self.trials

    @property
    def step_flops(self) -> float:
        """Multiplications and additions of the matrix products, forward and twice that backward."""
        encoded, decoded = self.bins - self.forward_bins, self.bins
        seen = self.neurons - self.held_out

        def gru(inputs: int, units: int) -> int:
            return 3 * units * (inputs + units)

        encoders = 4 * gru(seen, self.encoder)
        controller = gru(2 * self.encoder + self.factors, self.controller)
        controller += self.controller * 2 * self.inferred_inputs
        generator = gru(self.inferred_inputs, self.generator)
        read_out = self.generator * self.factors + self.factors * self.neurons
        per_trial = encoded * encoders + decoded * (controller + generator + read_out)
        return 3 * 2.0 * self.batch * per_trial


SIZES = {
    "small": Sizes(neurons=30, bins=100, batch=128, generator=100, encoder=64, controller=64),
    "paper": Sizes(neurons=50, bins=100, batch=128, generator=200, encoder=128, controller=128),
    "nlb": Sizes(
        neurons=182, held_out=45, bins=180, forward_bins=40, batch=256,
        generator=200, encoder=100, controller=80, factors=100, inferred_inputs=4,
    ),
    "wide": Sizes(
        neurons=1000, bins=200, batch=128, generator=512, encoder=256, controller=256, factors=40,
        inferred_inputs=4,
    ),
    "long": Sizes(
        neurons=40, bins=900, batch=64, generator=100, encoder=64, controller=64, trials=300,
    ),
    "tiny": Sizes(neurons=8, bins=20, batch=16, generator=16, encoder=16, controller=16),
}  # fmt: skip


def random_dataset(sizes: Sizes) -> lfads.Dataset:
    """Counts without structure: time and memory do not depend on it."""
    shape = (sizes.num_trials, sizes.bins, sizes.neurons)
    counts = np.random.default_rng(0).poisson(0.1, shape).astype(np.uint8)
    return lfads.Dataset.from_arrays(
        counts,
        bin_width_s=0.01,
        split=["train"] * sizes.num_trials,
        held_out_neurons=np.arange(sizes.neurons) < sizes.held_out,
        num_forward_bins=sizes.forward_bins,
        source="random counts",
    )


def config_of(sizes: Sizes, **training: Any) -> lfads.RunConfig:
    """The network of these sizes, with settings of the training run."""
    return lfads.RunConfig(
        model=lfads.ModelConfig(
            num_factors=sizes.factors,
            generator_size=sizes.generator,
            encoder_size=sizes.encoder,
            controller_size=sizes.controller,
            num_inferred_inputs=sizes.inferred_inputs,
        ),
        training=lfads.TrainingConfig(batch_size=sizes.batch, **training),
    )
