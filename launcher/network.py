"""Ports of this machine, and answers of our own servers."""

from __future__ import annotations

import errno
import http.client
import json
import socket
import sys
from urllib.parse import urlsplit

from launcher.console import LauncherError

ANSWER_SECONDS = 2.0


def require_free_port(host: str, port: int, variable: str) -> None:
    """Check that a server can listen on ``host``:``port``.

    Args:
        host: address to listen on.
        port: port to listen on.
        variable: prefix of their settings (``COCKPIT_API`` or ``COCKPIT_UI``).

    Raises:
        LauncherError: the port is taken or reserved, or the address is not one of this machine.
    """
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if sys.platform == "win32":
                # On Windows, SO_REUSEADDR would share the port with its owner instead of failing.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(target)
    except OSError as error:
        raise _port_error(error, host, port, variable) from error


def _port_error(error: OSError, host: str, port: int, variable: str) -> LauncherError:
    if error.errno == errno.EADDRINUSE:
        other = port + 10 if port + 10 <= 65535 else port - 10
        return LauncherError(
            f"Le port {port} est déjà pris (un cockpit déjà lancé ?) : arrêtez l’autre programme, "
            f"ou changez de port avec {variable}_PORT={other}."
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return LauncherError(
            f"Le port {port} est réservé au système : prenez-en un autre avec {variable}_PORT={port + 8000}."
        )
    return LauncherError(
        f"L’adresse « {host} » n’est pas une adresse de cette machine : corrigez {variable}_HOST.", 2
    )


def get(base: str, path: str) -> tuple[int, bytes] | None:
    """Return status and body of ``GET base+path``, without a proxy; None while nothing answers."""
    target = urlsplit(base)
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(65536)
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def problem_detail(body: bytes) -> str:
    """Return the detail of a problem+json answer, or the beginning of any other body."""
    try:
        problem = json.loads(body)
    except ValueError:
        return body[:200].decode("utf-8", errors="replace")
    return str(problem.get("detail") or problem.get("title") or problem)[:500]
