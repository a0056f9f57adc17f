"""One fake service for the tests of a file, and the application over it."""

import pytest

from compute.settings import Settings
from tests.viewer.fake_service import FakeService
from viewer.app import build


@pytest.fixture(scope="module")
def service():
    service = FakeService()
    yield service
    service.close()


@pytest.fixture(scope="module")
def app(service):
    return build(service, Settings())


@pytest.fixture(scope="module")
def client(app):
    return app.server.test_client()
