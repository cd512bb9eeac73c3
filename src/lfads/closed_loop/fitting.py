"""Whether what a wire brings is what a network was trained on: neurons, inputs, width of bins."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Int

from lfads.checks import Problems, first_of
from lfads.closed_loop.packets import About
from lfads.runs.trained_run import Run


class Wanted(NamedTuple):
    """What a network takes; `neurons` is empty where they have no names."""

    num_neurons: int
    neurons: tuple[str, ...]
    num_inputs: int
    bin_width_s: float


def names_of_neurons(run: Run, session: str) -> tuple[str, ...]:
    """Names of the neurons that a run was trained on; none where they have none or the data are gone."""
    dataset = run.training_data_if_there()
    found = [] if dataset is None else [s for s in dataset.sessions if s.name == session]
    if dataset is not None and len(dataset.sessions) == 1:
        found = [dataset.session]
    table = found[0].neuron_table if found else {}
    names = tuple(str(name) for name in table.get("name", ()))
    return names if len(set(names)) == len(names) else ()


def places_of(about: About, wanted: Wanted, place: object) -> Int[np.ndarray, " neuron"] | None:
    """Where the network's neurons are among those of a wire; None where they are as they come.

    Parameters
    ----------
    about
        What the wire says of itself.
    wanted
        What the network takes.
    place
        What messages call the wire.

    Raises
    ------
    UserError
        If neurons, inputs or bins are others.
    """
    problems = Problems(f"{place} does not fit the run")
    width_s = about.bin_width_s
    if about.kind == "counts" and width_s is not None:
        problems.require(
            abs(width_s - wanted.bin_width_s) <= 1e-6 * wanted.bin_width_s,
            f"the run was trained on bins of {wanted.bin_width_s:g} s; these have {width_s:g} s: bin them "
            "again, or send spikes",
        )
    if about.kind == "events" and wanted.num_inputs:
        problems.add(
            f"the run takes {wanted.num_inputs} measured inputs, which come with bins and not with spikes: "
            "send bins of counts"
        )
    elif about.num_values is not None:
        problems.require(
            len(about.inputs) == wanted.num_inputs,
            f"the run takes {wanted.num_inputs} measured inputs; there are {len(about.inputs)}",
        )
    if about.neurons and wanted.neurons:
        places = _by_name(about.neurons, wanted.neurons, problems)
        problems.raise_if_any()
        return None if np.array_equal(places, np.arange(len(about.neurons))) else places
    if about.num_values is not None:
        problems.require(
            about.num_values == wanted.num_neurons,
            f"the run was trained on {wanted.num_neurons} neurons; there are {about.num_values} "
            "channels of neurons, without names that would tell which are meant",
        )
    problems.raise_if_any()
    return None


def _by_name(there: Sequence[str], wanted: Sequence[str], problems: Problems) -> np.ndarray:
    at = {name: place for place, name in enumerate(there)}
    missing = [name for name in wanted if name not in at]
    if missing:
        problems.add(
            f"{len(missing)} of the run's {len(wanted)} neurons are not there by name: "
            f"{first_of(f'`{name}`' for name in missing)}. There are {first_of(f'`{n}`' for n in there)}"
        )
    return np.array([at.get(name, 0) for name in wanted], np.int64)


def said_of(about: About, wanted: Wanted, places: np.ndarray | None) -> list[str]:
    """What is worth saying of how a wire's values are taken."""
    notes = []
    if not (about.neurons and wanted.neurons):
        who = "the stream" if wanted.neurons else "the run"
        notes.append(f"{who} does not name its neurons: they are taken in their order")
    if places is not None:
        notes.append("neurons are chosen by name, in the run's order")
    if about.bin_width_s is None and about.kind == "counts":
        notes.append("the stream does not say how wide its bins are: the run's width is taken")
    return notes
