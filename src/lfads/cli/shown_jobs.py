"""Jobs as they are shown to people, and in JSON."""

import time
from pathlib import Path
from typing import Any

QUIET_MINUTES = 10
"""After so long without anything new that is said."""


def described(jobs: Any, job: Any) -> dict[str, Any]:
    """A job for people and for JSON."""
    words = [job.asked.command, *(Path(word).name for word in job.asked.inputs), *job.asked.options]
    runs = job.state in ("running", "stopping")
    result, last = jobs.result(job), jobs.last_sign_at(job) if runs else None
    return {
        "id": job.id,
        "state": job.state,
        "what": " ".join(words),
        "how_far": job.reason or _gone(jobs, job) or _progress(jobs, job, last),
        "group": job.group,
        "priority": job.priority,
        "attempt": job.attempt,
        "submitted": _when(job.submitted_at),
        "started": _when(job.started_at),
        "ended": _when(job.ended_at),
        "last_sign": _when(last),
        "gpus": None if job.gpu_ids is None else ", ".join(job.gpu_ids),
        "predicted_minutes": job.predicted_minutes,
        "folder": str(jobs.folder(job)),
        "result": None if result is None else str(result),
    }


def _gone(jobs: Any, job: Any) -> str:
    if job.state in ("running", "stopping") and job.engine == "local" and not jobs.lives(job):
        return "its process is gone; `lfads jobs serve` goes on with it"
    return ""


def _progress(jobs: Any, job: Any, last: float | None) -> str:
    """How far a job is, and since when nothing came of it, where that is long ago."""
    words = jobs.progress(job)
    if last is None:
        return words
    minutes = (time.time() - last) / 60
    if minutes < QUIET_MINUTES:
        return words
    ago = f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"
    return f"{words}{', ' if words else ''}nothing came for {ago}"


def unserved(jobs: Any) -> str:
    """That nobody runs the jobs, where some wait."""
    waits = jobs.list(states=("queued", "running", "stopping"))
    if not waits or jobs.is_served():
        return ""
    return "\nNothing serves this queue on this machine: `lfads jobs serve` does."


def _when(seconds: float | None) -> str | None:
    return None if seconds is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
