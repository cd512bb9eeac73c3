"""The server of a bucket as a process: looks at it for ever, while jobs run beside.

It may be killed at any time, and the next one goes on. One process serves a bucket, and one a work folder.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from lfads.checks import UserError, reason_of
from lfads.files import write_text
from lfads.jobs.alive import Held
from lfads.jobs.engine import Engine
from lfads.jobs.queue import Jobs
from lfads.jobs.slots import Slots, of_this_machine
from lfads.neurocaas.buckets import Bucket
from lfads.neurocaas.budgets import Billing, budget_of
from lfads.neurocaas.layout import MARK
from lfads.neurocaas.limits import USUAL_HOURS
from lfads.neurocaas.record import Record, Records
from lfads.neurocaas.server import Server
from lfads.neurocaas.service import Service
from lfads.storage.run_lock import Lock, held

T = TypeVar("T")

THREADS = 8
"""Submissions that are worked on at a time: a large one keeps no other waiting."""

AWAY_WAIT_S = 15.0
"""Between tries to begin where the bucket does not answer."""

SERVED = "bucket.txt"
"""Of a work folder: which bucket it belongs to."""


def serve(
    bucket: Bucket,
    work: Path,
    *,
    engine: Engine,
    slots: Slots | None = None,
    max_jobs: int = 1,
    hours: float = USUAL_HOURS,
    poll_s: float = 5.0,
    once: bool = False,
    say: Callable[[str], None] = lambda text: None,
    goes_on: Callable[[], bool] = lambda: True,
) -> list[Record]:
    """Serve a bucket: for ever, or until all that was submitted has ended.

    Parameters
    ----------
    bucket
        With groups in it.
    work
        Folder of this server: what it knows of submissions, copies of data, and jobs.
    engine
        What runs jobs.
    slots
        What jobs may take together; this machine by default.
    max_jobs
        That run side by side, and share it.
    hours
        That a job may run where its config says nothing.
    poll_s
        Between two looks.
    once
        Return once nothing is left to do.
    say
        Told what happens.
    goes_on
        Asked before each look; False ends it. Jobs that run live on.

    Returns
    -------
    list of Record
        Submissions that ended meanwhile.

    Raises
    ------
    UserError
        If there is no such bucket, or another process serves it, or has the work folder.
    """
    slots, work = slots or of_this_machine(), work.expanduser().absolute()
    with ExitStack() as stack:
        stack.callback(_only_server(work).give_back)
        _bind(work, bucket)

        def begin() -> Lock:
            bucket.folders()
            budget_of(bucket, "")
            return stack.enter_context(held(bucket.mark(MARK), bucket.place, "serving it"))

        lock = _waited_for(begin, say, goes_on)
        if lock is None:
            return []
        jobs = Jobs(work / "jobs")
        server = Server(
            bucket=bucket, records=Records(work / "submissions"), jobs=jobs, billing=Billing(bucket),
            slots=slots, max_jobs=max_jobs, hours=hours,
        )  # fmt: skip
        service, queue = Service(server, say), _Beside(jobs, engine, slots, say)
        stack.callback(queue.end)
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="lfads-neurocaas")
        stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        _look_on(service, _Each(pool), lock, queue, poll_s=poll_s, once=once, goes_on=goes_on)
        return service.ended


def _look_on(
    service: Service,
    each: "_Each",
    lock: Lock,
    queue: "_Beside",
    *,
    poll_s: float,
    once: bool,
    goes_on: Callable[[], bool],
) -> None:
    """Look again and again; a bucket that is away is waited out, and said once."""
    trouble = ""
    while goes_on():
        lock.check()
        queue.check()
        try:
            service.look(each.do)
        except OSError as error:  # `Away`, or a disk that is
            if str(error) != trouble:
                service.say(f"waits, since {reason_of(error)}")
            trouble = str(error)
        else:
            if trouble:
                service.say(f"{service.server.bucket.place} answers again")
            trouble = ""
            if once and not service.open and not service.is_unsettled:
                return
        time.sleep(poll_s)


class _Each:
    """What is done for submissions in threads: one thing at a time for each of them."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._going: dict[str, Future[None]] = {}

    def do(self, name: str, what: Callable[[], None]) -> None:
        """Do something, unless something is being done for the same."""
        going = self._going.get(name)
        if going is None or going.done():
            if going is not None:
                going.result()  # what nobody expected ends the server
            self._going[name] = self._pool.submit(what)


class _Beside:
    """The supervisor of jobs, in a thread of its own."""

    def __init__(
        self, jobs: Jobs, engine: Engine, slots: Slots, say: Callable[[str], None]
    ) -> None:
        self._ended, self._failure = threading.Event(), list[BaseException]()

        def run() -> None:
            try:
                jobs.serve(engine, slots=slots, say=say, goes_on=lambda: not self._ended.is_set())
            except BaseException as error:
                self._failure.append(error)

        self._thread = threading.Thread(target=run, name="lfads-jobs", daemon=True)
        self._thread.start()

    def check(self) -> None:
        """Raise what ended it."""
        if self._failure:
            raise self._failure[0]

    def end(self) -> None:
        """End it; jobs run on."""
        self._ended.set()
        self._thread.join()


def _waited_for(
    do: Callable[[], T], say: Callable[[str], None], goes_on: Callable[[], bool]
) -> T | None:
    """What a bucket answers once it does; None if that is not waited for any more."""
    told = ""
    while goes_on():
        try:
            return do()
        except UserError:
            raise
        except Exception as error:  # every kind of storage has errors of its own
            if str(error) != told:
                say(f"waits, since {reason_of(error)}")
            told = str(error)
            time.sleep(AWAY_WAIT_S)
    return None


def _bind(work: Path, bucket: Bucket) -> None:
    """Keep which bucket a work folder belongs to: what it knows is of no other."""
    path = work / SERVED
    if not path.is_file():
        write_text(path, bucket.place)
    elif (other := path.read_text(encoding="utf-8")) != bucket.place:
        raise UserError(
            f"the folder {work} belongs to the bucket {other}; got {bucket.place}: give each its own"
        )


def _only_server(work: Path) -> Held:
    work.mkdir(parents=True, exist_ok=True)
    try:
        return Held(work / "server")
    except BlockingIOError:
        raise UserError(
            f"another process serves a bucket with the folder {work}: end it first, or give this one "
            "another folder"
        ) from None
