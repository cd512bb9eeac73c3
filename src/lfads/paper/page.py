"""The page of what was made again: figures, and the paper's numbers beside ours, misses shown as misses."""

from collections.abc import Mapping, Sequence
from typing import Any

from lfads.paper.experiment import Claim, Experiment, Results
from lfads.paper.size import Size
from lfads.paper.tables import Tables
from lfads.plots.drawn import drawn
from lfads.plots.page import code, figure_block, note, page, paragraph, table

TITLE = "LFADS: the paper's simulations"


def page_of(
    experiments: Mapping[str, Experiment],
    results: Mapping[str, Results],
    claims: Mapping[str, Sequence[Claim]],
    about: Mapping[str, Any],
    left_out: Sequence[str] = (),
    tables: Tables | None = None,
) -> str:
    """One self-contained page: a section an experiment, tables of settings and data, and what failed."""
    sizes = next(iter(results.values())).sizes
    sections = [
        (name, _title(one), _section(name, one, results[name], claims[name], about, sizes))
        for name, one in experiments.items()
    ]
    if tables is not None and len(tables.settings) > 1:
        title = "Settings and data (Supplementary Tables 1 and 2)"
        sections.append(("tables", title, _tables(tables)))
    if left_out:
        sections.append(("missing", "What is missing", [paragraph(words) for words in left_out]))
    sections.append(("made", "How this was made", _made(about)))
    return page(TITLE, _summary(claims, sizes), sections)


def _title(experiment: Experiment) -> str:
    if not experiment.figures:
        return experiment.title
    word = "figures" if "," in experiment.figures else "figure"
    return f"{experiment.title} ({word} {experiment.figures})"


def _summary(claims: Mapping[str, Sequence[Claim]], sizes: Mapping[int, Size]) -> str:
    """How many of what can be judged are as the paper has it."""
    paper = "Figures of Pandarinath et al. 2018 that simulations allow, made again."
    if any(size.is_quick for size in sizes.values()):
        return f"{paper} A quick look at few data and short trainings: nothing is judged."
    judged = [one.reached for each in claims.values() for one in each if one.reached is not None]
    return (
        f"{paper} {sum(judged)} of {len(judged)} numbers are as good as the paper's or our targets."
    )


def _section(
    name: str,
    experiment: Experiment,
    results: Results,
    claims: Sequence[Claim],
    about: Mapping[str, Any],
    sizes: Mapping[int, Size],
) -> list[str]:
    figure = drawn(lambda empty: experiment.draw(empty, results), experiment.height_in)
    flags = "".join(about["command"].partition(" --")[1:])
    return [
        paragraph(experiment.about),
        figure_block(figure, name, f"{experiment.caption} {_of_first(results, sizes)}"),
        _claims(claims, sizes),
        _trials(results),
        code([f"lfads reproduce {name.replace('_', '-')}{flags} --out {name}"]),
    ]


def _of_first(results: Results, sizes: Mapping[int, Size]) -> str:
    first = next(iter(sizes))
    short = ", short trainings" if sizes[first].is_quick else ""
    return f"Seed {first}, {results.trials[first]}{short}."


def _claims(claims: Sequence[Claim], sizes: Mapping[int, Size]) -> str:
    header = [
        "",
        "the paper, or a target",
        *(f"seed {s} ({one.name})" for s, one in sizes.items()),
        "",
    ]
    rows = [
        [one.what, one.paper, *(one.here.get(seed, "") for seed in sizes), one.verdict]
        for one in claims
    ]
    return table(header, rows)


def _trials(results: Results) -> str:
    each = [f"seed {seed}: {words}" for seed, words in results.trials.items()]
    return note(f"{'; '.join(each)}.".capitalize())


def _tables(tables: Tables) -> list[str]:
    return [
        note(
            "Networks of the first seed. Sizes are units of a layer, of encoders in each direction."
        ),
        table(tables.settings[0], tables.settings[1:]),
        note("Their data. Neurons: of a session, where several differ from the least to the most."),
        table(tables.data[0], tables.data[1:]),
    ]


def _made(about: Mapping[str, Any]) -> list[str]:
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    return [
        code([about["command"]]),
        note(f"{about['device']}; {versions}."),
        paragraph(
            "A seed is that of the data and of the fits. What is called the truth is what the simulation "
            "knows; no method but the ceilings is told of it, and of these each section says what they "
            "know. Numbers of every fit are in results.json; every network is a run that `lfads report` "
            "opens."
        ),
    ]


def command_of(names: Sequence[str], *, quick: bool, seeds: int, full: bool = False) -> str:
    """The command that makes these experiments.

    >>> command_of(["lorenz"], quick=True, seeds=1)
    'lfads reproduce lorenz --quick'
    """
    switches = {"--quick": quick, "--full": full}
    flags = [flag for flag, on in switches.items() if on]
    flags += ["--seeds", str(seeds)] if seeds > 1 else []
    return " ".join(["lfads reproduce", *names, *flags])
