"""Reports of runs are looked at in tests/report; here their figures are not rendered."""

import pytest


@pytest.fixture(autouse=True)
def _undrawn(undrawn: None) -> None:
    """In every test."""
