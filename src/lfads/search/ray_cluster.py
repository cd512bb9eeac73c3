"""The engine that trains a population on a Ray cluster: actors, each with a block of members at a time.

Blocks wait in a queue. A worker that is ready takes one, trains it for a generation with a `LocalEngine`
on the resources it asked for, and gives it back. When a worker dies its block goes back into the
queue, and another worker is asked for, which begins when a node has room for it. What a block gives
does not depend on who trains it, so a search with deaths equals one without. Ray's own restarts would
not do: a call stays with its actor, and waits for a node to come while workers that live are idle.
"""

import logging
import time
import warnings
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from lfads.bounds import PositiveInt, check_fields
from lfads.checks import Problems, UserError, reason_of
from lfads.config import SearchSettings
from lfads.devices import configure_devices
from lfads.model.shapes import Shapes
from lfads.search.local import LocalEngine, Trained
from lfads.search.members import Members, joined, take
from lfads.training.tracking import EpochRecord
from lfads.training.trials import TrainingData

MOST_DEATHS = 5
"""Of workers in a row with one block, after which the search gives up."""

SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_TO_WARN = 60.0


@dataclass(frozen=True)
class Cluster:
    """Where a population trains.

    Parameters
    ----------
    address
        Of a running Ray cluster, or `auto`; without one, Ray is started on this machine, for this
        search, reachable from this machine alone.
    num_workers
        Workers at a time; as many as the cluster has room for at the start if not set.
    resources
        That each worker asks for: `CPU`, `GPU` or names of the cluster's own. One CPU by default.

    Examples
    --------
    >>> lfads.Cluster(num_workers=4, resources={"CPU": 2.0})
    Cluster(address=None, num_workers=4, resources={'CPU': 2.0})
    """

    address: str | None = None
    num_workers: PositiveInt | None = None
    resources: Mapping[str, float] = field(default_factory=lambda: {"CPU": 1.0})

    def __post_init__(self) -> None:
        problems = Problems("cluster")
        check_fields(self, problems)
        for name, amount in self.resources.items():
            problems.require(
                0 <= amount < np.inf, f"resource `{name}` must be 0 or more; got {amount}"
            )
        problems.raise_if_any()


@contextmanager
def joined_cluster(cluster: Cluster) -> Iterator[None]:
    """Within the block this process belongs to the cluster.

    Raises
    ------
    UserError
        If Ray is not installed or the cluster not found.
    """
    ray = _ray()
    if ray.is_initialized():
        yield
        return
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    where: dict[str, Any] = {"address": cluster.address}
    if cluster.address is None:
        where = {"_node_ip_address": "127.0.0.1", "include_dashboard": False}
    try:
        with warnings.catch_warnings():
            # Ray forks and at once becomes another program: no deadlock.
            warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called")
            ray.init(**where, **quiet)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise UserError(
            f"no Ray cluster at {cluster.address or 'this machine'}: {reason_of(error)}. `ray start "
            "--head` starts one, and `address='auto'` finds the one of this machine"
        ) from error
    try:
        yield
    finally:
        ray.shutdown()


def _ray() -> Any:
    try:
        return import_module("ray")  # an extra: type checkers need not find it
    except ImportError:
        raise UserError(
            "the Ray engine needs Ray: pip install 'lfads[cluster]'; the local engine does without"
        ) from None


class Worker:
    """What an actor runs: a local engine for blocks of one size."""

    def __init__(self, given: tuple[SearchSettings, Shapes, TrainingData, int, int]) -> None:
        config, shapes, data, block_size, num_cores = given
        configure_devices(num_cores)
        self.engine = LocalEngine(shapes, data, config, block_size)

    def ready(self) -> bool:
        """Answers when the worker has begun."""
        return True

    def train(self, members: Members, first_epoch: int, num_epochs: int) -> Trained:
        """Train a block for a generation."""
        records: list[list[EpochRecord]] = [[] for _ in members.seeds]
        trained = members
        for trained, piece in self.engine.train(members, first_epoch, num_epochs):  # noqa: B007
            for own, more in zip(records, piece, strict=True):
                own.extend(more)
        return trained, records


class RayEngine:
    """Trains a population on the Ray cluster that this process belongs to.

    Parameters
    ----------
    shapes, data, config
        As in `LocalEngine`.
    cluster
        Workers and their resources.
    """

    def __init__(
        self, shapes: Shapes, data: TrainingData, config: SearchSettings, cluster: Cluster
    ) -> None:
        self.ray, self.resources = _ray(), dict(cluster.resources)
        num_members = config.search.population
        number = cluster.num_workers or self._room()
        size = -(-num_members // min(number, num_members))
        self.blocks = np.split(np.arange(num_members), range(size, num_members, size))
        self.num_workers = min(number, len(self.blocks))
        cores = max(1, int(self.resources.get("CPU", 1)))
        self.given = self.ray.put((config, shapes, data, size, cores))
        others = {k: v for k, v in self.resources.items() if k not in ("CPU", "GPU")}
        self.actor = self.ray.remote(
            num_cpus=self.resources.get("CPU", 0),
            num_gpus=self.resources.get("GPU", 0),
            resources=others,
            max_restarts=0,
            runtime_env={"env_vars": {"LFADS_NUM_THREADS": str(cores), "NPROC": str(cores)}},
        )(Worker)
        self.failed_starts, self.last_error = 0, ""
        self.idle: list[Any] = []
        self.starting: dict[Any, Any] = {}

    def _room(self) -> int:
        """Workers that the cluster has room for now."""
        asked = {name: amount for name, amount in self.resources.items() if amount > 0}
        room = sum(
            min((int(node["Resources"].get(k, 0) // v) for k, v in asked.items()), default=0)
            for node in self.ray.nodes()
            if node["Alive"]
        )
        if room < 1:
            raise UserError(
                f"no node of the Ray cluster has room for a worker with {self._asked()}: ask for less "
                "with `resources=`, or say `num_workers=` to wait for nodes to come"
            )
        return room

    def _asked(self) -> str:
        """A worker's resources in words."""
        return ", ".join(f"{name} {amount:g}" for name, amount in self.resources.items())

    def train(self, members: Members, first_epoch: int, num_epochs: int) -> Iterator[Trained]:
        """Some epochs more of all members, given back in one piece."""
        waiting = deque(range(len(self.blocks)))
        running: dict[Any, tuple[Any, int]] = {}
        done: dict[int, Trained] = {}
        deaths = dict.fromkeys(waiting, 0)
        idle_since, warned = time.monotonic(), False
        while len(done) < len(self.blocks):
            self._ask_for_workers(len(running))
            while waiting and self.idle:
                worker, block = self.idle.pop(), waiting.popleft()
                part = take(members, self.blocks[block])
                running[worker.train.remote(part, first_epoch, num_epochs)] = (worker, block)
            if running:
                idle_since, warned = time.monotonic(), False
            elif not warned and time.monotonic() - idle_since > SECONDS_TO_WARN:
                warned = True
                logging.getLogger(__name__).warning(
                    "no worker has begun yet: waiting for a node with room for %s", self._asked()
                )
            finished, _ = self.ray.wait(
                [*running, *self.starting], num_returns=1, timeout=SECONDS_BETWEEN_LOOKS
            )
            for reference in finished:
                if reference in self.starting:
                    self._begin(reference)
                    continue
                worker, block = running.pop(reference)
                result = self._result(reference)
                if result is None:
                    deaths[block] += 1
                    logging.getLogger(__name__).warning(
                        "a worker died; its %d members train this generation again",
                        len(self.blocks[block]),
                    )
                    if deaths[block] >= MOST_DEATHS:
                        raise UserError(
                            f"{deaths[block]} workers in a row died with the same members, perhaps for "
                            "lack of memory: ask for more with `resources=`, use more workers, or a "
                            "smaller batch. `resume=True` goes on from the last generation"
                        )
                    waiting.appendleft(block)
                else:
                    done[block] = result
                    self.idle.append(worker)
        parts = [done[block] for block in range(len(self.blocks))]
        yield joined([trained for trained, _ in parts]), [own for _, r in parts for own in r]

    def _ask_for_workers(self, num_running: int) -> None:
        """Have as many workers as wanted; those without room begin when there is some."""
        for _ in range(self.num_workers - num_running - len(self.idle) - len(self.starting)):
            worker = self.actor.remote(self.given)
            self.starting[worker.ready.remote()] = worker

    def _begin(self, reference: Any) -> None:
        """Take up a worker that is ready; give up after several in a row that failed to start."""
        worker = self.starting.pop(reference)
        if self._result(reference) is not None:
            self.idle.append(worker)
            self.failed_starts = 0
            return
        self.failed_starts += 1
        if self.failed_starts >= MOST_DEATHS:
            raise UserError(
                f"{self.failed_starts} workers in a row failed to start: {self.last_error}. `resume=True` "
                "goes on from the last generation"
            )

    def _result(self, reference: Any) -> Any:
        """What a worker gave back; None if it died. Its own errors are raised here."""
        errors = self.ray.exceptions
        lost = (
            errors.RayActorError, errors.ObjectLostError, errors.NodeDiedError,
            errors.OutOfMemoryError, errors.WorkerCrashedError,
        )  # fmt: skip
        try:
            return self.ray.get(reference)
        except lost as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            self.last_error = lines[-1].strip() if lines else type(error).__name__
            return None
        except errors.RayTaskError as error:
            raise error.as_instanceof_cause() from None
