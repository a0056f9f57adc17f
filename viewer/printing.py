"""Pictures drawn on this machine without a page: by a Chromium that is there already."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

from compute.errors import LandscapeError
from viewer.figures.encode import Figure

KINDS = ("png", "svg", "pdf", "webp")
SHARPNESS = 2
"""Pixels of a scene per pixel of the picture, so that its edges are smooth."""
WHOLE = """<style>@page {{ margin: 0 }} body {{ margin: 0 }} img {{ display: block }}
html {{ background: {ground}; print-color-adjust: exact; }}</style>"""
"""What kaleido's own page lacks: without it a PDF has a border, is cut off at its far edges, and white where it is
larger than the figure by a part of a pixel."""
NOWHERE = "127.0.0.1:9"
"""A proxy that nobody answers at: what is drawn comes from this machine, and no request leaves it."""


class NoBrowser(LandscapeError):
    """A picture that needs a browser, on a machine where none was found or none would start."""


def printed(figure: Figure, kind: str, size: tuple[int, int], scale: float = 1.0, magnification: float = 1.0) -> bytes:
    """A figure as a file of one of KINDS; a PDF has one page.

    `scale` multiplies the picture's pixels; an SVG or PDF is as large as its `magnification` makes it, and only the
    scenes in it become sharper.

    Raises:
        NoBrowser: there is no Chromium or Chrome, or it fails.
    """
    return pictures([figure], kind, size, scale, magnification)[0]


def pictures(
    figures: Sequence[Figure], kind: str, size: tuple[int, int], scale: float = 1.0, magnification: float = 1.0
) -> list[bytes]:
    """Several figures, each as `printed`, by one browser.

    Raises:
        NoBrowser: there is no Chromium or Chrome, or it fails.
    """
    from kaleido.errors import BrowserFailedError, ChromeNotFoundError, JavascriptError, KaleidoError

    try:
        with ThreadPoolExecutor(1) as apart:  # whose thread has no event loop yet
            return apart.submit(asyncio.run, _drawn(figures, kind, size, scale, magnification)).result()
    except ChromeNotFoundError:
        raise NoBrowser(
            f"A {kind.upper()} needs Chromium or Chrome on the server's machine, none was found: install one, or set "
            "BROWSER_PATH to it; on the page PNG, SVG, WebP and HTML need none."
        ) from None
    except (BrowserFailedError, JavascriptError, KaleidoError, TimeoutError) as problem:
        raise NoBrowser(
            f"A {kind.upper()} needs a browser that draws, this one failed ({type(problem).__name__}: {problem}): "
            "try again, or save a PNG, SVG or HTML from the page."
        ) from problem


def browser_path() -> str | None:
    """The Chromium or Chrome that would draw, if there is one."""
    from choreographer.browsers.chromium import Chromium

    found: str | None = Chromium.find_browser(skip_local=False)
    return found


async def _drawn(
    figures: Sequence[Figure], kind: str, size: tuple[int, int], scale: float, magnification: float
) -> list[bytes]:
    import kaleido  # only who asks for such a file waits for it

    grown = magnification if kind in {"svg", "pdf"} else scale
    options = {"format": cast(Any, kind), "width": size[0], "height": size[1], "scale": grown}
    config = {"plotGlPixelRatio": SHARPNESS * scale}
    page = kaleido.PageGenerator(mathjax=False)
    page.header += WHOLE.format(ground=figures[0]["layout"].get("paper_bgcolor", "#ffffff") if figures else "#ffffff")
    async with kaleido.Kaleido(n=1, page_generator=page, proxy_server=NOWHERE) as browser:
        return [await browser.calc_fig({**figure, "config": config}, options) for figure in figures]
