"""What the data fix about the network: neurons of each session, bins, and external inputs."""

from typing import Any, NamedTuple

import numpy as np

from lfads.data.dataset import Dataset
from lfads.data.places import Places, training_places


class SessionShape(NamedTuple):
    """Neurons of one session: all are reconstructed, those at `encoded_neurons` are also encoded."""

    num_neurons: int
    encoded_neurons: tuple[int, ...]

    @property
    def num_encoded_neurons(self) -> int:
        """Neurons that the encoders see."""
        return len(self.encoded_neurons)


class Shapes(NamedTuple):
    """What the data fix about the network.

    `slow_places` are those of each session's training trials, for networks with slow offsets.
    """

    sessions: tuple[SessionShape, ...]
    num_bins: int
    num_forward_bins: int
    num_external_inputs: int
    slow_places: tuple[Places, ...] = ()

    def __repr__(self) -> str:
        # digests are made of it, and places are left out where there are none
        said = [f"{k}={v!r}" for k, v in self._asdict().items() if k != "slow_places" or v]
        return f"Shapes({', '.join(said)})"

    @property
    def num_encoded_bins(self) -> int:
        """Bins that the encoders see."""
        return self.num_bins - self.num_forward_bins

    @property
    def num_encoded_neurons(self) -> int:
        """Encoded neurons of all sessions together."""
        return sum(s.num_encoded_neurons for s in self.sessions)

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


def shapes_of(dataset: Dataset, slow_offsets: int = 0) -> Shapes:
    """What the data fix about the network, which may have slow offsets."""
    return Shapes(
        sessions=tuple(
            SessionShape(s.num_neurons, tuple(int(i) for i in np.flatnonzero(~s.held_out_neurons)))
            for s in dataset.sessions
        ),
        num_bins=max(s.num_bins for s in dataset.sessions),
        num_forward_bins=dataset.num_forward_bins,
        num_external_inputs=dataset.sessions[0].num_external_inputs,
        slow_places=training_places(dataset) if slow_offsets else (),
    )


def shapes_to_dict(shapes: Shapes) -> dict[str, Any]:
    """Shapes as plain values for a header; places of trials only where there are any."""
    values = {**shapes._asdict(), "sessions": [s._asdict() for s in shapes.sessions]}
    places = values.pop("slow_places")
    return {**values, "slow_places": [list(each) for each in places]} if places else values


def shapes_from_dict(values: dict[str, Any]) -> Shapes:
    """Shapes from what `shapes_to_dict` made."""
    sessions = [(s["num_neurons"], tuple(s["encoded_neurons"])) for s in values["sessions"]]
    places = tuple(tuple(map(float, each)) for each in values.get("slow_places", ()))
    known = {**values, "sessions": tuple(SessionShape(*each) for each in sessions)}
    return Shapes(**{**known, "slow_places": places})
