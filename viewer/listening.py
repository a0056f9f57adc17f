"""Where the server listens: at which addresses it is opened, and by which names it may be called."""

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from compute.errors import LandscapeError

Address = IPv4Address | IPv6Address

HOST = re.compile(r"(?:\[(?P<v6>[0-9a-fA-F:.]+)(?:%[\w.-]+)?\]|(?P<name>[\w.-]+))(?::\d{1,5})?", re.ASCII)
"""A `Host` header: a name or an address, perhaps of one network interface, and perhaps a port."""
FAR = {4: (socket.AF_INET, "192.0.2.1"), 6: (socket.AF_INET6, "2001:db8::1")}
"""An address of documentation for each version of IP; the way there leaves by the network that others come by."""


@dataclass(frozen=True, slots=True)
class Listening:
    """The addresses that a host stands for, and its name where it is one."""

    addresses: tuple[Address, ...]
    name: str | None = None

    @property
    def is_private(self) -> bool:
        """Whether this machine alone can connect."""
        return all(is_loopback(address) for address in self.addresses)

    @property
    def is_wildcard(self) -> bool:
        """Whether every address of this machine is listened on."""
        return any(address.is_unspecified for address in self.addresses)

    def knows(self, host: str) -> bool:
        """Whether the `Host` header of a request names this server.

        Loopback always does. Where every address is listened on, any IP address does, and this machine's own name: a
        page of another site can only make a browser send the name of that site.

        Example:
            >>> resolve("127.0.0.1").knows("localhost:8050"), resolve("::1").knows("[::1]:8050")
            (True, True)
            >>> resolve("127.0.0.1").knows("evil.example"), resolve("0.0.0.0").knows("192.168.1.7:8050")
            (False, True)
        """
        found = HOST.fullmatch(host)
        if found is None:
            return False
        name = (found["v6"] or found["name"]).lower()
        address = parse_address(name)
        if address is not None:
            return self.is_wildcard or is_loopback(address) or address in map(without_zone, self.addresses)
        return name in {"localhost", self.name, *(machine_names() if self.is_wildcard else ())}

    def urls(self, port: int) -> tuple[str, ...]:
        """The addresses to open in a browser, this machine's own first.

        Example:
            >>> resolve("::1").urls(8050), resolve("localhost").urls(8050)
            (('http://[::1]:8050',), ('http://localhost:8050',))
        """
        if self.name is not None and not self.is_wildcard:
            return (f"http://{self.name}:{port}",)
        found = dict.fromkeys(reached for address in self.addresses for reached in reachable(address))
        return tuple(f"http://{bracketed(address)}:{port}" for address in found)


def resolve(host: str) -> Listening:
    """What a host stands for: an address with or without brackets, a name, or `*` for every address.

    Raises:
        LandscapeError: there is no such host.

    Example:
        >>> resolve("[::1]")
        Listening(addresses=(IPv6Address('::1'),), name=None)
    """
    bare = host.strip().strip("[]").lower()
    try:
        if bare == "*":
            return Listening(look_up(None))
        with suppress(OSError):
            return Listening(look_up(bare, socket.AI_NUMERICHOST))
        return Listening(look_up(bare), bare.encode("idna").decode())
    except (OSError, ValueError) as problem:
        raise LandscapeError(
            f"The application needs an address of this machine to listen on, {host!r} is none "
            f"({getattr(problem, 'strerror', None) or problem}): choose another with --host."
        ) from problem


def look_up(host: str | None, flags: int = 0) -> tuple[Address, ...]:
    """The addresses of a host, each once."""
    if host == "":
        raise ValueError("it is empty")
    found = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=flags | socket.AI_PASSIVE)
    return tuple(dict.fromkeys(ip_address(f"{each[4][0]}{zone(*each[4][3:])}") for each in found))


def zone(interface: int | str = 0) -> str:
    """The end of an address that is valid on one network interface alone, by the interface's number."""
    return f"%{socket.if_indextoname(int(interface))}" if interface else ""


def parse_address(text: str) -> Address | None:
    """An IP address, or None where the text is a name."""
    with suppress(ValueError):
        return ip_address(text)
    return None


def is_loopback(address: Address) -> bool:
    """Whether an address leads to this machine alone, an IPv4 address written as IPv6 among them.

    Example:
        >>> is_loopback(ip_address("::ffff:127.0.0.1")), is_loopback(ip_address("0.0.0.0"))
        (True, False)
    """
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def without_zone(address: Address) -> Address:
    """An address without the network interface that it belongs to, which no `Host` header tells."""
    return ip_address(str(address).partition("%")[0])


def bracketed(address: Address) -> str:
    """An address as it stands in a URL.

    Example:
        >>> bracketed(ip_address("fe80::1%eth0"))
        '[fe80::1%25eth0]'
    """
    return f"[{str(address).replace('%', '%25')}]" if address.version == 6 else str(address)


def reachable(address: Address) -> Iterator[Address]:
    """The addresses at which a server on an address is reached: of a wildcard loopback, and the network's, if any."""
    if not address.is_unspecified:
        yield address
        return
    yield ip_address("127.0.0.1" if address.version == 4 else "::1")
    family, far = FAR[address.version]
    with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((far, 9))  # sends nothing, but chooses a way
        yield ip_address(probe.getsockname()[0])


def machine_names() -> Iterator[str]:
    """What this machine calls itself, and the name by which a local network finds it."""
    name = socket.gethostname().lower()
    yield from (name, name.partition(".")[0], f"{name.partition('.')[0]}.local")
