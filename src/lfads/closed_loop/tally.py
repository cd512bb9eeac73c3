"""What a loop counts while it runs, and what is said of it at the end."""

import math
from collections import Counter
from typing import Any

LEAST_S, RATIO = 1e-7, 1.01


class Delays:
    """Times that something took: quantiles to 1 %, the longest exactly, in memory that does not grow."""

    def __init__(self) -> None:
        self._number: Counter[int] = Counter()
        self.longest_s, self.total = 0.0, 0

    def add(self, seconds: float) -> None:
        """Count one."""
        place = math.ceil(math.log(max(seconds, LEAST_S) / LEAST_S) / math.log(RATIO))
        self._number[place] += 1
        self.total += 1
        self.longest_s = max(self.longest_s, seconds)

    def quantile_s(self, share: float) -> float:
        """The time within which this share of them was done; NaN of none."""
        left = share * self.total
        for place in sorted(self._number):
            left -= self._number[place]
            if left <= 0:
                return min(LEAST_S * RATIO**place, self.longest_s)
        return math.nan

    def to_dict(self) -> dict[str, float]:
        """Quantiles in milliseconds."""
        shares = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999}
        found = {name: 1000 * self.quantile_s(share) for name, share in shares.items()}
        return {**found, "max": 1000 * self.longest_s} if self.total else {}


class Tally:
    """Counts of bins and packets, and delays."""

    def __init__(self) -> None:
        self.bins = 0  # inferred, those of initial conditions among them
        self.sent = 0
        self.unsent = 0  # inferred, while the wire out was broken
        self.filled = 0
        self.late = 0
        self.repeated = 0
        self.unknown_spikes = 0
        self.spikes = 0
        self.lost = 0
        self.came_back = 0
        self.longest_gap = 0
        self.latest_s = 0.0  # how much a late packet was late
        self.began: Counter[str] = Counter()
        self.latency, self.on_wire = Delays(), Delays()
        self.clock_offset_s = math.nan
        self.notes: list[str] = []

    def to_dict(self) -> dict[str, Any]:
        """All of it, for a program."""
        return {
            "bins": self.bins,
            "sent": self.sent,
            "unsent": self.unsent,
            "filled": self.filled,
            "longest_gap_bins": self.longest_gap,
            "late": self.late,
            "latest_ms": 1000 * self.latest_s,
            "repeated": self.repeated,
            "spikes": self.spikes,
            "spikes_of_unknown_neurons": self.unknown_spikes,
            "source_lost": self.lost,
            "source_came_back": self.came_back,
            "trials_began": dict(self.began),
            "latency_ms": self.latency.to_dict(),
            "delay_on_wire_ms": self.on_wire.to_dict(),
            "clock_offset_ms": None
            if math.isnan(self.clock_offset_s)
            else 1000 * self.clock_offset_s,
            "notes": list(self.notes),
        }

    def rows(self) -> list[tuple[str, str]]:
        """Label and value of each line that people read; what did not happen has none."""
        rows = [("bins", f"{self.bins:,} inferred, {self.sent:,} sent")]
        began = ", ".join(f"{number} {reason}" for reason, number in self.began.items())
        rows.append(("trials begun", began or "none"))
        if self.filled:
            filled = f"{self.filled} missing, filled with what was predicted; longest gap "
            rows.append(("filled", f"{filled}{self.longest_gap}"))
        if self.late:
            rows.append(("late", f"{self.late} left out, by up to {1000 * self.latest_s:.1f} ms"))
        if self.repeated:
            rows.append(("repeated", f"{self.repeated} left out"))
        if self.unknown_spikes:
            rows.append(("unknown", f"{self.unknown_spikes} spikes of neurons that are not there"))
        if self.lost:
            rows.append(("source", f"lost {self.lost} times, came back {self.came_back} times"))
        if self.unsent:
            rows.append(("unsent", f"{self.unsent} bins, while the wire out was broken"))
        for label, delays in (("latency", self.latency), ("delay on the wire", self.on_wire)):
            if delays.total:
                words = ", ".join(f"{name} {value:.3f}" for name, value in delays.to_dict().items())
                rows.append((f"{label} (ms)", words))
        if not math.isnan(self.clock_offset_s):
            rows.append(("source's clock", f"{1000 * self.clock_offset_s:+.3f} ms from ours"))
        return rows + [("note", note) for note in self.notes]
