"""A lab's bucket, of both kinds. No loss of power is tested here, so that nothing waits for the disk."""

import pytest
from tests.neurocaas.lab import Lab, fill
from tests.neurocaas.moto_server import places

from lfads.neurocaas.opened import open_bucket


@pytest.fixture(autouse=True)
def _unflushed(monkeypatch):
    monkeypatch.setattr("os.fsync", lambda file: None)


@pytest.fixture(scope="module", params=["folder", pytest.param("s3", marks=pytest.mark.s3)])
def place(request, tmp_path_factory):
    yield from places(request.param, tmp_path_factory)


@pytest.fixture
def lab(place, tmp_path):
    bucket = open_bucket(place())
    fill(bucket)
    return Lab(bucket, tmp_path / "work")
