"""Changes turbines by hand: site and farm, rated power, day and state of service."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from api.domain.measurements.measurements import canonical_turbine_id
from api.domain.shared.exceptions import InvalidInput, NotFound, Superseded
from api.schemas.vocabulary import AuditAction
from api.services.people.names import with_names
from api.services.shared.audit import changes_since, record
from api.storage.measurements import measurements
from api.storage.shared.database import Database
from api.storage.turbines import facts as turbine_facts

KIND = "turbine"
_NAMES = ("site", "farm")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TurbineAdmin:
    """Changes turbines of the living park; the log keeps each author, the turbine the last one."""

    database: Database
    now: Callable[[], datetime]

    def change(self, turbine_id: str, facts: Mapping[str, Any], by: str) -> None:
        """Set facts of one turbine; facts with their present value change nothing.

        Args:
            turbine_id: in any of its spellings.
            facts: ``site``, ``farm``, ``rated_power_kw`` [kW], ``commissioned_on``, ``service_state``; None
                erases a fact. ``version`` is the one that the caller has read; without it any is changed.
            by: account of who asks.

        Raises:
            NotFound: the park has no such turbine.
            Superseded: it has changed since that version.
            InvalidInput: nothing to change, an erased state, an unprintable name, a future day.
        """
        known = canonical_turbine_id(turbine_id)
        read = facts.get("version")
        checked = self._checked({name: value for name, value in facts.items() if name != "version"})
        with self.database.write() as connection:
            self.database.lock(connection, "turbines")
            row = measurements.living_turbine(connection, known)
            if row is None:
                raise NotFound("Turbine", turbine_id, "Vérifiez l’identifiant dans la liste du parc.")
            if read is not None and read != row.version:
                since = with_names(connection, changes_since(connection, KIND, known, read))
                raise Superseded(f"La turbine {known}", row.version, read, since)
            before, version = row._asdict(), row.version + 1
            news = {name: value for name, value in checked.items() if before[name] != value}
            if news:
                old = {name: before[name] for name in news}
                turbine_facts.change(connection, row.id, news, by=by, now=self.now(), version=version)
                details: dict[str, Any] = {name: [_plain(old[name]), _plain(news[name])] for name in news}
                action = AuditAction.TURBINE_MODIFIEE
                details |= {"version": version}
                record(self.database, connection, action, KIND, known, by=by, details=details)
        if news:
            log.info(
                "turbine changed",
                extra={"turbine_id": known, "by": by, "before": str(old), "after": str(news)},
            )

    def _checked(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        if not facts:
            raise InvalidInput.single("", "rien à modifier : donnez au moins un champ.")
        if "service_state" in facts and facts["service_state"] is None:
            raise InvalidInput.single("service_state", "l’état de service ne peut pas être effacé.")
        checked = dict(facts)
        for name in _NAMES:
            if (text := facts.get(name)) is not None:
                checked[name] = _name(name, text)
        day = facts.get("commissioned_on")
        if day is not None and day > self.now().date():
            raise InvalidInput.single("commissioned_on", "jour à venir.", day)
        return checked


def _plain(fact: Any) -> Any:
    return fact.isoformat() if isinstance(fact, date) else fact


def _name(field: str, text: str) -> str:
    stripped = text.strip()
    if not stripped or not stripped.isprintable():
        raise InvalidInput.single(field, "un nom en caractères imprimables est attendu.")
    return stripped
