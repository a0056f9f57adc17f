"""The addresses that a start prints work, and no others: real servers in a process of their own, real sockets."""

import json
import socket
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest

from compute.settings import ROOT
from viewer.access import SENTENCE

PRIVATE = ["127.0.0.1", "localhost", "127.1", "127.0.0.2", "::1", "[::1]"]
SHARED = ["0.0.0.0", "0", "::", "[::]"]


@pytest.fixture(scope="module")
def served():
    command = [sys.executable, "-m", "tests.viewer.hosts", *PRIVATE, *SHARED]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    told = [json.loads(process.stdout.readline()) for _ in [*PRIVATE, *SHARED]]
    yield {host: (urls, shared) for host, urls, shared in told}
    process.communicate(timeout=20)


def at(served, host, shared):
    """The addresses that were announced; a machine without IPv6 has none of that kind."""
    urls, said = served[host]
    if ":" in host and not urls and not has_ipv6():
        pytest.skip("this machine has no IPv6")
    assert said is shared
    return urls


def has_ipv6():
    try:
        with closing(socket.socket(socket.AF_INET6)) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def ask(url, method="GET", path=None, body=None, headers=()):
    """Status, headers and text of an answer."""
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.hostname, parts.port, timeout=20)) as line:
        line.request(method, path or f"{parts.path or '/'}?{parts.query}", body, dict(headers))
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read().decode()


def origin(url):
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def sent(url, cookie=""):
    """The status of what a page at an address sends."""
    headers = {"Origin": origin(url), "Cookie": cookie, "Content-Type": "application/json"}
    return ask(url, "POST", "/api/tabs", '{"browser": "b", "tabs": {}}', headers)[0]


@pytest.mark.parametrize("host", PRIVATE)
def test_on_this_machine_alone_the_address_opens_without_a_token(served, host):
    (url,) = at(served, host, False)
    assert "token" not in url
    assert ask(url)[0] == sent(url) == 200
    assert ask(url, headers={"Host": "evil.example"})[0] == 400
    assert ask(url, headers={"Origin": "http://evil.example"})[0] == 403


@pytest.mark.parametrize("host", SHARED)
def test_for_others_each_address_opens_once_its_token_became_a_cookie(served, host):
    for url in at(served, host, True):
        assert ask(url, path="/")[0] == sent(url) == 403
        status, headers, _ = ask(url)
        assert (status, headers["Location"]) == (303, "/")
        cookie, *flags = headers["Set-Cookie"].split("; ")
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(flags)
        assert ask(url, path="/", headers={"Cookie": cookie})[0] == sent(url, cookie) == 200
        assert ask(url, path="/", headers={"Cookie": cookie, "Host": "evil.example"})[0] == 400
        assert ask(url, path="/", headers={"Cookie": cookie, "Origin": "http://evil.example"})[0] == 403


def test_tokens_differ_from_start_to_start(served):
    tokens = [urlsplit(url).query for host in SHARED for url in served[host][0][:1]]
    assert len(set(tokens)) == len(tokens)


@pytest.mark.parametrize("path", ["/api/import", "/api/film", "/_dash-update-component", "/nowhere"])
@pytest.mark.parametrize("more", ["", "Expect: 100-continue\r\n", "Cookie: \xff=\xfe; =\r\n"])
def test_without_the_cookie_no_body_is_read(served, path, more):
    parts = urlsplit(at(served, "0.0.0.0", True)[0])
    head = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {150 * 2**20}\r\n{more}\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as line:
        line.sendall(head.encode("latin-1"))
        answer = HTTPResponse(line)
        answer.begin()
        assert (answer.status, json.loads(answer.read())) == (403, {"error": SENTENCE})


def test_a_path_of_another_site_leads_nowhere_else(served):
    url = at(served, "0.0.0.0", True)[0]
    for path in ("//evil.example/", "/\\evil.example/", "///evil.example"):
        status, headers, _ = ask(url, path=f"{path}?{urlsplit(url).query}")
        assert status == 303
        assert headers["Location"] in {"/evil.example/", "/evil.example"}
