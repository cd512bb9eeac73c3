"""The toys, installed once in each process of tests."""

from pathlib import Path

import pytest
from tests.doors.installed import install_toys


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_toys(tmp_path_factory.mktemp("toys"))
