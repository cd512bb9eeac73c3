"""The part of a preview on one session: trials, rates, synchrony, drift, and how to leave neurons out."""

from html import escape

import numpy as np
from matplotlib.figure import Figure

from lfads.arrays import SPLITS
from lfads.checks import many
from lfads.data.dataset import Dataset
from lfads.data.session import Session
from lfads.plots import preview_captions as captions
from lfads.plots.drift import plot_drift
from lfads.plots.firing import plot_firing
from lfads.plots.page import code, figure_block, heading, note, table
from lfads.plots.rasters import plot_rasters, varied_trials
from lfads.plots.synchrony import plot_synchrony
from lfads.quality.drift import FEWEST_TRIALS
from lfads.quality.examine import Examined
from lfads.quality.synchrony import FEWEST_SPIKES, WIDE_BIN_S, Pair

_MOST_CONDITIONS = 24  # more are folded away
_MOST_PAIRS = 15


def looked_at(examined: Examined, dataset: Dataset, prefix: str) -> list[str]:
    """Figures and tables; `prefix` keeps their ids apart from other sessions'."""
    session, firing = examined.session, examined.firing

    def show(name: str, figure: Figure, caption: str) -> str:
        return figure_block(figure, f"{prefix}-{name}", caption)

    parts = [heading("Example trials")]
    chosen = varied_trials(session, firing).tolist()
    if len(examined.bursts):
        chosen[-1] = int(examined.bursts.trial[0])
    figure = plot_rasters(session, firing, trials=chosen, start_s=dataset.start_s)
    parts.append(show("rasters", figure, captions.rasters(examined)))
    parts.append(heading("Rates"))
    figure = plot_firing(session, firing, start_s=dataset.start_s)
    parts.append(show("firing", figure, captions.firing(examined)))
    parts += [heading("Trials"), *trials(session)]
    parts.append(heading("Neurons that fire together"))
    if examined.synchrony.num_trials:
        figure = plot_synchrony(session, examined.synchrony, bin_width_s=dataset.bin_width_s)
        caption = captions.synchrony(examined, dataset.bin_width_s)
        parts.append(show("synchrony", figure, caption))
        parts += pairs(examined, dataset.bin_width_s)
    else:
        parts.append(note(_NOT_COMPARED))
    parts.append(heading("Along the session"))
    if examined.drift is None:
        parts.append(note(f"With fewer than {FEWEST_TRIALS} trials, no drift can be told."))
    else:
        parts.append(show("drift", plot_drift(examined.drift, firing), captions.drift(examined)))
    return [*parts, *leave_out(examined, dataset)]


_NOT_COMPARED = (
    f"Neurons are compared where two have at least {FEWEST_SPIKES} spikes and trials a few bins; here "
    "they do not."
)


def trials(session: Session) -> list[str]:
    """Trials of each condition and split."""
    splits = [split for split in SPLITS if session.of_split(split).any()]
    header = ["condition", *splits, "all"]
    labels = [] if session.condition is None else np.unique(session.condition)
    groups = [(str(label), session.condition == label) for label in labels]
    rows = []
    for label, here in [*groups, ("all", np.ones(session.num_trials, bool))]:
        counts = [int((here & session.of_split(split)).sum()) for split in splits]
        rows.append([label, *map(str, [*counts, sum(counts)])])
    if len(rows) <= _MOST_CONDITIONS + 1:
        return [table(header, rows)]
    opening = f"Trials of each of {len(rows) - 1} conditions"
    return [
        table(header, rows[-1:]),
        f"<details><summary>{escape(opening)}</summary>{table(header, rows)}</details>",
    ]


def pairs(examined: Examined, bin_width_s: float) -> list[str]:
    """The pairs of neurons that share spikes, with numbers."""
    found = examined.synchrony.pairs
    if not found:
        sentence = "No two neurons share so many spikes that one looks like a copy of the other."
        wide = f" Bins of {1000 * bin_width_s:g} ms are wide, though: only copies could be told."
        return [note(sentence + (wide if bin_width_s > WIDE_BIN_S else ""))]
    header = [
        "pair", "spikes of one", "of the other", "bins with both", "by chance",
        "shared (% of the fewer)", "leave out",
    ]  # fmt: skip
    dropped = set(examined.duplicates)
    rows = [_row(pair, examined, dropped) for pair in found[:_MOST_PAIRS]]
    parts = [table(header, rows)]
    if len(found) > _MOST_PAIRS:
        parts.append(note(f"{len(found) - _MOST_PAIRS} more pairs are not listed."))
    return [*parts, note(_HOW_TOLD)]


_HOW_TOLD = (
    "By chance: bins with both, had one of the two been shifted by a few milliseconds. Shared: spikes of "
    "the neuron that fires less that coincide beyond chance. Neighbouring electrodes, and a neuron split "
    "by its sorter, share most of their spikes; neurons that are merely tuned alike share none beyond "
    "chance. Where one neuron is in several pairs, it alone is left out."
)


def _row(pair: Pair, examined: Examined, dropped: set[int]) -> list[str]:
    total = examined.firing.total
    return [
        f"{pair.keep} and {pair.drop}",
        f"{total[pair.keep]:,}",
        f"{total[pair.drop]:,}",
        f"{pair.coincidences:,}",
        f"{pair.expected:,.0f}",
        f"{100 * min(pair.share, 1.0):.0f}",
        ", ".join(str(n) for n in (pair.keep, pair.drop) if n in dropped),
    ]


def leave_out(examined: Examined, dataset: Dataset) -> list[str]:
    """Code that drops silent neurons, and one of each pair that shares spikes."""
    silent = np.flatnonzero(examined.firing.silent).tolist()
    lists = [("silent", silent), ("duplicates", examined.duplicates)]
    lists = [(name, neurons) for name, neurons in lists if neurons]
    if not lists:
        return []
    path = repr(str(dataset.path)) if dataset.path else '"data.h5"'
    drop = " + ".join(name for name, _ in lists)
    if len(dataset.sessions) > 1:
        drop = f"{{{examined.session.name!r}: {drop}}}"
    lines = [
        "import lfads",
        "",
        f"dataset = lfads.read({path}, bin_width_s={dataset.bin_width_s:g})",
        *(f"{name} = {neurons}" for name, neurons in lists),
        f"lfads.write(lfads.drop_neurons(dataset, {drop}), 'cleaned.h5')",
    ]
    count = len({n for _, neurons in lists for n in neurons})
    words = f"This leaves out {many(count, 'neuron')} and writes the others to a new file:"
    return [heading("To leave neurons out"), note(words), code(lines)]
