"""The browser that tests drive, and how patient tests are."""

import os
import shutil

import pytest
from hypothesis import settings

# A law is no race: on a busy machine any example may take long.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SOFTWARE_GL = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-rasterization",  # which Debian turns on: pages are painted faster without a GPU in software
    "--disable-gpu-compositing",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_addoption(parser):
    parser.addoption("--screenshots", default=None, metavar="DIR", help="write the pictures of the README into DIR")


def scope(nodeid):
    """What tests run in one process: those of a file, and all that drive a browser, for two at once are slow."""
    return "tests/browser" if nodeid.startswith("tests/browser/") else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Scopes(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return scope(nodeid)

    return Scopes(config, log)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    if CHROMIUM is None and os.environ.get("CI"):
        pytest.fail("The browser tests need Chromium on the PATH, there is none: install it.")
    if CHROMIUM is None:
        pytest.skip("there is no chromium or chromium-browser on the PATH")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": SOFTWARE_GL}
