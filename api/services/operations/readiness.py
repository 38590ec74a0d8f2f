"""Whether this process can do its work, and if not, what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from api.domain.shared.exceptions import DatabaseUnavailable, Unavailable
from api.storage import migrate
from api.storage.shared.database import Database

Check = Callable[[], object]  # raises Unavailable where something is missing


class Readiness:
    """The database at its migration head, then every other check that was given."""

    def __init__(self, database: Database, checks: Sequence[Check] = ()) -> None:
        self._database = database
        self._checks = tuple(checks)
        self._head = migrate.head()

    def verify(self) -> None:
        """Return where nothing is missing.

        Raises:
            Unavailable: naming all that is; the database alone where the rest cannot be known without it.
        """
        found = migrate.current(self._database)
        if found != self._head:
            raise DatabaseUnavailable(
                f"Schéma de la base : version « {found or 'aucune'} », « {self._head} » attendue ; "
                "lancez « python cockpit.py run » ou la migration de l’image."
            )
        missing = [sentence for check in self._checks if (sentence := _failure(check))]
        if missing:
            raise Unavailable(" ".join(missing))


def _failure(check: Check) -> str | None:
    try:
        check()
    except Unavailable as error:
        return error.detail
    return None
