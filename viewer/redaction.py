"""What a browser on another machine is told: the same, but without the folders of this machine."""

import json
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from flask import Flask, Response

from compute.settings import ROOT

OWN = r"(?!/(?:api|assets|vendor|trajectory|profile|healthz|_dash)\b)"
"""What no address of this server begins with."""
PATH = re.compile(rf"(?<![\w/.~-]){OWN}(?:/[^\s/'\"`,;:()<>]+)+")
"""An absolute path within a sentence."""
QUOTED = re.compile(rf"(['\"`]){OWN}(/[^'\"`\n]+)\1")
"""An absolute path in quotes, which may have blanks."""
EMBEDDED = re.compile(r'(<script[^>]*type="application/json"[^>]*>)(.*?)(?=</script>)', re.DOTALL)
"""JSON in a page: Dash writes the layout into it, with escapes that hide paths from a search."""
UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}
"""What could end a script, and how JSON may spell it."""
DATA = "data: "
"""How the line of an event begins that carries its JSON."""


class Redaction:
    """Takes the folders of this machine out of texts; the names of files in them stay.

    Example:
        >>> Redaction([Path("/home/jo doe/runs")]).text("/home/jo doe/runs/a/x.pt is damaged, /etc/fstab is not: look.")
        'a/x.pt is damaged, fstab is not: look.'
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        """Knows some folders, which may have names with blanks, beside those that every program has."""
        usual = [ROOT, Path.home(), Path.cwd(), Path(tempfile.gettempdir()), Path(sys.prefix), Path(sys.base_prefix)]
        known = {str(form) for folder in (*folders, *usual) for form in (folder.absolute(), folder.resolve())} - {"/"}
        longest = sorted(known, key=len, reverse=True)
        self._known = re.compile(rf"({'|'.join(map(re.escape, longest))})(?:(/)|(?![\w-]|\.\w))")

    def text(self, text: str) -> str:
        """A text without folders; any other absolute path in a sentence is replaced by its last part."""
        plain = self._known.sub(lambda found: "" if found[2] else Path(found[1]).name, text)
        if " " not in plain:
            return plain
        plain = QUOTED.sub(lambda found: f"{found[1]}{Path(found[2]).name}{found[1]}", plain)
        return PATH.sub(lambda found: Path(found[0]).name, plain)

    def value(self, value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        """The same of every text in what JSON holds."""
        if isinstance(value, str):
            return self.text(value) if "/" in value else value
        if isinstance(value, list):
            return [self.value(each) for each in value]
        return {name: self.value(each) for name, each in value.items()} if isinstance(value, dict) else value

    def json(self, text: str) -> str:
        """The same of JSON."""
        return json.dumps(self.value(json.loads(text)), separators=(",", ":"))

    def page(self, text: str) -> str:
        """The same of the JSON within a page."""
        safe = str.maketrans(UNSAFE)
        return EMBEDDED.sub(lambda found: found[1] + self.json(found[2]).translate(safe), text)

    def events(self, events: Iterable[str]) -> Iterator[str]:
        """The same of the events of a stream."""
        for event in events:
            lines = event.split("\n")
            yield "\n".join(DATA + self.json(line[len(DATA) :]) if line.startswith(DATA) else line for line in lines)


def redact_answers(server: Flask, folders: Iterable[Path]) -> None:
    """Takes folders out of all that a server answers: of JSON, which carries every sentence, of pages and events."""
    redaction = Redaction(folders)
    whole = {"application/json": redaction.json, "text/html": redaction.page}

    @server.after_request
    def redact(response: Response) -> Response:
        if response.mimetype in whole and not response.direct_passthrough:
            response.set_data(whole[response.mimetype](response.get_data(as_text=True)))
        elif response.mimetype == "text/event-stream":
            response.response = redaction.events(cast("Iterable[str]", response.response))
        return response
