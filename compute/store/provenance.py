"""What a surface file says of itself."""

import json
from contextlib import suppress

ABOUT = 2**20
"""Bytes of that, at most."""


def json_of(text: object) -> str:
    """What a file says of itself, as JSON; "null" where that is no JSON."""
    with suppress(ValueError, RecursionError):
        return json.dumps(json.loads(str(text)), sort_keys=True)
    return "null"
