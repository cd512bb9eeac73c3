"""How long a bin takes, at the paper's sizes on one core: by JAX, ONNX Runtime and C, and on a wire.

On the wire this process sends bins of counts and waits for each result of `lfads stream`, which runs in a
process of its own: the time from sending to receiving, over Lab Streaming Layer or a Redis server on this
machine. Parts are measured one at a time; with `--out` those that were measured before are kept.
"""

import argparse
import dataclasses
import gc
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import _record
import numpy as np
from _networks import SIZES, config_of, random_dataset

SEGMENT, TRIAL_BINS = 20, 100
PARTS = ("stream", "onnx", "c", "lsl", "redis")
PERIOD_S = 0.001
MAIN = """
#define _POSIX_C_SOURCE 199309L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "step.h"
static lfads_state state;
static lfads_bin bin;
int main(int argc, char **argv)
{
    const int bins = atoi(argv[argc - 1]);
    float values[LFADS_NUM_NEURONS];
    unsigned int seed = 1;
    struct timespec before, after;
    int at, i;
    for (at = 0; at < bins; at++) {
        for (i = 0; i < LFADS_NUM_NEURONS; i++) {
            seed = seed * 1664525u + 1013904223u;
            values[i] = (float)(seed >> 28 == 0);
        }
        if (at % TRIAL_BINS == 0)
            lfads_begin(&state, NULL);
        clock_gettime(CLOCK_MONOTONIC, &before);
        lfads_step(&state, values, NULL, NULL, &bin);
        clock_gettime(CLOCK_MONOTONIC, &after);
        printf("%ld\\n", 1000000000L * (after.tv_sec - before.tv_sec) + after.tv_nsec - before.tv_nsec);
    }
    return 0;
}
"""


def main() -> None:
    """Run from the command line."""
    parser = _record.parser(__doc__)
    parser.add_argument("--part", choices=PARTS, help="all, if not said, one after another")
    parser.add_argument("--sizes", choices=SIZES, default="paper")
    parser.add_argument("--bins", type=int, default=100_000)
    parser.add_argument(
        "--real-time", action="store_true", help="before all other processes (SCHED_FIFO; as root)"
    )
    arguments = parser.parse_args()
    if arguments.part is None:  # each in a process of its own, since some bind themselves to a core
        for part in PARTS:
            subprocess.run([sys.executable, *sys.argv, "--part", part], check=True)
        return
    if arguments.part in ("lsl", "redis"):
        found = {arguments.part: on_wire(arguments)}
    elif arguments.part == "c":
        found = {f"c {name}": in_c(arguments, flags) for name, flags in FLAGS.items()}
    else:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # before JAX makes threads
        found = {arguments.part: in_python(arguments)}
    found = {name: {"bins": arguments.bins, **of} for name, of in found.items()}
    if arguments.real_time:
        found = {f"{name}, real-time": of for name, of in found.items()}
    _record.record(with_earlier(found, arguments), arguments.out)


def before_others(arguments: argparse.Namespace) -> None:
    """Let this process, and those it starts from now on, run before all others, if asked to."""
    if arguments.real_time:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))


FLAGS = {"-O3": ("-O3",), "-O3 -march=native": ("-O3", "-march=native")}


def with_earlier(found: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Results with those of other parts, of the same sizes, that the file has already."""
    kept: dict[str, Any] = {}
    if arguments.out is not None and arguments.out.is_file():
        before = json.loads(arguments.out.read_text())["results"]
        kept = before if before["sizes"] == vars(SIZES[arguments.sizes]) else {}
    return {
        **kept,
        "sizes": vars(SIZES[arguments.sizes]),
        "unit": "microseconds",
        **found,
    }


def model_of(name: str) -> tuple[Any, float]:
    """An untrained causal network: time does not depend on the weights."""
    from lfads.training.defaults import resolve_defaults
    from lfads.training.sizes import sizes_of, this_machine
    from lfads.training.start import untrained_model

    sizes = dataclasses.replace(SIZES[name], batch=1)
    dataset = random_dataset(sizes)
    config, _ = resolve_defaults(config_of(sizes), sizes_of(dataset), this_machine())
    causal = dataclasses.replace(
        config.model, causal=True, initial_condition_length=SEGMENT, controller_lag=0
    )
    return untrained_model(dataclasses.replace(config, model=causal), dataset), dataset.bin_width_s


def in_python(arguments: argparse.Namespace) -> dict[str, float]:
    """Microseconds of a step that is called from Python."""
    from lfads.closed_loop.engines import JAXEngine, ONNXEngine
    from lfads.closed_loop.network import network_of
    from lfads.devices import configure_devices
    from lfads.inference.streaming import Stream

    configure_devices()
    model, width_s = model_of(arguments.sizes)
    before_others(arguments)
    engine: Any
    if arguments.part == "stream":
        engine = JAXEngine(Stream(model, width_s, num_samples=0))
    else:
        engine = ONNXEngine(network_of(model, width_s))
    counts = np.random.default_rng(0).poisson(0.06, (1000, model.shapes.num_neurons))
    counts, nothing = counts.astype(np.float32), np.zeros(0, np.float32)
    seconds = np.zeros(arguments.bins)
    for at in range(-TRIAL_BINS, arguments.bins):  # the first trial compiles
        if at % TRIAL_BINS == 0:
            engine.begin(0)
        began = time.perf_counter()
        engine.step(counts[at % 1000], nothing)
        if at >= 0:
            seconds[at] = time.perf_counter() - began
    return quantiles(seconds)


def in_c(arguments: argparse.Namespace, flags: tuple[str, ...]) -> dict[str, float]:
    """Microseconds of a step in a C program."""
    from lfads.closed_loop.c_source import c_files
    from lfads.closed_loop.engines import compiler
    from lfads.closed_loop.network import network_of

    model, width_s = model_of(arguments.sizes)
    with tempfile.TemporaryDirectory() as folder:
        texts = c_files(network_of(model, width_s), None, "step", "benchmark")
        texts["main.c"] = MAIN.replace("TRIAL_BINS", str(TRIAL_BINS))
        for name, text in texts.items():
            (Path(folder) / name).write_text(text)
        words = [str(compiler()), *flags, "-std=c99", "step.c", "main.c", "-o", "main", "-lm"]
        subprocess.run(words, cwd=folder, check=True)
        before_others(arguments)
        core = max(os.sched_getaffinity(0))
        run = [f"{folder}/main", str(arguments.bins)]
        if shutil.which("taskset"):
            run = ["taskset", "--cpu-list", str(core), *run]
        said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    return quantiles(np.array(said.split(), float) / 1e9)


def quantiles(seconds: np.ndarray) -> dict[str, float]:
    """Of times, in microseconds."""
    shares = {"p50": 50, "p99": 99, "p99.9": 99.9, "max": 100}
    return {name: round(1e6 * float(np.percentile(seconds, s)), 1) for name, s in shares.items()}


def on_wire(arguments: argparse.Namespace) -> dict[str, Any]:
    """Microseconds from sending a bin to receiving what was inferred of it."""
    with tempfile.TemporaryDirectory() as folder:
        run = trained(arguments.sizes, Path(folder))
        before_others(arguments)
        wire = over_lsl if arguments.part == "lsl" else over_redis
        with wire(Path(folder)) as (sources, send_and_receive):
            words = [sys.executable, "-m", "lfads", "stream", str(run), *sources, "--engine", "c"]
            words += ["--idle-s", "3", "--json"]
            with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as loop:
                seconds = np.array(send_and_receive(SIZES[arguments.sizes].neurons, arguments.bins))
                said = json.loads(loop.communicate()[0])
    late = {"bins_without_result_in_1_s": int(np.isnan(seconds).sum())}
    within = {name: round(1000 * ms, 1) for name, ms in said["latency_ms"].items()}
    kept = seconds[np.isfinite(seconds)]
    return {**quantiles(kept), **late, "period_us": 1e6 * PERIOD_S, "within_the_loop": within}


def trained(name: str, folder: Path) -> Path:
    """A causal run of these sizes, of one short epoch."""
    import lfads

    sizes = dataclasses.replace(SIZES[name], batch=16, trials=32)
    config = config_of(sizes, num_epochs=1, num_shards=1)
    model = dataclasses.replace(
        config.model, causal=True, initial_condition_length=SEGMENT, controller_lag=0
    )
    config = dataclasses.replace(config, model=model)
    lfads.train(random_dataset(sizes), config, out=folder / "run", progress=False)
    return folder / "run"


Exchange = Callable[[int, int], list[float]]


def paced(
    send: Callable[[int, np.ndarray], None],
    receive: Callable[[], Any],
    neurons: int,
    bins: int,
) -> list[float]:
    """Seconds from sending each bin to its result, one bin a period; NaN where none came."""
    counts = np.random.default_rng(0).poisson(0.06, (1000, neurons)).astype(np.float32)
    seconds = []
    gc.collect()
    gc.disable()  # pauses of this side are not those of the loop
    due_s = time.perf_counter()
    for number in range(SEGMENT + bins):
        due_s = max(due_s + PERIOD_S, time.perf_counter())
        while time.perf_counter() < due_s:
            time.sleep(max(0.0, due_s - time.perf_counter()))
        began = time.perf_counter()
        send(number, counts[number % 1000])
        if number >= SEGMENT:
            came = receive()
            seconds.append(time.perf_counter() - began if came is not None else np.nan)
    return seconds


@contextmanager
def over_lsl(folder: Path):
    """Streams of Lab Streaming Layer."""
    import pylsl

    from lfads.closed_loop.lsl import LSLFeed
    from lfads.closed_loop.packets import NOTHING, About

    names = f"bench-{os.getpid()}", f"bench-{os.getpid()}-out"
    feed = LSLFeed(names[0])

    def exchange(neurons: int, bins: int) -> list[float]:
        feed.begin(About("counts", neurons, (), (), 0.01))
        (found,) = pylsl.resolve_byprop("name", names[1], 1, 120)
        inlet = pylsl.StreamInlet(found)
        inlet.open_stream(10)
        feed.wait_for_receivers(60.0)
        time.sleep(1)

        def send(number: int, values: np.ndarray) -> None:
            feed.send_bin(0, number, values, NOTHING, feed.now_s())

        return paced(send, lambda: inlet.pull_sample(1.0)[0], neurons, bins)

    yield ["--from", f"lsl:{names[0]}", "--to", f"lsl:{names[1]}", "--connect-s", "60"], exchange
    feed.close()


@contextmanager
def over_redis(folder: Path):
    """Streams of a Redis server of this machine, which is started for it."""
    import redis

    from lfads.closed_loop.packets import NOTHING, About
    from lfads.closed_loop.redis_streams import RedisFeed
    from lfads.closed_loop.wires import place_of

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    server = subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL)
    time.sleep(1)
    client: Any = redis.Redis(port=port)
    place = f"redis://127.0.0.1:{port}/"

    def exchange(neurons: int, bins: int) -> list[float]:
        feed = RedisFeed(place_of(f"{place}bins", "to"))
        feed.begin(About("counts", neurons, ("",) * 0, (), 0.01))
        while not client.info("clients")["blocked_clients"]:
            time.sleep(0.05)
        last: list[Any] = ["0-0"]

        def send(number: int, values: np.ndarray) -> None:
            feed.send_bin(0, number, values, NOTHING, feed.now_s())

        def receive() -> Any:
            found = client.xread({"found": last[0]}, block=1000)
            if not found:
                return None
            ((_, entries),) = found.items() if isinstance(found, dict) else found
            entries = entries[0] if isinstance(found, dict) else entries
            last[0] = entries[-1][0]
            return entries

        return paced(send, receive, neurons, bins)

    yield ["--from", f"{place}bins", "--to", f"{place}found", "--connect-s", "60"], exchange
    client.close()
    server.terminate()
    server.wait()


if __name__ == "__main__":
    main()
