"""Sessions that share a bin width: the one form in which data enter the library."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import Problems, UserError, many, suggests_keywords
from lfads.data.session import ARRAYS, FIELDS, Session, ValueKind, stored_as
from lfads.data.summary import MOST_IN_FULL, data_rows, summary_of
from lfads.data.validation import check_bin_width, check_start, checked_session
from lfads.files import fingerprint
from lfads.tables import Table, html_of


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Sessions that share a bin width.

    Parameters
    ----------
    sessions
        At least one.
    bin_width_s
        Width of a bin in seconds.
    num_forward_bins
        The last bins of every trial are reconstructed but never encoded.
    start_s
        Time of the first bin's start relative to the event of alignment.
    source
        Where the data came from.
    files
        The files that they were read from, if there are several, or the name of one cannot be printed.
    unit
        Of signals, as text, such as `dF/F` or `µV`; that of counts is known.
    observation
        What the values suit, as the file says it: the default of a training.
    prepared
        How `lfads.prepare` cut them from a recording, so that others can be cut alike.

    Examples
    --------
    >>> counts = np.random.default_rng(0).poisson(0.5, (20, 50, 8))
    >>> lfads.Dataset.from_arrays(counts, bin_width_s=0.01, name="monday")
    Dataset(Session('monday': 20 trials, 50 bins, 8 neurons); 10 ms bins)
    """

    sessions: tuple[Session, ...]
    bin_width_s: float
    num_forward_bins: int = 0
    start_s: float = 0.0
    source: str = ""
    files: tuple[str, ...] = ()
    unit: str = ""
    observation: str = ""
    prepared: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        sessions = ", ".join(repr(s) for s in self.sessions)
        if len(self.sessions) > MOST_IN_FULL:
            trials = many(sum(s.num_trials for s in self.sessions), "trial")
            neurons = many(sum(s.num_neurons for s in self.sessions), "neuron")
            sessions = f"{len(self.sessions)} sessions: {trials}, {neurons}"
        return f"Dataset({sessions}; {1000 * self.bin_width_s:g} ms bins)"

    def _repr_html_(self) -> str:
        return html_of("Dataset", lambda: [Table([("source", self.source), *self._rows()])])

    def _rows(self) -> list[tuple[str, str]]:
        """What `lfads show` says of the data in a file."""
        return data_rows(
            [summary_of(session) for session in self.sessions],
            bin_width_s=self.bin_width_s,
            num_forward_bins=self.num_forward_bins,
            unit=self.unit,
        )

    def __dir__(self) -> list[str]:
        """What there is: `session` only of one."""
        several = len(self.sessions) != 1
        return [name for name in object.__dir__(self) if not (several and name == "session")]

    @property
    def session(self) -> Session:
        """The only session; a UserError if there are several."""
        if len(self.sessions) != 1:
            raise UserError(f"expected one session; got {len(self.sessions)}: choose one by name")
        return self.sessions[0]

    @property
    def kind(self) -> ValueKind:
        """Of the values: `counts`, or `real`; sessions share it."""
        return self.sessions[0].kind

    @property
    def unit_of_rates(self) -> str:
        """Unit of predicted means: spikes/s for counts, else that of the signals."""
        return "spikes/s" if self.kind == "counts" else self.unit or "1"

    @property
    def paths(self) -> tuple[Path, ...]:
        """The absolute paths of the files that the data came from; empty if any is not there."""
        paths = [Path(file) for file in self.files or (self.source,)]
        return tuple(path.resolve() for path in paths) if all(p.is_file() for p in paths) else ()

    @property
    def path(self) -> Path | None:
        """The absolute path of the only file that the data came from, if it is there."""
        return self.paths[0] if len(self.paths) == 1 else None

    @property
    def time_s(self) -> np.ndarray:
        """Start of each bin in seconds."""
        num_bins = max(s.num_bins for s in self.sessions)
        return self.start_s + np.arange(num_bins) * self.bin_width_s

    def fingerprint(self) -> str:
        """A digest of everything that training sees.

        The name of a session counts only beside others: a copied or renamed file is the same data.
        """
        arrays: dict[str, np.ndarray] = {
            "bin_width_s": np.asarray(self.bin_width_s, np.float64),
            "num_forward_bins": np.asarray(self.num_forward_bins, np.int64),
        }
        alone = len(self.sessions) == 1
        if not alone:  # weights are stacked in this order, read-ins start from shared conditions
            arrays["sessions"] = np.array([s.name for s in self.sessions])
        for s in self.sessions:
            key = "session" if alone else s.name
            for f in FIELDS:
                seen = f.trained_on == "always" or (f.trained_on == "several" and not alone)
                if seen and (array := getattr(s, f.name)) is not None:
                    arrays[f"{key}/{stored_as(f, s.kind)}"] = array
        return fingerprint(arrays)

    @classmethod
    @suggests_keywords
    def from_arrays(
        cls,
        spikes: Any = None,
        *,
        bin_width_s: float,
        signals: Any = None,
        unit: str = "",
        observation: str = "",
        split: Any = None,
        trial_length: Any = None,
        observed: Any = None,
        held_out_neurons: Any = None,
        num_forward_bins: int = 0,
        condition: Any = None,
        external_inputs: Any = None,
        behavior: Any = None,
        true_rates_hz: Any = None,
        true_latents: Any = None,
        true_inputs: Any = None,
        trial_index: Any = None,
        trial_table: Any = None,
        neuron_table: Any = None,
        start_s: float = 0.0,
        name: str = "session",
        source: str = "arrays",
        for_inference: bool = False,
    ) -> "Dataset":
        """One session from arrays, checked.

        Parameters that are not listed are those of `Session` and `Dataset`.

        Parameters
        ----------
        spikes
            Counts per bin, `trial time neuron`; any dtype that holds whole numbers. NaN is accepted
            only where `observed` is False. Trials of unequal length may be a list of arrays,
            `time neuron` each, and what stands beside them over time lists, too.
        bin_width_s
            Width of a bin in seconds.
        signals
            Real values instead of spikes, `trial time neuron`, such as fluorescence or field potentials;
            NaN where missing. Several groups of channels by name, `{"lfp": ..., "emg": ...}`, are modelled
            together, and spikes with them if they are given, too.
        split
            `train`, `valid` or `test` for each trial. By default every fifth trial validates, or
            every fifth of each condition.
        held_out_neurons
            Mask or indices of neurons to reconstruct but never encode.
        behavior
            Series by name; an array alone is called `behavior`.
        trial_table, neuron_table
            Columns by name: a number or text for each trial, for each neuron (such as `name`, `area`).
        for_inference
            Accept data without training trials, such as one new trial.

        Raises
        ------
        UserError
            Naming everything that is wrong with the arrays.

        Examples
        --------
        >>> import numpy as np
        >>> counts = np.random.default_rng(0).poisson(0.1, (20, 50, 8))
        >>> dataset = Dataset.from_arrays(counts, bin_width_s=0.01)
        >>> dataset.session.num_neurons, int(dataset.session.of_split("valid").sum())
        (8, 4)
        """
        given = locals()
        problems = Problems()
        check_bin_width(bin_width_s, problems)
        check_start(start_s, problems)
        for what, text in (("unit", unit), ("observation", observation)):
            problems.require(isinstance(text, str), f"`{what}` must be text; got {text!r}")
        session = checked_session(
            name, {key: given[key] for key in ARRAYS}, where=source,
            num_forward_bins=num_forward_bins, for_inference=for_inference, noted=problems.found,
        )  # fmt: skip
        return cls(
            sessions=(session,), bin_width_s=float(bin_width_s),
            num_forward_bins=int(num_forward_bins), start_s=float(start_s), source=source,
            unit=unit, observation=observation,
        )  # fmt: skip
