"""Where a studio is reached: its names, its place below an address, and the proxies that it believes.

Whatever stands in front says by headers who asks, and how. Anybody can send these; they are taken only from
addresses that were named.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from lfads.checks import UserError
from lfads.studio.web import Headers, Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
MOST_HOPS = 20


@dataclass(frozen=True, kw_only=True)
class Where:
    """Names, root and proxies of a studio.

    Parameters
    ----------
    names
        That browsers may ask for, beside those of this machine itself.
    root
        Path below which it lies, such as `/lfads`; empty at the top.
    proxies
        Addresses whose forwarded headers are taken as true.

    Examples
    --------
    >>> where = where_of(names=["studio.lab"], root="lfads/", proxies=["10.0.0.1"])
    >>> where.root, where.is_ours("studio.lab:8080"), where.is_ours("evil.example")
    ('/lfads', True, False)
    """

    names: tuple[str, ...] = ()
    root: str = ""
    proxies: tuple[Network, ...] = field(default_factory=tuple)

    def is_ours(self, host: str) -> bool:
        """Whether a browser asked for one of our names, with or without a port."""
        try:
            parts = urlsplit(f"//{host}")
            port_is_one = (parts.port or 1) > 0  # one that is none raises
        except ValueError:
            return False
        return parts.hostname in (*LOCAL_NAMES, *self.names) and port_is_one

    def believes(self, address: str) -> bool:
        """Whether an address is that of a proxy that was named."""
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.proxies)

    def seen(self, scope: Scope) -> Scope:
        """A request as its sender meant it: from whom, under which name, and its path below the root."""
        seen = {**scope, "path": self._below_root(scope["path"]), "root_path": ""}
        client = (scope.get("client") or ("", 0))[0]
        if not self.believes(client):
            return seen
        headers = Headers(scope=scope)
        if (sender := self._sender(headers.getlist("x-forwarded-for"))) is not None:
            seen["client"] = (sender, 0)
        if (scheme := _last(headers.getlist("x-forwarded-proto"))) in ("http", "https"):
            seen["scheme"] = scheme
        if host := _last(headers.getlist("x-forwarded-host")):
            others = [(k, v) for k, v in scope["headers"] if k != b"host"]
            seen["headers"] = [*others, (b"host", host.encode("latin-1", "replace"))]
        return seen

    def _below_root(self, path: str) -> str:
        """Proxies hand on the whole path, or what is below the root."""
        if self.root and (path == self.root or path.startswith(f"{self.root}/")):
            return path[len(self.root) :] or "/"
        return path

    def _sender(self, told: Sequence[str]) -> str | None:
        """The last address that is no proxy of ours; what stands before it, anybody can have written."""
        hops = [one.strip() for line in told for one in line.split(",")][-MOST_HOPS:]
        found = None
        for hop in reversed(hops):
            try:
                found = str(ipaddress.ip_address(hop.strip("[]")))
            except ValueError:
                return found
            if not self.believes(found):
                return found
        return found


def where_of(*, names: Iterable[str] = (), root: str = "", proxies: Iterable[str] = ()) -> Where:
    """Where a studio is reached, from what a user says.

    Raises
    ------
    UserError
        If a name is none, the root is no path, or a proxy is no address.
    """
    checked = tuple(_name(name) for name in names)
    path = root.strip("/")
    parts = path.split("/")
    if path and not all(part.strip(".") and _is_plain(part) for part in parts):
        raise UserError(
            f"`root=` must be a path such as /lfads, of letters, digits, - _ ~ .; got {root!r}"
        )
    networks = []
    for proxy in proxies:
        try:
            networks.append(ipaddress.ip_network(proxy))
        except ValueError as error:
            raise UserError(
                f"`proxies=` are addresses such as 127.0.0.1 or networks such as 10.0.0.0/24; got {proxy!r}"
            ) from error
    return Where(names=checked, root=f"/{path}" if path else "", proxies=tuple(networks))


def _name(name: str) -> str:
    try:
        found = urlsplit(f"//{name}")
        plain = found.hostname == name.lower() and found.port is None
    except ValueError:
        plain = False
    if not plain or not name:
        raise UserError(
            f"`names=` are names of machines without scheme and port, such as studio.lab.org; got {name!r}"
        )
    return name.lower()


def _is_plain(part: str) -> bool:
    return all(one.isascii() and (one.isalnum() or one in "-_.~") for one in part)


def _last(told: Sequence[str]) -> str:
    return told[-1].rpartition(",")[2].strip() if told else ""
