"""From the NWB files of a data set to trials of counts, and what its validation trials are scored with."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import h5py
import numpy as np

from lfads.checks import UserError, many, suggestion
from lfads.data.dataset import Dataset
from lfads.files import PathLike, written_beside
from lfads.formats.hdf5 import TARGETS, refuse_other_suffix, write
from lfads.nlb.behavior import BinnedBehavior
from lfads.nlb.datasets import BIN_WIDTHS_S, DATASETS, NLBDataset, group_of
from lfads.nlb.recorded import TEST, TRAIN, VALID, Recorded, recorded
from lfads.nlb.targets import Targets, validation_targets, write_targets
from lfads.nlb.tensors import TrialCounts, num_forward_bins, num_window_bins, trial_counts
from lfads.paths import refuse_to_replace
from lfads.recordings.expressions import joined_labels
from lfads.recordings.reading import Reading
from lfads.recordings.sources import opened_recording
from lfads.streams import raised_at_end

UNKNOWN = "unknown"
"""Condition of trials of which it is not known, as of test trials."""

REMEMBERED = "nlb"
"""Under which a data set of trials remembers its name, in `Dataset.prepared`."""

SPLITS = {TRAIN: "train", VALID: "valid", TEST: "test"}


@dataclass(frozen=True, eq=False, kw_only=True)
class NLBData:
    """A data set of the benchmark as trials of counts.

    Parameters
    ----------
    dataset
        Trials that train and validate in the order of their file, then those that test; held-out
        neurons last; behaviour is later than the bins by the lag of the data set.
    targets
        What validation trials are scored with; empty if there are none.
    group
        The name of the data set in files of the benchmark.
    """

    dataset: Dataset
    targets: Targets
    group: str

    def write(self, path: PathLike, *, overwrite: bool = False) -> Path:
        """Write both into one HDF5 file, targets as a group that the benchmark's own package reads, too."""
        path = Path(path)
        refuse_other_suffix(path)
        refuse_to_replace(path, overwrite=overwrite)
        with written_beside(path) as beside:
            write(self.dataset, beside, overwrite=True)
            if self.targets:
                with raised_at_end(beside, "r+b") as stream, h5py.File(stream, "r+") as file:
                    file.attrs[TARGETS] = self.group
                    write_targets(self.targets, file.create_group(self.group))
        return path


def prepare_nlb(name: str, places: Sequence[PathLike], *, bin_width_s: float) -> NLBData:
    """Cut the trials of a data set from its NWB files.

    Bins are those of the session: a trial begins with the first one at or after the start of its window.

    Parameters
    ----------
    name
        `mc_maze`, `mc_maze_large`, `mc_maze_medium`, `mc_maze_small`, `mc_rtt`, `area2_bump` or `dmfc_rsg`.
    places
        The file of training trials, and that of test trials if there is one, in any order: paths,
        addresses, or `dandi:000128/sub-Jenkins/…`.
    bin_width_s
        0.005 or 0.02.

    Raises
    ------
    UserError
        If there is no such data set, the width is another one, or files are not of the data set.

    References
    ----------
    Pei et al. (2021), "Neural Latents Benchmark '21", NeurIPS Datasets and Benchmarks.
    """
    about = checked_choices(name, bin_width_s)
    if not 1 <= len(places) <= 2:
        raise UserError(
            f"{name} is one NWB file of training trials, and one of test trials; got "
            f"{many(len(places), 'file')}"
        )
    with contextlib.ExitStack() as stack:
        files = [
            recorded(about, stack.enter_context(opened_recording(place, Reading())))
            for place in places
        ]
        training, tests = _by_role(files)
        names = [Path(place).name for place in places]
        return _cut(about, training, tests, bin_width_s, names)


def checked_choices(name: str, bin_width_s: float) -> NLBDataset:
    """The data set of a name; a UserError if there is none, or it has no such bins."""
    if name not in DATASETS:
        raise UserError(f"there is no data set `{name}`.{suggestion(name, DATASETS)}")
    if not any(abs(bin_width_s - width) < 1e-9 for width in BIN_WIDTHS_S):
        raise UserError(
            f"`bin_width_s=` of the Neural Latents Benchmark must be 0.005 or 0.02; got {bin_width_s:g}"
        )
    return DATASETS[name]


def _by_role(files: Sequence[Recorded]) -> tuple[Recorded, Recorded | None]:
    """The file of training trials, and the one of test trials."""
    training = [one for one in files if one.rows_of(TRAIN).size]
    tests = [one for one in files if one.rows_of(TEST).size]
    if len(training) != 1 or len(tests) != len(files) - 1 + (training == tests):
        said = "; ".join(
            f"{one.recording.source} has {', '.join(np.unique(one.split).tolist())}"
            for one in files
        )
        raise UserError(
            f"expected one file with trials whose `split` is {TRAIN}, and at most one whose is {TEST}; "
            f"got {said}"
        )
    return training[0], tests[0] if tests else None


def _cut(
    about: NLBDataset,
    training: Recorded,
    tests: Recorded | None,
    bin_width_s: float,
    names: list[str],
) -> NLBData:
    counts = trial_counts(training, training.rows_of(TRAIN, VALID), bin_width_s)
    series = training.series()
    if about.behavior and series is None:
        raise UserError(
            f"{training.recording.source}: there is no series `{about.behavior}`, which the benchmark "
            f"decodes; there is {', '.join(training.recording.series) or 'none'}"
        )
    end_s = (training.recording.span_s or (0.0, 0.0))[1]
    behavior = None if series is None else BinnedBehavior(series, bin_width_s, end_s)
    targets: Targets = {}
    if (training.split[counts.rows] == VALID).any():
        targets = validation_targets(training, counts, behavior, bin_width_s)
    tested = None if tests is None else trial_counts(tests, tests.rows_of(TEST), bin_width_s)
    parts = [(training, counts)] + ([] if tests is None or tested is None else [(tests, tested)])
    spikes, observed = _joined(training, parts)
    rows = [(one, of.rows) for one, of in parts]
    dataset = Dataset.from_arrays(
        spikes, bin_width_s=bin_width_s,
        split=np.array([SPLITS[s] for one, own in rows for s in one.split[own]]),
        observed=None if observed.all() else observed,
        held_out_neurons=np.arange(len(training.held_in), spikes.shape[2]),
        num_forward_bins=num_forward_bins(bin_width_s),
        condition=_conditions(about, rows),
        behavior=_behavior(about, behavior, counts, bin_width_s, len(spikes)),
        trial_table=_table(training, parts),
        neuron_table=_neurons(training),
        start_s=about.window_s[0], name=about.name, source=training.recording.source,
    )  # fmt: skip
    return NLBData(
        dataset=replace(dataset, prepared={REMEMBERED: about.name, "files": names}),
        targets=targets, group=group_of(about.name, bin_width_s),
    )  # fmt: skip


def _joined(
    training: Recorded, parts: Sequence[tuple[Recorded, TrialCounts]]
) -> tuple[np.ndarray, np.ndarray]:
    """Counts of all trials for the neurons of the training file, and which of them were observed."""
    units = np.concatenate([training.held_in, training.held_out])
    ids = _ids(training)[units]
    spikes, observed = [], []
    for one, of in parts:
        own = _ids(one)[np.concatenate([one.held_in, one.held_out])]
        found = np.zeros((*of.spikes.shape[:2], len(ids)), of.spikes.dtype)
        known = np.zeros(found.shape, bool)
        place = {unit: column for column, unit in enumerate(own.tolist())}
        missing = [unit for unit in ids[: len(training.held_in)].tolist() if unit not in place]
        if missing:
            raise UserError(
                f"{one.recording.source}: {many(len(missing), 'held-in unit')} of "
                f"{training.recording.source} {'is' if len(missing) == 1 else 'are'} not in it, such as id "
                f"{missing[0]}: are both of {training.about.name}?"
            )
        for column, unit in enumerate(ids.tolist()):
            if unit in place:
                found[:, :, column] = of.spikes[:, :, place[unit]]
                known[:, :, column] = of.known[:, :, place[unit]]
        spikes.append(found)
        observed.append(known)
    return np.concatenate(spikes), np.concatenate(observed)


def _ids(one: Recorded) -> np.ndarray:
    return np.asarray(one.recording.units.get("id", np.arange(one.recording.num_units)))


def _conditions(
    about: NLBDataset, rows: Sequence[tuple[Recorded, np.ndarray]]
) -> np.ndarray | None:
    """Labels of all trials; None for a data set without conditions."""
    if not about.conditions:
        return None
    labels = []
    for one, own in rows:
        columns = {
            name: one.recording.trials[name][own]
            for name in about.conditions
            if name in one.recording.trials
        }
        known = len(columns) == len(about.conditions)
        for column in columns.values():
            known = known & (np.isfinite(column) if column.dtype.kind == "f" else True)
        known = np.broadcast_to(known, own.shape)
        found = np.full(len(own), UNKNOWN, dtype=object)
        if known.any():
            some = {name: column[known] for name, column in columns.items()}
            found[known] = joined_labels(some, own[known])
        labels.append(found)
    return np.concatenate(labels).astype(str)


def _behavior(
    about: NLBDataset,
    behavior: BinnedBehavior | None,
    counts: TrialCounts,
    bin_width_s: float,
    num_trials: int,
) -> dict[str, np.ndarray]:
    """The series in the encoded window of trials that train and validate; NaN elsewhere."""
    if behavior is None:
        return {}
    window = num_window_bins(about, bin_width_s)
    own = behavior.of_trials(about, counts.events_s, window)
    shape = (num_trials, window + num_forward_bins(bin_width_s), own.shape[2])
    found = np.full(shape, np.nan)
    found[: len(own), :window] = own
    return {about.behavior: found}


def _table(
    training: Recorded, parts: Sequence[tuple[Recorded, TrialCounts]]
) -> dict[str, np.ndarray]:
    """Columns of the trials, empty where the file of test trials has none."""
    found: dict[str, np.ndarray] = {}
    for name, column in training.recording.trials.items():
        text = column.dtype.kind == "U"
        values = []
        for one, of in parts:
            own = one.recording.trials.get(name)
            if own is not None and (own.dtype.kind == "U") == text:
                values.append(own[of.rows] if text else own[of.rows].astype(np.float64))
            else:
                empty = np.full(len(of.rows), "") if text else np.full(len(of.rows), np.nan)
                values.append(empty)
        found[name] = np.concatenate(values)
    if training.about.scored_from:
        found["window_shift_bins"] = np.concatenate([of.jitter for _, of in parts])
    return found


def _neurons(training: Recorded) -> dict[str, np.ndarray]:
    units = np.concatenate([training.held_in, training.held_out])
    return {name: column[units] for name, column in training.recording.units.items()}
