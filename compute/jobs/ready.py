"""A surface that came complete: how a job stands that has nothing to do."""

from collections.abc import Callable
from dataclasses import replace

from compute.snapshot import JobState, Progress, Snapshot
from compute.specs import Imported


class Ready:
    """Looks like a job that is done; keeps no arrays, but reads them when they are asked for."""

    state = JobState.DONE

    def __init__(self, survey: Imported, read: Callable[[], Snapshot]) -> None:
        """Reads once, to know how many points there are.

        Raises:
            LandscapeError: it cannot be read.
        """
        self.survey, self.version, self._read = survey, 0, read
        self._standing = read().progress

    def snapshot(self) -> Snapshot:
        """The whole surface.

        Raises:
            LandscapeError: it can no longer be read.
        """
        return replace(self._read(), progress=self.progress())

    def progress(self) -> Progress:
        """Every point that there is, and none computed here."""
        return replace(self._standing, version=self.version)
