"""What results become in an NWB file: series, a table of neurons, and one of trials, added by pynwb."""

import json
import warnings
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import xarray as xr

from lfads.data.dataset import Dataset

MODULE = "ecephys"
PREFIX = "lfads_"
TRIALS = f"{PREFIX}trials"
MARK = "LFADS results: "
VARIABLES = {
    "rates": "predicted mean of each neuron",
    "factors": "latent factors",
    "inferred_inputs": "inputs to the generator that the controller infers",
    "generator_states": "states of the generator",
}
OF_TRIALS = ("initial_condition_mean", "initial_condition_std", "generator_initial_state", "bound")
_UNITS = {"spikes/s": "Hz", "1": "a.u."}


class OnClock(NamedTuple):
    """Results sample by sample: times of bins' centres, variables, and the trial that each sample is of."""

    time_s: np.ndarray
    variables: Mapping[str, xr.Variable]
    trial: np.ndarray | None


def add_results(path: Path, found: OnClock, session: xr.Dataset, dataset: Dataset) -> None:
    """Add a module with the results to the copy."""
    pynwb = import_module("pynwb")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of versions of schemas, cached ones too
        with pynwb.NWBHDF5IO(str(path), "a", load_namespaces=True) as file:
            content = file.read()
            about = _provenance(session)
            module = content.processing.get(MODULE) or content.create_processing_module(
                MODULE, "processed extracellular recordings"
            )
            for name, variable in found.variables.items():
                module.add(_series(pynwb, name, variable, found.time_s, about, session))
            if found.trial is not None:
                module.add(
                    pynwb.TimeSeries(
                        name=f"{PREFIX}trial_index", data=found.trial, unit="row", comments=about,
                        description="row of the table of trials, or of events, that each sample is of",
                        **_clock(found.time_s),
                    )
                )  # fmt: skip
            module.add(_units(pynwb, content, session, dataset))
            module.add(_trials(pynwb, session))
            file.write(content)


def _series(
    pynwb: Any,
    name: str,
    variable: xr.Variable,
    time_s: np.ndarray,
    about: str,
    session: xr.Dataset,
) -> Any:
    unit = str(variable.attrs.get("units", "1"))
    of = name.removesuffix("_std")
    what = VARIABLES[of] if of == name else f"standard deviation of {of}: how far the truth may be"
    width = session.attrs["bin_width_s"]
    columns = {"rates": "; columns are the rows of `lfads_neurons`"}.get(of, "")
    return pynwb.TimeSeries(
        name=f"{PREFIX}{name}", data=np.asarray(variable.values), comments=about,
        unit=_UNITS.get(unit, unit),
        description=f"{what}, in bins of {width:g} s whose centres are the times{columns}",
        **_clock(time_s),
    )  # fmt: skip


def _clock(time_s: np.ndarray) -> dict[str, Any]:
    """A rate where samples follow each other evenly, else a time each."""
    steps = np.diff(time_s)
    if len(steps) and np.ptp(steps) < 1e-6 * steps[0]:
        return {"rate": float(1 / np.median(steps)), "starting_time": float(time_s[0])}
    return {"timestamps": time_s}


def _units(pynwb: Any, content: Any, session: xr.Dataset, dataset: Dataset) -> Any:
    """Which unit of the recording each column of the rates is."""
    rows = [int(row) for row in dataset.prepared.get("unit_rows", ())]
    held_out = session["held_out"].values.astype(bool).tolist()
    table = _table(
        pynwb,
        f"{PREFIX}neurons",
        "Of each column of the rates, in their order",
        {"held_out": ("whether the network did not see the neuron", held_out)},
    )
    if content.units is not None and len(rows) == session.sizes["neuron"]:
        table.add_column(
            name="unit", description="row of the table of units", data=rows, table=content.units
        )
    return table


def _trials(pynwb: Any, session: xr.Dataset) -> Any:
    """What was inferred of each trial as a whole."""
    columns = {
        "trial_index": session["trial_index"].values,
        "split": session["split"].values.astype(str).tolist(),
        **{name: session[name].values for name in OF_TRIALS if name in session},
    }
    said = {
        "trial_index": "row of the table of trials, or number of the event",
        "split": "train, valid or test",
    }
    return _table(
        pynwb,
        TRIALS,
        f"{MARK}{_sentence(session)}. Of each trial as a whole",
        {name: (said.get(name, name.replace("_", " ")), data) for name, data in columns.items()},
    )


def _table(pynwb: Any, name: str, description: str, columns: Mapping[str, tuple[str, Any]]) -> Any:
    """A table of columns, each with what it is."""
    return pynwb.core.DynamicTable(
        name=name,
        description=description,
        columns=[
            pynwb.core.VectorData(name=key, description=said, data=data)
            for key, (said, data) in columns.items()
        ],
    )


def _sentence(session: xr.Dataset) -> str:
    run = session.attrs.get("run") or session.attrs.get("imported_from") or "an unnamed run"
    return f"rates, factors and inputs inferred by latent factor analysis via dynamical systems ({run})"


def _provenance(session: xr.Dataset) -> str:
    """All that the results say of where they come from, as JSON."""
    plain = {
        str(key): value.item() if isinstance(value, np.generic) else value
        for key, value in session.attrs.items()
    }
    return json.dumps(plain)
