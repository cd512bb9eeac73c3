"""Signals ask for a stop; which do more, and which are left alone."""

import os
import signal

import pytest

from lfads.ending import end_at_once
from lfads.training import stopping
from lfads.training.stopping import stop_on_signals

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
ASKING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2]


@pytest.fixture(autouse=True)
def handlers_stay():
    before = {number: signal.getsignal(number) for number in ASKING}
    yield
    assert {number: signal.getsignal(number) for number in ASKING} == before


def come(number: int) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", ASKING)
def test_each_asks_for_a_stop(number, caplog):
    with stop_on_signals() as stop:
        come(number)
        assert stop.requested
        come(number)  # at once after the first, as job launchers do
    assert caplog.text.count("stopping after this epoch") == 1


def interrupted_by(first: int, second: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(stopping, "SAME_S", -1.0)
    try:
        with stop_on_signals():
            come(first)
            come(second)
    except KeyboardInterrupt:
        return True
    return False


def test_the_second_ctrl_c_interrupts_and_warnings_never_do(monkeypatch):
    assert interrupted_by(signal.SIGINT, signal.SIGINT, monkeypatch)
    assert interrupted_by(signal.SIGINT, signal.SIGTERM, monkeypatch)
    assert not interrupted_by(signal.SIGUSR1, signal.SIGTERM, monkeypatch)
    assert not interrupted_by(signal.SIGHUP, signal.SIGHUP, monkeypatch)


def test_a_program_that_handles_warnings_itself_goes_on_doing_so():
    came = []
    signal.signal(signal.SIGUSR1, lambda *_: came.append(True))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGUSR2, end_at_once)  # of the command line
    try:
        with stop_on_signals() as stop:
            come(signal.SIGUSR1)
            come(signal.SIGHUP)
            assert came == [True]
            assert not stop.requested
            come(signal.SIGUSR2)
            assert stop.requested
    finally:
        for number in (signal.SIGUSR1, signal.SIGHUP, signal.SIGUSR2):
            signal.signal(number, signal.SIG_DFL)


def test_a_message_that_cannot_be_written_stops_nothing(monkeypatch):
    def refuses(*_: object) -> None:
        raise RuntimeError("reentrant call")

    monkeypatch.setattr("logging.Logger.warning", refuses)
    with stop_on_signals() as stop:
        come(signal.SIGTERM)
        assert stop.requested
