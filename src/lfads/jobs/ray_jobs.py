"""Jobs on a Ray cluster, by Ray's own job submission.

Ray's table of jobs dies with its head, so ours is the truth: a job that Ray does not know any more is
queued again and resumed. The folder of jobs must be on a disk that the nodes share.
"""

import shlex
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from lfads.checks import UserError, reason_of
from lfads.jobs.alive import is_held
from lfads.jobs.engine import Life, NotNow
from lfads.jobs.folder import ALIVE
from lfads.jobs.job import Job

STOP_WAIT_S = 150
"""Ray waits so long between SIGTERM and SIGKILL, so that a training can keep a checkpoint."""

LIVING = ("PENDING", "RUNNING")


class RayEngine:
    """Processes on the nodes of a Ray cluster.

    Parameters
    ----------
    address
        Of its dashboard, such as http://127.0.0.1:8265.

    Raises
    ------
    UserError
        If Ray is not installed, or there is no cluster.
    """

    name = "ray"
    assigns_gpus = True

    def __init__(self, address: str) -> None:
        self.address = address
        self._client = _client(address)

    def start(self, folder: Path, job: Job) -> None:
        """Submit an attempt under a name of its own; one that Ray has already is not submitted twice."""
        words = [sys.executable, "-P", "-m", "lfads.jobs.child", str(folder), str(job.attempt)]
        needs = job.needs
        asks: dict[str, Any] = {"entrypoint_num_cpus": needs.cores or 1}
        if needs.gpus:
            asks["entrypoint_num_gpus"] = needs.gpus
        if needs.memory_bytes:
            asks["entrypoint_memory"] = needs.memory_bytes
        variables = {"RAY_JOB_STOP_WAIT_TIME_S": str(STOP_WAIT_S)}
        try:
            self._client.submit_job(
                entrypoint=shlex.join(words), submission_id=_name(job),
                runtime_env={"env_vars": variables}, **asks,
            )  # fmt: skip
        except RuntimeError as error:
            if "already exists" not in str(error):  # such as a head that is just starting
                raise NotNow(f"Ray does not take it: {reason_of(error)}") from error
        except (ConnectionError, OSError) as error:
            raise NotNow(f"no Ray cluster answers at {self.address}") from error

    def life(self, folder: Path, job: Job) -> Life:
        """By what Ray says; alive as long as nobody answers, since then nothing is known."""
        try:
            status = str(self._client.get_job_status(_name(job)))
        except (ConnectionError, OSError):
            return "alive"
        except RuntimeError:  # Ray has no such job: its head is another one
            return "alive" if is_held(folder / ALIVE) else "gone"
        return "alive" if status in LIVING else "gone"


def _name(job: Job) -> str:
    return f"{job.id}-{job.attempt}"


def _client(address: str) -> Any:
    try:
        module = import_module("ray.job_submission")  # an extra: type checkers need not find it
    except ImportError:
        raise UserError(
            "jobs on a Ray cluster need Ray: pip install 'lfads[cluster]'; local jobs do without"
        ) from None
    try:
        return module.JobSubmissionClient(address)
    except (ConnectionError, OSError, RuntimeError) as error:
        raise UserError(
            f"no Ray cluster answers at {address}: {reason_of(error)}. `ray start --head` starts one, and "
            "says the address of its dashboard"
        ) from error
