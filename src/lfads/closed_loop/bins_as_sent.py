"""Bins in their order, of a source that sends them: missing ones are noticed, late ones left out.

A source counts its bins from 0 in each trial, or stamps them; of one that does neither every bin is taken
to follow the last. Bins that are missing are handed on empty, so that the network's time goes on; after a
gap that is too long a new initial condition is inferred.
"""

import math

from lfads.closed_loop.packets import BinSent, Broken, Packet, Ready, SpikesSent
from lfads.closed_loop.tally import Tally

BEGAN = "at the beginning"
TRIAL = "of the source"
WITHIN = "within a trial of the source"
GAP = "after a gap"
AGAIN = "of a source that began anew"


LATER = 0.75
"""Of a bin: how much later than expected a stamp is at least, before a bin is taken to be missing."""

FOLLOWED = 0.05
"""Of what a stamp is off: how much of it the expected stamps follow, as a sender's clock drifts."""


SPREAD = 3.0
"""How many times as late as stamps are off on average one must be, before a bin is taken to be missing."""

ENOUGH = 4
"""Bins in a row, of numbers that were passed, that are of a sender that began anew; 2 from its first on."""


class BinsAsSent:
    """Makes bins of packets of bins.

    Parameters
    ----------
    bin_width_s
        Of the network.
    longest_gap
        Bins that are filled at most.
    wait_s
        How long after it should have come a bin is given up; None to wait for the next one.
    tally
        Counts what happens.
    """

    def __init__(
        self, bin_width_s: float, longest_gap: int, wait_s: float | None, tally: Tally
    ) -> None:
        self._width_s, self._longest_gap, self._wait_s = bin_width_s, longest_gap, wait_s
        self._tally = tally
        self._trial, self._number, self._next = -1, -1, 0
        self._last: BinSent | None = None
        self._strays: list[BinSent] = []  # late, or of a sender that began anew
        self._latest_before_s = 0.0
        self._expected_s = math.nan  # the stamp of the next bin
        self._off = 0.0  # how much of a bin stamps are off on average
        self._owed = 0  # bins that were filled for what stamps had said, and may come yet
        self._filled_in_a_row = 0
        self._why = BEGAN

    def accept(self, packet: Packet) -> list[Ready]:
        """The bins that a packet completes, in order."""
        if isinstance(packet, Broken):
            self._broke(packet)
            return []
        if isinstance(packet, SpikesSent):
            raise TypeError("bins are expected; got spikes")
        if (last := self._last) is None:
            is_first = self._why == BEGAN and packet.number
            return [self._begun(packet, WITHIN if is_first else self._why)]
        if why := self._why_anew(packet, last):
            return [self._begun(packet, why)]
        number = self._number_of(packet, last)
        if number < self._next:
            self._left_out(packet, last, number)
            return self._of_another(packet)
        gap = number - self._next + self._filled_in_a_row
        self._tally.longest_gap = max(self._tally.longest_gap, gap)
        if gap > self._longest_gap:
            return [self._begun(packet, GAP)]
        if packet.number is None:
            self._owed += number - self._next
        before = [self._empty(packet.arrived_s) for _ in range(number - self._next)]
        return [*before, self._ready(packet, number)]

    def due(self, now_s: float) -> list[Ready]:
        """Bins that are given up by now, empty."""
        given_up = []
        while (at_s := self.next_due_s()) is not None and now_s >= at_s:
            self._filled_in_a_row += 1
            self._tally.longest_gap = max(self._tally.longest_gap, self._filled_in_a_row)
            given_up.append(self._empty(now_s))
        return given_up

    def next_due_s(self) -> float | None:
        """When the next bin is given up; None if it never is."""
        if self._wait_s is None or self._last is None or self._filled_in_a_row >= self._longest_gap:
            return None
        return self._last.arrived_s + (1 + self._filled_in_a_row) * self._width_s + self._wait_s

    def _broke(self, packet: Broken) -> None:
        if packet.is_back:
            self._tally.came_back += 1
        else:
            self._tally.lost += 1
            if (
                self._last is not None and self._last.number is None
            ):  # nothing tells what is missing
                self._last, self._why = None, AGAIN

    def _why_anew(self, packet: BinSent, last: BinSent) -> str:
        """Why a trial begins with this bin; empty if it goes on, or the bin is an old one."""
        trial, before = packet.trial, last.trial
        is_older = packet.sent_s <= last.sent_s  # False where it is not known
        is_newer = packet.sent_s > last.sent_s + self._width_s / 2
        if trial is not None and before is not None and trial != before:
            if trial > before:
                return WITHIN if packet.number else TRIAL
            return "" if is_older else AGAIN
        behind_s = self._expected_s - packet.sent_s
        if packet.number is None and behind_s > (self._longest_gap + 1) * self._width_s:
            return AGAIN  # its clock fell back
        if packet.number is not None and packet.number <= self._number:
            return AGAIN if is_newer or (packet.number == 0 and not is_older) else ""
        return ""

    def _number_of(self, packet: BinSent, last: BinSent) -> int:
        """Of the bin in the trial that goes on; negative for one of a trial before."""
        if packet.trial != last.trial:
            return -1
        if packet.number is not None:
            return packet.number
        if math.isnan(packet.sent_s) or math.isnan(last.sent_s):
            return self._next
        off = (packet.sent_s - self._expected_s) / self._width_s
        if off >= max(LATER, SPREAD * self._off):
            return self._next + max(1, math.floor(off + 1 - LATER))
        if off <= -LATER and self._owed:  # its place was filled
            self._owed -= 1
            return self._number - 1
        return self._next  # the next, whatever its stamp says

    def _of_another(self, packet: BinSent) -> list[Ready]:
        """Bins of a sender that began anew, once enough follow each other; none before."""
        if packet.number is None:
            return []
        strays = self._strays if self._strays and _follows(packet, self._strays[-1]) else []
        self._strays = [*strays, packet]
        if len(self._strays) < (2 if self._strays[0].number == 0 else ENOUGH):
            return []
        first, *others = self._strays
        self._tally.late -= len(self._strays)
        self._tally.latest_s = self._latest_before_s
        begun = self._begun(first, AGAIN)
        return [begun, *(ready for other in others for ready in self.accept(other))]

    def _left_out(self, packet: BinSent, last: BinSent, number: int) -> None:
        if not self._strays:
            self._latest_before_s = self._tally.latest_s
        if number == self._number:
            self._tally.repeated += 1
            return
        self._tally.late += 1
        by_s = packet.arrived_s - last.arrived_s - (number - self._number) * self._width_s
        self._tally.latest_s = max(self._tally.latest_s, by_s)

    def _begun(self, packet: BinSent, why: str) -> Ready:
        self._trial += 1
        self._why = TRIAL
        self._tally.began[why] += 1
        return self._ready(packet, packet.number or 0)._replace(began=why)

    def _ready(self, packet: BinSent, number: int) -> Ready:
        self._expect(packet, number)
        self._strays = []
        self._last, self._number, self._next, self._filled_in_a_row = packet, number, number + 1, 0
        return Ready(
            self._trial_of(packet), number, packet.values, packet.external, packet.sent_s, packet.arrived_s
        )  # fmt: skip

    def _expect(self, packet: BinSent, number: int) -> None:
        """Of stamps that jitter, what the next one will be."""
        expected_s = self._expected_s + (number - self._next) * self._width_s
        off_s = packet.sent_s - expected_s
        most_s = (self._longest_gap + 1) * self._width_s
        if math.isnan(off_s) or abs(off_s) > most_s:  # the first, or another trial
            self._expected_s, self._off, self._owed = packet.sent_s + self._width_s, 0.0, 0
        else:
            self._off += FOLLOWED * (abs(off_s) / self._width_s - self._off)
            self._expected_s = expected_s + FOLLOWED * off_s + self._width_s

    def _empty(self, now_s: float) -> Ready:
        last, number = self._last, self._next
        if last is None:
            raise ValueError("no bin has come yet")
        self._next += 1
        self._expected_s += self._width_s
        self._tally.filled += 1
        sent_s = last.sent_s + (number - self._number) * self._width_s
        return Ready(self._trial_of(last), number, None, None, sent_s, now_s)

    def _trial_of(self, packet: BinSent) -> int:
        return self._trial if packet.trial is None else packet.trial


def _follows(packet: BinSent, before: BinSent) -> bool:
    """Whether a bin is one of the next of the same trial."""
    return (
        packet.number is not None
        and before.number is not None
        and packet.trial == before.trial
        and 0 < packet.number - before.number <= ENOUGH
        and not packet.sent_s <= before.sent_s
    )
