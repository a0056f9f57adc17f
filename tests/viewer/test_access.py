"""A server that other machines can reach lets in whoever has the token, on every route."""

import re
from http.cookies import SimpleCookie

import pytest

from compute.settings import Settings
from tests.viewer.fake_service import FakeService
from viewer import access
from viewer.access import SENTENCE, BadToken, make_access
from viewer.app import build

TOKEN = "a-token-of-a-test_0123456789"
COOKIE = f"loss-atlas-8050={TOKEN}"
CALLED = {"Host": "192.0.2.7:8050"}


@pytest.fixture(scope="module")
def shared():
    service = FakeService()
    yield build(service, Settings(host="0.0.0.0"), TOKEN).server
    service.close()


@pytest.fixture
def client(shared):
    return shared.test_client(use_cookies=False)


def filled(rule):
    return re.sub("<[^>]+>", "x", rule.rule)


def test_every_route_is_closed_to_whoever_has_no_cookie(shared, client):
    asked = {(filled(rule), method) for rule in shared.url_map.iter_rules() for method in rule.methods}
    assert {"/", "/profile/", "/healthz", "/api/stream", "/assets/x", "/api/import", "/_dash-layout"} <= {
        p for p, _ in asked
    }
    for path, method in [*asked, ("/nowhere", "GET"), ("//", "GET"), ("/", "BREW"), ("/healthz", "PUT")]:
        answer = client.open(path, method=method, headers=CALLED)
        assert answer.status_code == 403, (path, method)
        if method != "HEAD":
            assert answer.get_json() == {"error": SENTENCE}
        assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize(
    "cookie",
    [
        "", "loss-atlas-8050=", "loss-atlas-8050=None", f"loss-atlas-8050={TOKEN[:-1]}", f"loss-atlas-8050={TOKEN}x",
        f"loss-atlas-8050={TOKEN.upper()}", f"loss-atlas-8051={TOKEN}", f"token={TOKEN}", "loss-atlas-8050=\xff\xfe",
        "=;;=",         f"xloss-atlas-8050={TOKEN}",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/", "/?token=", "/?token=wrong", f"/?token={TOKEN}x", f"/?TOKEN={TOKEN}", "/?token=%ff"]
)
def test_what_is_not_the_token_opens_nothing(client, path, cookie):
    answer = client.get(path, headers=CALLED | {"Cookie": cookie})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("path", "goes_on"),
    [
        (f"/?token={TOKEN}", "/"),
        (f"/?models=mlp&token={TOKEN}&view=both", "/?models=mlp&view=both"),
        (f"/trajectory/?token={TOKEN}&models=a%26b,c%2Bd", "/trajectory/?models=a%26b,c%2Bd"),
        (f"/?%74oken={TOKEN}", "/"),
        (f"/?token={TOKEN}&token=again", "/"),
        (f"/%2Fevil.example/?token={TOKEN}", "/evil.example/"),
        (f"/\\evil.example/?token={TOKEN}", "/evil.example/"),
        (f"/a%0d%0aX: y/?token={TOKEN}", "/a%0D%0AX%3A%20y/"),
    ],
)
def test_the_address_with_the_token_sets_a_cookie_and_leads_to_the_same_without_it(client, path, goes_on):
    answer = client.get(path, headers=CALLED)
    assert (answer.status_code, answer.headers["Location"]) == (303, goes_on)
    (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert (cookie.key, cookie.value) == ("loss-atlas-8050", TOKEN)
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Strict", "/", "")
    assert TOKEN not in answer.headers["Location"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_with_the_cookie_all_is_as_ever(client):
    for path in ("/", "/profile/", "/healthz", "/assets/hub.js", "/_dash-layout"):
        assert client.get(path, headers=CALLED | {"Cookie": f"a=b; {COOKIE}"}).status_code == 200
    stale = client.get("/?token=of-yesterday&models=mlp", headers=CALLED | {"Cookie": COOKIE})
    assert (stale.status_code, stale.headers["Location"], "Set-Cookie" in stale.headers) == (303, "/?models=mlp", False)


def test_a_token_in_the_address_lets_nothing_be_sent(client):
    for method in ("POST", "PUT", "DELETE"):
        assert client.open(f"/api/film?token={TOKEN}", method=method, headers=CALLED).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 400),
        ({"Host": "192.0.2.7.evil.example:8050"}, 400),
        (CALLED | {"Origin": "http://evil.example"}, 403),
        (CALLED | {"Origin": "http://192.0.2.8:8050"}, 403),
        (CALLED | {"Origin": "http://192.0.2.7:8051"}, 403),
        (CALLED | {"Origin": "null"}, 403),
        (CALLED | {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}, 403),
        (CALLED | {"Origin": "http://192.0.2.7:8050", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Host": "[2001:db8::7]:8050", "Origin": "http://[2001:db8::7]:8050"}, 200),
    ],
)
def test_the_cookie_opens_nothing_to_other_names_and_sites(client, headers, status):
    assert client.get("/healthz", headers=headers | {"Cookie": COOKIE}).status_code == status


def test_a_browser_is_shown_a_page_that_carries_nothing_over_from_the_address(client):
    answer = client.get('/?x="><script>alert(1)</script>', headers=CALLED | {"Accept": "text/html,*/*"})
    assert (answer.status_code, answer.mimetype) == (403, "text/html")
    text = answer.get_data(as_text=True)
    assert SENTENCE in text
    assert "alert" not in text
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_a_token_is_made_anew_where_others_can_connect_and_compared_in_constant_time(monkeypatch):
    service, calls = FakeService(), []
    try:
        tokens = {
            build(service, Settings(host=host)).access.token for host in ("0.0.0.0", "0.0.0.0", "192.0.2.7", "::")
        }
        assert len(tokens) == 4
        assert all(len(token) >= 43 for token in tokens)
        assert build(service, Settings()).access.token is None
        assert build(service, Settings(host="::1"), TOKEN).access.token == TOKEN
    finally:
        service.close()
    compared = access.hmac.compare_digest
    monkeypatch.setattr(access.hmac, "compare_digest", lambda *both: calls.append(both) or compared(*both))
    assert make_access(False, 8050, TOKEN).admits(f"{COOKIE}; loss-atlas-8050=other")
    assert not make_access(False, 8050, TOKEN).admits("\xff=\xfe; loss-atlas-8050=größer")
    assert len(calls) >= 2


@pytest.mark.parametrize(
    "token", ["short", "x" * 257, "sixteen letters!", "ümlaute-sind-keine-token", "line\nbreak-line-break", "a" * 15]
)
def test_a_token_of_ones_own_that_is_no_good_one_is_a_sentence_without_it(token):
    with pytest.raises(BadToken, match="LOSS_ATLAS_TOKEN should be 16 to 256 letters") as problem:
        make_access(True, 8050, token)
    assert token not in str(problem.value)
