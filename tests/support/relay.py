"""An address that passes everything on to a server, and can refuse or wait as if the server did."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 1 << 16


class Relay:
    """A port of this machine in front of another one."""

    def __init__(self, target: str) -> None:
        """Listen in front of the server whose address is ``target``."""
        parts = urlsplit(target)
        self._target = (str(parts.hostname), int(parts.port or 80))
        self._port = 0
        self._open: list[socket.socket] = []
        self._flowing = threading.Event()
        self.mend()

    @property
    def url(self) -> str:
        """The address to call; it stays the same from one interruption to the next."""
        return f"http://127.0.0.1:{self._port}"

    def mend(self) -> None:
        """Pass everything on, from now."""
        self._flowing.set()
        if self._open:
            return
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self._open.append(listener)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def hold(self) -> None:
        """Pass questions on and keep the answers, as a server that is too busy, until it is mended."""
        self._flowing.clear()

    def cut(self) -> None:
        """Refuse connections and break those that are open, as a stopped server does."""
        while self._open:
            closing = self._open.pop()
            with suppress(OSError):  # the other side may have closed it
                closing.shutdown(socket.SHUT_RDWR)
            closing.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # cut
            while True:
                caller, _ = listener.accept()
                server = socket.create_connection(self._target)
                self._open += [caller, server]
                threading.Thread(target=self._pass_on, args=(caller, server), daemon=True).start()

    def _pass_on(self, caller: socket.socket, server: socket.socket) -> None:
        other = {caller: server, server: caller}
        with suppress(OSError, ValueError), caller, server:  # cut while it waits
            while True:
                for ready in select.select(list(other), [], [])[0]:
                    content = ready.recv(_CHUNK)
                    if not content:
                        return
                    if ready is server:
                        self._flowing.wait()
                    other[ready].sendall(content)


@contextmanager
def relayed(target: str) -> Iterator[Relay]:
    """Yield a relay in front of ``target``; it is cut when the block ends."""
    relay = Relay(target)
    try:
        yield relay
    finally:
        relay.cut()
