"""No loss of power is tested here, so that nothing waits for the disk."""

import pytest


@pytest.fixture(autouse=True)
def _unflushed(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda file: None)
