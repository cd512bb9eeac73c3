"""Trials of one recording, of spike counts or of signals, with what belongs to trials and to neurons.

Arrays are rectangular: trials of their own length are padded with zeros behind `trial_length`. What
is missing is marked in `observed`. `Dataset.from_arrays` makes sessions that are checked.

`Session` is the only list of what a session holds: each attribute says what it is (`Field`), and `FIELDS`
are all of them. Readers, writers, checks, selection, windows and tables loop over these.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from lfads.arrays import Counts, NeuronMask, Observed, PerTrial, Rates, Signals, TrialMask
from lfads.checks import UserError, many
from lfads.tables import Table, html_of

ValueKind = Literal["counts", "real"]
STORED: dict[ValueKind, str] = {"counts": "spikes", "real": "signals"}
"""Under which name files and functions know values of a kind."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """What one attribute of a session is.

    Parameters
    ----------
    name
        Of the attribute, of the parameter of `Dataset.from_arrays`, and of the array in files. That of
        the values is `spikes` or `signals` there.
    axes
        Of the array; a series may have further ones behind.
    by_name
        Arrays by name, each with these axes, instead of one.
    fill
        What stands behind the end of a trial, and where nothing is known.
    label
        In the table of `lfads show`; empty where other rows say it.
    also
        Other names of it in `.npz` and `.mat`.
    trained_on
        Whether training sees it: `always`, beside other sessions (`several`), or `never`.
    known_truth
        Whether only simulations know it.
    """

    axes: tuple[str, ...]
    name: str = ""
    by_name: bool = False
    fill: float = np.nan
    label: str = ""
    also: tuple[str, ...] = ()
    trained_on: str = "never"
    known_truth: bool = False

    @property
    def over_time(self) -> bool:
        """Whether it has a value for each bin of each trial."""
        return self.axes[:2] == ("trial", "time")

    def each(self, value: Any, change: Callable[[np.ndarray], Any]) -> Any:
        """The value with its array, or each of its arrays, changed; None stays None."""
        if value is None:
            return None
        return {k: change(v) for k, v in value.items()} if self.by_name else change(value)


def _about(axes: str, **what: Any) -> dict[str, Field]:
    return {"about": Field(axes=tuple(axes.split()), **what)}


@dataclass(frozen=True, eq=False, kw_only=True)
class Session:
    """Trials of one recording, of spikes or of signals.

    Parameters
    ----------
    name
        Name of the session.
    values
        What was recorded, `trial time neuron`, 0 where padded or not observed: counts per bin as u8 or u16
        (`spikes`), or real values as float32, such as fluorescence or field potentials (`signals`). A
        channel of signals is called a neuron, whatever it records.
    split
        `train`, `valid` or `test` for each trial.
    trial_length
        Bins of each trial, forward bins included.
    trial_index
        Position of each trial in the source.
    observed
        False where a sample is missing; None if none is.
    held_out_neurons
        True for neurons that are reconstructed but never encoded.
    condition
        Label of each trial, whole numbers or text; fractions are kept as text.
    external_inputs
        Measured inputs, `trial time channel`, in their own units.
    behavior
        Named series, `trial time channel`, in their own units; NaN where missing.
    true_rates_hz, true_latents, true_inputs
        What a simulation knows: rates in spikes/s, latents, inputs; NaN where not known.
    trial_table
        Further columns, one value a trial.
    neuron_table
        Columns of the neurons, one value a neuron, such as `name` and `area`.

    Examples
    --------
    >>> session = dataset.session
    >>> session.num_trials, session.num_bins, session.num_neurons
    (50, 12, 5)
    >>> session.condition[:3].tolist(), session.behavior["speed"].shape
    (['left', 'right', 'left'], (50, 12))
    """

    name: str
    values: Counts | Signals = field(
        metadata=_about("trial time neuron", fill=0.0, trained_on="always")
    )
    split: np.ndarray = field(metadata=_about("trial", trained_on="always"))
    trial_length: PerTrial = field(metadata=_about("trial", trained_on="always"))
    trial_index: PerTrial = field(metadata=_about("trial"))
    held_out_neurons: NeuronMask = field(metadata=_about("neuron", trained_on="always"))
    observed: Observed | None = field(
        default=None,
        metadata=_about("trial time neuron", fill=0.0, also=("mask",), trained_on="always"),
    )
    condition: np.ndarray | None = field(
        default=None, metadata=_about("trial", also=("conditions",), trained_on="several")
    )
    external_inputs: Float[np.ndarray, "trial time external_input"] | None = field(
        default=None,
        metadata=_about(
            "trial time external_input", fill=0.0, label="external inputs", trained_on="always"
        ),
    )
    behavior: Mapping[str, Float[np.ndarray, "trial time ..."]] = field(
        default_factory=dict, metadata=_about("trial time", by_name=True, label="behavior")
    )
    true_rates_hz: Rates | None = field(
        default=None,
        metadata=_about(
            "trial time neuron", label="known truth", also=("true_rates",), known_truth=True
        ),
    )
    true_latents: Float[np.ndarray, "trial time latent"] | None = field(
        default=None, metadata=_about("trial time latent", label="known truth", known_truth=True)
    )
    true_inputs: Float[np.ndarray, "trial time input"] | None = field(
        default=None, metadata=_about("trial time input", label="known truth", known_truth=True)
    )
    trial_table: Mapping[str, np.ndarray] = field(
        default_factory=dict, metadata=_about("trial", by_name=True, label="trial table")
    )
    neuron_table: Mapping[str, np.ndarray] = field(
        default_factory=dict, metadata=_about("neuron", by_name=True, label="neuron table")
    )

    def __repr__(self) -> str:
        sizes = {"trial": self.num_trials, "bin": self.num_bins, "neuron": self.num_neurons}
        shape = ", ".join(many(size, axis) for axis, size in sizes.items())
        return f"Session({self.name!r}: {shape})"

    def _repr_html_(self) -> str:
        from lfads.data.summary import session_rows, summary_of  # which knows this module

        return html_of("Session", lambda: [Table(session_rows(summary_of(self), None, ""))])

    def __dir__(self) -> list[str]:
        """What there is: `spikes` or `signals`."""
        other = STORED["counts" if self.kind == "real" else "real"]
        return [name for name in object.__dir__(self) if name != other]

    @property
    def kind(self) -> ValueKind:
        """Of the values."""
        return "real" if self.values.dtype.kind == "f" else "counts"

    @property
    def spikes(self) -> Counts:
        """Counts per bin; a UserError if the session holds signals."""
        if self.kind != "counts":
            raise UserError(
                f"expected spike counts; session `{self.name}` holds signals (`signals`)"
            )
        return self.values

    @property
    def signals(self) -> Signals:
        """Real values; a UserError if the session holds counts."""
        if self.kind != "real":
            raise UserError(
                f"expected signals; session `{self.name}` holds spike counts (`spikes`)"
            )
        return self.values

    @property
    def num_trials(self) -> int:
        """Number of trials."""
        return self.values.shape[0]

    @property
    def num_bins(self) -> int:
        """Bins of the longest trial."""
        return self.values.shape[1]

    @property
    def num_neurons(self) -> int:
        """Number of neurons, held-out ones included."""
        return self.values.shape[2]

    @property
    def num_external_inputs(self) -> int:
        """Number of measured inputs."""
        return 0 if self.external_inputs is None else self.external_inputs.shape[2]

    @property
    def modalities(self) -> np.ndarray | None:
        """The modality of each channel of signals, such as `lfp`; None where the data name none."""
        names = self.neuron_table.get("modality") if self.kind == "real" else None
        return None if names is None else names.astype(str)

    def of_split(self, *names: str) -> TrialMask:
        """True for trials of the named splits."""
        return np.isin(self.split, names)

    def silent_neurons(self, trials: TrialMask | None = None) -> NeuronMask:
        """True for neurons without a single spike, or whose signal is 0, in some trials or in all."""
        fired = np.any(self.values, axis=1)
        return ~np.any(fired if trials is None else fired[trials], axis=0)

    def valid_bins(self) -> np.ndarray:
        """True for bins within each trial, `trial time`."""
        return np.arange(self.num_bins)[None, :] < self.trial_length[:, None]

    def observed_bins(self) -> np.ndarray:
        """True for samples that were recorded and lie within their trial, `trial time neuron`."""
        return np.broadcast_to(self.observed_of_any(), self.values.shape)

    def observed_of_any(self) -> np.ndarray:
        """The same, with one column that stands for all neurons if no sample is missing."""
        within = self.valid_bins()[:, :, None]
        return within if self.observed is None else within & self.observed

    def along(self, axis: str, chosen: Any) -> "Session":
        """The session with some entries of an axis (indices, a mask or a slice), in that order."""

        def cut(about: Field) -> Any:
            place = (slice(None),) * about.axes.index(axis)
            return about.each(getattr(self, about.name), lambda array: array[*place, chosen])

        return replace(self, **{f.name: cut(f) for f in FIELDS if axis in f.axes})

    def take(self, trials: np.ndarray) -> "Session":
        """The session with the chosen trials (indices or a mask), in that order."""
        return self.along("trial", trials)

    def held(self) -> dict[str, Any]:
        """What there is of `FIELDS`, by the names of files; tables without columns are not."""
        values = {stored_as(f, self.kind): getattr(self, f.name) for f in FIELDS}
        return {name: v for name, v in values.items() if v is not None and len(v)}


FIELDS: tuple[Field, ...] = tuple(
    replace(one.metadata["about"], name=one.name) for one in fields(Session) if one.metadata
)
"""Everything that a session holds beside its name, in the order of files."""


def stored_as(about: Field, kind: ValueKind) -> str:
    """The name of a field in files: that of the values tells their kind."""
    return STORED[kind] if about.name == "values" else about.name


ARRAYS = tuple(
    name for f in FIELDS for name in (STORED.values() if f.name == "values" else (f.name,))
)
"""The same by the names of files and parameters; a session has `spikes` or `signals`."""
