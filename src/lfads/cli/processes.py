"""Several processes that train together: which they are, from the command line."""

from typing import Any

from lfads.checks import UserError, reason_of


def join(coordinator: str | None, num_processes: int | None, process_id: int | None) -> None:
    """Become one of several processes, if a coordinator was given; before JAX starts.

    Raises
    ------
    UserError
        If the flags are incomplete, or the processes do not find each other.
    """
    named = num_processes is not None, process_id is not None
    if coordinator is None:
        if any(named):
            raise UserError(
                "--num-processes and --process-id need --coordinator HOST:PORT, where the first process "
                "listens"
            )
        return
    address = None if coordinator == "auto" else coordinator
    if address is not None:
        host, _, port = address.rpartition(":")
        if not (host and port.isdigit()):
            raise UserError(
                f"--coordinator must be HOST:PORT, or auto under Slurm or Open MPI; got {address!r}"
            )
        if not all(named):
            raise UserError(
                "--coordinator HOST:PORT needs --num-processes and --process-id (from 0) as well; "
                "`--coordinator auto` finds both under Slurm and Open MPI"
            )
        if not 0 <= (process_id or 0) < (num_processes or 0):
            raise UserError(
                f"--process-id counts from 0 to {(num_processes or 0) - 1}; got {process_id}"
            )
    elif any(named):
        raise UserError("`--coordinator auto` finds the processes by itself: leave the others out")
    from lfads.devices import join_processes

    try:
        join_processes(address, num_processes, process_id)
    except (RuntimeError, ValueError) as error:
        raise UserError(
            f"the processes did not find each other ({reason_of(error)}). "
            "`--coordinator auto` works under Slurm and Open MPI; elsewhere give HOST:PORT, "
            "--num-processes and --process-id"
        ) from error


def cluster_of(
    engine: str, address: str | None, num_workers: int | None, resources: str | None
) -> Any:
    """The Ray cluster that was asked for; None for the local engine.

    Raises
    ------
    UserError
        If flags do not fit together, or resources are not NAME=AMOUNT.
    """
    if engine == "local":
        if not (address is None and num_workers is None and resources is None):
            raise UserError(
                "--address, --num-workers and --resources are for a Ray cluster: add --engine ray"
            )
        return None
    from lfads.search.ray_cluster import Cluster

    asked = {} if resources is None else {"resources": _amounts(resources)}
    return Cluster(address=address, num_workers=num_workers, **asked)


def _amounts(text: str) -> dict[str, float]:
    """`CPU=2,GPU=1` as a dictionary."""
    amounts: dict[str, float] = {}
    for part in text.split(","):
        name, _, amount = part.partition("=")
        try:
            amounts[name.strip()] = float(amount)
        except ValueError:
            raise UserError(f"--resources must be like CPU=2,GPU=1; got {text!r}") from None
    return amounts
