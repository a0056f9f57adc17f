"""Every error is answered in a sentence; an unexpected one also says where the log has its traceback."""

import json
import re

import pytest

from compute.errors import LandscapeError
from compute.settings import Settings
from tests.campaign.browsing import Request, Site
from tests.viewer.fake_service import FakeService
from viewer.app import build
from viewer.faults import LONGEST, sentence


@pytest.fixture(scope="module")
def site():
    site = Site()
    yield site
    site.service.close()


def error(client, method, path, **more):
    answer = client.open(path, method=method, **more)
    said = answer.get_json()["error"]
    assert said.endswith(".")
    assert "\n" not in said
    return answer.status_code, said


@pytest.fixture
def broken(monkeypatch):
    """A client of a server whose service has a mistake."""

    def snapshot(self, survey):
        raise ZeroDivisionError("division of secrets by zero")

    service = FakeService()
    monkeypatch.setattr(FakeService, "snapshot", snapshot)
    yield build(service, Settings()).server.test_client()
    service.close()


def test_an_unexpected_error_is_a_sentence_whose_reference_stands_in_the_log_beside_the_traceback(broken, caplog):
    body = {"output": "../", "inputs": []}
    assert error(broken, "POST", "/_dash-update-component", json=body)[0] == 400  # refused before anything is called
    assert caplog.records == []
    status, said = error(broken, "GET", "/api/indicators/none")
    assert (status, caplog.records) == (404, [])  # a name that there is not is no such error
    broken.application.view_functions["asking.numbers"] = lambda survey_id: 1 / 0
    status, said = error(broken, "GET", "/api/indicators/none")
    (reference,) = re.findall(r"the reference ([0-9a-f]{8})\b", said)
    (record,) = caplog.records
    assert status == 500
    assert f"reference={reference}" in record.message
    assert record.exc_info[0] is ZeroDivisionError
    assert "division" not in said


def test_two_unexpected_errors_have_two_references():
    assert sentence(KeyError("a")) != sentence(KeyError("a"))


@pytest.mark.parametrize("text", ["a\r\nb", "a\0b", "a\x1b[2Jb", "a\u2028b", "a\x85b", "x" * 100_000])
def test_a_sentence_is_one_line_and_not_too_long(text):
    said = sentence(LandscapeError(text))
    assert said.isprintable()
    assert len(said) <= LONGEST


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/api/nothing/of/the/kind/at/all", {}, 404),
        ("GET", "/nothing", {}, 404),
        ("GET", "/trajectory/nothing", {}, 404),
        ("GET", "/trajectory", {}, 308),
        ("GET", "/vendor/plotly.js", {}, 404),
        ("GET", "/assets/none.js", {}, 404),
        ("GET", "/assets/../run.py", {}, 404),
        ("GET", "/assets/%2e%2e/run.py", {}, 404),
        ("GET", "/assets/%00", {}, 404),
        ("GET", "/_dash-component-suites/none/none.js", {}, 404),
        ("GET", "/_dash-component-suites/dash/none.js", {}, 404),
        ("GET", "/trajectory/_dash-component-suites/dash_core_components/none.js", {}, 404),
        ("POST", "/healthz", {}, 405),
        ("PUT", "/api/film", {}, 405),
        ("BREW", "/", {}, 405),
        ("GET", "/api/range?surveys=\xff", {}, 400),
        ("GET", "/?models=\xe8\xe9", {}, 400),
        ("GET", "/", {"Origin": "http://["}, 403),
        ("GET", "/", {"Origin": "http://[::1]]:80"}, 403),
        ("GET", "/", {"Origin": "\xff"}, 403),
        ("GET", "/assets/live.js", {"Range": "bytes=999999999999999-"}, 416),
        ("GET", "/assets/live.js", {"Range": "bytes=x"}, 416),
        ("GET", "/assets/live.js", {"If-Modified-Since": "Thu, 01 Jan 99999 00:00:00 GMT"}, 200),
        ("GET", "/", {"Host": "[::1"}, 400),
        ("GET", "/", {"Host": "127.0.0.1:8050@elsewhere"}, 400),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused_in_a_sentence(site, method, path, headers, status):
    found, _, body = site.answer(Request(method, path, headers={"Origin": "http://127.0.0.1:8050"} | headers))
    assert found == status
    if found >= 400:
        said = json.loads(body)["error"]
        assert re.fullmatch(r"(An?|The) [^\n]+: [^\n]+\.", said)


NAMES = [
    "%0D%0AX-Evil:%201",
    "%0A",
    "%00",
    "%1b[2J",
    "%E2%80%A8",
    "%7F",
    "a%22b;filename=c",
    "%F0%9F%98%80" * 300,
    "..%2F..%2Fa",
    "%ED%A0%80",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("route", ["/api/file/{}/csv", "/api/table/norms/mlp/csv", "/api/track/{}/csv"])
def test_no_name_of_a_file_reaches_a_header_as_anything_but_a_name(site, name, route):
    survey = site.surveys[1].id
    address = f"{route.format(survey)}?tracks=vgg9:7&name={name}"
    status, headers, _ = site.answer(Request("GET", address))
    assert status == 200
    assert "X-Evil" not in headers
    assert headers["Content-Disposition"].startswith("attachment; filename")
    assert all((key + value).isprintable() and value.encode("latin-1") for key, value in headers.items())
    assert len(headers["Content-Disposition"]) < 4000


@pytest.mark.parametrize("name", ["%0D%0Aa.csv", "%00.csv", "..%2F..%2Fa.csv", "a" * 5000 + ".csv", "%FF.csv", ""])
def test_whatever_an_upload_is_called_the_answer_is_one_line(client, name):
    answer = client.post(f"/api/import?name={name}", data=b"alpha,beta,loss\n1,2\n")
    said = answer.get_json()["error"]
    assert answer.status_code == 200
    assert said.isprintable()
    assert len(said) < 700
