"""Bins from packets: in order, missing, late, repeated, of a source that begins anew. No JAX, no wire."""

import math

import numpy as np
import pytest

from lfads.closed_loop.bins_as_sent import BinsAsSent
from lfads.closed_loop.bins_of_spikes import BinsOfSpikes
from lfads.closed_loop.loop import Loop
from lfads.closed_loop.packets import NOTHING, BinSent, Broken, Inferred, Ready, SpikesSent
from lfads.closed_loop.tally import Delays, Tally
from lfads.closed_loop.wires import ClockOffset
from lfads.inference.streaming import StreamedBin

WIDTH_S = 0.01
NAN = math.nan


def bin_of(
    number: int | None,
    trial: int | None = 0,
    sent_s: float | None = None,
    arrived_s: float | None = None,
) -> BinSent:
    """A bin that is sent at its end and arrives 1 ms later; its values are its number."""
    usual_s = 10.0 * (trial or 0) + (number or 0) * WIDTH_S
    at_s = usual_s if sent_s is None else sent_s
    arrived = at_s + 0.001 if arrived_s is None else arrived_s
    return BinSent(np.full(2, number or 0, np.float32), NOTHING, number, trial, at_s, arrived)


def bins(wait_s=None, longest_gap=3) -> tuple[BinsAsSent, Tally]:
    tally = Tally()
    return BinsAsSent(WIDTH_S, longest_gap, wait_s, tally), tally


def told(ready: list[Ready]) -> list[str]:
    """`3` for a bin with values, `3?` for an empty one, `^` where a trial begins."""
    return [f"{'^' if r.began else ''}{r.number}{'?' if r.values is None else ''}" for r in ready]


def accepted(maker, packets) -> list[str]:
    return told([ready for packet in packets for ready in maker.accept(packet)])


def test_bins_in_order_and_trials():
    maker, tally = bins()
    sent = [bin_of(0), bin_of(1), bin_of(0, 1), bin_of(1, 1)]
    assert accepted(maker, sent) == ["^0", "1", "^0", "1"]
    assert dict(tally.began) == {"at the beginning": 1, "of the source": 1}
    assert (tally.filled, tally.late, tally.repeated) == (0, 0, 0)


def test_missing_bins_are_empty_and_stamped():
    maker, tally = bins()
    found = [r for p in (bin_of(0), bin_of(3)) for r in maker.accept(p)]
    assert told(found) == ["^0", "1?", "2?", "3"]
    assert [r.sent_s for r in found] == pytest.approx([0, 0.01, 0.02, 0.03])
    assert (tally.filled, tally.longest_gap) == (2, 2)


def test_a_long_gap_begins_anew():
    maker, tally = bins()
    assert accepted(maker, [bin_of(0), bin_of(5), bin_of(6)]) == ["^0", "^5", "6"]
    assert tally.began["after a gap"] == 1
    assert tally.filled == 0


def test_late_and_repeated_bins_are_left_out():
    maker, tally = bins()
    late = bin_of(1, sent_s=0.01, arrived_s=0.025)
    sent = [bin_of(0), bin_of(2), late, bin_of(2), bin_of(3), bin_of(7, 0, 0.02)]
    assert accepted(maker, [*sent[:5]]) == ["^0", "1?", "2", "3"]
    assert (tally.late, tally.repeated, tally.filled) == (1, 1, 1)
    assert tally.latest_s == pytest.approx(0.025 - 0.021 + 0.01)


def test_bins_of_a_trial_before_are_left_out():
    maker, tally = bins()
    assert accepted(maker, [bin_of(0, 1), bin_of(4, 0, sent_s=9.9), bin_of(1, 1)]) == ["^0", "1"]
    assert tally.late == 1


@pytest.mark.parametrize(
    "again",
    [
        bin_of(0, 0, sent_s=0.05),  # counts and trials from 0 again
        bin_of(1, 0, sent_s=0.05),  # its first bin was missed
        bin_of(0, None, sent_s=NAN, arrived_s=0.05),
    ],
)
def test_a_source_that_began_anew(again):
    maker, tally = bins()
    trial = again.trial
    sent = [
        bin_of(k, trial, NAN if math.isnan(again.sent_s) else k * WIDTH_S, 0.0) for k in range(3)
    ]
    assert accepted(maker, [*sent, again])[-1] == f"^{again.number}"
    assert tally.began["of a source that began anew"] == 1


def test_a_source_that_was_lost_begins_anew_where_it_goes_on():
    maker, tally = bins()
    sent = [bin_of(0), bin_of(1), Broken(0.02, False), Broken(0.5, True), bin_of(50), bin_of(51)]
    assert accepted(maker, sent) == ["^0", "1", "^50", "51"]
    assert (tally.lost, tally.came_back, tally.filled) == (1, 1, 0)


def test_stamps_tell_what_is_missing_where_bins_are_not_counted():
    maker, tally = bins()
    sent = [bin_of(None, None, sent_s) for sent_s in (1.0, 1.0101, 1.0299, 1.04)]
    assert accepted(maker, sent) == ["^0", "1", "2?", "3", "4"]
    maker, tally = bins()
    sent = [bin_of(None, None, sent_s) for sent_s in (1.0, 1.016, 1.019, 1.036, 1.034)]
    assert accepted(maker, sent) == ["^0", "1", "2", "3", "4"]  # jitter is no gap
    assert (tally.filled, tally.late) == (0, 0)
    maker, tally = bins()
    assert accepted(maker, [bin_of(None, None, NAN, float(k)) for k in range(3)]) == [
        "^0",
        "1",
        "2",
    ]
    assert tally.filled == 0


def test_stamps_that_jitter_miss_and_drop_no_bins():
    """A quarter of a bin, by a sender whose bins are 0.1 % longer than ours; what is missing is found."""
    rng, sent = np.random.default_rng(0), np.delete(np.arange(20_000), [5000, 9000, 9001])
    stamps = 1.001 * WIDTH_S * sent + 0.24 * WIDTH_S * rng.standard_normal(sent.size)
    maker, tally = bins()
    found = accepted(maker, [bin_of(None, None, at_s) for at_s in stamps.tolist()])
    assert abs(len(found) - 20_000) <= 5
    assert tally.filled < 60
    assert tally.late < 60


@pytest.mark.parametrize(
    "stamps",
    [
        np.floor(np.arange(1000) * WIDTH_S / 0.0156) * 0.0156,  # a coarse clock
        np.repeat(np.arange(500) * 2 * WIDTH_S, 2),  # two at once
        np.arange(1000) // 5 * 5 * WIDTH_S + np.arange(1000) % 5 * 1e-4,  # bursts of five
        np.arange(1000) // 10 * 10 * WIDTH_S,  # to a tenth of a second
        np.arange(1000) * WIDTH_S * 1.05,
        np.arange(1000) * WIDTH_S * 0.95,
    ],
    ids=["coarse", "pairs", "bursts", "tenths", "slow", "fast"],
)
def test_stamps_that_are_not_those_of_bins_lose_none(stamps):
    maker, tally = bins(longest_gap=10)
    found = accepted(maker, [bin_of(None, None, at_s) for at_s in stamps.tolist()])
    assert (tally.filled, tally.late) == (0, 0)
    assert found == ["^0", *map(str, range(1, 1000))]


@pytest.mark.parametrize(
    "again",
    [
        [(0, k, 1.0 + k * WIDTH_S) for k in range(6)],  # trials from 0 again
        [(3, k, 1.0 + k * WIDTH_S) for k in range(6)],  # the same trial
        [(None, k, 1.0 + k * WIDTH_S) for k in range(6)],
        [(0, k, 1.0 + k * WIDTH_S) for k in range(1, 12, 2)],  # every second one was lost
        [(None, None, 1.0 + k * WIDTH_S) for k in range(6)],  # stamps alone
    ],
    ids=["trials", "trial", "numbers", "losses", "stamps"],
)
def test_a_sender_that_began_anew_with_an_earlier_clock(again):
    maker, tally = bins()
    trial, number = again[0][0], again[0][1]
    first = None if trial is None else 3
    sent = [
        bin_of(None if number is None else k, first, sent_s=30.0 + k * WIDTH_S) for k in range(20)
    ]
    later = [bin_of(n, t, sent_s=at_s, arrived_s=31.0 + at_s) for t, n, at_s in again]
    assert len(accepted(maker, sent)) == 20
    found = accepted(maker, later)
    assert [one for one in found if "?" not in one] == [
        f"{'^' if not k else ''}{k if n is None else n}" for k, (_, n, _) in enumerate(again)
    ]
    assert tally.began["of a source that began anew"] == 1
    assert (tally.late, tally.latest_s) == (0, 0)


def test_two_late_bins_of_a_trial_before_are_late():
    maker, tally = bins()
    sent = [bin_of(k, 2) for k in range(48)] + [
        bin_of(0, 3),
        bin_of(48, 2),
        bin_of(49, 2),
        bin_of(1, 3),
    ]
    assert accepted(maker, sent)[-2:] == ["^0", "1"]
    assert tally.late == 2


def test_joining_within_a_trial_is_said():
    maker, tally = bins()
    assert accepted(maker, [bin_of(7), bin_of(8)]) == ["^7", "8"]
    assert dict(tally.began) == {"within a trial of the source": 1}


def test_bins_are_given_up_after_a_wait_and_then_late():
    maker, tally = bins(wait_s=0.005)
    maker.accept(bin_of(0))
    assert maker.next_due_s() == pytest.approx(0.016)
    assert told(maker.due(0.015)) == []
    assert told(maker.due(0.027)) == ["1?", "2?"]
    assert accepted(maker, [bin_of(1, arrived_s=0.028), bin_of(3)]) == ["3"]
    assert (tally.late, tally.filled) == (1, 2)
    assert told(maker.due(9.0)) == ["4?", "5?", "6?"]  # and no more until something comes
    assert maker.next_due_s() is None
    assert accepted(maker, [bin_of(900, sent_s=9.0)]) == ["^900"]


def spikes(times_s, neurons, until_s=NAN, begins=False) -> SpikesSent:
    at_s = max([*times_s, 0.0 if math.isnan(until_s) else until_s])
    return SpikesSent(
        np.array(times_s, float), np.array(neurons, int), at_s + 0.001, until_s, begins
    )


def test_spikes_of_a_source_that_says_what_it_has_sent():
    tally = Tally()
    maker = BinsOfSpikes(WIDTH_S, 2, 0.0, 0.1, tally)
    found = maker.accept(spikes([], [], until_s=5.0, begins=True))
    found += maker.accept(spikes([5.001, 5.002, 5.011], [0, 0, 1]))
    found += maker.accept(spikes([], [], until_s=5.03))
    assert told(found) == ["^0", "1", "2"]
    assert [r.values.tolist() for r in found if r.values is not None] == [[2, 0], [0, 1], [0, 0]]
    assert found[0].sent_s == pytest.approx(5.01)
    assert maker.next_due_s() is None
    assert maker.accept(spikes([5.025, 5.04, 5.041], [0, 7, -1])) == []
    assert (tally.late, tally.unknown_spikes, tally.spikes) == (1, 2, 6)
    assert told(maker.accept(spikes([], [], until_s=7.0, begins=True))) == []
    assert told(maker.accept(spikes([], [], until_s=7.01))) == ["^0"]


def test_spikes_of_a_source_that_says_nothing_are_counted_by_the_clock():
    tally = Tally()
    maker = BinsOfSpikes(WIDTH_S, 1, 0.002, 0.1, tally)
    assert maker.next_due_s() is None
    maker.accept(spikes([1.0, 1.011], [0, 0]))
    assert maker.next_due_s() == pytest.approx(1.012)
    assert told(maker.due(1.0115)) == []
    assert told(maker.due(1.0221)) == ["^0", "1"]
    maker.accept(spikes([1.019], [0]))
    assert tally.late == 1
    assert tally.latest_s == pytest.approx(0.0)
    maker.accept(Broken(1.03, False))
    assert maker.next_due_s() is None
    maker.accept(spikes([2.0], [0]))
    assert told(maker.due(2.0121)) == ["^0"]
    assert tally.began["of a source that began anew"] == 1


@pytest.mark.parametrize("says", [True, False])
@pytest.mark.parametrize("off_s", [3600.0, -3600.0])
def test_spikes_of_a_clock_that_jumped_begin_anew(says, off_s):
    tally = Tally()
    maker = BinsOfSpikes(WIDTH_S, 1, 0.0, 0.1, tally)
    maker.accept(spikes([5000.0], [0], until_s=5000.0 if says else NAN))
    found = maker.accept(spikes([5000.011], [0], until_s=5000.02 if says else NAN))
    found += maker.due(5000.02)
    assert told(found) == ["^0", "1"]
    at_s = 5000.02 + off_s
    found = maker.accept(spikes([at_s, at_s + 0.011], [0, 0], at_s + 0.02 if says else NAN))
    found += maker.due(at_s + 0.02)
    assert told(found) == ["^0", "1"]
    assert [r.values.tolist() for r in found if r.values is not None] == [[1], [1]]
    assert sum(tally.began.values()) == 2
    assert tally.late == 0


def test_spikes_without_a_time_are_none():
    tally = Tally()
    maker = BinsOfSpikes(WIDTH_S, 1, 0.0, 0.1, tally)
    assert maker.accept(spikes([], [])) == []
    maker.accept(spikes([1.0, NAN], [0, 0]))
    assert told(maker.accept(spikes([], [], until_s=math.inf))) == []
    assert told(maker.due(1.01)) == ["^0"]
    assert (tally.unknown_spikes, tally.late) == (1, 0)


def test_an_offset_follows_a_clock_that_was_set_back():
    offset, found = ClockOffset(), []
    for k in range(20):
        now_s = 100.0 + 0.1 * k
        found.append(offset.received(now_s - (0.0 if k < 10 else 40.0), now_s))
    np.testing.assert_allclose(found, 100.0 + 0.1 * np.arange(20))


class Mean:
    """An engine whose rates are ten times the values, after two bins."""

    name = "mean"

    def begin(self, trial: int) -> None:
        self.seen: list[np.ndarray] = []

    def step(self, values, external) -> StreamedBin | None:
        self.seen.append(values)
        made = StreamedBin(10 * values, external, None)
        return None if len(self.seen) <= 2 else made


def test_predictions_stand_in_for_missing_bins():
    engine, tally = Mean(), Tally()
    loop = Loop(engine, 2, 1, 0.1, None, tally)
    some, other = np.array([1, 3], np.float32), np.array([2, 2], np.float32)
    measured = np.array([5], np.float32)

    def infer(values, external=None, began="") -> Inferred | None:
        return loop.infer(Ready(0, 0, values, external, 0.0, 0.0, began))

    assert infer(some, measured, "at the beginning") is None
    assert infer(None) is None
    np.testing.assert_array_equal(engine.seen[1], some)  # the mean so far
    made, filled = infer(other, measured), infer(None)
    assert made is not None
    assert filled is not None
    assert (made.is_filled, filled.is_filled) == (False, True)
    np.testing.assert_allclose(engine.seen[3], other)  # rates of 20 spikes/s in 0.1 s
    np.testing.assert_array_equal(filled.factors, measured)  # as they were
    assert infer(None, None, "after a gap") is None
    np.testing.assert_array_equal(engine.seen[0], [0, 0])
    assert tally.bins == 5


def test_delays_have_quantiles():
    delays = Delays()
    for value in np.linspace(1e-5, 1e-2, 1000):
        delays.add(value)
    found = delays.to_dict()
    assert found["p50"] == pytest.approx(5.0, rel=0.02)
    assert found["p99.9"] == pytest.approx(9.99, rel=0.02)
    assert found["max"] == pytest.approx(10.0)
    assert Delays().to_dict() == {}
