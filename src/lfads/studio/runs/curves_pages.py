"""Learning curves of several runs over each other, of those that train as well."""

import hashlib
from pathlib import Path

from lfads.checks import NotThere, many
from lfads.jobs.job import ENDED, Job
from lfads.studio.drawn import as_image, drawing
from lfads.studio.runs.watch_pages import metrics_of, names_of, what
from lfads.studio.studio import Studio, of
from lfads.studio.web import JSONResponse, Request, Response, Route

USUAL = 4
"""So many runs, the newest, are drawn if none is chosen."""


def curves(request: Request) -> Response:
    """The page: which runs, and their figure."""
    studio = of(request)
    there, called = _there(studio), names_of(studio)
    chosen = _chosen(request, there)
    names = {job.id for job, _ in chosen}
    values = {
        "rows": [(job, what(studio, job, called), job.id in names) for job, _ in there],
        "chosen": [job.id for job, _ in chosen], "stamp": _stamp(chosen),
        "goes_on": any(job.state not in ENDED for job, _ in chosen), "sentence": _sentence(chosen),
        "query": "&".join(f"run={job.id}" for job, _ in chosen),
    }  # fmt: skip
    return studio.pages.show(request, "runs/curves.html", values)


def figure(request: Request) -> Response:
    """The figure of the runs that are named."""
    from lfads.plots.curves_of_runs import plot_curves_of_runs  # Matplotlib comes with it
    from lfads.training.tracking import read_metrics

    chosen = _chosen(request, _there(of(request)))
    found = {job.id: read_metrics(path) for job, path in chosen}
    with drawing():
        return as_image(plot_curves_of_runs(found))


def state(request: Request) -> Response:
    """Whether there is something new, and a sentence."""
    chosen = _chosen(request, _there(of(request)))
    ended = all(job.state in ENDED for job, _ in chosen)
    return JSONResponse({"stamp": _stamp(chosen), "sentence": _sentence(chosen), "ended": ended})


def _there(studio: Studio) -> list[tuple[Job, Path]]:
    """Runs that have trained an epoch, the newest first."""
    found = [(job, metrics_of(studio, job)) for job in studio.jobs.list()[::-1]]
    return [(job, path) for job, path in found if path is not None and path.stat().st_size]


def _chosen(request: Request, there: list[tuple[Job, Path]]) -> list[tuple[Job, Path]]:
    asked = request.query_params.getlist("run")
    if not asked:
        return there[:USUAL]
    if unknown := sorted(set(asked) - {job.id for job, _ in there}):
        raise NotThere(f"these jobs have no learning curves, or are gone: {', '.join(unknown)}")
    return [(job, path) for job, path in there if job.id in asked]


def _stamp(chosen: list[tuple[Job, Path]]) -> str:
    """Another one after each epoch, and for other runs."""
    text = repr([(job.id, path.stat().st_size) for job, path in chosen])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _sentence(chosen: list[tuple[Job, Path]]) -> str:
    going = [job.id for job, _ in chosen if job.state not in ENDED]
    if not going:
        return f"{many(len(chosen), 'run')}, all ended."
    return f"{many(len(chosen), 'run')}; {', '.join(going)} may grow: the figure follows every few seconds."


ROUTES = [
    Route("/curves", curves),
    Route("/curves/state", state),
    Route("/curves/figure.svg", figure),
]
