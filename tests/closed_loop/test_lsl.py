"""`lfads stream` and `lfads replay` on Lab Streaming Layer: bins, spikes, restarts, streams of others."""

import json
import threading
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.closed_loop.commands import (
    BINS,
    NOTHING,
    UNITS,
    about,
    assert_as_streamed,
    lfads,
    lines_of,
)
from tests.closed_loop.conftest import SEGMENT, Made

from lfads.closed_loop.lsl import LSLFeed

pylsl = pytest.importorskip("pylsl", reason="without lfads[closed-loop]", exc_type=ImportError)


@pytest.fixture
def name() -> str:
    """Of a stream that nobody else on this network has."""
    return f"lfads-test-{uuid.uuid4().hex[:8]}"


class Looped:
    """`lfads stream` in a thread: what it said, and the bins that it wrote."""

    def __init__(self, made: Made, folder: Path, from_: str, *given) -> None:
        self._out, self._said = folder / "found.jsonl", folder / "said.json"
        words = ("stream", made.run.folder, "--from", from_, "--to", self._out, "--out", self._said)
        ends = ("--engine", "jax", "--idle-s", 0.8, "--seconds", 60)
        self.status: list[int] = []
        self._thread = threading.Thread(
            target=lambda: self.status.append(lfads(*words, *ends, *given)), daemon=True
        )
        self._thread.start()

    def ended(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        self._thread.join(90)
        assert self.status == [0]
        return json.loads(self._said.read_text()), lines_of(self._out)[1]


def send(made: Made, feed: LSLFeed, trial: int, numbers) -> None:
    began_s = feed.now_s()
    for number in numbers:
        values = made.dataset.session.spikes[0][number].astype(np.float32)
        feed.send_bin(trial, number, values, NOTHING, began_s + number * 0.02)


@pytest.mark.parametrize("flags", [("--speed", 4), ("--spikes",)], ids=["bins", "spikes"])
def test_a_replay(short, name, flags, tmp_path):
    looped = Looped(short, tmp_path, f"lsl:{name}")
    assert lfads("replay", short.data, "--to", f"lsl:{name}", "--pause-s", 0.05, *flags) == 0
    said, bins = looped.ended()
    assert said["bins"] == 3 * BINS, said
    assert (said["filled"], said["late"]) == (0, 0)
    assert_as_streamed(short, bins, (0, 1, 2))
    assert abs(said["clock_offset_ms"]) < 100
    assert said["source_lost"] == 1  # its sender has gone


def test_a_source_that_begins_anew(made, name, tmp_path):
    looped = Looped(made, tmp_path, f"lsl:{name}")
    for number in range(2):
        feed = LSLFeed(name)
        feed.begin(about(UNITS))
        assert feed.wait_for_receivers(60.0)
        time.sleep(0.1)
        send(made, feed, 0, range(8))
        time.sleep(0.1)
        feed.close()
        del number
    said, bins = looped.ended()
    assert said["source_came_back"] == 1
    assert said["source_lost"] >= 1
    assert said["trials_began"] == {"at the beginning": 1, "of a source that began anew": 1}
    assert [one["bin"] for one in bins] == [*range(SEGMENT, 8)] * 2
    np.testing.assert_allclose(bins[0]["rates"], bins[4]["rates"], rtol=1e-5)


def test_a_stream_of_another_program(made, name, tmp_path):
    """Neurons alone, neither named nor counted: stamps tell what is missing."""
    looped = Looped(made, tmp_path, f"lsl:{name}")
    info = pylsl.StreamInfo(name, "counts", 6, 50.0, "int32", name)
    outlet = pylsl.StreamOutlet(info)
    assert outlet.wait_for_consumers(60)
    time.sleep(0.1)
    began_s = pylsl.local_clock()
    for number in (*range(8), *range(9, 12)):
        outlet.push_sample(made.dataset.session.spikes[0][number].tolist(), began_s + number * 0.02)
    said, bins = looped.ended()
    assert "the stream does not name its neurons: they are taken in their order" in said["notes"]
    assert (said["bins"], said["filled"]) == (12, 1)
    assert [one["bin"] for one in bins if one["filled"]] == [8]
    stream = made.run.stream(num_samples=0)
    expected = [stream.step(counts) for counts in made.dataset.session.spikes[0][:8]][-1]
    assert expected is not None
    np.testing.assert_allclose(bins[3]["rates"], expected.rates, rtol=1e-5)


def test_results_are_a_stream(made, name, tmp_path):
    """The sink's channels have names and kinds; samples are stamped as the bins were."""
    out = f"{name}-out"
    words = ("stream", made.run.folder, "--from", f"lsl:{name}", "--to", f"lsl:{out}")
    loop = threading.Thread(
        target=lfads, args=(*words, "--engine", "jax", "--idle-s", 1), daemon=True
    )
    loop.start()
    feed = LSLFeed(name)
    feed.begin(about(UNITS))
    (found,) = pylsl.resolve_byprop("name", out, 1, 60)
    inlet = pylsl.StreamInlet(found, recover=False)
    inlet.open_stream(10)
    info = inlet.info(10)
    labels = info.get_channel_labels()
    assert labels[:7] == [*UNITS, "factor 0"]
    assert labels[-3:] == ["trial", "bin", "filled"]
    assert set(info.get_channel_types()) == {"rates", "factors", "number"}
    assert feed.wait_for_receivers(60.0)
    time.sleep(0.1)
    began_s = feed.now_s()
    send(made, feed, 3, range(SEGMENT + 2))
    samples = [inlet.pull_sample(60) for _ in range(2)]
    assert [sample[-3:] for sample, _ in samples] == [[3, SEGMENT, 0], [3, SEGMENT + 1, 0]]
    assert samples[0][1] == pytest.approx(began_s + SEGMENT * 0.02, abs=0.01)
    feed.close()
    loop.join(90)
    assert not loop.is_alive()


def test_a_stream_that_is_not_there(made, name, tmp_path, capsys):
    words = ("stream", made.run.folder, "--from", f"lsl:{name}", "--to", tmp_path / "x.jsonl")
    assert lfads(*words, "--engine", "jax", "--connect-s", 0.2) == 2
    assert f"no LSL stream is named `{name}` within 0.2 s; there is" in capsys.readouterr().err
