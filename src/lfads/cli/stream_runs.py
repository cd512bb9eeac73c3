"""The commands of an experiment that goes on: a run on a wire, and a recording in place of the experiment.

Heavy modules are imported inside the functions, so that help and mistakes answer at once.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from lfads.checks import UserError
from lfads.cli.answer import Answer, aligned
from lfads.cli.flags import BinWidth, Overwrite, PlaceOfRun, Whole
from lfads.storage.run_folder import run_folder
from lfads.terminal.saying import say

From = Annotated[str, Parameter(name="--from")]


def stream(
    run: PlaceOfRun,
    /,
    *,
    from_: From,
    to: str,
    session: str | None = None,
    decoder: str | None = None,
    engine: Literal["auto", "c", "onnx", "jax"] = "auto",
    num_samples: Whole = 0,
    wait_s: float | None = None,
    longest_gap_s: float = 0.1,
    connect_s: float = 10.0,
    seconds: float | None = None,
    idle_s: float | None = None,
    out: Path | None = None,
    overwrite: Overwrite = False,
) -> Answer:
    """Infer bin by bin while an experiment goes on: counts or spikes in, rates, factors, behaviour out.

    It runs until Ctrl-C, and then says what was missing, late, and how long bins took.

    Parameters
    ----------
    from_
        lsl:NAME, redis://HOST:PORT/KEY, or a file of trials, which is read as fast as it goes.
    to
        lsl:NAME, redis://HOST:PORT/KEY, or a file that ends in .jsonl.
    session
        Whose neurons come, of a run with several.
    decoder
        Behaviour to decode; `lfads evaluate RUN --decode NAME` keeps a decoder of it in the run's folder.
    engine
        c is built by this machine's compiler and the fastest; auto is c, or jax where there is no compiler.
    num_samples
        Posterior samples that are averaged (jax); 0 for one pass at the posterior's means.
    wait_s
        After which a bin that has not come is filled with what was predicted, and its time goes on; without
        it the next bin is waited for. Of single spikes: how long after its end a bin is closed.
    longest_gap_s
        That is filled at most; after a longer one a new initial condition is inferred.
    connect_s
        How long to look for the source.
    seconds
        After which it ends.
    idle_s
        Without anything coming, after which it ends, once something came.
    out
        JSON file for what is said at the end.
    """
    from lfads.closed_loop.running import Choices
    from lfads.closed_loop.running import stream as stream_run
    from lfads.files import write_json
    from lfads.paths import best_folder, refuse_to_replace

    choices = Choices(wait_s, longest_gap_s, seconds, idle_s)
    if out is not None:
        refuse_to_replace(out, overwrite=overwrite)
    with run_folder(run) as kept, until_stopped() as is_over:
        tally = stream_run(
            best_folder(kept.path), from_, to, session=session, decoder=decoder, engine=engine,
            num_samples=num_samples, choices=choices, connect_s=connect_s, overwrite=overwrite,
            is_over=is_over, told=say,
        )  # fmt: skip
    found = tally.to_dict()
    text = aligned(tally.rows())
    if out is not None:
        write_json(out, found)
        text += f"\nwrote {out}"
    return Answer(found, text)


def replay(
    data: Path,
    /,
    *,
    to: str,
    spikes: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    session: str | None = None,
    speed: float = 1.0,
    pause_s: float = 0.0,
    bin_width_s: BinWidth = None,
) -> Answer:
    """Play a recording at its own pace onto a wire, in place of an experiment.

    Parameters
    ----------
    data
        File of trials.
    to
        lsl:NAME or redis://HOST:PORT/KEY.
    spikes
        Send single spikes, at even distances within their bin, in place of bins of counts.
    session
        Which one, of a file with several.
    speed
        2 is twice as fast as it was recorded.
    pause_s
        Between trials.
    """
    from lfads.closed_loop.opening import open_feed, session_of
    from lfads.closed_loop.recorded import about_recording
    from lfads.closed_loop.recorded import replay as replay_session
    from lfads.closed_loop.wires import place_of
    from lfads.formats.read import read

    if not 0 < speed < 1e6 or not 0 <= pause_s < 1e6:
        raise UserError(
            f"`speed=` must be above 0, `pause_s=` 0 or more; got {speed:g} and {pause_s:g}"
        )
    if spikes and speed != 1:
        raise UserError(
            f"`spikes=` goes at `speed=1` alone: at {speed:g} spikes would fall into other bins"
        )
    place = place_of(to, "to")
    dataset = read([data], bin_width_s=bin_width_s, for_inference=True)
    own = session_of(dataset, session)
    kind = "events" if spikes else "counts"
    about = about_recording(own, dataset.bin_width_s, kind)
    feed = open_feed(place)
    try:
        feed.begin(about)
        _wait_for_receivers(feed)
        say(f"{data} → {place}")
        with until_stopped() as is_over:
            number = replay_session(
                own, dataset.bin_width_s, feed,
                kind=kind, speed=speed, pause_s=pause_s, is_over=is_over,
            )  # fmt: skip
    finally:
        feed.close()
    return Answer({"bins": number, "to": to}, f"sent {number:,} bins to {place}")


SECONDS_FOR_RECEIVERS = 10.0


def _wait_for_receivers(feed: Any) -> None:
    """LSL keeps nothing for those who come later: wait for the first one a while."""
    wait = getattr(feed, "wait_for_receivers", None)
    if wait is not None and not wait(SECONDS_FOR_RECEIVERS):
        say("nobody listens yet; the recording starts nevertheless")


@contextmanager
def until_stopped() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed, or the process was asked to end; a second time ends it at once."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped.is_set
        return

    def stop(number: int, frame: Any) -> None:
        stopped.set()
        signal.signal(number, before[number])

    before = {int(one): signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, stop)
    try:
        yield stopped.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
