"""What inference gives for each trial: labelled arrays, saved as NetCDF."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from lfads.checks import UserError
from lfads.files import written_beside
from lfads.results.netcdf import format_of, read_netcdf, write_netcdf

FORMAT = "lfads posterior"


@dataclass(frozen=True, eq=False)
class Posterior:
    """Posterior averages of every trial of one or several sessions.

    Each session's `xarray.Dataset` holds, with dimensions named as everywhere in the library:

    ==============================  =========================  ==================================
    variable                        dimensions                 meaning, unit
    ==============================  =========================  ==================================
    rates                           trial time neuron          spikes/s
    rates_std                       trial time neuron          posterior spread of the rates
    factors, factors_std            trial time factor          latent factors
    inferred_inputs, …_std          trial time input           inputs that the controller infers
    initial_condition_mean, …_std   trial latent               posterior of the code
    generator_initial_state         trial unit                 generator's state before the first bin
    generator_states                trial time unit            on request
    ==============================  =========================  ==================================

    Coordinates: `split` and `trial_index` on `trial`, `time` in seconds, `condition` on `trial` where
    the data have it, `held_out` on `neuron`, `trial_length` (bins) on `trial`. Bins behind a trial's
    end are NaN.
    """

    sessions: Mapping[str, xr.Dataset]

    @property
    def dataset(self) -> xr.Dataset:
        """The only session's arrays; a UserError if there are several."""
        if len(self.sessions) != 1:
            names = ", ".join(self.sessions)
            raise UserError(f"this posterior holds several sessions: choose one of {names}")
        return next(iter(self.sessions.values()))

    def __getattr__(self, name: str) -> xr.DataArray:
        if name.startswith("_") or name == "sessions":
            raise AttributeError(name)
        try:
            return self.dataset[name]
        except KeyError:
            raise AttributeError(
                f"no `{name}` in this posterior; it holds {list(self.dataset)}"
            ) from None

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write NetCDF: one session at the root, several as a group each.

        Raises
        ------
        UserError
            If there is a file of another kind, which may be a recording. An earlier posterior is replaced.
        """
        path = Path(path)
        if path.is_file() and not is_posterior(path):
            raise UserError(
                f"{path} exists already and is not a posterior: choose another name, or delete it first"
            )
        with written_beside(path) as beside:
            if len(self.sessions) == 1:
                write_netcdf(self.dataset, beside)
            else:
                root = xr.Dataset(attrs={"format": FORMAT, "sessions": list(self.sessions)})
                root.to_netcdf(beside, mode="w", engine="h5netcdf")
                for name, session in self.sessions.items():
                    write_netcdf(session, beside, group=name)
        return path


def is_posterior(path: Path) -> bool:
    """Whether a file is a posterior that this library wrote."""
    return format_of(path) == FORMAT


def open_posterior(path: str | os.PathLike[str]) -> Posterior:
    """Read what `Posterior.save` wrote.

    Raises
    ------
    UserError
        If the file is missing or is not a posterior of this library.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"no posterior at {path}: `run.infer` makes one, and its `save` writes it")
    root = read_netcdf(path)
    if root.attrs.get("format") != FORMAT:
        raise UserError(f"{path} is NetCDF but not a posterior written by `lfads infer`")
    if root.data_vars:
        return Posterior({str(root.attrs.get("session", "session")): root})
    names = [str(name) for name in root.attrs["sessions"]]
    return Posterior({name: read_netcdf(path, group=name) for name in names})
