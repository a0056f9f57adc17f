"""Whoever may not send, or sends too much, is answered by the header alone: over real sockets, by the real server."""

import socket
import threading

import pytest
import waitress
from flask import Flask, request

from viewer.access import Access
from viewer.gate import install
from viewer.guard import MAX_BODY
from viewer.listening import resolve
from viewer.saving import FILM_LIMIT

MIB = 2**20


@pytest.fixture(scope="module")
def port():
    server = Flask("gate")
    server.config["LISTENING"], server.config["ACCESS"] = resolve("127.0.0.1"), Access(None, 8050)

    @server.post("/<path:_route>")
    def size(_route):
        return str(len(request.get_data()))

    @server.get("/")
    def page():
        return "page"

    listening = waitress.create_server(server, host="127.0.0.1", port=0, threads=2, max_request_body_size=2**30)
    install(listening, server, 4)
    thread = threading.Thread(target=listening.run, daemon=True)
    thread.start()
    yield listening.effective_port
    listening.maintenance_interval = 0
    listening.close()


def answer(port, head, body=b"", host=None):
    """The first line of the answer; the connection's other side may not have been sent all that it was told of."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(f"{head}\r\nHost: {host or f'127.0.0.1:{port}'}\r\n\r\n".encode() + body)
        return line.recv(4096).decode().splitlines()


POST = "POST {} HTTP/1.1\r\nContent-Length: {}"


@pytest.mark.parametrize(
    ("header", "host", "status"),
    [
        ("Origin: http://elsewhere.example", None, 403),
        ("Origin: null", None, 403),
        ("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: cors", None, 403),
        ("Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate", None, 403),
        ("Accept: */*", "elsewhere.example", 400),
        ("Accept: */*\r\nExpect: 100-continue\r\nOrigin: http://elsewhere.example", None, 403),
    ],
)
@pytest.mark.parametrize("path", ["/api/import", "/api/film", "/_dash-update-component", "/nowhere"])
def test_a_stranger_is_refused_before_the_body_is_sent(header, host, status, path, port):
    lines = answer(port, f"{POST.format(path, 150 * MIB)}\r\n{header}", host=host)
    assert lines[0].startswith(f"HTTP/1.1 {status} ")


def test_a_stranger_may_follow_a_link(port):
    head = "GET / HTTP/1.1\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate"
    assert answer(port, head)[0] == "HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/api/import", 5 * MIB, 200),
        ("/api/import", 5 * MIB + 1, 413),
        ("/api/figure", MAX_BODY, 200),
        ("/api/figure", MAX_BODY + 1, 413),
        ("/api/film", FILM_LIMIT + 1, 413),
        ("/api%2Fimport", 2 * MIB, 200),
    ],
)
def test_each_address_has_a_limit_of_its_own(path, size, status, port):
    assert answer(port, POST.format(path, size), bytes(size))[0].startswith(f"HTTP/1.1 {status} ")


def test_a_body_that_is_too_long_is_refused_before_it_is_sent_where_the_client_asks(port):
    lines = answer(port, f"{POST.format('/api/figure', 150 * MIB)}\r\nExpect: 100-continue")
    assert lines[0].startswith("HTTP/1.1 413 ")


def test_a_body_in_chunks_is_refused_as_soon_as_it_is_too_long(port):
    chunk = b"100000\r\n" + bytes(2**20) + b"\r\n"
    lines = answer(port, "POST /api/figure HTTP/1.1\r\nTransfer-Encoding: chunked", chunk * 2)
    assert lines[0].startswith("HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "line", ["GET http://[/ HTTP/1.1", "GET /?a=\xff HTTP/1.1", "GET / HTTP/1.1\r\nOrigin: http://["]
)
def test_an_address_or_origin_that_is_none_is_answered(port, line):
    assert answer(port, line)[0].startswith(("HTTP/1.1 400 ", "HTTP/1.1 403 "))
