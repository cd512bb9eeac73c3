"""What follows from runs and needs a choice: analyses, new sessions to adapt to, runs side by side."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lfads.checks import NotThere, UserError
from lfads.config.texts import texts_of
from lfads.jobs.asked import OF_JOB
from lfads.jobs.job import Job
from lfads.parts import part, parts
from lfads.studio.pages import see
from lfads.studio.results.results import ADAPTED, RUNS
from lfads.studio.runs.asked_run import width_of
from lfads.studio.runs.watch_pages import what
from lfads.studio.studio import changing, of, texts
from lfads.studio.web import FormData, Request, Response, Route


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One choice of an analysis.

    Parameters
    ----------
    name
        As `lfads analyse --choose` takes it.
    default
        What holds if it is not given.
    text
        What it is.
    """

    name: str
    default: str
    text: str


def analyses(request: Request) -> Response:
    """Every analysis, with what it says of itself."""
    job = _run(request)
    found = [(name, _first_line(name)) for name in parts("analyses")]
    values = {"job": job, "what": what(of(request), job), "found": found}
    return of(request).pages.show(request, "results/analyses.html", values)


def analysis(request: Request) -> Response:
    """The choices of one analysis, each with its default."""
    return _form(request, _run(request), _named(request), {})


def analyse(request: Request, form: FormData) -> Response:
    """Queue an analysis with its choices."""
    job, name, words = _run(request), _named(request), texts(form)
    options: list[str] = []
    for choice in choices_of(name):
        given = words.get(choice.name, "").strip()
        if given:
            options += ["--choose", f"{choice.name}={given}"]
    try:
        new = of(request).jobs.submit("analyse", [f"{OF_JOB}{job.id}", name], options=options)
    except UserError as error:
        return _form(request, job, name, words, str(error))
    return see(request, f"jobs/{new.id}")


def adapt(request: Request, form: FormData) -> Response:
    """Fit a new session to a trained run."""
    studio, job, words = of(request), _run(request), texts(form)
    if job.asked.command not in ADAPTED:
        raise UserError("only to a training or a search can new sessions be fitted")
    width = width_of(words.get("bin_width_s", ""))
    options = [] if width is None else ["--bin-width-s", repr(width)]
    item = studio.shelf.get(words.get("data", ""))
    new = studio.jobs.submit("adapt", [f"{OF_JOB}{job.id}", item.path], options=options)
    return see(request, f"jobs/{new.id}")


def compare(request: Request, form: FormData) -> Response:
    """Put the runs that were ticked beside each other."""
    studio = of(request)
    names = [name.removeprefix("run-") for name in texts(form) if name.startswith("run-")]
    if len(names) < 2:
        raise UserError("tick two runs or more to compare them")
    runs = [f"{OF_JOB}{studio.jobs.get(name).id}" for name in names]
    new = studio.jobs.submit("compare", runs, options=["--overwrite"])
    return see(request, f"jobs/{new.id}")


def choices_of(name: str) -> list[Choice]:
    """The choices of an analysis: parameters of its maker, with defaults."""
    kind = part("analyses", name).load()
    said: Mapping[str, str] = texts_of(kind)
    return [
        Choice(name=one.name, default=_in_words(one.default), text=said.get(one.name, ""))
        for one in inspect.signature(kind).parameters.values()
    ]


def _form(
    request: Request, job: Job, name: str, words: Mapping[str, str], said: str = ""
) -> Response:
    values = {
        "job": job, "what": what(of(request), job), "name": name, "text": _first_line(name),
        "choices": choices_of(name), "words": words, "said": said,
    }  # fmt: skip
    return of(request).pages.show(request, "results/analysis.html", values, 400 if said else 200)


def _in_words(value: Any) -> str:
    """A default as `--choose` takes it; empty if it has none, or is worked out."""
    if value is inspect.Parameter.empty or value is None:
        return ""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) + ("," if len(value) == 1 else "")
    return str(value)


def _first_line(name: str) -> str:
    return (inspect.getdoc(part("analyses", name).load()) or "").partition("\n")[0]


def _run(request: Request) -> Job:
    job = of(request).jobs.get(request.path_params["id"])
    if job.asked.command not in RUNS or job.state != "done":
        raise UserError(f"{job.id} is no run that is done")
    return job


def _named(request: Request) -> str:
    name = request.path_params["name"]
    if name not in parts("analyses"):
        raise NotThere("there is no such analysis")
    return name


ROUTES = [
    Route("/jobs/{id}/analyses", analyses),
    Route("/jobs/{id}/analyses/{name}", analysis),
    Route("/jobs/{id}/analyses/{name}/queue", changing(analyse), methods=["POST"]),
    Route("/jobs/{id}/adapt", changing(adapt), methods=["POST"]),
    Route("/runs/compare", changing(compare), methods=["POST"]),
]
