"""What inference gives for each trial: labelled arrays, saved as NetCDF."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from lfads.checks import UserError
from lfads.files import refuse_other_kinds
from lfads.paths import printable, refuse_to_replace, regular_file
from lfads.results.described import in_words, tables_of
from lfads.results.netcdf import read_netcdf, read_results
from lfads.results.netcdf_format import FORMAT
from lfads.results.writers import Format, format_for, places_of, write_files
from lfads.tables import html_of

DIMENSIONS = ("trial", "time", "neuron", "factor", "input", "latent", "unit", "slow_offset")
SPREAD = (
    "rates", "factors", "inferred_inputs", "generator_initial_state", "generator_states",
)  # fmt: skip
"""Variables that are averages over posterior samples, each with its `…_std`."""

RESERVED = (
    *DIMENSIONS, *SPREAD, *(f"{name}_std" for name in SPREAD),
    "initial_condition_mean", "initial_condition_std",
    "initial_condition_prior_mean", "initial_condition_prior_std",
    "inferred_input_prior_std", "inferred_input_prior_correlation_s", "inferred_input_prior_mean",
    "inferred_input_prior_degrees_of_freedom",
    "bound", "bound_gain", "slow_offsets", "slow_offset_weights",
    "split", "trial_index", "trial_length", "condition", "held_out", "name", "area",
)  # fmt: skip
"""Names that no other column of a posterior has, whether they are in it or not."""

MADE_BY = "`run.infer` makes one, and its `save` writes it"

KNOWS_CONDITIONS = "knows_conditions"
"""Attribute of a session's results, 1 where rates were made from the conditions of the trials."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Posterior averages of every trial of one or several sessions.

    Each session's `xarray.Dataset` holds, with dimensions named as everywhere in the library:

    =========================================  ==================  =================================
    variable                                   dimensions          meaning, unit
    =========================================  ==================  =================================
    rates                                      trial time neuron   predicted mean, in its attribute
                                                                   `units`: spikes/s for counts
    factors                                    trial time factor   latent factors
    inferred_inputs                            trial time input    inputs that the controller infers
    generator_initial_state                    trial unit          generator before the first bin
    generator_states                           trial time unit     on request
    initial_condition_mean, …_std              trial latent        posterior of the code
    initial_condition_prior_mean, …_std        latent              its prior
    inferred_input_prior_std                   input               of the inputs' prior, in any bin
    inferred_input_prior_correlation_s         input               its correlation time, seconds
    inferred_input_prior_mean                  input               its mean, where it is not 0
    inferred_input_prior_degrees_of_freedom    input               of Student's t, where that is its form
    bound                                      trial               of refined posteriors: evidence
                                                                   lower bound of encoded samples, nats
    bound_gain                                 trial               by how much refining raised it
    slow_offsets                               trial slow_offset   courses over the session; with their
                                                                   weights the part of log-rates, or of
                                                                   other read-outs, that drifts
    slow_offset_weights                        neuron slow_offset  root mean square over neurons 1
    observation_NAME                           neuron, or trial    what else the observation's
                                               time neuron         distribution has
    behavior_NAME                              trial time channel  as recorded
    =========================================  ==================  =================================

    Averages over posterior samples have their spread as `…_std`. Coordinates: `time` in seconds; on
    `trial` `split`, `trial_index`, `trial_length` (bins), `condition` and every column of the trial table;
    on `neuron` `held_out`, `name`, `area` and every column of the neuron table. A column whose name is
    taken is `trial_NAME` or `unit_NAME`. What a result lacks is absent. Bins behind a trial's end are NaN.

    Examples
    --------
    >>> posterior
    Posterior('session': 50 trials, 12 bins, 5 neurons; rates, factors, inferred_inputs and 7 more)
    >>> posterior.rates.dims, posterior.factors.dims
    (('trial', 'time', 'neuron'), ('trial', 'time', 'factor'))
    >>> posterior.rates.sel(trial=posterior.dataset["condition"] == "left").shape
    (25, 12, 5)
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

    def __dir__(self) -> list[str]:
        """What there is, for completion: of the only session also its variables and labels."""
        own = object.__dir__(self)
        if len(self.sessions) != 1:
            return [name for name in own if name != "dataset"]
        names = [str(name) for name in self.dataset.variables]
        return [*own, *(name for name in names if name.isidentifier())]

    def __repr__(self) -> str:
        return f"Posterior({in_words(self.sessions)})"

    def _repr_html_(self) -> str:
        return html_of("Posterior", lambda: tables_of(self.sessions))

    def save(
        self,
        path: str | os.PathLike[str],
        format: str | Format | None = None,
        *,
        overwrite: bool = False,
    ) -> Path:
        """Write a file: NetCDF, or another format.

        Parameters
        ----------
        path
            Of the file; of a folder where a format keeps these results in several files.
        format
            The format, or its name, such as `netcdf` or `mat`; by default that of the path's suffix.
        overwrite
            Replace a file of another kind, too.

        Raises
        ------
        UserError
            If there is no such format, or a file of another kind, which may be a recording. An earlier
            posterior is replaced.
        """
        path = Path(path)
        writer = format_for(path, format)
        places = places_of(writer, self.sessions, path)
        for place in places:
            refuse_to_replace(place, writer.is_own, "is not a posterior", overwrite=overwrite)
        write_files(writer, places)
        return path


def refuse_other_than_posterior(path: Path, overwrite: bool = False) -> None:
    """Raise unless `path` is free, or an earlier posterior of the format of its suffix lies there.

    Any file is replaced if it is to be overwritten.
    """
    refuse_other_kinds(path)
    refuse_to_replace(path, format_for(path).is_own, "is not a posterior", overwrite=overwrite)


def open_posterior(path: str | os.PathLike[str]) -> Posterior:
    """Read what `Posterior.save` wrote.

    Raises
    ------
    UserError
        If the file is missing, is not a posterior of this library, or has another version of its layout.

    Examples
    --------
    >>> path = posterior.save(folder / "posterior.nc")
    >>> lfads.open_posterior(path).rates.shape
    (50, 12, 5)
    """
    path = regular_file(path, MADE_BY, missing="there is no posterior")
    root = read_results(path, FORMAT, "not a posterior written by `lfads infer`")
    if root.data_vars:
        return Posterior({_name(root.attrs.get("session"), path): root})
    names = [_name(name, path) for name in np.ravel(root.attrs.get("sessions", ()))]
    return Posterior({name: read_netcdf(path, group=name) for name in names})


def _name(found: object, path: Path) -> str:
    if not isinstance(found, str):
        raise UserError(
            f"{printable(path)}: is damaged: it does not say whose results it holds. Infer again"
        )
    return found
