"""Check the addresses of servers: only this machine, unless both the study and the person allow another."""

import ipaddress
import socket
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from comb.errors import BadParamsError

WHERE = "configs/params.yaml, llm.server"
REMEDY = (
    "Run the model on this machine, such as http://127.0.0.1:11434/v1. A server elsewhere receives what participants "
    "said: it needs llm.allow_remote: true and, each time, --i-have-approval."
)


PORTS = {"http": 80, "https": 443}
QUICK = 1.0
"""Seconds within which an address of this machine answers."""


@dataclass(frozen=True)
class Address:
    """The target of requests: a base URL, and the name of the host in it or from which it was resolved."""

    url: str
    """Ends without a slash. On this machine the host is the address that was checked, not a name."""
    host: str
    """Host and port as written in the params, for the header ``Host``."""
    name: str
    """The host alone, which is the name that a certificate must have."""
    remote: bool


def check_address(url: str, *, allow_remote: bool = False, approved: bool = False) -> Address:
    """Return the address for requests to a server.

    Every address that its host resolves to must be a loopback address, and the first of them that answers is then used
    instead of the name, so that the name cannot be resolved to another machine later. Raises BadParamsError for any
    other server, unless both ``allow_remote`` and ``approved`` are set.
    """
    parts, port = _split(url.strip())
    path, host = parts.path.rstrip("/"), parts.netloc
    found = addresses(str(parts.hostname), port)
    if found and all(is_loopback(one) for one in found):
        one = _answering(found, port)
        shown = f"[{one}]" if ":" in one else one
        return Address(f"{parts.scheme}://{shown}:{port}{path}", host, str(parts.hostname), remote=False)
    if not (allow_remote and approved):
        missing = "--i-have-approval" if allow_remote else "llm.allow_remote"
        raise BadParamsError(f"not an address of this machine, and {missing} is not set", where=WHERE, remedy=REMEDY)
    return Address(f"{parts.scheme}://{host}{path}", host, str(parts.hostname), remote=True)


def _split(url: str) -> tuple[SplitResult, int]:
    """Return the parts of an address and its port. Raises BadParamsError if it is not one, or says more."""
    try:
        parts = urlsplit(url)
        port = PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError:
        parts, port = urlsplit(""), 0
    plain = url.isascii() and url.isprintable() and " " not in url
    more = parts.username is not None or parts.query or parts.fragment
    if not plain or more or not port or not parts.hostname or parts.scheme not in PORTS:
        remedy = "Give scheme, host and port, such as http://127.0.0.1:8080/v1."
        raise BadParamsError("not the address of a server", where=WHERE, remedy=remedy)
    return parts, port


def addresses(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host, IPv4 first; none if it has none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return sorted({str(item[4][0]) for item in found}, key=lambda one: (":" in one, one))


def _answering(found: list[str], port: int) -> str:
    """Return the first of this machine's addresses at which something listens; the first where nothing does."""
    if len(found) > 1:
        for one in found:
            with suppress(OSError), socket.create_connection((one, port), QUICK):
                return one
    return found[0]


def is_loopback(address: str) -> bool:
    """Return whether an IP address belongs to this machine and cannot be reached from another.

    >>> [is_loopback(one) for one in ("127.8.9.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "10.0.0.1", "::ffff:8.8.8.8")]
    [True, True, True, False, False, False]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    return bool((mapped or ip).is_loopback)
