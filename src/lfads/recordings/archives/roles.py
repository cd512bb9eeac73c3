"""What the arrays of a file are about, from their names and shapes: spikes' times, units and trials."""

from collections.abc import Mapping
from typing import NamedTuple

from lfads.checks import UserError
from lfads.formats.headers import Header
from lfads.guarded.messages import quoted
from lfads.recordings.names import OF_TRIAL, OF_UNIT, is_about, words_of

BARE_TIMES = ("t", "time", "times", "timestamp", "timestamps")
"""Names of times that say nothing else."""


class SpikeArrays(NamedTuple):
    """Names of the arrays with one value a spike; no trials where times are on the recording's clock."""

    times: str
    unit: str
    trial: str | None = None

    def in_words(self) -> str:
        """Which array is read as what."""
        trial = f", trial from `{self.trial}`" if self.trial else ""
        return f"`spike_times` from `{self.times}`, `unit` from `{self.unit}`{trial}"


def is_times(name: str) -> bool:
    """Whether a name is that of spike times."""
    said = "".join(words_of(name))
    return said in BARE_TIMES or ("spike" in said and ("time" in said or words_of(name)[-1] == "t"))


def spike_arrays(headers: Mapping[str, Header], where: str) -> SpikeArrays | None:
    """Arrays of one length that hold times, units and, maybe, trials of spikes; None if there are none.

    Raises
    ------
    UserError
        If several arrays may be the times, the units, or the trials.
    """
    columns = {
        name: header
        for name, header in headers.items()
        if header.is_column and (header.is_numbers or header.is_text) and "." not in name
    }
    for times in [name for name, header in columns.items() if is_times(name)]:
        alike = [
            name for name, header in columns.items() if _length(header) == _length(columns[times])
        ]
        units = [name for name in alike if _labels(columns[name]) and _is_unit(name)]
        trials = [name for name in alike if _labels(columns[name]) and _is_trial(name)]
        if not units or not columns[times].is_numbers:
            continue
        others = [name for name in alike if is_times(name) and columns[name].is_numbers]
        return SpikeArrays(
            _one(others, "spike_times", "spike times", where),
            _one(units, "unit", "units", where),
            _one(trials, "trial", "trials", where) if trials else None,
        )
    return None


def _one(names: list[str], exact: str, what: str, where: str) -> str:
    """The only name, or the one that is exactly as it should be."""
    if len(names) > 1 and exact not in names:
        raise UserError(
            f"{where}: {quoted(names)} may each hold the {what} of spikes: save the one that does as "
            f"`{exact}`"
        )
    return exact if exact in names else names[0]


def _is_unit(name: str) -> bool:
    return is_about(name, OF_UNIT) and not is_times(name)


def _is_trial(name: str) -> bool:
    return is_about(name, OF_TRIAL) and not is_times(name) and "time" not in name.lower()


def _labels(header: Header) -> bool:
    return header.is_text or header.dtype.kind in "iuf"


def _length(header: Header) -> int:
    return header.shape[0]
