"""Wires that are opened by what a user calls them."""

from pathlib import Path
from typing import Any

from lfads.checks import UserError
from lfads.closed_loop.recorded import LinesSink, RecordingSource
from lfads.closed_loop.wires import Feed, Place, Sink, Source


def open_source(place: Place, connect_s: float, session: str | None, bin_width_s: float) -> Source:
    """The source at a place.

    Raises
    ------
    UserError
        If it is not there.
    """
    if place.kind == "lsl":
        from lfads.closed_loop.lsl import LSLSource

        return LSLSource(place.name, connect_s)
    if place.kind == "redis":
        from lfads.closed_loop.redis_streams import RedisSource

        return RedisSource(place, connect_s)
    from lfads.formats.read import read

    dataset = read([Path(place.name)], default_bin_width_s=bin_width_s, for_inference=True)
    return RecordingSource(session_of(dataset, session), dataset.bin_width_s)


def session_of(dataset: Any, session: str | None) -> Any:
    """The session of a recording that is meant; a UserError if that is unclear."""
    named = [one for one in dataset.sessions if one.name == session]
    if len(dataset.sessions) > 1 and not named:
        names = ", ".join(one.name for one in dataset.sessions)
        raise UserError(f"{dataset.source} has the sessions {names}: name one with `session=`")
    return named[0] if named else dataset.session


def open_sink(place: Place, overwrite: bool) -> Sink:
    """The sink at a place.

    Raises
    ------
    UserError
        If it is not there, or a file of another kind is asked for.
    """
    if place.kind == "lsl":
        from lfads.closed_loop.lsl import LSLSink

        return LSLSink(place.name)
    if place.kind == "redis":
        from lfads.closed_loop.redis_streams import RedisSink

        return RedisSink(place)
    if Path(place.name).suffix != ".jsonl":
        raise UserError(f"`to=`: a file of results ends in `.jsonl`; got {place.name}")
    return LinesSink(Path(place.name), overwrite)


def open_feed(place: Place) -> Feed:
    """The wire that a recording is replayed to.

    Raises
    ------
    UserError
        If it is not there, or a file.
    """
    if place.kind == "lsl":
        from lfads.closed_loop.lsl import LSLFeed

        return LSLFeed(place.name)
    if place.kind == "redis":
        from lfads.closed_loop.redis_streams import RedisFeed

        return RedisFeed(place)
    raise UserError(
        f"`to=`: a recording is replayed to `lsl:NAME` or `redis://HOST:PORT/KEY`; got {place.name!r}"
    )
