"""Connections over real sockets: none of them holds anything without end."""

import socket
import threading
import time
from contextlib import closing, contextmanager

import pytest
import waitress

from compute.settings import Settings
from tests.processes import until
from tests.viewer.fake_service import FakeService
from viewer import browsers, connections
from viewer.app import build
from viewer.connections import OPTIONS, set_channel

POST = b"POST /api/tabs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
PLAIN = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@pytest.fixture(autouse=True)
def short(monkeypatch):
    for name, seconds in {"HEADERS": 0.5, "BODY": 0.5, "UNREAD": 1.0}.items():
        monkeypatch.setattr(connections, name, seconds)


@contextmanager
def listening(application, **options):
    """A port at which waitress answers in a thread."""
    plain = OPTIONS | {"channel_timeout": 5, "cleanup_interval": 0.2, "threads": 4} | options
    server = waitress.create_server(application, host="127.0.0.1", port=0, **plain)
    set_channel(server)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield int(server.effective_port)
    finally:
        server.close()
        thread.join(5)


@pytest.fixture
def port():
    service = FakeService()
    with listening(build(service, Settings()).server, threads=OPTIONS["threads"]) as found:
        yield found
    service.dismiss()
    service.close()


def opened(port, sent=b""):
    found = socket.create_connection(("127.0.0.1", port), timeout=10)
    found.sendall(sent)
    return found


def ends(connection):
    """Whether the server closes a connection without an answer, however often a byte more is sent."""
    connection.settimeout(0.2)
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if connection.recv(100) == b"":
                return True
        except TimeoutError:
            pass
        except OSError:
            return True
        try:
            connection.send(b"x")
        except OSError:
            return True
    return False


def answered(port, request=PLAIN):
    with closing(opened(port, request)) as connection:
        return connection.recv(100)


@pytest.mark.parametrize(
    "sent",
    [
        b"G",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-Many: 1\r\n" * 50,
        POST + b"Content-Length: 100000\r\n\r\n",
        POST + b"Content-Length: 100000\r\n\r\n" + b"{" * 500,
        POST + b"Transfer-Encoding: chunked\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n100\r\n{",
        POST + b"Expect: 100-continue\r\nContent-Length: 100000\r\n\r\n",
        b"POST /api/take/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000000\r\n\r\n" + b"\0" * 70_000,
    ],
)
def test_a_request_that_does_not_come_to_its_end_is_dropped(port, sent):
    with closing(opened(port, sent)) as connection:
        if b"Expect" in sent:
            assert connection.recv(100).startswith(b"HTTP/1.1 100")
        assert ends(connection)


def test_a_connection_on_which_nothing_is_asked_is_closed(port):
    with closing(opened(port)) as connection:
        connection.settimeout(15)
        assert connection.recv(100) == b""


def test_a_body_that_comes_fast_enough_has_its_time(port, monkeypatch):
    monkeypatch.setattr(connections, "RATE", 1000)
    body = b'{"browser": "b", "tabs": {}}' + b" " * 4000
    with closing(opened(port, POST + b"Content-Length: %d\r\n\r\n" % len(body))) as connection:
        for part in range(0, len(body), 500):
            connection.sendall(body[part : part + 500])
            time.sleep(0.15)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_many_half_open_requests_stop_nobody(port):
    half = [opened(port, b"GET / HTTP/1.1\r\nHost: ") for _ in range(200)]
    try:
        assert answered(port).startswith(b"HTTP/1.1 200")
    finally:
        for connection in half:
            connection.close()


def test_who_does_not_read_an_answer_holds_no_thread():
    ended = threading.Event()

    def endless(_environ, start):
        start("200 OK", [("Content-Type", "text/plain")])
        try:
            while True:
                yield b"x" * 2**20
        finally:
            ended.set()

    with listening(endless, outbuf_high_watermark=2**22) as port, closing(opened(port, PLAIN)):
        assert ended.wait(20)


def test_a_slow_answer_and_a_stream_that_is_read_are_not_dropped():
    def slow(_environ, start):
        start("200 OK", [("Content-Type", "text/plain")])
        for _ in range(3):
            time.sleep(1.3)  # longer than an answer may be left unread
            yield b"later"

    with listening(slow) as port, closing(opened(port, PLAIN)) as connection:
        got = b""
        while part := connection.recv(1000):
            got += part
    assert got.count(b"later") == 3


def stream(port, name):
    return opened(port, b"GET /api/stream?browser=%s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % name)


def test_streams_beyond_the_cap_are_refused_in_a_sentence_and_everything_else_is_answered(port, monkeypatch):
    monkeypatch.setattr(connections, "UNREAD", 20)
    held = [stream(port, b"b%d" % number) for number in range(browsers.MOST_STREAMS)]
    assert all(connection.recv(50).startswith(b"HTTP/1.1 200") for connection in held)
    with closing(stream(port, b"more")) as refused:
        assert refused.recv(1000).startswith(b"HTTP/1.1 503")
    assert answered(port).startswith(b"HTTP/1.1 200")
    for connection in held:
        connection.close()

    def again():
        with closing(stream(port, b"again")) as connection:
            return connection.recv(50).startswith(b"HTTP/1.1 200")

    until(again, seconds=20)  # a ping has found out that they are gone


def test_a_stream_that_is_reset_gives_its_place_back(port):
    for number in range(3 * browsers.MOST_STREAMS):
        connection = stream(port, b"b%d" % (number % 5))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    def free():
        with closing(stream(port, b"last")) as connection:
            return connection.recv(50).startswith(b"HTTP/1.1 200")

    until(free, seconds=20)
