"""One self-contained page about a run: data, training, and what was inferred from every session."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lfads.checks import many
from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.evaluation.inputs import InputNull
from lfads.evaluation.listed import (
    GAINS,
    LABELS,
    deciding_gain,
    in_words,
    of_baselines,
    score_of,
    standing,
)
from lfads.files import write_text
from lfads.paths import folder_of_search, refuse_to_replace
from lfads.plots.page import note, page
from lfads.report import sections
from lfads.report.lights import as_html
from lfads.report.search import search
from lfads.report.session import inferred
from lfads.report.sessions import agreement_in, in_full, left_out, together
from lfads.report.trained import TrainedOn, trained_on
from lfads.report.verdict import verdict
from lfads.results import Posterior

FILE_NAME = "report.html"
TITLE, BASELINE_TITLE = "LFADS report: ", "Report on the baseline "


def write_report(
    folder: Path,
    dataset: Dataset,
    posterior: Posterior,
    *,
    metrics: list[dict[str, Any]],
    summary: dict[str, Any],
    config: RunConfig,
    scores: dict[str, Any] | None = None,
    structure: Mapping[str, Any] | None = None,
    calibration: Mapping[str, Any] | None = None,
    out: Path | None = None,
) -> Path:
    """Write a report, `report.html` in the run's folder unless told otherwise.

    The page needs no network; its only script turns figures in three dimensions, which stand still
    without it. What a run lacks (conditions, inferred inputs, epochs,
    a known truth) is said in a sentence instead of a figure. Several sessions are shown beside each other,
    and at most six of them one by one.

    Parameters
    ----------
    folder
        Of the run; its name is the title. The best member of a search is reported on with the search.
    dataset, posterior
        Data, and what was inferred from them, session by session.
    metrics
        Lines of `metrics.jsonl`, one dictionary an epoch.
    summary
        Contents of `summary.json`; may be empty while a run goes on. The training data are those that
        it describes, which may be others than `dataset`.
    config
        Settings of the run.
    scores
        Of the posterior, as `Scores.to_dict` gives them; by default those of the summary.
    structure
        Of these data, `NullResult.to_dict` by surrogate, where structure was looked for.
    calibration
        Of the run's model, `Calibration.to_dict` by session, where that was asked.
    out
        Another place for the page.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    UserError
        If the posterior was inferred from other data.
    CannotWrite
        If the page cannot be written.
    """
    folder = Path(folder)
    trained = trained_on(summary, dataset)
    of_training = {} if trained.elsewhere else summary.get("scores")
    given: Mapping[str, Any] = scores or of_training or {}
    searched = folder_of_search(folder)
    name = folder.resolve().name if searched is None else f"{searched.name}, best member"
    several = len(dataset.sessions) > 1
    agreement = agreement_in(dataset, posterior, trained, config) if several else None
    lights = verdict(
        dataset, posterior, metrics=metrics, summary=summary, config=config, scores=given,
        agreement=None if agreement is None else agreement.after,
    )  # fmt: skip
    parts_of_page = [
        ("verdict", "Can it be trusted?", as_html(lights)),
        ("data", "Data", sections.data(dataset, trained)),
        *([] if searched is None else [("search", "Search", search(searched))]),
        ("training", "Training", sections.training(metrics, summary, config)),
    ]
    if several:
        parts = together(dataset, posterior, trained, config, given, agreement)
        rest = left_out(dataset)
        parts += [note(rest)] if rest else []
        parts_of_page.append(("sessions", "Sessions together", parts))
    parts_of_page += one_by_one(dataset, posterior, given)
    if structure:
        parts_of_page.append(
            ("structure", "Is there structure at all?", sections.structure(structure))
        )
    if calibration:
        right = "Are error bars right where the model is?"
        parts_of_page.append(("calibration", right, sections.calibration(calibration)))
    how = sections.reproduce(
        folder, dataset, trained, posterior, summary, config,
        shuffled=bool(given.get("shuffle_control")),
    )  # fmt: skip
    parts_of_page += [
        ("scores", "Scores", sections.scores(given)),
        ("network", "The network", sections.network(config, trained.shapes)),
        ("reproduce", "How to reproduce", how),
        ("settings", "Settings", sections.settings(config)),
    ]
    result = _result(dataset, trained, metrics, summary, given, config)
    path = folder / FILE_NAME if out is None else out
    write_text(path, page(f"{TITLE}{name}", result, parts_of_page))
    return path


def refuse_other_than_report(path: Path, overwrite: bool = False) -> None:
    """Raise unless `path` is free, or an earlier report lies there, or any file is to be overwritten."""
    refuse_to_replace(path, _is_report, "is not a report", overwrite=overwrite)


def _is_report(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(1000)
    return any(f"<title>{title}".encode() in start for title in (TITLE, BASELINE_TITLE))


def one_by_one(
    dataset: Dataset, posterior: Posterior, scores: Mapping[str, Any]
) -> list[tuple[str, str, list[str]]]:
    """A section on each session that gets one: id, title and parts."""
    several = len(dataset.sessions) > 1
    found_sections = []
    for number in in_full(dataset):
        session, prefix = dataset.sessions[number], f"session-{number + 1}"
        title = f"Session {session.name}" if several else "Inference"
        found = posterior.sessions.get(session.name)
        if not several and len(posterior.sessions) == 1:
            found = posterior.dataset  # a session is named by its file, which may have moved
        if found is None:
            parts = [note(f"The posterior does not hold session {session.name}.")]
        else:
            null = InputNull.kept_in(scores, session.name)
            parts = inferred(session, found, prefix, null)
        found_sections.append((prefix, title, parts))
    return found_sections


def _result(
    dataset: Dataset,
    trained: TrainedOn,
    metrics: Sequence[Mapping[str, Any]],
    summary: Mapping[str, Any],
    scores: Mapping[str, Any],
    config: RunConfig,
) -> str:
    """What was trained on what, and how good it is, there or on the data of the report."""
    done = "Adapted to" if config.training.freeze == "dynamics" else "Trained on"
    sentence = f"{done} {many(trained.num_trials, 'trial')}"
    sentence += f" of {many(trained.num_neurons, 'neuron')}"
    if trained.num_sessions > 1:
        sentence += f" in {trained.num_sessions} sessions"
    epochs, best = summary.get("epochs", len(metrics) or None), summary.get("best_epoch")
    if epochs:
        sentence += f" for {many(epochs, 'epoch')}"
        sentence += f" (best: {best})" if best is not None else ""
    if trained.elsewhere:
        sentence += f". Applied here to {dataset.source}"
    for split, words in (("test", "test"), ("valid", "validation"), ("train", "training")):
        name = deciding_gain(scores, split) if trained.elsewhere or split != "train" else None
        if name is not None and (found := score_of(scores, split, name)) is not None:
            whose = "its " if trained.elsewhere else ""
            comma = "," if "," in LABELS[name] else ""
            there = f"{in_words(found)} {LABELS[name]}{comma} on {whose}{words} trials"
            return f"{sentence}: {there}{_judged(scores, split, name, found)}."
    at_best = [m for m in metrics if m.get("epoch") == best] or list(metrics[-1:])
    validated = any(session.of_split("valid").any() for session in dataset.sessions)
    for name in reversed(GAINS) if at_best and validated and not trained.elsewhere else ():
        if (bits := at_best[0].get(f"valid_{name}")) is not None:
            there = f"{in_words(bits)} {LABELS[name]} on validation trials"
            return f"{sentence}: {there}{_judged({}, 'valid', name, bits)}."
    return f"{sentence}."


def _judged(scores: Mapping[str, Any], split: str, name: str, own: float) -> str:
    """What to make of a gain, after a comma; empty if there is nothing to compare it with."""
    words = standing(name, own, of_baselines(scores, split, name))
    return f", {words}" if words else ""
