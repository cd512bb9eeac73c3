"""The configuration of a job: settings, and what it says to the platform.

Settings are AutoLFADS' one file (YAML or JSON), or our own tables (TOML, YAML or JSON). To the platform
speak `multisession`, `bin_width_s`, `__duration__` (minutes) and `__dataset_size__` (GB).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfads.checks import Problems, UserError
from lfads.config import RunConfig, read_toml
from lfads.config.imported import Carried, carried_over, is_of_another
from lfads.config.imported_files import read_foreign
from lfads.data.dataset import Dataset
from lfads.data.validation import check_bin_width
from lfads.neurocaas.layout import CONFIG_ENDINGS
from lfads.neurocaas.limits import (
    DATASET_SIZE,
    DURATION,
    MULTISESSION,
    Limits,
    limits_of,
)
from lfads.paths import printable
from lfads.stitching.from_files import files_bring_read_ins
from lfads.stitching.shared import why_no_conditions

WIDTH = "bin_width_s"
TO_PLATFORM = (MULTISESSION, WIDTH, DURATION, DATASET_SIZE)
NO_LIMITS = Limits()
SAMPLES = "posterior_sampling"
USUAL_SAMPLES = 50


@dataclass(frozen=True, kw_only=True)
class JobConfig:
    """A configuration as its file has it.

    Parameters
    ----------
    where
        The file, for messages.
    values
        Settings by name, without what is said to the platform.
    is_ours
        Whether they are our tables.
    limits
        What it says to the platform: time, size of the data, and whether they are several sessions.
    bin_width_s
        For data that do not say it.
    num_samples
        Posterior samples that results are averages of.
    pattern
        Names of the files of sessions, such as `lfads_*.h5`; all by default.
    """

    where: str
    values: Mapping[str, Any]
    is_ours: bool
    limits: Limits = NO_LIMITS
    bin_width_s: float | None = None
    num_samples: int = USUAL_SAMPLES
    pattern: str = "*"


@dataclass(frozen=True, kw_only=True)
class JobSettings:
    """What a configuration is for its data.

    Parameters
    ----------
    config
        Every setting that was given.
    given
        The same as tables.
    notes
        In words, what else the file said, and what became of it.
    """

    config: RunConfig
    given: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_job_config(path: Path) -> JobConfig:
    """Read a configuration and check all of it that can be checked without the data.

    Raises
    ------
    UserError
        If it is no configuration, or says what cannot be done, with what to do.
    """
    where, values = printable(path.name), _values(path)
    rest = {name: value for name, value in values.items() if name not in TO_PLATFORM}
    problems, width = Problems(where), values.get(WIDTH)
    limits = problems.attempt(limits_of, values) or NO_LIMITS
    if width is not None:
        check_bin_width(width, problems)
    is_ours = path.suffix.lower() == ".toml" or not is_of_another(rest)
    number = _num_samples(rest, problems)
    if is_ours:
        rest = _given({name: value for name, value in rest.items() if name != SAMPLES})
    problems.raise_if_any()
    found = JobConfig(
        where=where, values=rest, is_ours=is_ours, limits=limits, num_samples=number,
        bin_width_s=None if width is None else float(width), pattern=_pattern(rest),
    )  # fmt: skip
    _check(found)
    return found


def limits_in(path: Path) -> Limits:
    """What a configuration says to the platform, whatever its settings are.

    Raises
    ------
    UserError
        If it is no configuration, or its limits are none.
    """
    return limits_of(_values(path))


def doubts_of(path: Path) -> str:
    """Why servers of lfads will refuse a configuration, which others may take; empty if they will not.

    Raises
    ------
    UserError
        As `limits_in`.
    """
    limits_in(path)
    try:
        read_job_config(path)
    except UserError as error:
        return str(error)
    return ""


def _values(path: Path) -> dict[str, Any]:
    if path.suffix.lower() not in CONFIG_ENDINGS:
        where = printable(path.name)
        raise UserError(f"{where}: a configuration ends in {', '.join(CONFIG_ENDINGS)}")
    return read_toml(path) if path.suffix.lower() == ".toml" else read_foreign(path)


def settings_of(job: JobConfig, dataset: Dataset) -> JobSettings:
    """The settings of a job on its data.

    Raises
    ------
    UserError
        Naming each setting that has no counterpart here and would change the numbers.
    """
    if job.is_ours:
        return JobSettings(config=_ours(job), given=job.values)
    from lfads.runs.imported_settings import settings_for_data  # JAX comes with it

    found = settings_for_data(job.values, dataset, job.where)
    _refuse_differing(found, job.where)
    unused = [text for text in found.not_used if text.partition(" ")[0] != SAMPLES]
    notes = [f"{text}: changes nothing here" for text in unused]
    if job.values.get("seed", 0) is None:
        notes.append("seed = null: 0 here, so that a job can be run again")
    if not _sampling(job.values).get("use_best_ckpt", True):
        notes.append(
            f"{SAMPLES}.use_best_ckpt = False: results are of the weights with the best smoothed score here"
        )
    notes += _of_other_sizes(job.values, dataset, found.from_data)
    tables, start = _start_of_maps(found.tables, dataset)
    config = RunConfig.from_dict(tables, where=job.where)
    return JobSettings(config=config, given=tables, notes=(*notes, *start))


def _start_of_maps(
    tables: Mapping[str, Any], dataset: Dataset
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Where read-ins start: by the files' own matrices, by conditions, or without them by time course."""
    model = tables.get("model", {})
    if model.get("read_in_start") != "conditions":
        return dict(tables), ()
    if files_bring_read_ins(dataset):
        return {**tables, "model": {**model, "read_in_start": "files"}}, ()
    if not (why := why_no_conditions(dataset.sessions)):
        return dict(tables), ()
    said = (
        f"model.readin.pcr_init: {why}, and not every file has a `readin_weight`; read-ins start from how "
        "activity goes on average through a trial"
    )
    return {**tables, "model": {**model, "read_in_start": "time_course"}}, (said,)


def _sampling(values: Mapping[str, Any]) -> Mapping[str, Any]:
    found = values.get(SAMPLES)
    return found if isinstance(found, Mapping) else {}


def _num_samples(values: Mapping[str, Any], problems: Problems) -> int:
    number = _sampling(values).get("num_samples", USUAL_SAMPLES)
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        problems.add(f"`{SAMPLES}.num_samples` must be a whole number above 0; got {number!r}")
        return USUAL_SAMPLES
    return number


def _pattern(values: Mapping[str, Any]) -> str:
    """Of the names of files, without folders: the data lie elsewhere here."""
    module = values.get("datamodule")
    found = module.get("datafile_pattern") if isinstance(module, Mapping) else None
    return re.split(r"[/\\]", found)[-1] or "*" if isinstance(found, str) else "*"


def _check(job: JobConfig) -> None:
    """Refuse what no data can make right."""
    if job.is_ours:
        _ours(job)
        return
    found = carried_over(job.values)
    _refuse_differing(found, job.where)
    RunConfig.from_dict(found.flat, where=job.where)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings without those that are null, which are open."""
    return {
        name: _given(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if value is not None
    }


def _ours(job: JobConfig) -> RunConfig:
    config = RunConfig.from_dict(dict(job.values), where=job.where)
    if config.search is not None and config.search.method != "population":
        raise UserError(
            f"{job.where}: `method` of [search] is {config.search.method!r}; a job trains a population: "
            "take it out, or run `lfads search` yourself"
        )
    return config


def _refuse_differing(found: Carried, where: str) -> None:
    """A UserError that names what would change the numbers and has no counterpart."""
    problems = Problems(where)
    for text, advice in found.differing.items():
        problems.add(f"`{text}` has no counterpart here: {advice}")
    problems.raise_if_any()


def _of_other_sizes(values: Mapping[str, Any], dataset: Dataset, paths: list[str]) -> list[str]:
    """What the file says of the data, where they are otherwise."""
    sessions = dataset.sessions
    encoded = {int((~session.held_out_neurons).sum()) for session in sessions}
    bins = {session.num_bins for session in sessions}
    model = values.get("model")
    model = model if isinstance(model, Mapping) else {}
    are = {
        "encod_data_dim": encoded if len(sessions) == 1 else set(),
        "encod_seq_len": {number - dataset.num_forward_bins for number in bins},
        "recon_seq_len": bins,
    }
    return [
        f"model.{name} = {model[name]}: the data have {' and '.join(map(str, sorted(own)))}, which count"
        for name, own in are.items()
        if f"model.{name}" in paths and own and own != {model.get(name)}
    ]


def check_size(job: JobConfig, size_bytes: int) -> None:
    """Refuse data that are larger than a job says.

    Raises
    ------
    UserError
        If there is a limit, and they are.
    """
    limit = job.limits.data_bytes
    if limit is not None and size_bytes > limit:
        raise UserError(
            f"{job.where}: `{DATASET_SIZE}` says {limit / 1e9:g} GB at most; the data have "
            f"{size_bytes / 1e9:.3g} GB: raise it, or leave it out"
        )
