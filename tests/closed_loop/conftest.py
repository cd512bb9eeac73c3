"""A tiny causal run with behaviour and names of neurons, and a Redis server of this machine."""

import dataclasses
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.analysis.results import recorded
from tests.small import tiny_config

from lfads.data.dataset import Dataset
from lfads.formats.hdf5 import write
from lfads.formats.read import read
from lfads.runs.train import train
from lfads.runs.trained_run import Run

SEGMENT = 4


@dataclass(frozen=True)
class Made:
    """A run, and the file of its trials."""

    run: Run
    data: Path
    dataset: Dataset


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Made:
    folder = tmp_path_factory.mktemp("closed-loop")
    names = np.array([f"unit{k}" for k in range(6)])
    data = folder / "data.h5"
    write(recorded(num_trials=12, num_bins=20, neuron_table={"name": names}), data)
    dataset = read([data])
    tiny = tiny_config(num_epochs=2)
    # Without a controller it compiles in half the time; `test_exported_step` has all kinds of networks.
    causal = {"initial_condition_length": SEGMENT, "num_inferred_inputs": 0}
    config = dataclasses.replace(tiny, model=dataclasses.replace(tiny.model, **causal))
    return Made(train(dataset, config, out=folder / "run", progress=False), data, dataset)


class Server:
    """A Redis server that can be stopped and started again, and remembers nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        import redis

        words = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = subprocess.Popen(words, cwd=self._folder, stdout=subprocess.DEVNULL)
        self.client: Any = redis.Redis(port=self.port)
        until_s = time.monotonic() + 60
        while time.monotonic() < until_s:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                time.sleep(0.02)
        raise TimeoutError("the Redis server does not answer")

    def stop(self) -> None:
        self.client.close()
        self._process.terminate()
        self._process.wait(20)

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def place(self, key: str) -> str:
        return f"redis://127.0.0.1:{self.port}/{key}"


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("redis"))
    yield started
    started.stop()


@pytest.fixture(scope="session")
def short(made, tmp_path_factory) -> Made:
    """Three trials, which take 1.2 s."""
    path = tmp_path_factory.mktemp("short") / "data.h5"
    session = made.dataset.session.take(np.arange(3))
    write(dataclasses.replace(made.dataset, sessions=(session,)), path)
    return dataclasses.replace(made, data=path)


@pytest.fixture
def once_heard(request):
    """Calls something beside the test once somebody waits for entries of the Redis server."""
    running: list[threading.Thread] = []

    def run(function, *given) -> None:
        server: Server = request.getfixturevalue("server")

        def wait_and_call() -> None:
            until_s = time.monotonic() + 60
            while not server.client.info("clients")["blocked_clients"]:
                assert time.monotonic() < until_s
                time.sleep(0.01)
            function(*given)

        running.append(threading.Thread(target=wait_and_call, daemon=True))
        running[-1].start()

    yield run
    for thread in running:
        thread.join(90)
        assert not thread.is_alive()
