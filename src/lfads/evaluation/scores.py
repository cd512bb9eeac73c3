"""Scores of a posterior against the session that it was inferred from, split by split.

Padded and unobserved samples are left out. What a simulation knows (rates, latents, inputs) is
scored where the session has it.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from lfads.arrays import SPLITS
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.evaluation.coverage import (
    COVERED,
    held_out_uniformity,
    mapped_coverage,
    rate_coverage,
    words_on_error_bars,
)
from lfads.evaluation.gains import rate_scores, value_scores
from lfads.evaluation.inputs import InputNull
from lfads.evaluation.listed import gains_by_split, notes_beside, score_tables
from lfads.evaluation.matching import Matched, matched
from lfads.evaluation.needed import GainOverWithout, InputsNeeded
from lfads.evaluation.needed_words import notes_on_inputs
from lfads.evaluation.score_table import rows_of, write_scores
from lfads.evaluation.slow_offsets import words_on_slow_offsets
from lfads.evaluation.truth import INPUTS, LATENTS, obstacle, recovered
from lfads.files import PathLike
from lfads.tables import Table, aligned, html_of
from lfads.windows.between import lie_between


@dataclass(frozen=True, kw_only=True)
class SplitScores:
    """Scores of the trials of one split; None where a score does not apply.

    Parameters
    ----------
    num_trials
        Trials of the split in the posterior.
    nll_per_sample
        Negative log-likelihood in nats, mean over samples (bin and neuron), held-out neurons and
        forward bins included.
    bits_per_spike
        Of counts: gain over each neuron's mean rate, by the Poisson likelihood of predicted rates whatever
        the observation, so that models compare. All neurons in the encoded bins.
    held_out_bits_per_spike
        Co-smoothing: held-out neurons in the encoded bins.
    forward_bits_per_spike
        Forward prediction: all neurons in the forward bins.
    bits_per_sample, held_out_bits_per_sample, forward_bits_per_sample
        Gain over the best constant model of each neuron by the observation's own likelihood, where that is
        not Poisson's.
    deviance_explained, held_out_deviance_explained, forward_deviance_explained
        Share of the constant model's deviance that is explained; of Gaussian signals about R².
    rate_r2_median, rate_r2_mean
        R² of each neuron's rates against the true ones: median and mean over neurons.
    latent_r2, input_r2
        R² of each true latent and input, after a linear map from factors and inferred inputs that
        is fitted on the training trials.
    rate_coverage, factor_coverage, input_coverage
        Share of true rates, latents and inputs within mean ± 1.645 standard deviations; 0.9 where error
        bars are true. Latents and inputs are led into the space of factors and inferred inputs.
    held_out_uniformity
        Largest distance of the probability integral transform of held-out neurons' counts from the uniform
        distribution; 0 where predictions are right.

    Examples
    --------
    >>> one = lfads.SplitScores(num_trials=10, nll_per_sample=0.4, bits_per_spike=0.3)
    >>> one.to_dict()
    {'num_trials': 10, 'nll_per_sample': 0.4, 'bits_per_spike': 0.3}
    """

    num_trials: int
    nll_per_sample: float
    bits_per_spike: float | None = None
    held_out_bits_per_spike: float | None = None
    forward_bits_per_spike: float | None = None
    bits_per_sample: float | None = None
    held_out_bits_per_sample: float | None = None
    forward_bits_per_sample: float | None = None
    deviance_explained: float | None = None
    held_out_deviance_explained: float | None = None
    forward_deviance_explained: float | None = None
    rate_r2_median: float | None = None
    rate_r2_mean: float | None = None
    latent_r2: tuple[float, ...] | None = None
    input_r2: tuple[float, ...] | None = None
    rate_coverage: float | None = None
    factor_coverage: float | None = None
    input_coverage: float | None = None
    held_out_uniformity: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """What applies, for JSON: numbers that are not finite become None."""
        given = {k: v for k, v in dataclasses.asdict(self).items() if v is not None}
        return {name: _for_json(value) for name, value in given.items()}


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Scores by split of one session, or of all together and of each; notes on what was not scored.

    `areas` has scores by area and split, where the data name more than one area. `baselines` has `splits`
    and `notes` of simple methods on the same trials by their names, as `to_dict` gives those of a run.
    `decoding` has R² of behaviour, if it was asked for: by series, signal that it was decoded from, and
    channel. `inputs_needed` is what inferred inputs do for held-out samples, `without_inputs` the gain over
    a network that was trained without, and `shuffle_control` what inputs cost beside those of shuffled
    trials: by session, where asked.

    Examples
    --------
    >>> scores = run.evaluate(dataset, posterior=posterior, baselines=False)
    >>> scores.splits["valid"].num_trials, sorted(scores.splits)
    (10, ['train', 'valid'])
    """

    session: str
    splits: Mapping[str, SplitScores]
    notes: tuple[str, ...] = ()
    sessions: tuple["Scores", ...] = ()
    areas: Mapping[str, Mapping[str, SplitScores]] = dataclasses.field(default_factory=dict)
    baselines: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    shuffle_control: Mapping[str, InputNull] = dataclasses.field(default_factory=dict)
    inputs_needed: Mapping[str, InputsNeeded] = dataclasses.field(default_factory=dict)
    without_inputs: Mapping[str, GainOverWithout] = dataclasses.field(default_factory=dict)
    decoding: Mapping[str, Mapping[str, Mapping[str, float]]] = dataclasses.field(
        default_factory=dict
    )

    def __repr__(self) -> str:
        return f"Scores({self.session!r}: {gains_by_split(self.to_dict())})"

    def __str__(self) -> str:
        """The tables that `lfads evaluate` prints."""
        tables = map(aligned, score_tables(self.to_dict()))
        notes = self._all_notes()
        return "\n\n".join([f"Scores of {self.session}", *tables, *notes])

    def _repr_html_(self) -> str:
        tables = [Table(rows, has_header=True) for rows in score_tables(self.to_dict())]
        notes = self._all_notes()
        return html_of("Scores", lambda: [self.session, *tables, *notes])

    def _all_notes(self) -> tuple[str, ...]:
        scores = self.to_dict()
        return (*self.notes, *notes_beside(scores), *notes_on_inputs(scores))

    def save(self, path: PathLike, *, overwrite: bool = False) -> Path:
        """Write a table, `.csv` or `.parquet`: a row for each score of a session, an area and a split.

        An earlier table of scores is replaced; another file only if it is to be overwritten.
        """
        return write_scores(rows_of(self.to_dict()), path, overwrite=overwrite)

    def to_dict(self) -> dict[str, Any]:
        """Nested dictionary for JSON; `sessions` and `areas` by name, if there are several."""
        each = {scores.session: scores.to_dict() for scores in self.sessions}
        areas = {
            area: {split: scores.to_dict() for split, scores in splits.items()}
            for area, splits in self.areas.items()
        }
        control = {
            name: {key: list(values) for key, values in null._asdict().items()}
            for name, null in self.shuffle_control.items()
        }
        return {
            "session": self.session,
            "splits": {name: scores.to_dict() for name, scores in self.splits.items()},
            "notes": list(self.notes),
            **({"baselines": dict(self.baselines)} if self.baselines else {}),
            **({"areas": areas} if areas else {}),
            **({"decoding": _for_json(self.decoding)} if self.decoding else {}),
            **({"sessions": each} if each else {}),
            **({"shuffle_control": control} if control else {}),
            **_by_session("inputs_needed", self.inputs_needed),
            **_by_session("without_inputs", self.without_inputs),
        }


def score_dataset(dataset: Dataset, posterior: Mapping[str, xr.Dataset]) -> Scores:
    """Score the posterior of every session, and of all together.

    Together, bits/spike are those of all spikes (each neuron against its own mean), R² of rates are over
    the neurons of all sessions, and one linear map leads from the factors of all sessions to the true
    latents: it can only fit if the factors of different sessions mean the same.

    Parameters
    ----------
    dataset
        What was recorded.
    posterior
        Posterior averages by the name of the session, of any of its trials, which are matched by
        `trial_index`. Their attribute `first_bin` names the bin of the session that they start at, by
        default 0.

    Raises
    ------
    UserError
        If the posterior does not belong to the data.

    Examples
    --------
    >>> import numpy as np
    >>> dataset = Dataset.from_arrays(np.ones((5, 4, 2), int), bin_width_s=0.01)
    >>> rates = xr.Dataset(
    ...     {"rates": (("trial", "time", "neuron"), np.full((5, 4, 2), 100.0))},
    ...     coords={"trial_index": ("trial", np.arange(5))},
    ... )
    >>> scores = score_dataset(dataset, {dataset.session.name: rates})
    >>> scores.splits["valid"].to_dict()
    {'num_trials': 1, 'nll_per_sample': 1.0, 'bits_per_spike': 0.0}
    """
    parts = matched_parts(dataset, posterior)
    each = [_scored(part.session.name, [part]) for part in parts]
    if len(each) == 1:
        return each[0]
    together = _scored(f"all {len(each)} sessions", parts)
    return dataclasses.replace(together, sessions=tuple(each))


def matched_parts(dataset: Dataset, posterior: Mapping[str, xr.Dataset]) -> list[Matched]:
    """Each session with its posterior, on the trials and bins that the posterior has.

    Windows of a recording that lie between its training and validation blocks belong to no split.
    """
    width, forward = dataset.bin_width_s, dataset.num_forward_bins
    return [
        Matched(matched(_without_between(session), found), found, width, forward)
        for session in dataset.sessions
        for found in (posterior[session.name],)
    ]


def _without_between(session: Session) -> Session:
    return dataclasses.replace(session, split=np.where(lie_between(session), "", session.split))


def _scored(name: str, parts: Sequence[Matched]) -> Scores:
    """Scores of one session or of several together; latents and inputs belong to no area."""
    splits, notes = _splits_of(parts), []
    for word, truth in (("latent", LATENTS), ("input", INPUTS)):
        if any(getattr(part.session, truth.known) is None for part in parts):
            continue
        if why := obstacle(parts, truth):
            notes.append(f"no {word} R²: {why}")
        else:
            found = recovered(parts, truth).r2
            covered = mapped_coverage(parts, truth, found)
            for split, r2 in found.items():
                about = {f"{word}_r2": r2, COVERED[truth]: covered.get(split)}
                splits[split] = dataclasses.replace(splits[split], **about)
    if len(parts) == 1 and (words := words_on_error_bars(parts[0].found)):
        notes.append(words)
    if len(parts) == 1 and (words := words_on_slow_offsets(parts[0].found)):
        notes.append(words)
    names = sorted({area for part in parts for area in part.areas.tolist()} - {""})
    areas = {
        area: _splits_of([part.of_area(area) for part in parts if area in part.areas])
        for area in names
        if len(names) > 1
    }
    return Scores(session=name, splits=splits, notes=tuple(notes), areas=areas)


def _splits_of(parts: Sequence[Matched]) -> dict[str, SplitScores]:
    """Scores of values and rates by split."""
    splits = {}
    for name in SPLITS:
        there = [part.of_split(name) for part in parts if part.session.of_split(name).any()]
        if there:
            splits[name] = SplitScores(
                num_trials=sum(part.session.num_trials for part in there),
                **value_scores(there),
                **rate_scores(there),
                latent_r2=None,
                input_r2=None,
                rate_coverage=rate_coverage(there),
                held_out_uniformity=held_out_uniformity(there),
            )
    return splits


def _by_session(
    name: str, found: Mapping[str, InputsNeeded] | Mapping[str, GainOverWithout]
) -> dict[str, Any]:
    """An entry for JSON, if there is anything."""
    each = {session: _for_json(one.to_dict()) for session, one in found.items()}
    return {name: each} if each else {}


def _for_json(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_for_json(v) for v in value]
    if isinstance(value, Mapping):
        return {name: _for_json(v) for name, v in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
