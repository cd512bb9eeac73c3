"""Which devices are used: all usable cores, unless the user says otherwise."""

import os
import subprocess
import sys

import lfads.devices as devices


def count_in_fresh_process(code, **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "LFADS_", "XLA_"))}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, "JAX_PLATFORMS": "cpu", **environment},
        capture_output=True,
        text=True,
        check=True,
    )


CONFIGURE = """
from lfads.devices import configure_devices, local_devices
configure_devices({})
configure_devices()
print(len(local_devices()))
"""


def test_asked_threads_become_devices():
    done = count_in_fresh_process(CONFIGURE.format(""), LFADS_NUM_THREADS="3")
    assert (done.stdout.strip(), done.stderr) == ("3", "")


def test_a_run_may_ask_for_its_own_number():
    done = count_in_fresh_process(CONFIGURE.format("2"), LFADS_NUM_THREADS="3")
    assert done.stdout.strip() == "3"


def test_the_users_own_setting_wins():
    done = count_in_fresh_process(
        CONFIGURE.format(""), LFADS_NUM_THREADS="3", JAX_NUM_CPU_DEVICES="2"
    )
    assert done.stdout.strip() == "2"


def test_jax_that_has_started_is_warned_about_and_used_as_it_is():
    code = "import jax; jax.numpy.zeros(1)" + CONFIGURE.format("")
    done = count_in_fresh_process(code, LFADS_NUM_THREADS="2")
    assert done.stdout.strip() == "1"
    assert "JAX had already started with 1 CPU device(s)" in done.stderr


def test_memory_is_known():
    assert devices.memory_bytes() > 2**20
