"""The picture of docs/closed-loop.md: trials that are replayed over Lab Streaming Layer, and what came out.

    python docs/closed_loop_picture.py RUN DATA.h5

RUN is a causal run on the simulated reaching task that keeps a decoder of `hand_velocity`. Validation
trials are replayed at their own pace from this process; `lfads stream` runs in another. Five bins of the
second trial are not sent.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

import lfads
from lfads.closed_loop.lsl import LSLFeed
from lfads.closed_loop.recorded import about_recording, replay

TRIALS, MISSING = 4, range(60, 65)
OUT = Path(__file__).parent / "_static" / "closed_loop.webp"
DARK, BLUE, ORANGE, GREY = "#222222", "#2166ac", "#d95f02", "#999999"


class Lossy:
    """A feed that does not send some bins of the second trial."""

    def __init__(self, feed: LSLFeed) -> None:
        self._feed = feed
        self.now_s, self.send_spikes, self.close = feed.now_s, feed.send_spikes, feed.close
        self.begin = feed.begin

    def send_bin(
        self, trial: int, number: int, values: np.ndarray, external: np.ndarray, at_s: float
    ) -> None:
        if not (trial == 1 and number in MISSING):
            self._feed.send_bin(trial, number, values, external, at_s)


def main() -> None:
    """Replay, and draw."""
    run, data = sys.argv[1:]
    dataset = lfads.read(data)
    whole = dataset.session
    chosen = np.flatnonzero(whole.split == "valid")
    chosen = chosen[:: max(1, len(chosen) // TRIALS)][:TRIALS]
    session = whole.take(chosen)
    bins, said = replayed(run, session, dataset.bin_width_s)
    print(json.dumps(said, indent=2))
    draw(session, dataset.bin_width_s, bins)


def replayed(run: str, session: Any, width_s: float) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What `lfads stream` wrote of the trials, and what it said at the end."""
    name = f"spikes-{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder:
        out, said = Path(folder) / "found.jsonl", Path(folder) / "said.json"
        words = ["stream", run, "--from", f"lsl:{name}", "--to", str(out), "--out", str(said)]
        words += ["--decoder", "hand_velocity", "--idle-s", "1", "--connect-s", "60"]
        feed = LSLFeed(name)
        feed.begin(about_recording(session, width_s, "counts"))
        with subprocess.Popen([sys.executable, "-m", "lfads", *words]) as loop:
            assert feed.wait_for_receivers(60.0)
            replay(session, width_s, Lossy(feed), pause_s=0.3)
            loop.wait()
        feed.close()
        lines = [json.loads(line) for line in out.read_text().splitlines()[1:]]
        return lines, json.loads(said.read_text())


def draw(session: Any, width_s: float, bins: list[dict[str, Any]]) -> None:
    """Counts, one neuron's rate, and velocity, trial beside trial."""
    num_bins = session.num_bins
    busiest = int(np.argsort(session.true_rates_hz.std((0, 1)))[-1])
    figure, axes = plt.subplots(3, 1, figsize=(9, 6.2), height_ratios=[1.4, 1, 1], sharex=True)
    for trial in range(session.num_trials):
        at_s = trial * (num_bins * width_s + 0.1) + width_s * np.arange(num_bins)
        own = [one for one in bins if one["trial"] == trial]
        numbers = np.array([one["bin"] for one in own])
        neuron, place = np.nonzero(session.values[trial].T)
        axes[0].plot(at_s[place], neuron, "|", color=DARK, markersize=2, alpha=0.6)
        true = session.true_rates_hz[trial, :, busiest]
        axes[1].plot(
            at_s, true, color=GREY, linewidth=1.5, label="true rate" if trial == 0 else None
        )
        rates = [one["rates"][busiest] for one in own]
        axes[1].plot(at_s[numbers], rates, color=BLUE, label="streamed" if trial == 0 else None)
        velocity = session.behavior["hand_velocity"][trial]
        for channel, style in ((0, "-"), (1, ":")):
            axes[2].plot(at_s, velocity[:, channel], style, color=GREY, linewidth=1.5,
                         label=f"hand velocity {'xy'[channel]}" if trial == 0 else None)  # fmt: skip
            decoded = [one["decoded"][channel] for one in own]
            axes[2].plot(at_s[numbers], decoded, style, color=ORANGE, linewidth=1.2,
                         label=f"decoded {'xy'[channel]}" if trial == 0 else None)  # fmt: skip
        for axis in axes:
            axis.axvspan(at_s[0], at_s[numbers[0]], color="#eeeeee", zorder=0, linewidth=0)
            filled = [one["bin"] for one in own if one["filled"]]
            if filled:
                axis.axvspan(at_s[filled[0]], at_s[filled[-1]] + width_s, color="#fddbc7", zorder=0,
                             linewidth=0)  # fmt: skip
    axes[0].set_ylabel("neuron")
    axes[1].set_ylabel(f"neuron {busiest}\n(spikes/s)")
    axes[2].set_ylabel("velocity")
    axes[2].set_xlabel("time in the replay, trial beside trial (s)")
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes[1:]:
        axis.legend(frameon=False, fontsize=8, ncol=4, loc="upper right", bbox_to_anchor=(1, 1.22))
    figure.tight_layout()
    with tempfile.TemporaryDirectory() as folder:
        figure.savefig(f"{folder}/x.png", dpi=130)
        Image.open(f"{folder}/x.png").convert("RGB").save(OUT, lossless=True)
    print(f"wrote {OUT}")


if __name__ == "__main__":
    main()
