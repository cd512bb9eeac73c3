"""Make the paper's experiments again: fit what is missing, score it, and write numbers and a page.

What was computed before is read again, by what it depends on, so that a run that was broken off goes on.
"""

import importlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lfads.checks import Problems, UserError, is_whole, reason_of, suggestion
from lfads.devices import configure_devices, describe_devices, usable_cores
from lfads.files import PathLike, refuse_address, write_json, write_text
from lfads.paper.cells import Found
from lfads.paper.experiment import Claim, Experiment, Results
from lfads.paper.fits import Say, fits_of
from lfads.paper.page import command_of, page_of
from lfads.paper.size import Size, size_of
from lfads.paper.tables import tables_of
from lfads.terminal.saying import say
from lfads.training.folder import versions

EXPERIMENTS: Mapping[str, str] = {
    "pendulum": "S1",
    "lorenz": "S2",
    "lorenz_settings": "",
    "chaotic_rnn": "S3",
    "pulses": "S7, S8",
    "integration_to_bound": "S9",
    "sessions": "",
    "reaching": "",
    "reaching_dynamics": "3c, 4d, S5, S6",
    "initial_conditions": "2, S4",
    "jumps": "5, S10",
    "reaching_sessions": "4, S6",
    "dimensions": "S4",
}
"""Modules of this package, in the order of the paper's figures, and these."""

PAGE, NUMBERS = "index.html", "results.json"


class Reproduced(NamedTuple):
    """What was made.

    Parameters
    ----------
    page
        HTML file.
    claims
        Numbers of the paper beside ours, by experiment.
    failed
        Fits that are missing, each with the reason.

    Examples
    --------
    >>> from pathlib import Path
    >>> made = lfads.Reproduced(page=Path("reproduced/index.html"), claims={})
    >>> made.failed
    ()
    """

    page: Path
    claims: Mapping[str, Sequence[Claim]]
    failed: tuple[str, ...] = ()


def reproduce(
    names: Sequence[str] | str,
    *,
    out: PathLike,
    quick: bool = False,
    seeds: int = 1,
    full: bool = False,
    progress: bool = True,
) -> Reproduced:
    """Make figures of the LFADS paper again, beside its numbers.

    Parameters
    ----------
    names
        Experiments (`lorenz`, `chaotic_rnn`, …), or `all`.
    out
        Folder for `index.html` and `results.json`, which grow with every fit, and for what was fitted. What
        is there already and depends on the same is used again.
    quick
        Few trials and short trainings: a look at what comes out, not at how good it is.
    seeds
        Of data and fits. Seed 0 has as many trials as the paper, the others a quarter.
    full
        Seeds after the first have as many trials as the paper, too.
    progress
        Say on stderr what is done.

    Raises
    ------
    UserError
        If there is no such experiment, `out` is not a folder, or both `quick` and `full` are asked for.

    References
    ----------
    Pandarinath et al. 2018, Nature Methods 15:805-815, and its supplement.

    Examples
    --------
    >>> lfads.reproduce("lorentz", out=folder, quick=True)
    Traceback (most recent call last):
    lfads.checks.UserError: there is no experiment `lorentz`. Did you mean `lorenz`? ...
    """
    problems = Problems("reproduce")
    problems.require(
        is_whole(seeds) and seeds > 0, f"`seeds=` must be a whole number above 0; got {seeds!r}"
    )
    for name, value in (("quick", quick), ("full", full)):
        problems.require(isinstance(value, bool), f"`{name}=` must be True or False; got {value!r}")
    problems.require(
        not (quick and full), "`quick=True` has few trials, `full=True` all of them: choose one"
    )
    problems.require(
        isinstance(out, str | os.PathLike) and str(out) != "",
        f"`out=` must name a folder; got {out!r}",
    )
    problems.raise_if_any()
    chosen, out = chosen_experiments(names), _folder(out)
    configure_devices()
    sizes = {seed: size_of(seed, quick=quick, full=full) for seed in range(seeds)}
    every = len(chosen) == len(EXPERIMENTS)
    names = ["all"] if every else [*map(typed, chosen)]
    about = {"command": command_of(names, quick=quick, seeds=seeds, full=full), **_machine()}
    return made_again(chosen, sizes, out, about, progress=progress)


def made_again(
    chosen: Mapping[str, Experiment],
    sizes: Mapping[int, Size],
    out: Path,
    about: Mapping[str, Any],
    *,
    progress: bool = False,
) -> Reproduced:
    """Fit and score experiments; numbers are written after every fit, the page after every experiment.

    Parameters
    ----------
    chosen
        Experiments by name.
    sizes
        How much is done of each seed.
    out
        Folder.
    about
        Command, device and versions, for numbers and page.
    progress
        Say on stderr what is done.
    """
    found: dict[str, dict[tuple[str, str, int], Found]] = {name: {} for name in chosen}
    claims, failed = {}, []
    planned = [(fit.name, fit.key) for fit in fits_of(chosen, sizes)]  # fits would keep their data
    first = next(iter(sizes))  # of the seeds: the one that figures show
    needed = {
        name: {key for of, key in planned if (of, key[2]) == (name, first)} for name in chosen
    }
    ends = {(name, key[2]): key for name, key in planned}
    for number, fit in enumerate(fits_of(chosen, sizes), start=1):
        tell = _numbered(number, len(planned)) if progress else _say_nothing
        try:
            found[fit.name][fit.key] = fit.found(out, tell, progress=progress)
        except (UserError, np.linalg.LinAlgError, FloatingPointError) as error:  # others go on
            failed.append(
                f"{fit.words}: {reason_of(error)}. What was kept of it is in {out.name}/networks"
            )
            tell(f"failed. {failed[-1]}")
        results = {name: Results(cells, sizes) for name, cells in found.items()}
        claims = {name: one.judged(results[name]) for name, one in chosen.items() if found[name]}
        numbers = {name: numbers_of(chosen[name], claims[name], found[name]) for name in claims}
        write_json(out / NUMBERS, {**about, "experiments": numbers, "failed": failed})
        complete = {name: one for name, one in chosen.items() if needed[name] <= found[name].keys()}
        ended = fit.name in complete and fit.key == ends[fit.name, fit.seed]
        if ended or number == len(planned):
            drawn = {name: claims[name] for name in complete}
            tables = tables_of(out / "networks", [*complete], first, sizes[first])
            write_text(out / PAGE, page_of(complete, results, drawn, about, failed, tables))
    return Reproduced(out / PAGE, claims, tuple(failed))


def chosen_experiments(names: Sequence[str] | str) -> dict[str, Experiment]:
    """Experiments by name; a UserError if there is one that there is not, or none is named."""
    given = [names] if isinstance(names, str) else names
    if not isinstance(given, Sequence) or not all(isinstance(name, str) for name in given):
        raise UserError(f"`names` must be names of experiments, or `all`; got {names!r}")
    there = ", ".join(
        f"{typed(name)} ({figure})" if figure else typed(name)
        for name, figure in EXPERIMENTS.items()
    )
    if not given:
        raise UserError(f"name experiments, with spaces between, or `all`; there are {there}")
    wanted = [name.replace("-", "_") for name in given]
    for name in wanted:
        if name not in (*EXPERIMENTS, "all"):
            known = [*map(typed, EXPERIMENTS), "all"]
            hint = suggestion(typed(name), known).partition(" Known")[0]
            raise UserError(
                f"there is no experiment `{typed(name)}`.{hint} There are {there}, and `all`"
            )
    return {
        name: importlib.import_module(f"lfads.paper.{name}").EXPERIMENT
        for name in EXPERIMENTS
        if name in wanted or "all" in wanted
    }


def typed(name: str) -> str:
    """A name of an experiment as one types it."""
    return name.replace("_", "-")


def _folder(out: PathLike) -> Path:
    """A folder that can be written to; a UserError if it cannot."""
    refuse_address(out)
    place = Path(out)
    try:
        for folder in (place, place / "kept", place / "networks"):
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
    except OSError as error:
        raise UserError(
            f"`out=` must name a folder that can be written to; {place} is none: {reason_of(error)}. "
            "Choose another"
        ) from error
    return place


def numbers_of(
    experiment: Experiment,
    claims: Sequence[Claim],
    found: Mapping[tuple[str, str, int], Found],
) -> dict[str, Any]:
    """Claims and numbers of all fits, for JSON."""
    fits = [
        {"case": case, "method": method, "seed": seed, **one.numbers}
        for (case, method, seed), one in found.items()
    ]
    return {
        "figures": experiment.figures,
        "claims": [one.to_dict() for one in claims],
        "fits": fits,
    }


def _machine() -> dict[str, Any]:
    return {"device": describe_devices(), "cores": usable_cores(), "versions": versions()}


def _numbered(number: int, total: int) -> Say:
    return lambda text: say(f"fit {number} of {total}: {text}")


def _say_nothing(_: str) -> None:
    pass
