"""Which devices there are, and how many CPU devices share a batch; alone configures JAX.

XLA does not spread LFADS' small products over cores, so each core is made a JAX device of its own and
takes a share of the trials.
"""

import os
import warnings
from typing import Any

from lfads.limits import IF_UNKNOWN, machine_bytes, most_cores

THREADS_VARIABLE = "LFADS_NUM_THREADS"
MOST_THREADS = 1024


def usable_cores() -> int:
    """Cores that this process may use: `LFADS_NUM_THREADS`, else affinity and container limits."""
    asked = os.environ.get(THREADS_VARIABLE, "").strip()
    if asked:
        if asked.isdigit() and 0 < int(asked) <= MOST_THREADS:
            return int(asked)
        warnings.warn(
            f"{THREADS_VARIABLE} must be a whole number from 1 to {MOST_THREADS}; got {asked!r}, which "
            "is left out of account",
            stacklevel=2,
        )
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity is not None else os.cpu_count() or 1
    return min(cores, most_cores() or cores)


def configure_devices(num_cpu_devices: int | None = None) -> None:
    """Make CPU cores JAX devices, unless JAX has started or the user has set their number.

    Parameters
    ----------
    num_cpu_devices
        How many; all usable cores by default.
    """
    import jax

    wanted = usable_cores() if num_cpu_devices is None else num_cpu_devices
    if "xla_force_host_platform_device_count" in os.environ.get("XLA_FLAGS", ""):
        return
    if os.environ.get("JAX_NUM_CPU_DEVICES"):
        return
    chosen_before = getattr(jax.config, "jax_num_cpu_devices", -1) > 0
    try:
        jax.config.update("jax_num_cpu_devices", wanted)
    except RuntimeError:
        have = jax.local_device_count("cpu")
        if have < wanted and not chosen_before:
            warnings.warn(
                f"JAX had already started with {have} CPU device(s); {wanted} would be faster. Call "
                f"lfads before other JAX code, or set JAX_NUM_CPU_DEVICES={wanted}.",
                stacklevel=3,
            )


def join_processes(
    coordinator: str | None, num_processes: int | None, process_id: int | None
) -> None:
    """Become one of several processes that train together; all None: as Slurm or Open MPI say."""
    import jax

    jax.distributed.initialize(coordinator, num_processes, process_id)


def local_devices() -> list[Any]:
    """Devices of the default platform that belong to this process."""
    import jax

    return jax.local_devices()


def all_devices() -> list[Any]:
    """Devices of the default platform, of all processes."""
    import jax

    return jax.devices()


def describe_devices() -> str:
    """The devices in words, for the start of a run and its summary."""
    devices = all_devices()
    machines = len({device.process_index for device in devices})
    where = f", {machines} processes" if machines > 1 else ""
    if devices[0].platform == "cpu":
        return f"CPU, {len(devices)} core" + ("s" if len(devices) > 1 else "") + where
    return f"{len(devices)} × {devices[0].device_kind}{where}"


def memory_bytes() -> int:
    """Memory of the device: of the accelerator, or physical memory within the container's limit."""
    device = local_devices()[0]
    if device.platform != "cpu":
        return int((device.memory_stats() or {}).get("bytes_limit", IF_UNKNOWN))
    return machine_bytes()
