"""What a host stands for, which names it may be called by, and what is announced."""

import socket

import pytest

from compute.errors import LandscapeError
from viewer.listening import resolve

PRIVATE = [
    "127.0.0.1",
    "localhost",
    "LOCALHOST",
    "::1",
    "[::1]",
    "127.1",
    "2130706433",
    "127.0.0.2",
    "::ffff:127.0.0.1",
]
SHARED = ["0.0.0.0", "::", "[::]", "*", "0", "192.0.2.7", "2001:db8::7", "[2001:db8::7]", "::ffff:192.0.2.7", "0::0"]


@pytest.mark.parametrize("host", PRIVATE)
def test_loopback_in_any_spelling_is_private(host):
    assert resolve(host).is_private


@pytest.mark.parametrize("host", SHARED)
def test_any_other_address_is_not(host):
    assert not resolve(host).is_private


def test_a_name_is_as_private_as_all_its_addresses(monkeypatch):
    def look_up(_host, _port, **options):
        if options["flags"] & socket.AI_NUMERICHOST:
            raise OSError("no number")
        return [(family, 1, 6, "", (place, 0)) for family, place in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    found = [(socket.AF_INET, "127.0.1.1")]
    assert resolve("laptop").is_private
    found += [(socket.AF_INET6, "2001:db8::7")]
    assert not resolve("laptop").is_private
    assert resolve("Laptop").urls(80) == ("http://laptop:80",)
    assert resolve("laptop").knows("LAPTOP:80")
    assert resolve("laptop").knows("[2001:db8::7]:80")


@pytest.mark.parametrize(
    ("host", "urls"),
    [
        ("127.0.0.1", ("http://127.0.0.1:8050",)),
        ("::1", ("http://[::1]:8050",)),
        ("[::1]", ("http://[::1]:8050",)),
        ("127.1", ("http://127.0.0.1:8050",)),
        ("localhost", ("http://localhost:8050",)),
        ("192.0.2.7", ("http://192.0.2.7:8050",)),
        ("2001:DB8::7", ("http://[2001:db8::7]:8050",)),
    ],
)
def test_what_is_announced_can_be_typed_into_a_browser(host, urls):
    assert resolve(host).urls(8050) == urls


@pytest.mark.parametrize(
    ("host", "first"), [("0.0.0.0", "http://127.0.0.1:1"), ("::", "http://[::1]:1"), ("*", "http://127")]
)
def test_a_wildcard_is_announced_as_addresses_that_lead_there(host, first):
    urls = resolve(host).urls(1)
    assert urls[0].startswith(first)
    assert all("0.0.0.0" not in url and "[::]" not in url and "*" not in url for url in urls)


@pytest.mark.parametrize(
    ("host", "known", "unknown"),
    [
        ("127.0.0.1", ["127.0.0.1:1", "localhost", "LocalHost:8", "[::1]:1"], ["192.0.2.7", "localhost.e"]),
        ("::1", ["[::1]:8050", "[0:0:0:0:0:0:0:1]", "localhost:8050"], ["[2001:db8::7]", "::1:8050", "[::1]evil"]),
        ("192.0.2.7", ["192.0.2.7:8050", "localhost"], ["192.0.2.8", "192.0.2.7.evil.example", "evil.example"]),
        ("2001:db8::7", ["[2001:DB8::7]:8050", "[2001:db8:0::7]"], ["[2001:db8::8]", "2001:db8::7"]),
        ("0.0.0.0", ["192.0.2.7:1", "10.1.2.3", "[2001:db8::7]", socket.gethostname()], ["evil.example"]),
        ("::", ["[2001:db8::7]:1", "[::1]", "[fe80::1%25eth0]:1"], ["[evil.example]", "evil.example:80:80"]),
    ],
)  # fmt: skip
def test_a_server_knows_its_own_names_and_addresses_alone(host, known, unknown):
    listening = resolve(host)
    assert [each for each in known if not listening.knows(each)] == []
    assert [each for each in [*unknown, "", " ", "a b", "127.0.0.1@evil.example"] if listening.knows(each)] == []


@pytest.mark.parametrize(
    "host", ["", "[]", "nowhere.invalid", "a b", "http://127.0.0.1", "0.0.0.0:80", "\0", "x" * 70, ".."]
)
def test_a_host_that_is_none_is_a_sentence(host):
    with pytest.raises(
        LandscapeError, match=r"needs an address of this machine to listen on, .* is none \(.+\): choose"
    ):
        resolve(host)
