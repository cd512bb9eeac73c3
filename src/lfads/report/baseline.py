"""One self-contained page about a run of a baseline: data, what was chosen, and what was inferred."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lfads.baselines.imported import IMPORTED
from lfads.checks import many
from lfads.data.dataset import Dataset
from lfads.evaluation.listed import score_of
from lfads.files import write_text
from lfads.plots.page import code, note, page, table
from lfads.report import sections
from lfads.report.sessions import left_out
from lfads.report.trained import TrainedOn, trained_on
from lfads.report.write import BASELINE_TITLE, FILE_NAME, one_by_one
from lfads.results import Posterior


def write_baseline_report(
    folder: Path,
    dataset: Dataset,
    posterior: Posterior,
    *,
    about: Mapping[str, Any],
    summary: Mapping[str, Any],
    choices: Sequence[tuple[str, str]],
    scores: Mapping[str, Any],
    out: Path | None = None,
) -> Path:
    """Write a report on a baseline, `report.html` in the run's folder unless told otherwise.

    Parameters
    ----------
    folder
        Of the run; its name is the title.
    dataset, posterior
        Data, and what was inferred from them, session by session.
    about
        Contents of `baseline.json`.
    summary
        Contents of `summary.json`.
    choices
        What was chosen and how it scored, as rows of words.
    scores
        Of the posterior, as `Scores.to_dict` gives them.
    out
        Another place for the page.

    Returns
    -------
    Path
        Of the page.
    """
    trained = trained_on({"data": about["data"]}, dataset)
    rest = left_out(dataset)
    name = str(about["name"])
    parts_of_page = [
        ("data", "Data", sections.data(dataset, trained)),
        ("baseline", "Baseline", [table(["choice", "value"], choices), _offered(about)]),
        *([("sessions", "Sessions", [note(rest)])] if rest else []),
        *one_by_one(dataset, posterior, scores),
        ("scores", "Scores", sections.scores(scores)),
        ("reproduce", "How to reproduce", _reproduce(name, trained, dataset, summary)),
    ]
    path = folder / FILE_NAME if out is None else out
    title = f"{BASELINE_TITLE}{name}: {Path(folder).resolve().name}"
    write_text(path, page(title, _result(name, trained, dataset, scores), parts_of_page))
    return path


def _offered(about: Mapping[str, Any]) -> str:
    """What there was to choose from; of results of another tool, their files."""
    if about["name"] == IMPORTED.name:
        return note(f"Read from {_listed(about['choices']['files'])}. Nothing was fitted here.")
    words = "; ".join(
        f"{name.replace('_', ' ')}: {_listed(v)}" for name, v in about["choices"].items()
    )
    return note(f"There was to choose from: {words}.")


def _listed(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _result(name: str, trained: TrainedOn, dataset: Dataset, scores: Mapping[str, Any]) -> str:
    made = (
        "Results of another tool, read" if name == IMPORTED.name else f"The baseline {name}, fitted"
    )
    to = "for" if name == IMPORTED.name else "to"
    sentence = f"{made} {to} {many(trained.num_trials, 'trial')}"
    sentence += f" of {many(trained.num_neurons, 'neuron')}"
    if trained.elsewhere:
        sentence += f". Applied here to {dataset.source}"
    for split, words in (("test", "test"), ("valid", "validation"), ("train", "training")):
        found = score_of(scores, split, "bits_per_spike")
        if found is not None:
            return f"{sentence}: {found:.3f} bits per spike on {words} trials."
    return f"{sentence}."


def _reproduce(
    name: str, trained: TrainedOn, dataset: Dataset, summary: Mapping[str, Any]
) -> list[str]:
    """Commands and versions."""
    data = " ".join(shlex.quote(str(path)) for path in trained.paths) or "DATA"
    width = f" --bin-width-s {trained.bin_width_s:g}" if trained.paths else ""
    here = " ".join(shlex.quote(str(path)) for path in dataset.paths) or "OTHER"
    other = f" {here}" if trained.elsewhere else ""
    first = f"lfads baseline {name} {data}{width} --out RUN"
    if name == IMPORTED.name:
        first = f"lfads import-results FILES --data {data}{width} --out RUN"
    commands = [
        first,
        f"lfads evaluate RUN{other}",
        f"lfads report RUN{other}",
    ]
    facts = [
        ("fitted to", trained.source),
        ("their fingerprint", trained.fingerprint),
        ("seconds", f"{summary['seconds']:.0f}" if "seconds" in summary else ""),
        *((f"version of {k}", str(v)) for k, v in (summary.get("versions") or {}).items()),
    ]
    rows = [[key, value] for key, value in facts if value]
    return [code(commands), note("RUN stands for a new folder."), table([], rows)]
