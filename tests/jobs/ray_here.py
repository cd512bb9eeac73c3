"""A Ray cluster on this machine, for tests marked `cluster`; `make test-cluster` installs Ray."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def ray_cluster() -> Iterator[str]:
    """The address of the dashboard of one with two cores."""
    ray = import_module("ray")
    context = ray.init(
        num_cpus=2, include_dashboard=True, dashboard_host="127.0.0.1", _node_ip_address="127.0.0.1",
        log_to_driver=False,
    )  # fmt: skip
    try:
        yield f"http://{context.dashboard_url}"
    finally:
        ray.shutdown()
