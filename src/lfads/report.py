"""One self-contained page about a run: data, training, and what was inferred from every session."""

import re
import shlex
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from lfads.arrays import SPLITS
from lfads.config import RunConfig
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.files import write_text
from lfads.plots import captions
from lfads.plots.conditions import Conditions, conditions_of
from lfads.plots.factors import plot_factor_time_courses, plot_factors
from lfads.plots.initial_conditions import plot_initial_conditions
from lfads.plots.inputs import plot_inferred_inputs
from lfads.plots.page import figure_block, page, table
from lfads.plots.rates import plot_psths, plot_rate_traces, plot_trials
from lfads.plots.training import plot_learning_curves
from lfads.plots.truth import plot_inputs_against_truth, plot_latents
from lfads.results import Posterior

FILE_NAME = "report.html"
MOST_SIDE_BY_SIDE = 4  # sessions; more than these get a row each


def write_report(
    folder: Path,
    dataset: Dataset,
    posterior: Posterior,
    *,
    metrics: list[dict[str, Any]],
    summary: dict[str, Any],
    config: RunConfig,
    scores: dict[str, Any] | None = None,
) -> Path:
    """Write `report.html` into a run's folder.

    The page needs no network and no script. What a run lacks (conditions, inferred inputs, epochs,
    a known truth) is said in a sentence instead of a figure.

    Parameters
    ----------
    folder
        Of the run; its name is the title.
    dataset, posterior
        Data, and what was inferred from them, session by session.
    metrics
        Lines of `metrics.jsonl`, one dictionary an epoch.
    summary
        Contents of `summary.json`; may be empty while a run goes on.
    config
        Settings of the run.
    scores
        Of the posterior, nested dictionaries of numbers; by default those of the summary.

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
    given: Mapping[str, Any] = scores or summary.get("scores") or {}
    name = folder.resolve().name
    sections = [
        ("data", "Data", _data(dataset)),
        ("training", "Training", _training(metrics, summary)),
    ]
    several = len(dataset.sessions) > 1
    for number, session in enumerate(dataset.sessions, 1):
        prefix = f"session-{number}"
        title = f"Session {session.name}" if several else "Inference"
        found = posterior.sessions.get(session.name)
        if found is None:
            parts = [_note(f"The posterior does not hold session {session.name}.")]
        else:
            parts = _session(session, found, prefix)
        sections.append((prefix, title, parts))
    sections += [
        ("scores", "Scores", _scores(given)),
        ("settings", "Settings", _settings(config)),
        ("reproduce", "How to reproduce", _reproduce(folder, dataset, posterior, summary, config)),
    ]
    links = "".join(f'<a href="#{key}">{escape(title)}</a>' for key, title, _ in sections)
    body = [
        f"<header><h1>LFADS report: {escape(name)}</h1>",
        f'<p class="result">{escape(_result(dataset, metrics, summary, given))}</p>',
        f"<nav>{links}</nav></header>",
    ]
    for key, title, parts in sections:
        body += [f'<section id="{key}"><h2>{escape(title)}</h2>', *parts, "</section>"]
    path = folder / FILE_NAME
    write_text(path, page(f"LFADS report: {name}", body))
    return path


# --- sections -----------------------------------------------------------------------------------


def _result(
    dataset: Dataset,
    metrics: Sequence[Mapping[str, Any]],
    summary: Mapping[str, Any],
    scores: Mapping[str, Any],
) -> str:
    """One sentence: what was trained on what, and how good it is."""
    trials = sum(int(s.of_split("train").sum()) for s in dataset.sessions)
    neurons = sum(s.num_neurons for s in dataset.sessions)
    sentence = f"Trained on {_many(trials, 'trial')} of {_many(neurons, 'neuron')}"
    if len(dataset.sessions) > 1:
        sentence += f" in {len(dataset.sessions)} sessions"
    epochs, best = summary.get("epochs", len(metrics) or None), summary.get("best_epoch")
    if epochs:
        sentence += f" for {_many(epochs, 'epoch')}"
        sentence += f" (best: {best})" if best is not None else ""
    for split, words in (("test", "test trials"), ("valid", "validation trials")):
        found = _lookup(scores, split, "bits_per_spike")
        if found is not None:
            return f"{sentence}: {found:.3f} bits per spike on {words}."
    at_best = [m for m in metrics if m.get("epoch") == best] or list(metrics[-1:])
    bits = at_best[0].get("valid_bits_per_spike") if at_best else None
    if bits is not None:
        return f"{sentence}: {bits:.3f} bits per spike on validation trials."
    return f"{sentence}."


def _data(dataset: Dataset) -> list[str]:
    header = [
        "session", *(f"{split} trials" for split in SPLITS), "bins", "bin width (ms)",
        "trial (s)", "neurons", "held-out neurons", "mean rate (spikes/s)", "range of rates",
        "silent neurons", "conditions",
    ]  # fmt: skip
    rows = [_data_row(session, dataset) for session in dataset.sessions]
    sentences = [
        "Mean rate: the median over neurons of each neuron's mean over observed bins, and its range. "
        "Silent neurons have not a single spike."
    ]
    if dataset.num_forward_bins:
        sentences.append(
            f"The last {_many(dataset.num_forward_bins, 'bin')} of every trial are predicted, "
            "never encoded."
        )
    hidden = [s.name for s in dataset.sessions if s.observed is not None]
    if hidden:
        sentences.append(f"Some samples are missing in {', '.join(hidden)}.")
    source = f"Source: {dataset.source}." if dataset.source else ""
    if len(rows) <= MOST_SIDE_BY_SIDE:
        header, *rows = (list(entries) for entries in zip(header, *rows, strict=True))
    return [table(header, rows), _note(" ".join([*sentences, source]).strip())]


def _data_row(session: Session, dataset: Dataset) -> list[str]:
    observed = session.observed_bins()
    exposure_s = observed.sum((0, 1)) * dataset.bin_width_s
    spikes = np.where(observed, session.spikes, 0).sum((0, 1), dtype=np.float64)
    rates = spikes[exposure_s > 0] / exposure_s[exposure_s > 0]
    silent = int((spikes[exposure_s > 0] == 0).sum())
    shortest, longest = int(session.trial_length.min()), int(session.trial_length.max())
    same = shortest == longest
    seconds = [f"{bins * dataset.bin_width_s:.3g}" for bins in (shortest, longest)]
    spread = f"{rates.min():.1f}–{rates.max():.1f}" if len(rates) else "–"
    return [
        session.name,
        *(str(int(session.of_split(split).sum())) for split in SPLITS),
        str(longest) if same else f"{shortest}–{longest}",
        f"{1000 * dataset.bin_width_s:g}",
        seconds[0] if same else "–".join(seconds),
        str(session.num_neurons),
        str(int(session.held_out_neurons.sum())),
        f"{np.median(rates):.1f}" if len(rates) else "–",
        spread,
        str(silent),
        "–" if session.condition is None else str(len(np.unique(session.condition))),
    ]


def _training(metrics: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[str]:
    if not metrics:
        return [_note("No epoch was recorded.")]
    best = summary.get("best_epoch")
    caption = captions.learning_curves(best)
    parts = [figure_block(plot_learning_curves(metrics, best_epoch=best), "learning", caption)]
    dropped = summary.get("dropped_steps") or metrics[-1].get("dropped_steps") or 0
    ended = summary.get("stopped_by")
    reasons = {
        "num_epochs": "Training ended with its last epoch.",
        "patience": "Training ended since the validation likelihood no longer improved.",
        "max_hours": "Training ended with its time.",
        "interrupted": "Training was interrupted and can be resumed.",
    }
    sentence = reasons.get(str(ended), f"Training ended: {ended}.") if ended else (
        "The run has not ended."
    )  # fmt: skip
    if dropped:
        sentence += f" {_many(int(dropped), 'step')} gave no finite gradient and were left out."
    return [_note(sentence), *parts]


def _session(session: Session, posterior: xr.Dataset, prefix: str) -> list[str]:
    conditions = conditions_of(posterior)
    parts = [_note(_opening(posterior, conditions))]

    def show(name: str, figure: Figure, caption: str) -> None:
        parts.append(figure_block(figure, f"{prefix}-{name}", caption))

    def part(title: str, variable: str, otherwise: str) -> bool:
        """Open a part; a sentence stands in it if the posterior lacks the variable."""
        parts.append(f"<h3>{escape(title)}</h3>")
        there = variable in posterior and posterior[variable].size > 0
        if not there:
            parts.append(_note(otherwise))
        return there

    if part("Single trials", "rates", "The posterior holds no rates."):
        show("trials", plot_trials(posterior, session), captions.trials(session))
        show("traces", plot_rate_traces(posterior, session), captions.rate_traces(session))
    title = "Averages by condition" if conditions.known else "Average over trials"
    if part(title, "rates", "The posterior holds no rates."):
        show("psths", plot_psths(posterior, session), captions.psths(conditions))
    if part("Factors", "factors", "The posterior holds no factors."):
        show("factors", plot_factors(posterior), captions.factors(posterior, conditions))
        courses = plot_factor_time_courses(posterior)
        show("courses", courses, captions.factor_time_courses(posterior))
    lack = "The posterior holds no initial conditions."
    if part("Initial conditions", "initial_condition_mean", lack):
        figure = plot_initial_conditions(posterior)
        show("initial-conditions", figure, captions.initial_conditions(conditions))
    lack = (
        "The network infers no inputs: nothing but its initial state and measured inputs drives it."
    )
    if part("Inferred inputs", "inferred_inputs", lack):
        figure = plot_inferred_inputs(posterior)
        show("inputs", figure, captions.inferred_inputs(posterior, conditions))
    if session.true_latents is not None and part("True latents", "factors", "No factors."):
        caption = captions.against_truth("latents", "factors")
        show("latents", plot_latents(posterior, session), caption)
    if session.true_inputs is not None and part("True inputs", "inferred_inputs", "None inferred."):
        caption = captions.against_truth("inputs", "inferred inputs")
        show("true-inputs", plot_inputs_against_truth(posterior, session), caption)
    return parts


def _opening(posterior: xr.Dataset, conditions: Conditions) -> str:
    samples = posterior.attrs.get("num_samples")
    first = int(posterior.attrs.get("first_bin", 0))
    text = "Averages over the posterior" + (f" ({samples} samples)" if samples else "") + "."
    if first:
        text += (
            f" The first {_many(first, 'bin')} of each trial serve the initial condition alone, so "
            "that time courses start after them."
        )
    if not conditions.known:
        text += " The trials bear no condition labels; averages are over all trials."
    return text


def _scores(scores: Mapping[str, Any]) -> list[str]:
    """Tables of nested scores; a dictionary of dictionaries becomes rows and columns."""
    if not scores:
        return [_note("The run has not been scored.")]
    if "splits" in scores:
        notes = [_note(f"{note[:1].upper()}{note[1:]}.") for note in scores.get("notes", ())]
        return [_score_table(scores["splits"]), *notes]
    if all(isinstance(v, Mapping) and "splits" in v for v in scores.values()):
        parts = []
        for name, of_session in scores.items():
            parts += [f"<h3>{escape(str(name))}</h3>", *_scores(of_session)]
        return parts
    if all(isinstance(v, Mapping) for v in scores.values()):
        return [_score_table(scores)]
    return [table(["score", "value"], [[_words(k), v] for k, v in _flat(scores)])]


def _score_table(columns: Mapping[str, Any]) -> str:
    """A column for each entry, a row for each score that any of them has."""
    flat = {name: dict(_flat(values)) for name, values in columns.items()}
    names = list(dict.fromkeys(key for values in flat.values() for key in values))
    rows = [[_words(key), *(values.get(key, "–") for values in flat.values())] for key in names]
    return table(["score", *map(str, columns)], rows)


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Names and formatted numbers of nested dictionaries and lists."""
    rows: list[tuple[str, str]] = []
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            rows += _flat(value, f"{name} ")
        elif isinstance(value, list | tuple) and len(value) <= 12:
            rows += [(f"{name} {k}", _number(v)) for k, v in enumerate(value)]
        elif isinstance(value, list | tuple):
            known = [v for v in value if isinstance(v, int | float)]
            rows.append((f"{name} (median of {len(value)})", _number(float(np.median(known)))))
        else:
            rows.append((name, _number(value)))
    return rows


def _settings(config: RunConfig) -> list[str]:
    tables = config.to_dict()
    top = {k: v for k, v in tables.items() if not isinstance(v, Mapping)}
    parts = ['<div class="columns">']
    for name, values in tables.items():
        if isinstance(values, Mapping):
            rows = [[key, _setting(value)] for key, value in values.items()]
            parts.append(f"<div><h3>{escape(name)}</h3>{table([], rows)}</div>")
    rows = [[key, _setting(value)] for key, value in top.items()]
    return [*parts, f"<div><h3>randomness</h3>{table([], rows)}</div>", "</div>"]


def _reproduce(
    folder: Path,
    dataset: Dataset,
    posterior: Posterior,
    summary: Mapping[str, Any],
    config: RunConfig,
) -> list[str]:
    described = summary.get("data", {})
    path = described.get("path") if isinstance(described, Mapping) else None
    paths = [path] if isinstance(path, str) else list(path or [])
    data = " ".join(shlex.quote(str(p)) for p in paths) or "DATA"
    run = shlex.quote(str(folder))
    width = "" if paths == [] else f" --bin-width-s {dataset.bin_width_s:g}"
    commands = [
        f"lfads train {data} --config {run}/config.toml{width} --out RUN",
        "lfads infer RUN --out RUN/posterior.nc",
        "lfads evaluate RUN",
        "lfads report RUN",
    ]
    versions = summary.get("versions") or {}
    samples = {str(p.attrs.get("num_samples", "")) for p in posterior.sessions.values()}
    facts = [
        ("data", described.get("source", dataset.source) if described else dataset.source),
        ("data fingerprint", dataset.fingerprint()),
        ("device", summary.get("device", "")),
        ("seconds of training", f"{summary['seconds']:.0f}" if "seconds" in summary else ""),
        ("posterior samples", ", ".join(sorted(samples))),
        ("seed", str(config.seed)),
        *((f"version of {k}", v) for k, v in versions.items()),
    ]
    rows = [[key, str(value)] for key, value in facts if value not in ("", None)]
    notes = "The weights are in checkpoints/best.npz of the run, the posterior in posterior.nc."
    if not paths:
        notes = "The run was trained on arrays; DATA stands for a file that holds them. " + notes
    code = f"<pre>{escape(chr(10).join(commands))}</pre>"
    return [table([], rows), code, _note(notes)]


# --- words and numbers --------------------------------------------------------------------------


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def _many(number: int, word: str) -> str:
    """A number and its noun: 1 trial, 1,040 trials."""
    return f"{number:,} {word}" + ("" if number == 1 else "s")


_SCORE_NAMES = {
    "num_trials": "trials",
    "nll_per_sample": "negative log-likelihood (nats per bin and neuron)",
    "bits_per_spike": "bits per spike",
    "held_out_bits_per_spike": "bits per spike, held-out neurons",
    "forward_bits_per_spike": "bits per spike, forward bins",
    "rate_r2_median": "R² of rates, median neuron",
    "rate_r2_mean": "R² of rates, mean over neurons",
    "valid_nll_smoothed": "validation negative log-likelihood, smoothed over epochs",
}


def _words(name: str) -> str:
    """A score's name as words."""
    return _SCORE_NAMES.get(name) or re.sub(r"\br2\b", "R²", name.replace("_", " "))


def _number(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        digits = ".4f" if 0.001 <= abs(value) < 1000 else ".4g"
        return f"{value:{digits}}" if np.isfinite(value) else "–"
    return str(value)


def _setting(value: Any) -> str:
    """As in config.toml, text without its quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lookup(scores: Mapping[str, Any], split: str, name: str) -> float | None:
    """A score of a split, where scores are of one session."""
    of_split = scores.get("splits", scores).get(split)
    value = of_split.get(name) if isinstance(of_split, Mapping) else None
    return float(value) if isinstance(value, int | float) else None
