"""`lfads stream` and `lfads replay` on Redis streams: names, gaps, late bins, restarts, misfits."""

import json
import math
import os
import shutil
import signal
import time

import numpy as np
import pytest
from tests.closed_loop.commands import (
    BINS,
    NOTHING,
    UNITS,
    about,
    assert_as_streamed,
    lfads,
    streamed,
)
from tests.closed_loop.conftest import SEGMENT, Server

from lfads.closed_loop.packets import About, Inferred, Names
from lfads.closed_loop.recorded import about_recording
from lfads.closed_loop.redis_streams import RedisFeed, RedisSink
from lfads.closed_loop.wires import WireBroken, place_of

pytest.importorskip("redis", reason="without lfads[closed-loop]")
if shutil.which("redis-server") is None:
    pytest.skip("there is no redis-server here", allow_module_level=True)


@pytest.mark.parametrize("kind", ["bins", "spikes"])
def test_redis_from_a_replay(short, server: Server, kind, once_heard, tmp_path):
    place = server.place(f"a-{kind}")
    flags = ("--spikes",) if kind == "spikes" else ("--speed", 4)
    kind = "events" if kind == "spikes" else "counts"
    RedisFeed(place_of(place, "to")).begin(about_recording(short.dataset.session, 0.02, kind))
    once_heard(lfads, "replay", short.data, "--to", place, "--pause-s", 0.05, *flags)
    said, bins = streamed(short, tmp_path, place)
    assert said["bins"] == 3 * BINS
    assert (said["filled"], said["late"], said["source_lost"], said["unsent"]) == (0, 0, 0, 0)
    assert_as_streamed(short, bins, (0, 1, 2))
    assert 0 <= said["delay_on_wire_ms"]["p50"] < 1000
    assert abs(said["clock_offset_ms"]) < 1000


def feed_of(server: Server, key: str, about: About) -> RedisFeed:
    """A stream that is there, without entries yet."""
    feed = RedisFeed(place_of(server.place(key), "to"))
    feed.begin(about)
    return feed


def test_neurons_are_chosen_by_name(made, server: Server, once_heard, tmp_path):
    order = np.random.default_rng(0).permutation(6)
    names = ["noise", *(f"unit{k}" for k in order)]
    counts = made.dataset.session.spikes[0]
    feed = feed_of(server, "named", about(names))

    def send() -> None:
        for k in range(BINS):
            values = np.array([9, *counts[k, order]], np.float32)
            feed.send_bin(0, k, values, NOTHING, feed.now_s())

    once_heard(send)
    said, found = streamed(made, tmp_path, server.place("named"))
    assert "neurons are chosen by name, in the run's order" in said["notes"]
    assert_as_streamed(made, found, (0,))


def test_a_new_sender_has_its_neurons_in_another_order(made, server: Server, once_heard, tmp_path):
    """What `KEY:about` says is read again where a trial begins: neurons are not permuted."""
    counts, order = made.dataset.session.spikes, np.random.default_rng(1).permutation(6)
    feed = feed_of(server, "anew", about(UNITS))

    def send(to: RedisFeed, trial: int, order: np.ndarray) -> None:
        for k in range(BINS):
            values = counts[trial, k, order].astype(np.float32)
            to.send_bin(trial, k, values, NOTHING, to.now_s())

    def send_both() -> None:
        send(feed, 0, np.arange(6))
        send(feed_of(server, "anew", about([UNITS[k] for k in order])), 1, order)

    once_heard(send_both)
    said, found = streamed(made, tmp_path, server.place("anew"))
    assert_as_streamed(made, found, (0, 1))
    assert "neurons are chosen by name, in the run's order" in said["notes"]


def test_a_server_that_takes_nothing_stops_no_loop(made, server: Server, once_heard, tmp_path):
    """Out of memory, results are dropped and counted; a key of another kind is said before."""
    counts = made.dataset.session.spikes[0]
    feed, said = feed_of(server, "fed", about(UNITS)), tmp_path / "said.json"
    other = Server(tmp_path)
    try:
        words = ["stream", made.run.folder, "--from", server.place("fed"), "--engine", "jax"]
        ends = ["--out", said, "--idle-s", 0.3, "--seconds", 60]

        def send() -> None:
            other.client.config_set("maxmemory", 1)
            for k in range(BINS):
                feed.send_bin(0, k, counts[k].astype(np.float32), NOTHING, feed.now_s())

        once_heard(send)
        assert lfads(*words, "--to", other.place("full"), *ends) == 0
        assert json.loads(said.read_text())["unsent"] == BINS - SEGMENT
        other.client.config_set("maxmemory", 0)
        other.client.set("text", "x")
        assert lfads(*words, "--to", other.place("text"), *ends, "--overwrite") == 2
    finally:
        other.stop()


def test_a_server_that_hangs_stops_no_loop_for_long(server: Server):
    sink = RedisSink(place_of(server.place("hung"), "to"))
    sink.begin(Names((), (), (), ()))
    made = Inferred(0, 0, False, math.nan, np.zeros(2), np.zeros(1), None, None)
    sink.send(made)
    server.signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        for _ in range(3):
            with pytest.raises(WireBroken):
                sink.send(made)
        assert time.monotonic() - began < 2.0  # 5 s a try it was
    finally:
        server.signal(signal.SIGCONT)
    ((_, fields), *_) = server.client.xrange("hung")
    assert abs(float(fields[b"time_s"]) - time.time()) < 60  # no stamp came: now


def test_gaps_late_bins_and_repeats_on_a_wire(made, server: Server, once_heard, tmp_path):
    counts = made.dataset.session.spikes[0]
    order = [*range(8), 10, 9, 10, *range(11, 14), 19, 20]  # 8 and 9 are missing, then 14 to 18
    feed = feed_of(server, "gaps", about(UNITS))
    began_s = feed.now_s()

    def send() -> None:
        for k in order:
            feed.send_bin(0, k, counts[k % BINS].astype(np.float32), NOTHING, began_s + k * 0.02)

    once_heard(send)
    said, found = streamed(made, tmp_path, server.place("gaps"), "--longest-gap-s", 0.08)
    assert (said["filled"], said["late"], said["repeated"]) == (2, 1, 1)
    assert said["trials_began"] == {"at the beginning": 1, "after a gap": 1}
    assert said["longest_gap_bins"] == 5
    assert [(one["bin"], one["filled"]) for one in found] == [
        (k, k in (8, 9)) for k in range(SEGMENT, 14)
    ]


@pytest.mark.parametrize(
    ("about", "message"),
    [
        (about(["unit0", "unit1", "a", "b", "unit4", "unit5"]), "2 of the run's 6 neurons are not"),
        (about(UNITS, 0.01), "bins of 0.02 s; these have 0.01 s"),
        (
            About("counts", 6, tuple("abcdef"), ("target",), 0.02),
            "takes 0 measured inputs; there are 1",
        ),
    ],
)
def test_streams_that_do_not_fit_are_refused(
    made, server: Server, about, message, tmp_path, capsys
):
    RedisFeed(place_of(server.place("other"), "to")).begin(about)
    streamed(made, tmp_path, server.place("other"), status=2)
    said = capsys.readouterr().err
    assert "the Redis stream `other` at 127.0.0.1" in said
    assert message in said
    assert not (tmp_path / "found.jsonl").exists()


def test_bins_of_another_size_are_refused(made, server: Server, once_heard, tmp_path, capsys):
    server.client.xadd("bare", {"values": b""})
    for fields, message in (
        (
            {"values": np.zeros(5, "<f4").tobytes()},
            "5 values and 0 measured inputs; expected 6 and 0",
        ),
        ({"count": 3}, "bins have `values` and `inputs` (float32"),
    ):
        once_heard(server.client.xadd, "bare", fields)
        streamed(made, tmp_path, server.place("bare"), "--overwrite", status=2)
        assert message in capsys.readouterr().err


def test_a_server_that_is_restarted(made, server: Server, once_heard, tmp_path):
    """The source is lost and comes back; results that could not be sent are counted."""
    counts = made.dataset.session.spikes[0]
    key, said = server.place("again"), tmp_path / "said.json"
    RedisFeed(place_of(key, "to")).begin(about(UNITS))

    def send(trial: int) -> None:
        feed = RedisFeed(place_of(key, "to"))
        for k in range(10):
            feed.send_bin(trial, k, counts[k].astype(np.float32), NOTHING, feed.now_s())

    def send_and_restart() -> None:
        send(0)
        time.sleep(0.05)
        server.stop()
        time.sleep(0.3)
        server.start()
        time.sleep(0.5)
        send(1)

    once_heard(send_and_restart)
    words = ["stream", made.run.folder, "--from", key, "--to", server.place("results")]
    words += ["--out", said, "--engine", "jax", "--wait-s", 0.05, "--seconds", 2]
    assert lfads(*words) == 0
    found = json.loads(said.read_text())
    assert (found["source_lost"], found["source_came_back"]) == (1, 1)
    assert found["unsent"] > 0
    assert sum(found["trials_began"].values()) == 2
    entries = [fields for _, fields in server.client.xrange("results") if fields[b"trial"] == b"1"]
    sent = [fields for fields in entries if fields[b"filled"] == b"0"]
    assert len(sent) == 10 - SEGMENT
    stream = made.run.stream(num_samples=0)
    expected = [stream.step(c) for c in counts[: SEGMENT + 1]][-1]
    assert expected is not None
    rates = np.frombuffer(sent[0][b"rates"], "<f4")
    np.testing.assert_allclose(rates, expected.rates, rtol=1e-5)


def test_ctrl_c_ends_with_what_was_found(made, server: Server, once_heard, tmp_path):
    RedisFeed(place_of(server.place("quiet"), "to")).begin(about(UNITS))
    once_heard(os.kill, os.getpid(), signal.SIGINT)
    said, bins = streamed(made, tmp_path, server.place("quiet"))
    assert (said["bins"], bins) == (0, [])


@pytest.mark.parametrize(
    ("from_", "said"),
    [("redis://127.0.0.1:1/x", "no Redis server answers at 127.0.0.1:1"), ("REDIS", "no such key")],
)
def test_a_source_that_is_not_there(made, server: Server, from_, said, tmp_path, capsys):
    place = server.place("nowhere") if from_ == "REDIS" else from_
    streamed(made, tmp_path, place, "--connect-s", 0.1, status=2)
    assert said in capsys.readouterr().err
