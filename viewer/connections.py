"""Connections that hold something without end are dropped: half-open requests, and answers that nobody reads."""

import time

from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer, MultiSocketServer

HEADERS = 10.0
"""Seconds in which the headers of a request must be there."""
BODY = 30.0
"""Seconds in which a body must be there, and one more for every `RATE` bytes."""
RATE = 2**17
"""Bytes a second at which a body must come at least."""
UNREAD = 20.0
"""Seconds that a client may leave an answer unread."""
SLOWEST = 600.0
"""Seconds in which what waits to be read must have been read."""
IDLE = 30
"""Seconds that a connection may stay open between requests."""
MOST_CONNECTIONS = 512
"""Open connections at a time, idle and half-open ones among them."""
THREADS = 32
"""Requests that are answered at a time; each stream holds one."""

OPTIONS = {
    "threads": THREADS,
    "connection_limit": MOST_CONNECTIONS,
    "asyncore_use_poll": True,  # select() knows at most 1024 files
    "channel_timeout": IDLE,
    "cleanup_interval": 5,
}
"""Of waitress."""


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection with deadlines; waitress alone waits for its client for ever.

    The server's loop calls `readable` of each at least once a second.
    """

    begun: float | None = None
    """When the first byte of the request came that is not complete."""
    came = 0
    """How many bytes of it came."""
    unread: float | None = None
    """Since when something waits to be read by the client."""

    def received(self, data: bytes) -> bool:
        """Takes in bytes of a request."""
        if self.request is None:
            self.begun, self.came = time.time(), 0
        self.came += len(data)
        taken: bool = super().received(data)
        if self.request is None:
            self.begun = None
        return taken

    def readable(self) -> bool:
        """Whether to read more; closes the connection where a deadline has passed."""
        if self.connected and self.late(time.time()):
            self.handle_close()  # lets a thread go that waits to write
        return bool(self.connected and super().readable())

    def late(self, now: float) -> bool:
        """Whether the client took too long with its request, or with the answer to the one before."""
        if not self.total_outbufs_len:
            self.unread = None
        elif self.unread is None:
            self.unread = now
        if self.unread is not None and (
            now - max(self.unread, self.last_activity) > UNREAD or now - self.unread > SLOWEST
        ):
            return True
        request, begun = self.request, self.begun
        if request is None or begun is None or self.requests:  # one is being answered: nothing is read meanwhile
            return False
        allowed = BODY + self.came / RATE if request.headers_finished else HEADERS
        return bool(now - begun > allowed)


def set_channel(server: BaseWSGIServer | MultiSocketServer, channel: type[Channel] = Channel) -> None:
    """Makes all connections that a waitress server will accept, on one address or several, of a kind."""
    for each in server.map.values() if isinstance(server, MultiSocketServer) else [server]:
        if isinstance(each, BaseWSGIServer):
            each.channel_class = channel
