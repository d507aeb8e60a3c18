"""A network namespace of Linux: a network of its own, with no way out, in which every packet is seen.

All addresses lead back to the machine itself, so that connections fail at once, and what any program sends, native code
included, passes the loopback interface, where it is read.
"""

import ctypes
import os
import select
import socket
import struct
import sys
import threading
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

_NEWUSER, _NEWNET = 0x10000000, 0x40000000
_SIOCSIFFLAGS, _UP = 0x8914, 0x1
_NEWROUTE, _REQUEST_ACK_CREATE = 24, 0x405
_LOCAL_TABLE, _BOOT, _HOST_SCOPE, _ANYWHERE, _LOCAL_ROUTE = 255, 3, 254, 0, 2
_OUTPUT_INTERFACE = 4
_EVERY_PROTOCOL = 3
_OUTGOING = 4
_TCP, _UDP, _ICMP, _ICMP6 = 6, 17, 1, 58
_SYN, _SYN_ACK = 0x02, 0x12
_ECHO, _ECHO6 = 8, 128
NAME_PORTS = (53, 5353, 5355)
"""Ports for host name queries; a resolver may itself listen on loopback."""


@dataclass(frozen=True)
class Packet:
    """The first packet that was sent to an address."""

    time: float
    where: str


def enter() -> None:
    """Move this process into a network of its own. Raises OSError if the system does not allow it.

    The process must have one thread only. Programs that it starts run in the same network, without its rights.
    """
    if sys.platform != "linux":
        raise OSError("only Linux has network namespaces")
    uid, gid = os.getuid(), os.getgid()
    library = ctypes.CDLL(None, use_errno=True)
    if uid != 0 or library.unshare(_NEWNET) != 0:
        if library.unshare(_NEWUSER | _NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1", encoding="ascii")
    others = [name for _, name in socket.if_nameindex() if not _is_idle(name)]
    if others:
        raise OSError(f"the new network has interfaces: {', '.join(others)}")
    _raise_loopback()
    _lead_back(socket.AF_INET)
    if socket.has_ipv6 and Path("/proc/net/if_inet6").exists():
        _lead_back(socket.AF_INET6)


def _is_idle(name: str) -> bool:
    """Return whether an interface is loopback or a tunnel that the kernel puts into every namespace, which is down."""
    return name == "lo" or not _flags(name) & _UP


def _flags(name: str) -> int:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        answer = fcntl.ioctl(control, 0x8913, struct.pack("16sH14x", name.encode(), 0))
    return int(struct.unpack_from("H", answer, 16)[0])


def _raise_loopback() -> None:
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _UP))


def _lead_back(family: int) -> None:
    """Route every address of a family to the machine itself. Raises OSError if the kernel refuses."""
    scope = _HOST_SCOPE if family == socket.AF_INET else _ANYWHERE
    route = struct.pack("=8BI", family, 0, 0, 0, _LOCAL_TABLE, _BOOT, scope, _LOCAL_ROUTE, 0)
    body = route + struct.pack("=HHI", 8, _OUTPUT_INTERFACE, socket.if_nametoindex("lo"))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as kernel:
        kernel.send(struct.pack("=IHHII", 16 + len(body), _NEWROUTE, _REQUEST_ACK_CREATE, 1, 0) + body)
        (refused,) = struct.unpack_from("=i", kernel.recv(4096), 16)
    if refused:
        raise OSError(-refused, os.strerror(-refused))


class Sniffer:
    """Read the packets on the loopback interface and keep those meant for other machines."""

    def __init__(self) -> None:
        self.packets: list[Packet] = []
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_EVERY_PROTOCOL))
        self._socket.bind(("lo", 0))
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> "Sniffer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        time.sleep(0.2)  # what was just sent is still to be read
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def _read(self) -> None:
        while not self._ended.is_set():
            if not select.select([self._socket], [], [], 0.1)[0]:
                continue
            frame, address = self._socket.recvfrom(65535)
            # Each packet passes twice.
            if address[2] != _OUTGOING and (where := destination(frame[14:])):
                self.packets.append(Packet(time.time(), where))


def destination(packet: bytes) -> str:
    """Return the destination of an IP packet that begins a connection to another machine; empty for any other.

    For a host name query, the name counts; the resolver may be on this machine.
    """
    at = _payload(packet)
    if at is None:
        return ""
    host, protocol, rest = at
    if protocol in (_TCP, _UDP):
        return _beginning(host, protocol == _UDP, rest)
    if host.is_loopback or host.is_multicast:
        return ""
    if protocol in (_ICMP, _ICMP6):
        return f"{host} (ping)" if rest[:1] in (bytes([_ECHO]), bytes([_ECHO6])) else ""
    return f"{host} (protocol {protocol})"


def _beginning(host: IPv4Address | IPv6Address, udp: bool, rest: bytes) -> str:
    if not udp and (len(rest) < 14 or rest[13] & _SYN_ACK != _SYN):
        return ""
    port = int.from_bytes(rest[2:4], "big")
    if port in NAME_PORTS:
        return f"{asked_name(rest[8:]) if udp else '?'} (a name, asked of {host})"
    if host.is_loopback:
        return ""
    return f"[{host}]:{port}" if host.version == 6 else f"{host}:{port}"


def _payload(packet: bytes) -> tuple[IPv4Address | IPv6Address, int, bytes] | None:
    """Return destination, protocol and what follows the IP header, or None for what is no IP packet."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= 20:
        return ip_address(packet[16:20]), packet[9], packet[(packet[0] & 15) * 4 :]
    if version == 6 and len(packet) >= 40:
        return ip_address(packet[24:40]), packet[6], packet[40:]
    return None


def asked_name(query: bytes) -> str:
    r"""Return the host name that a DNS query asks for.

    >>> asked_name(bytes(12) + b"\x07example\x03org\x00")
    'example.org'
    """
    parts, at = [], 12
    while at < len(query) and query[at]:
        length = query[at]
        parts.append(query[at + 1 : at + 1 + length].decode("ascii", "replace"))
        at += 1 + length
    return ".".join(parts) or "?"
