"""A page that steps through single trials and works from a file: spikes, rates with bands, factors, inputs.

Data stand in the page, packed trial by trial, and are unpacked when a trial is looked at. The same scripts
draw the page of the studio.
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from lfads.checks import UserError, many
from lfads.files import write_text
from lfads.numerics.evenly import evenly
from lfads.paths import refuse_to_replace
from lfads.report.trial_records import Records, chosen_of

TITLE = "Single trials: "
MOST_MB = 50.0
"""Of a page, unless more is asked for: what browsers open at once."""

SCRIPTS = ("trial_records.js", "trial_figure.js", "trial_controls.js", "trial_page.js")
STYLE = "trial_page.css"
_TRIED = 12  # trials that are packed to know how large all will be


def write_trials_page(
    sessions: Sequence[Records],
    words: Mapping[str, Any],
    out: Path,
    *,
    trials: Sequence[int] | None = None,
    num_trials: int | None = None,
    max_mb: float = MOST_MB,
    overwrite: bool = False,
) -> int:
    """Write the page; returns how many trials it holds.

    Parameters
    ----------
    sessions
        Of `records_of`.
    words
        Of `words_of`.
    out
        Of the page.
    trials
        Numbers of trials in their source, `trial_index`, of all sessions alike; by default all.
    num_trials
        At most so many of each session, evenly spread.
    max_mb
        The page may have so many millions of bytes.
    overwrite
        Replace another file, too.

    Raises
    ------
    UserError
        If there are no such trials, the page would be larger, or another file lies there.
    """
    refuse_to_replace(out, is_trials_page, "is no page of single trials", overwrite=overwrite)
    chosen = chosen_trials(sessions, trials, num_trials)
    expected = _expected_mb(chosen)
    number = sum(len(one.rows) for one in chosen)
    if expected > max_mb:
        fit = max(1, int(number * max_mb / expected / len(chosen)))
        raise UserError(
            f"a page of {many(number, 'trial')} would have about {expected:.0f} MB, and `max_mb=` is "
            f"{max_mb:g}: ask for fewer trials (`num_trials={fit}` fits), or for a larger page"
        )
    write_text(out, trials_page(chosen, words))
    return number


def trials_page(sessions: Sequence[Records], words: Mapping[str, Any]) -> str:
    """The page as HTML."""
    from lfads.plots.page import page  # Matplotlib comes with it

    data = {
        "about": {**words, "sessions": [one.about for one in sessions]},
        "records": [[_packed(one, k) for k in range(len(one.rows))] for one in sessions],
    }
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    parts = [
        f"<style>\nnav, h2 {{ display: none; }}\n{part_of_page(STYLE)}</style>",
        '<div id="trials"><p class="note">The trials are drawn by a script, which this browser does not '
        "run.</p></div>",
        f'<script type="application/json" id="trials-data">{text}</script>',
        *(f"<script>\n{part_of_page(name)}</script>" for name in SCRIPTS),
    ]
    number = sum(len(one.rows) for one in sessions)
    result = f"{many(number, 'trial')} of {many(len(sessions), 'session')}, inferred by {words['method']}."
    return page(f"{TITLE}{words['title']}", result, [("moment", "Trial by trial", parts)])


def chosen_trials(
    sessions: Sequence[Records], trials: Sequence[int] | None, num_trials: int | None
) -> list[Records]:
    """The trials of each session that were asked for; sessions without one are left out."""
    found = list(sessions)
    if trials is not None:
        asked = set(trials)
        places = [[k for k, n in enumerate(one.about["number"]) if n in asked] for one in found]
        there = {one.about["number"][k] for one, of in zip(found, places, strict=True) for k in of}
        if missing := sorted(asked - there):
            raise UserError(
                "`trials=` must be numbers of trials in their source (`trial_index`) that the results "
                f"have; there is no trial {', '.join(map(str, missing[:5]))}"
            )
        found = [chosen_of(one, of) for one, of in zip(found, places, strict=True) if of]
    if num_trials is not None:
        if num_trials < 1:
            raise UserError(f"`num_trials=` must be 1 or more; got {num_trials}")
        found = [chosen_of(one, evenly(len(one.rows), num_trials).tolist()) for one in found]
    return found


def part_of_page(name: str) -> str:
    """A script or style of the page."""
    return resources.files("lfads.report").joinpath("trials", name).read_text(encoding="utf-8")


def is_trials_page(path: Path) -> bool:
    """Whether a file is a page of ours, which may be replaced."""
    with path.open("rb") as file:
        return f"<title>{escape(TITLE)}".encode() in file.read(1000)


def _expected_mb(sessions: Sequence[Records]) -> float:
    """Of the page, from some of the trials."""
    total = sum(len(part_of_page(name)) for name in (*SCRIPTS, STYLE))
    for one in sessions:
        tried = evenly(len(one.rows), _TRIED)
        total += len(json.dumps(one.about))
        total += sum(len(_packed(one, k)) for k in tried.tolist()) / len(tried) * len(one.rows)
    return total / 1e6


def _packed(records: Records, position: int) -> str:
    """One trial, half as large as zipped as it is: what changes from bin to bin is small.

    Of numbers of 2 bytes, differences between bins stand column by column, all low bytes first.
    """
    row, num_bins = records.rows[position].copy(), len(records.about["time_s"])
    for block in records.about["blocks"]:
        if block["bytes"] == 2:
            place = slice(block["offset"], block["offset"] + 2 * num_bins * block["num"])
            values = row[place].view("<u2").reshape(num_bins, block["num"])
            steps = np.diff(values, axis=0, prepend=np.zeros((1, block["num"]), "<u2"))
            columns = np.ascontiguousarray(steps.T).view(np.uint8).reshape(-1, 2)
            row[place] = columns.T.ravel()
    return base64.b64encode(zlib.compress(row.tobytes(), 6)).decode("ascii")
