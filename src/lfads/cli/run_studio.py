"""The command that opens the studio in the browser."""

from pathlib import Path
from typing import Annotated, Literal

from lfads.checks import UserError
from lfads.cli.answer import Answer
from lfads.cli.engines import engine_of, slots_of
from lfads.cli.flags import FolderOfJobs, Switch, Whole, further, place_of_jobs

SERVERS = further("For other machines, and for a lab", 1)


def studio(
    *,
    folder: FolderOfJobs = None,
    data: Path | None = None,
    port: Whole | None = None,
    neurocaas: Path | None = None,
    group: str | None = None,
    print_link: Switch = False,
    name: Annotated[list[str] | None, SERVERS] = None,
    root_path: Annotated[str, SERVERS] = "",
    proxy: Annotated[list[str] | None, SERVERS] = None,
    listen: Annotated[str, SERVERS] = "127.0.0.1",
    engine: Annotated[Literal["local", "ray"], SERVERS] = "local",
    address: Annotated[str | None, SERVERS] = None,
    cores: Annotated[Whole | None, SERVERS] = None,
    gpus: Annotated[Whole, SERVERS] = 0,
    memory_gib: Annotated[float | None, SERVERS] = None,
) -> Answer:
    """Open LFADS in the browser: data, runs, the queue and results. Only this machine reaches it.

    Parameters
    ----------
    data
        A folder whose files are offered, and only read.
    port
        To listen on; one that is free by default.
    neurocaas
        A bucket as NeuroCAAS has it, such as s3://autolfads-torch, or a folder like it: a page sends jobs
        to it, watches them and fetches results.
    group
        Folder of that bucket.
    print_link
        Print the link, and open no browser.
    name
        Names under which other machines reach it through a proxy, such as studio.lab.org.
    root_path
        Path below which a proxy puts it, such as /lfads.
    proxy
        Addresses of proxies whose forwarded headers are true, such as 127.0.0.1 or 10.0.0.0/24.
    listen
        Address to listen on; other machines are let in only where people log in (`lfads studio users`).
    engine
        What runs the jobs. local: processes of this machine; ray: jobs of a Ray cluster.
    address
        Of the cluster's dashboard, such as http://127.0.0.1:8265.
    cores
        That jobs may take together; all of this machine by default.
    gpus
        That are shared out among jobs.
    memory_gib
        That jobs may be expected to take together; most of this machine's by default.
    """
    from lfads.studio.bucket.cloud import cloud_at
    from lfads.studio.entrance.where import where_of
    from lfads.studio.server import open_studio
    from lfads.terminal.saying import say

    if (neurocaas is None) != (group is None):
        raise UserError("`--neurocaas` and `--group` go together: a bucket, and your folder of it")
    cloud = None if neurocaas is None or group is None else cloud_at(neurocaas, group)
    where = where_of(names=name or (), root=root_path, proxies=proxy or ())
    open_studio(
        place_of_jobs(folder), port=port, data=data, browser=not print_link, cloud=cloud, where=where,
        listen=listen, engine=engine_of(engine, address), slots=slots_of(cores, gpus, memory_gib), say=say,
    )  # fmt: skip
    return Answer({}, "")
