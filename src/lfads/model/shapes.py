"""What the data fix about the network: neurons of each session, bins, and external inputs."""

from typing import NamedTuple

import numpy as np


class SessionShape(NamedTuple):
    """Neurons of one session: all are reconstructed, those at `encoded_neurons` are also encoded."""

    num_neurons: int
    encoded_neurons: tuple[int, ...]

    @property
    def num_encoded_neurons(self) -> int:
        """Neurons that the encoders see."""
        return len(self.encoded_neurons)


class Shapes(NamedTuple):
    """What the data fix about the network."""

    sessions: tuple[SessionShape, ...]
    num_bins: int
    num_forward_bins: int
    num_external_inputs: int

    @property
    def num_encoded_bins(self) -> int:
        """Bins that the encoders see."""
        return self.num_bins - self.num_forward_bins

    @property
    def num_neurons(self) -> int:
        """Neurons of the widest session."""
        return max(s.num_neurons for s in self.sessions)

    @property
    def mean_neurons(self) -> float:
        """Neurons of a session on average."""
        return sum(s.num_neurons for s in self.sessions) / len(self.sessions)

    def neurons_of_sessions(self) -> tuple[np.ndarray, np.ndarray]:
        """Masks of each session's neurons and of its encoded ones, `session neuron`."""
        places = np.arange(self.num_neurons)
        there = places < np.array([[s.num_neurons] for s in self.sessions])
        encoded = np.array([np.isin(places, s.encoded_neurons) for s in self.sessions])
        return there, encoded
