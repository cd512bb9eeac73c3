"""The commands of NeuroCAAS' contract: serve a bucket."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from lfads.checks import UserError, many
from lfads.cli.answer import Answer
from lfads.cli.engines import engine_of, slots_of
from lfads.cli.flags import Switch, Whole

HELP = "A bucket as NeuroCAAS has it: data and settings go in, results come out."
USUAL_WORK = Path("~/lfads-neurocaas")


def serve(
    bucket: Path,
    /,
    *,
    work: Annotated[Path | None, Parameter(show_default=lambda _: f"{USUAL_WORK}/NAME")] = None,
    engine: Literal["local", "ray"] = "local",
    address: str | None = None,
    cores: Whole | None = None,
    gpus: Whole = 0,
    max_jobs: Whole = 1,
    max_hours: float | None = None,
    poll_s: float = 5.0,
    once: Switch = False,
) -> Answer:
    """Serve a bucket: see what is submitted, run it, and put states and results where clients look.

    Parameters
    ----------
    bucket
        Its address, such as s3://autolfads-torch; or a folder of the same layout.
    work
        Folder of the server on this machine: what it knows of submissions, copies of data, jobs.
    engine
        local: jobs are processes of this machine; ray: jobs of a Ray cluster.
    address
        Of the cluster's dashboard, such as http://127.0.0.1:8265.
    cores
        That jobs may take together; all of this machine by default.
    gpus
        That are shared out among jobs. With 0 jobs see what this process sees.
    max_jobs
        That run at a time; cores and GPUs are divided among them.
    max_hours
        A job may run, where its config has no `__duration__`; 47.8, as on NeuroCAAS, by default.
    poll_s
        Seconds between two looks.
    once
        Return once all that was submitted has ended.
    """
    from lfads.neurocaas import serving
    from lfads.neurocaas.limits import USUAL_HOURS
    from lfads.neurocaas.opened import open_bucket
    from lfads.terminal.saying import say

    runs = engine_of(engine, address)
    if max_jobs < 1 or poll_s <= 0 or (max_hours is not None and max_hours <= 0):
        raise UserError("`--max-jobs`, `--poll-s` and `--max-hours` must be above 0")
    if 0 < gpus < max_jobs:
        raise UserError(
            f"`--gpus` must be as many as `--max-jobs` at least, since each job has its own; got {gpus}"
        )
    slots = slots_of(cores, gpus, None)
    opened = open_bucket(bucket)
    place = work or USUAL_WORK / opened.name
    say(f"serves {opened.place}, works in {place}; Ctrl-C ends this, and lets jobs run on")
    ended = serving.serve(
        opened, place, engine=runs, slots=slots, max_jobs=max_jobs,
        hours=USUAL_HOURS if max_hours is None else max_hours, poll_s=poll_s, once=once, say=say,
    )  # fmt: skip
    failed = [record.results for record in ended if record.has_failed]
    values = {"ended": [record.results for record in ended], "failed": failed}
    text = f"{many(len(ended), 'submission')} ended, {len(failed)} with failures"
    return Answer(values, text, 1 if failed else 0)


COMMANDS: dict[str, Callable[..., Answer]] = {"serve": serve}
