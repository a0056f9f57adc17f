"""Firefox, driven over WebDriver BiDi (W3C): a profile of its own, one page, a virtual display.

Without a display Firefox has no WebGL, so it is not started headless but in Xvfb, where Mesa draws in software.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

XVFB = shutil.which("Xvfb")
FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
PREFERENCES = {
    "app.update.enabled": False,
    "browser.download.folderList": 2,  # browser.download.dir is meant
    "browser.download.always_ask_before_handling_new_types": False,
    "browser.helperApps.neverAsk.saveToDisk": "application/octet-stream,image/png,application/pdf,text/csv",
    "datareporting.policy.dataSubmissionEnabled": False,
    "pdfjs.disabled": True,  # or it would open what is saved in a new tab
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "webgl.force-enabled": True,  # in software, too
}


Action = dict[str, Any]
"""A step of `input.performActions`."""


class FirefoxError(Exception):
    """Firefox answered a command with an error."""


def virtual_display() -> tuple[subprocess.Popen[bytes], int]:
    """An X server that draws into memory, and its number, which it chooses itself."""
    read, write = os.pipe()
    server = subprocess.Popen(
        [XVFB, "-screen", "0", "2000x1400x24", "-displayfd", str(write)], pass_fds=[write], stderr=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        return server, int(pipe.readline())


class Firefox:
    """A page of Firefox, and what its console said.

    Args:
        folder: of the profile and of what is downloaded, empty.
        size: of the window's content, in CSS pixels.
    """

    def __init__(self, folder: Path, size: tuple[int, int] = (1200, 640)) -> None:
        self.downloads, profile = folder / "downloads", folder / "profile"
        for path in (self.downloads, profile):
            path.mkdir()
        chosen = PREFERENCES | {"browser.download.dir": str(self.downloads)}
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in chosen.items())
        (profile / "user.js").write_text("".join(lines))
        self.display, number = virtual_display()
        command = [FIREFOX, "--no-remote", "--remote-debugging-port", "0", "--profile", str(profile)]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=os.environ | {"DISPLAY": f":{number}"}
        )
        address = next(found[1] for line in self.process.stderr if (found := LISTENS.search(line)))
        self.opened = ExitStack()
        self.socket = self.opened.enter_context(connect(f"{address}/session", max_size=None))
        self.commands, self.complaints = 0, list[str]()
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self.page = self.call("browsingContext.getTree")["contexts"][0]["context"]
        viewport = dict(zip(("width", "height"), size, strict=True))
        self.call("browsingContext.setViewport", context=self.page, viewport=viewport)

    def call(self, method: str, **parameters: Any) -> Any:
        """The result of a command.

        Raises:
            FirefoxError: it failed.
        """
        self.commands += 1
        self.socket.send(json.dumps({"id": self.commands, "method": method, "params": parameters}))
        while True:
            told = json.loads(self.socket.recv(timeout=120))
            if told.get("method") == "log.entryAdded" and told["params"]["level"] == "error":
                self.complaints.append(told["params"]["text"])
            if told.get("id") == self.commands:
                if told["type"] == "error":
                    raise FirefoxError(told["message"])
                return told["result"]

    def open(self, url: str) -> None:
        """Goes to an address, and waits until it is loaded."""
        self.call("browsingContext.navigate", context=self.page, url=url, wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The value of an expression on the page, or of what its promise gives, as JSON has it.

        Raises:
            FirefoxError: it throws.
        """
        result = self.call(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})))()",
            target={"context": self.page},
            awaitPromise=True,
        )
        if result["type"] == "exception":
            raise FirefoxError(result["exceptionDetails"]["text"])
        return json.loads(result["result"].get("value", "null"))

    def wait(self, condition: str, seconds: float = 60) -> None:
        """Waits until an expression is true.

        Raises:
            TimeoutError: it is not, in time.
        """
        end = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({condition})"):
            if time.monotonic() > end:
                raise TimeoutError(f"not true after {seconds} s: {condition}")
            time.sleep(0.1)

    def centre(self, node: str) -> tuple[int, int]:
        """Scrolls an element, a JavaScript expression, into view: where its middle is in the window, in CSS pixels."""
        script = """((node) => {
          node.scrollIntoView({ block: 'nearest' });
          const { left, top, width, height } = node.getBoundingClientRect();
          return [Math.round(left + width / 2), Math.round(top + height / 2)];
        })"""
        x, y = self.evaluate(f"{script}({node})")
        return x, y

    def click(self, node: str) -> None:
        """Clicks the middle of an element, as soon as it is there and visible."""
        self.wait(f"((node) => node && node.getClientRects().length > 0)({node})")
        x, y = self.centre(node)
        self.pointer(_move(x, y), PRESS, RELEASE)

    def drag(self, node: str, by: tuple[int, int]) -> None:
        """Presses in the middle of an element, moves by so many pixels in five steps, and lets go."""
        (x, y), (right, down) = self.centre(node), by
        path = [_move(x + right * step // 5, y + down * step // 5, duration=50) for step in range(1, 6)]
        self.pointer(_move(x, y), PRESS, *path, RELEASE)

    def hover(self, x: int, y: int) -> None:
        """Moves the mouse to a place in the window."""
        self.pointer(_move(x, y))

    def pointer(self, *actions: Action) -> None:
        """Does what a mouse would, one action after another."""
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}
        self.call("input.performActions", context=self.page, actions=[mouse])

    def press(self, key: str) -> None:
        """Presses a key and lets it go."""
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.call(
            "input.performActions",
            context=self.page,
            actions=[{"type": "key", "id": "keyboard", "actions": actions}],
        )

    def downloaded(self, before: set[Path], seconds: float = 60) -> Path:
        """The file that has come into the folder of downloads since it held `before`.

        Raises:
            TimeoutError: there is none, in time.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            new = set(self.downloads.iterdir()) - before
            whole = [path for path in new if path.suffix != ".part" and path.stat().st_size]
            if whole and len(whole) == len(new):
                return whole[0]
            time.sleep(0.1)
        raise TimeoutError(f"nothing was saved within {seconds} s")

    def screenshot(self) -> bytes:
        """What the window shows, as PNG."""
        return base64.b64decode(self.call("browsingContext.captureScreenshot", context=self.page)["data"])

    def close(self) -> None:
        """Ends the session and the process."""
        self.opened.close()
        for process in (self.process, self.display):
            process.terminate()
            process.wait(30)


RIGHT = "\ue014"
"""The key with an arrow to the right, as WebDriver writes it."""
PRESS: Action = {"type": "pointerDown", "button": 0}
RELEASE: Action = {"type": "pointerUp", "button": 0}


def _move(x: int, y: int, duration: int = 0) -> Action:
    return {"type": "pointerMove", "x": x, "y": y, "duration": duration}
