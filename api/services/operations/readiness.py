"""Checks whether this process can do its work, and names what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from api.domain.shared.exceptions import DatabaseUnavailable, Unavailable
from api.storage import migrate
from api.storage.shared.database import Database

_NAMED = 5
Check = Callable[[], object]  # raises Unavailable if something is missing


class Readiness:
    """Checks that the database has the schema that this code declares, then every other check."""

    def __init__(self, database: Database, checks: Sequence[Check] = ()) -> None:
        self._database = database
        self._checks = tuple(checks)
        self._head = migrate.head()
        self._as_declared = False

    def verify(self) -> None:
        """Return if nothing is missing.

        Raises:
            Unavailable: with all that is missing; only the database if it is not ready.
        """
        migrate.require_known(self._database)
        version = migrate.current(self._database)
        if version != self._head:
            raise DatabaseUnavailable(
                f"Schéma de la base : version « {version or 'aucune'} », « {self._head} » attendue ; "
                "lancez « python cockpit.py run » ou la migration de l’image."
            )
        self._require_declared()
        missing = [sentence for check in self._checks if (sentence := _failure(check))]
        if missing:
            raise Unavailable(" ".join(missing))

    def _require_declared(self) -> None:
        """Compare the schema with the declared one until it has been the same once."""
        if self._as_declared:
            return
        if different := migrate.differences(self._database):
            raise DatabaseUnavailable(
                f"Schéma de la base : il n’est pas celui de sa version « {self._head} » "
                f"({', '.join(different[:_NAMED])}) ; restaurez une sauvegarde."
            )
        self._as_declared = True


def _failure(check: Check) -> str | None:
    try:
        check()
    except Unavailable as error:
        return error.detail
    return None
