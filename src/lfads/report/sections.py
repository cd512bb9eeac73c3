"""The sections of the report around the results: data, training, settings, how to reproduce."""

import shlex
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from lfads.arrays import SPLITS
from lfads.checks import UserError, many
from lfads.config import ModelSettings, RunConfig
from lfads.data.dataset import Dataset
from lfads.data.mean_value import mean_rate
from lfads.data.session import Session
from lfads.data.signals import constant_signals
from lfads.evaluation.calibration import calibration_rows, calibration_words
from lfads.evaluation.listed import (
    format_areas,
    format_beside,
    format_scores,
    format_sessions,
    in_words,
    notes_beside,
)
from lfads.evaluation.needed_words import format_needed, notes_on_inputs
from lfads.evaluation.structure import structure_rows, verdict_of
from lfads.model.shapes import Shapes
from lfads.paths import folder_of_search
from lfads.plots import captions
from lfads.plots.diagram import plot_generative_model, plot_inference_network
from lfads.plots.page import code, figure_block, heading, note, paragraph, table
from lfads.plots.ranks import CAPTION as CAPTION_OF_RANKS
from lfads.plots.ranks import plot_ranks
from lfads.plots.training import plot_learning_curves
from lfads.quality.measures import firing_of
from lfads.report.overfitting import overfitting
from lfads.report.trained import TrainedOn
from lfads.results import Posterior
from lfads.training.folder import ENDED

MOST_SIDE_BY_SIDE = 4  # sessions; more than these get a row each

ADAPTED = (
    "Only read-ins and read-outs were trained. Everything else of the network stayed as it was: that of "
    "the run that was adapted to these data."
)


def data(dataset: Dataset, trained: TrainedOn) -> list[str]:
    """A table of the sessions, and whether the run was trained on others."""
    other = (
        f"The run was not trained on these data but on {trained.source}. Training, validation "
        "and test trials are what these data call so."
    )
    return [*([note(other)] if trained.elsewhere else []), *overview(dataset)]


def overview(dataset: Dataset) -> list[str]:
    """A table of the sessions."""
    columns = [_facts_of(session, dataset) for session in dataset.sessions]
    header, rows = list(columns[0]), [list(facts.values()) for facts in columns]
    sentences = [
        "Mean rate: over all neurons and observed bins. Median and range: of each neuron's mean rate. "
        "Silent neurons have not a single spike."
    ]
    if dataset.num_forward_bins:
        sentences.append(
            f"The last {many(dataset.num_forward_bins, 'bin')} of every trial are predicted, "
            "never encoded."
        )
    hidden = [s.name for s in dataset.sessions if s.observed is not None]
    if hidden:
        sentences.append(f"Some samples are missing in {', '.join(hidden)}.")
    source = f"Source: {dataset.source}." if dataset.source else ""
    if len(rows) <= MOST_SIDE_BY_SIDE:
        header, *rows = (list(entries) for entries in zip(header, *rows, strict=True))
    return [table(header, rows), note(" ".join([*sentences, source]).strip())]


def _facts_of(session: Session, dataset: Dataset) -> dict[str, str]:
    bins = sorted({int(session.trial_length.min()), int(session.trial_length.max())})
    return {
        "session": session.name,
        **{f"{split} trials": str(session.of_split(split).sum()) for split in SPLITS},
        "bins": "–".join(map(str, bins)),
        "bin width (ms)": f"{1000 * dataset.bin_width_s:g}",
        "trial (s)": "–".join(f"{number * dataset.bin_width_s:.3g}" for number in bins),
        "neurons": str(session.num_neurons),
        "held-out neurons": str(session.held_out_neurons.sum()),
        **(_firing(session, dataset) if session.kind == "counts" else _signals(session, dataset)),
        "conditions": "–" if session.condition is None else str(len(np.unique(session.condition))),
    }


def _firing(session: Session, dataset: Dataset) -> dict[str, str]:
    rates = firing_of(session, dataset.bin_width_s).rates_hz
    rates = rates[np.isfinite(rates)]
    return {
        "mean rate (spikes/s)": mean_rate(session, dataset.bin_width_s) if len(rates) else "–",
        "median of neurons (spikes/s)": f"{np.median(rates):.3g}" if len(rates) else "–",
        "range of neurons (spikes/s)": f"{rates.min():.1f}–{rates.max():.1f}"
        if len(rates)
        else "–",
        "silent neurons": str(session.silent_neurons().sum()),
    }


def _signals(session: Session, dataset: Dataset) -> dict[str, str]:
    known = session.values[session.observed_bins()]
    unit = f" ({dataset.unit})" if dataset.unit else ""
    return {
        f"median of signals{unit}": f"{np.median(known):.3g}" if known.size else "–",
        f"range of signals{unit}": f"{known.min():.3g}–{known.max():.3g}" if known.size else "–",
        "constant channels": str(len(constant_signals(session))),
    }


def training(
    metrics: Sequence[Mapping[str, Any]], summary: Mapping[str, Any], config: RunConfig
) -> list[str]:
    """Learning curves, and how training ended."""
    if not metrics:
        return [note("No epoch was recorded.")]
    best = summary.get("best_epoch")
    caption = captions.learning_curves(best)
    parts = [figure_block(plot_learning_curves(metrics, best_epoch=best), "learning", caption)]
    dropped = summary.get("dropped_steps") or metrics[-1].get("dropped_steps") or 0
    ended = summary.get("stopped_by")
    how = f"Training ended: {ENDED.get(str(ended), ended)}."
    sentence = how if ended else "The run has not ended."
    if dropped:
        sentence += f" {many(int(dropped), 'step')} gave no finite gradient and were left out."
    parts += map(paragraph, overfitting(metrics, best, config))
    if config.training.freeze == "dynamics":
        parts.insert(0, paragraph(ADAPTED))
    return [note(sentence), *parts]


def scores(scores: Mapping[str, Any]) -> list[str]:
    """Tables of scores: those of all sessions together, then a row for each session.

    Parameters
    ----------
    scores
        As `Scores.to_dict` gives them; or numbers by name, as a summary has them.
    """
    if not scores:
        return [note("The run has not been scored.")]
    if "splits" not in scores:
        smoothed = "validation negative log-likelihood, smoothed over epochs"
        words = {"valid_nll_smoothed": smoothed}
        rows = [[words.get(k, k.replace("_", " ")), in_words(v)] for k, v in scores.items()]
        return [table(["score", "value"], rows)]
    header, *rows = format_scores(scores)
    shared = scores.get("notes", ())
    parts = [table(header, rows), *map(_sentence, shared)]
    if of_run := format_beside(scores):
        parts += [heading("Beside baselines"), table(of_run[0], of_run[1:])]
    parts += map(_sentence, notes_beside(scores))
    for what, lines in (("area", format_areas), ("session", format_sessions)):
        if of_each := lines(scores, *scores["splits"]):
            parts += [heading(f"Each {what}"), table(of_each[0], of_each[1:])]
    if tables := format_needed(scores):
        parts += [heading("Inferred inputs"), *(table(rows[0], rows[1:]) for rows in tables)]
        parts += map(_sentence, notes_on_inputs(scores))
    said: dict[str, list[str]] = {}
    for session, each in scores.get("sessions", {}).items():
        for text in each.get("notes", ()):
            said.setdefault(text, []).append(str(session))
    own = {text: names for text, names in said.items() if text not in shared}
    return parts + [_sentence(f"{', '.join(names)}: {text}") for text, names in own.items()]


def structure(found: Mapping[str, Any]) -> list[str]:
    """The test of structure, and the network beside one that was trained on data without any.

    `found` is `NullResult.to_dict` by surrogate.
    """
    parts = []
    for each in found.values():
        parts.append(paragraph(verdict_of(each)))
        if rows := structure_rows(each):
            parts.append(table(rows[0], rows[1:]))
        parts += map(_sentence, each["notes"])
    return parts


def calibration(found: Mapping[str, Any]) -> list[str]:
    """Whether posteriors are right for the model itself; `found` is `Calibration.to_dict` by session."""
    parts = []
    for number, each in enumerate(found.values()):
        rows = calibration_rows(each)
        parts += [table(rows[0], rows[1:]), *map(paragraph, calibration_words(each))]
        parts.append(figure_block(plot_ranks(each), f"ranks-{number}", CAPTION_OF_RANKS))
    return parts


def _sentence(text: str) -> str:
    return note(f"{text[:1].upper()}{text[1:]}.")


def network(config: RunConfig, shapes: Shapes) -> list[str]:
    """How the network makes data, and how it infers, with its sizes; nothing if these are not known."""
    try:
        model = ModelSettings(**vars(config.model))
    except UserError:  # of a run that has not begun
        return [note("Sizes of the network are not known yet.")]
    return [
        figure_block(plot_inference_network(model, shapes), "network", captions.INFERENCE_NETWORK),
        figure_block(plot_generative_model(model, shapes), "generative", captions.GENERATIVE_MODEL),
    ]


def settings(config: RunConfig) -> list[str]:
    """Every setting, folded away."""
    given = config.to_dict()
    tables = {name: values for name, values in given.items() if isinstance(values, Mapping)}
    tables["randomness"] = {name: value for name, value in given.items() if name not in tables}
    opening = "Every setting, as in config.toml, those derived from the data included"
    parts = [f"<details><summary>{escape(opening)}</summary>", '<div class="columns">']
    for name, values in tables.items():
        rows = [[key, _setting(value)] for key, value in values.items()]
        parts.append(f"<div>{heading(name)}{table([], rows)}</div>")
    return [*parts, "</div></details>"]


def reproduce(
    folder: Path,
    dataset: Dataset,
    trained: TrainedOn,
    posterior: Posterior,
    summary: Mapping[str, Any],
    config: RunConfig,
    *,
    shuffled: bool = False,
) -> list[str]:
    """Commands, versions and seeds; `shuffled` inputs were compared with those of shuffled trials."""
    versions, made_with = summary.get("versions") or {}, summary.get("parts") or {}
    samples = {str(p.attrs.get("num_samples", "")) for p in posterior.sessions.values()}
    other = [("applied to", dataset.source), ("their fingerprint", trained.here)]
    facts = [
        ("training data", trained.source),
        ("their fingerprint", trained.fingerprint),
        *(other if trained.elsewhere else []),
        ("device", summary.get("device", "")),
        ("seconds of training", f"{summary['seconds']:.0f}" if "seconds" in summary else ""),
        ("posterior samples", ", ".join(sorted(samples))),
        ("seed", str(config.seed)),
        *((f"version of {k}", v) for k, v in versions.items()),
        *((key.replace("s/", " ", 1), source) for key, source in made_with.items()),
    ]
    rows = [[key, str(value)] for key, value in facts if value not in ("", None)]
    notes = ["RUN stands for a new folder."]
    if not trained.paths:
        notes.append("The run was trained on arrays; DATA stands for a file that holds them.")
    if trained.elsewhere and not dataset.paths:
        notes.append("OTHER stands for a file of the data that the run was applied to.")
    notes.append("The weights of this run are in its checkpoints/best.npz.")
    if (folder / "posterior.nc").is_file():
        notes.append("The posterior.nc of this run holds an inference of before.")
    adapted = config.training.freeze == "dynamics"
    if adapted and not trained.adapted_from:
        notes.append("TRAINED stands for the run that was adapted.")
    drawn = "".join(samples) if len(samples) == 1 else ""
    draws = f" --num-samples {drawn}" if drawn not in ("", "50") else ""
    commands = _commands(
        folder, dataset, trained, adapted, draws, " --shuffle-control" if shuffled else ""
    )
    return [code(commands), note(" ".join(notes)), table([], rows)]


def _commands(
    folder: Path, dataset: Dataset, trained: TrainedOn, adapted: bool, draws: str, control: str
) -> list[str]:
    """From data to report; paths are absolute, so that they work from any folder."""
    data = " ".join(shlex.quote(str(path)) for path in trained.paths) or "DATA"
    search = folder_of_search(folder)
    command, best = ("train", "") if search is None else ("search", "best/")
    config = shlex.quote(str((search or folder).resolve() / "config.toml"))
    width = f" --bin-width-s {trained.bin_width_s:g}" if trained.paths else ""
    here = " ".join(shlex.quote(str(path)) for path in dataset.paths) or "OTHER"
    other = f" {here}" if trained.elsewhere else ""
    posterior = "applied.nc" if trained.elsewhere else "posterior.nc"
    first = f"lfads {command} {data} --config {config}{width} --out RUN"
    if adapted:
        base = shlex.quote(trained.adapted_from or "TRAINED")
        first = f"lfads adapt {base} {data}{width} --out RUN"
    return [
        first,
        f"lfads infer RUN{other} --out RUN/{best}{posterior}{draws}",
        f"lfads evaluate RUN{other}{draws}{control}",
        f"lfads report RUN{other}{draws}",
    ]


def _setting(value: Any) -> str:
    """As in config.toml, text without its quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)
