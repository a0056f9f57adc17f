"""What can go wrong, each as one sentence: what was wanted, what came, what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class LandscapeError(Exception):
    """A problem whose message is written for the user and is shown without a traceback."""


class UnknownName(LandscapeError):
    """A name that no registry holds."""

    def __init__(self, kind: str, name: str, known: Iterable[str] = ()) -> None:
        """Says which names there are, or of very many those that are nearest.

        Args:
            kind: what the name should name, in the singular ("architecture").
            name: what came.
            known: the names that exist, in any iterable; none where they are not for everybody to read.
        """
        self._parts = kind, name, tuple(sorted(known))
        advice = f"choose one of {_choice(name, self._parts[2])}" if self._parts[2] else "open it again"
        super().__init__(f"Unknown {kind} {name!r}: {advice}.")

    def __reduce__(self) -> tuple[type["UnknownName"], tuple[str, str, tuple[str, ...]]]:
        """Travels between processes whole; the default would call the constructor with the message alone."""
        return UnknownName, self._parts


MANY, NEAREST = 12, 6
"""Names that are too many to be all told where some are near, and how many of these."""


def _choice(name: str, known: tuple[str, ...]) -> str:
    near = [each for each in known if each.startswith(name)][:NEAREST] or get_close_matches(name, known, NEAREST)
    if len(known) <= MANY or not near:
        return ", ".join(known)
    return f"{', '.join(near)}, the nearest of {len(known)}"


class BadReference(LandscapeError):
    """A model, data set or plane that cannot be named the way it was."""


class BadLattice(LandscapeError):
    """A range or level on which no surface can be drawn."""


class BadCheckpoint(LandscapeError):
    """A file of weights that is missing, unsafe, or of another architecture."""


class BadData(LandscapeError):
    """Examples that are missing or of the wrong shape."""


class MissingData(BadData):
    """Examples that are not where they should be."""


class BadStudy(LandscapeError):
    """A user's own Python file that lacks something, gives something else, or goes wrong."""


class BadNetwork(LandscapeError):
    """A network that fails, or whose loss is not a function of its weights and of one example at a time."""


class BadDirections(LandscapeError):
    """Stored directions that are missing or do not fit the network."""


class BadSurface(LandscapeError):
    """A file that holds no surface that can be shown, or an imported surface that is gone."""


class TooLate(LandscapeError):
    """An answer that did not come in time, and is still being computed."""


class CorruptTile(LandscapeError):
    """An entry of the store that cannot be read back."""
