"""The commands of a studio that a lab shares: users, groups with quotas, and a backup."""

import getpass
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from lfads.checks import UserError
from lfads.cli.answer import Answer, aligned
from lfads.cli.flags import FolderOfJobs, place_of_jobs

User = Annotated[str, Parameter(help="The user's name.")]
GroupName = Annotated[str, Parameter(help="The group's name.")]
GB = 1e9


def add(user: User, /, *, group: str, folder: FolderOfJobs = None) -> Answer:
    """Add a user to a group; the password is asked for, or read as a line from a pipe.

    Parameters
    ----------
    group
        Whose data, jobs and results the user sees; made if it is new.
    """
    before = _jobs_before(place_of_jobs(folder))
    people, audit = _people(folder)
    found = people.add(user, group, _password())
    audit.note("users add", who=_me(), group=group, on=user, origin="command line")
    text = f"{found.name} may log in, and sees what the group {found.group} has{before}"
    return Answer({"name": found.name, "group": found.group}, text)


def remove(user: User, /, *, folder: FolderOfJobs = None) -> Answer:
    """Take a user out; sessions and keys end at once, and what the group has stays."""
    people, audit = _people(folder)
    found = people.remove(user)
    audit.note("users remove", who=_me(), group=found.group, on=user, origin="command line")
    return Answer({"removed": user}, f"{user} cannot log in any more")


def list_users(*, folder: FolderOfJobs = None) -> Answer:
    """List the users, and their groups."""
    users = _users(folder)
    rows = [("user", "group"), *((one.name, one.group) for one in users)]
    values = [{"name": one.name, "group": one.group} for one in users]
    text = aligned(rows) if users else "no users: `lfads studio users add NAME --group GROUP`"
    return Answer({"users": values}, text)


def password(user: User, /, *, folder: FolderOfJobs = None) -> Answer:
    """Give a user another password, which is asked for; all sessions and keys of the user end."""
    people, audit = _people(folder)
    people.get(user)
    people.set_password(user, _password())
    audit.note("users password", who=_me(), on=user, origin="command line")
    return Answer({"name": user}, f"{user} has another password, and has to log in again")


def set_group(
    group: GroupName,
    /,
    *,
    hours: float | None = None,
    gigabytes: float | None = None,
    unlimited: bool = False,
    folder: FolderOfJobs = None,
) -> Answer:
    """Set what a group may use; what is not given stays as it is.

    Parameters
    ----------
    hours
        That its jobs may run within 30 days.
    gigabytes
        That it may keep: uploads, jobs and results.
    unlimited
        Take both limits away first.
    """
    from lfads.studio.people.people import Group

    people, audit = _people(folder)
    known = [one for one in people.groups() if one.name == group]
    before = known[0] if known and not unlimited else Group(name=group, hours=None, bytes=None)
    after = Group(
        name=group,
        hours=before.hours if hours is None else hours,
        bytes=before.bytes if gigabytes is None else _bytes(gigabytes),
    )
    people.set_group(after)
    audit.note("groups set", who=_me(), group=group, on=group, origin="command line")
    text = f"{group}: {_hours(after.hours)}, {_kept(after.bytes)}"
    return Answer({"name": group, "hours": after.hours, "bytes": after.bytes}, text)


def list_groups(*, folder: FolderOfJobs = None) -> Answer:
    """List the groups: members, what they may use, and what they have used."""
    from lfads.jobs.ledger import Ledger
    from lfads.studio.groups.allowance import bytes_in
    from lfads.studio.groups.houses import FOLDER
    from lfads.studio.pages import size

    if not _is_lab(folder):
        return Answer({"groups": []}, "no groups yet")
    people, _ = _people(folder)
    users, place = people.users(), place_of_jobs(folder) / FOLDER
    values = [
        {
            "name": one.name, "users": [user.name for user in users if user.group == one.name],
            "hours": one.hours, "bytes": one.bytes,
            "used_hours": Ledger(place / one.name).hours(), "used_bytes": bytes_in(place / one.name),
        }
        for one in people.groups()
    ]  # fmt: skip
    rows = [
        ("group", "users", "hours in 30 days", "of", "kept", "of"),
        *(
            (
                one["name"], ", ".join(one["users"]) or "none", f"{one['used_hours']:.1f}",
                _hours(one["hours"]), size(one["used_bytes"]), _kept(one["bytes"]),
            )
            for one in values
        ),
    ]  # fmt: skip
    return Answer({"groups": values}, aligned(rows) if values else "no groups yet")


def backup(out: Path, /, *, folder: FolderOfJobs = None) -> Answer:
    """Copy the whole studio as it stands into a new folder, also while it runs.

    Parameters
    ----------
    out
        The new folder; `lfads studio --folder OUT` opens it.
    """
    from lfads.studio.groups.backup import back_up

    copied = back_up(place_of_jobs(folder), out)
    text = f"{out}: {copied.files} files, {copied.bytes / GB:.2f} GB"
    return Answer({"out": str(out), "files": copied.files, "bytes": copied.bytes}, text)


BELOW: dict[str, tuple[str, Mapping[str, Callable[..., Answer]]]] = {
    "studio": ("", {"backup": backup}),
    "studio users": (
        "Who may log in to a studio that a lab shares.",
        {"add": add, "remove": remove, "list": list_users, "password": password},
    ),
    "studio groups": ("What groups may use.", {"set": set_group, "list": list_groups}),
}
"""Commands below `lfads studio`, which is one itself, by the words before theirs, with their help."""


def _people(folder: Path | None) -> Any:
    """The register, and the log of what is changed in it."""
    from lfads.studio.people.audit import Audit
    from lfads.studio.people.people import People
    from lfads.studio.people.register import Register

    place = place_of_jobs(folder).absolute()
    return People(Register(place)), Audit(place)


def _is_lab(folder: Path | None) -> bool:
    from lfads.studio.people.register import has_people

    return has_people(place_of_jobs(folder))


def _users(folder: Path | None) -> list[Any]:
    """All users; a folder without a register is left as it is."""
    return _people(folder)[0].users() if _is_lab(folder) else []


def _jobs_before(place: Path) -> str:
    """What becomes of jobs that were in the folder before it was given users."""
    from lfads.studio.people.register import has_people

    if not (place / "jobs.sqlite").exists() or has_people(place):
        return ""
    return (
        "; jobs and uploads that this folder held until now are of no group: `lfads jobs` lists and serves "
        "them, and pages show them no more"
    )


def _password() -> str:
    """Typed twice where somebody types; a line of what is piped in otherwise."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("password: ")
    if first != getpass.getpass("again: "):
        raise UserError("the password was not typed the same twice")
    return first


def _me() -> str:
    """Who types, as the machine calls them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid()) if hasattr(os, "getuid") else "somebody"


def _bytes(gigabytes: float) -> int:
    if not 0 <= gigabytes < 1e9:
        raise UserError(f"`--gigabytes` must be a number, 0 or more; got {gigabytes}")
    return int(gigabytes * GB)


def _hours(hours: float | None) -> str:
    return "no limit of hours" if hours is None else f"{hours:g} h"


def _kept(num_bytes: int | None) -> str:
    return "no limit of bytes" if num_bytes is None else f"{num_bytes / GB:g} GB"
