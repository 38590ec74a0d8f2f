"""``worker-alive``: the container's health check of the worker, which has no port."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from api.core import Core
from api.schemas import french
from api.storage.shared import jobs


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    alive = commands.add_parser("worker-alive", help="dit si un calculateur vit (sonde des conteneurs)")
    alive.set_defaults(run=_alive)


def _alive(_arguments: argparse.Namespace, core: Core) -> int:
    with core.database.read() as connection:
        seen_at = jobs.last_seen(connection)
    silence = None if seen_at is None else datetime.now(UTC) - seen_at
    if silence is None or silence > jobs.LEASE:
        print("Aucun calculateur ne répond.")
        return 1
    print(f"Calculateur vu il y a {french.quantity(silence.total_seconds(), 's', 0)}.")
    return 0
