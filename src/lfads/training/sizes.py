"""What defaults depend on: sizes of the data, and what the machine and the network take of memory.

How many weights a network has: `lfads.model.num_weights`.
"""

from dataclasses import dataclass

import numpy as np

from lfads.config import ModelSettings
from lfads.config.settings import Recurrence
from lfads.data.dataset import Dataset
from lfads.devices import all_devices, local_devices, memory_bytes
from lfads.model.observations.observation import USUAL
from lfads.model.shapes import Shapes, shapes_of
from lfads.stitching.shared import why_no_conditions
from lfads.training.batching import joined_trials, trial_arrays, trial_bytes
from lfads.training.trials import default_observation

MEMORY_SHARE = 0.25
"""Share of the machine's memory that training may fill."""

CPU_ACTIVATION_BYTES = 512 * 2**20
"""Kept for the backward pass on a CPU; computing segments of time again costs little there."""

KERNEL_ACTIVATION_BYTES = 2 * 2**30
"""The same with compiled kernels, which lose a quarter of their speed by computing segments again."""


@dataclass(frozen=True)
class DataSizes:
    """What defaults depend on of the data.

    `observation` is the one that suits, and `why_observation` says why. `not_by_conditions` says why
    sessions cannot be aligned by conditions, if they cannot.
    """

    shapes: Shapes
    num_training_trials: int
    trial_bytes: int
    trial_lengths: tuple[int, ...]
    not_by_conditions: str = ""
    bin_width_s: float | None = None
    observation: str = USUAL["counts"]
    why_observation: str = "for spike counts"


@dataclass(frozen=True)
class Machine:
    """What defaults depend on of the machine.

    Parameters
    ----------
    num_devices
        Devices that may share a batch.
    memory_bytes
        That training may fill.
    activation_bytes
        That one step may keep for its backward pass before it computes time in segments.
    data_bytes
        That trials may take on one device.
    platform
        Of the devices, as JAX calls it.
    """

    num_devices: int
    memory_bytes: int
    activation_bytes: int
    data_bytes: int
    platform: str = "cpu"


def sizes_of(dataset: Dataset) -> DataSizes:
    """What defaults depend on."""
    sessions = dataset.sessions
    lengths = np.concatenate([s.trial_length[s.of_split("train")] for s in sessions])
    one_each = [trial_arrays(s, np.arange(s.num_trials) == 0) for s in sessions]
    return DataSizes(
        shapes=shapes_of(dataset),
        num_training_trials=len(lengths),
        trial_bytes=trial_bytes(joined_trials(one_each, [0] * len(sessions))),
        trial_lengths=tuple(lengths.tolist()),
        not_by_conditions=why_no_conditions(sessions),
        bin_width_s=dataset.bin_width_s,
        observation=default_observation(dataset),
        why_observation="as the data say"
        if dataset.observation
        else "for spike counts"
        if dataset.kind == "counts"
        else "for real values",
    )


def this_machine() -> Machine:
    """Devices, and the memory that a training step may fill."""
    memory, local = int(MEMORY_SHARE * memory_bytes()), local_devices()
    if local[0].platform == "cpu":
        return machine_of_cores(len(all_devices()), len(local))
    return Machine(
        num_devices=len(all_devices()), memory_bytes=memory, activation_bytes=memory,
        data_bytes=memory // 2, platform=local[0].platform,
    )  # fmt: skip


def machine_of_cores(num_devices: int, num_local: int) -> Machine:
    """Cores of CPUs, so many of them of this machine, whose memory they share."""
    memory = int(MEMORY_SHARE * memory_bytes())
    return Machine(
        num_devices=num_devices, memory_bytes=memory,
        activation_bytes=min(memory, CPU_ACTIVATION_BYTES), data_bytes=memory // (2 * num_local),
    )  # fmt: skip


def activation_bytes(
    model: ModelSettings, batch_size: int, shapes: Shapes, recurrence: Recurrence = "scan"
) -> int:
    """Rough bytes that one training step keeps without gradient checkpointing.

    Per bin and trial, each GRU keeps its state and three gates and, if it is scanned, as much again
    passes through as input products and gradients; the read-out keeps a few copies of the rates.
    """
    directions = 4 if model.num_inferred_inputs else 2
    units = directions * model.encoder_size + model.generator_size
    if model.num_inferred_inputs:
        units += model.controller_size
    copies = 5 if len(shapes.sessions) == 1 else 8
    values = (
        (10 if recurrence == "scan" else 5) * units
        + copies * shapes.num_neurons
        + 4 * model.num_factors
    )
    return 4 * values * batch_size * shapes.num_bins
