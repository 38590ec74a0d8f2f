"""Interventions: people open and change them, and read them with their effect."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.interventions.changes import apply_change
from api.domain.interventions.effect import VerdictOutcome, precision_of
from api.domain.interventions.interventions import WORDS, Actor, Entry, State
from api.domain.measurements.measurements import canonical_turbine_id, natural_key
from api.domain.people import Principal, roles_with
from api.domain.policy.levels import ALERTS
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import (
    Conflict,
    InvalidInput,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Superseded,
)
from api.schemas import french
from api.schemas import interventions as contract
from api.schemas.vocabulary import InterventionOrigin, JournalAction, Right, RiskLevel
from api.services.interventions import rows
from api.services.interventions.opening import check_form, decision, drawn_up, end_of_dismissal
from api.storage import interventions as store
from api.storage import people as accounts
from api.storage import policy as policies
from api.storage.interventions import Filter
from api.storage.measurements import measurements
from api.storage.shared import published
from api.storage.shared.database import Database

__all__ = ["Filter", "InterventionService"]
log = logging.getLogger(__name__)
# Null erases these fields; for the others it means « unchanged ».
_ERASABLE = frozenset({"assignee", "planned_on", "expected_hours", "priority", "skills"})
_REMEDY = "Vérifiez son numéro dans la liste des interventions."


@dataclass(frozen=True)
class InterventionService:
    """Reads, opens and changes interventions.

    Args:
        database: holds them.
        now: the clock.
        today: the cockpit's day, that of its data in a simulated park.
    """

    database: Database
    now: Callable[[], datetime]
    today: Callable[[Connection], date]

    # Reading

    def page(self, wanted: Filter, limit: int, offset: int) -> contract.Interventions:
        """Return one page of the matching ones: under way, planned, proposed, then ended.

        Raises:
            InvalidInput: the last day precedes the first.
        """
        _check_days(wanted.first, wanted.last)
        if wanted.turbine_id is not None:
            wanted = replace(wanted, turbine_id=canonical_turbine_id(wanted.turbine_id))
        with self.database.read() as connection:
            total, matching = store.page(connection, wanted, limit=limit, offset=offset)
            effects = rows.effects(connection, matching, policy_in_force(connection))
            names = rows.names_of(connection, matching)
            today = self.today(connection)
        items = [rows.answer(row, effects.get(row.id), names) for row in matching]
        return contract.Interventions(total=total, items=items, today=today)

    def detail(self, number: int) -> contract.InterventionDetail:
        """Return one intervention with its journal.

        Raises:
            NotFound: no such intervention.
        """
        with self.database.read() as connection:
            row = intervention_row(connection, number)
            journal = store.journal(connection, number)
            effects = rows.effects(connection, [row], policy_in_force(connection))
            names = rows.names_of(connection, [row]) | rows.names_of(connection, journal, ("by",))
        item = rows.answer(row, effects.get(row.id), names)
        entries = [rows.entry_answer(entry, names) for entry in journal]
        return contract.InterventionDetail(**item.model_dump(), journal=entries)

    def assignees(self) -> list[str]:
        """Return the pseudonyms who can be given work: names first, then the numbers used in files."""
        with self.database.read() as connection:
            return _assignees(connection)

    def outcomes(self, first: date | None = None, last: date | None = None) -> list[VerdictOutcome]:
        """Return the verdicts of the interventions closed between two days, oldest first."""
        with self.database.read() as connection:
            return [rows.outcome_of(row) for row in store.verdicts(connection, first, last)]

    def precision(
        self, first: date | None = None, last: date | None = None
    ) -> contract.InterventionPrecision:
        """Compute the precision of alerts from verdicts.

        Raises:
            InvalidInput: the last day precedes the first.
        """
        _check_days(first, last)
        known = self.outcomes(first, last)
        alerts = [outcome for outcome in known if outcome.opened_at in ALERTS]
        return contract.InterventionPrecision(
            **rows.figures(precision_of(known)),
            on_alert=contract.VerdictFigures(**rows.figures(precision_of(alerts))),
        )

    # Changing

    def open(self, asked: contract.InterventionRequest, caller: Principal) -> tuple[int, bool]:
        """Open an intervention; return its number, and False if a finding joined a living one.

        Raises:
            NotAllowed: planning without the right.
            InvalidInput: a wrong field, or one that is missing.
            Conflict: the turbine has a living intervention, or nothing is recommended for it.
        """
        constat = asked.origin is InterventionOrigin.CONSTAT
        if not constat and Right.PLAN not in caller.rights:
            raise NotAllowed(Right.PLAN.words)
        check_form(asked)
        with self.database.write() as connection:
            today = self.today(connection)
            self.database.lock(connection, "interventions")
            actor = actor_of(connection, caller)
            turbine = measurements.living_turbine(connection, canonical_turbine_id(asked.turbine_id))
            if turbine is None:
                raise InvalidInput.single("turbine_id", "turbine inconnue du parc.", asked.turbine_id)
            living = store.living_of(connection, turbine.id)
            if living is not None and constat:
                self._append(connection, living.id, Entry(JournalAction.CONSTAT, {}, asked.findings), actor)
                return int(living.id), False
            if living is not None:
                raise Conflict(_taken(living))
            number = self._insert(connection, asked, turbine.id, actor, today)
        log.info("intervention opened", extra={"intervention": number, "by": actor.name})
        return number, True

    def change(self, number: int, asked: Mapping[str, Any], caller: Principal) -> None:
        """Change one intervention.

        Args:
            number: of the intervention.
            asked: fields to change, with the ``version`` that was read.
            caller: who asks.

        Raises:
            NotFound: no such intervention.
            Superseded: changed since it was read.
            Conflict: it has ended.
            NotAllowed: the caller may not change it.
            InvalidInput: a wrong field, or one that is missing.
        """
        wanted = {name: value for name, value in asked.items() if value is not None or name in _ERASABLE}
        with self.database.write() as connection:
            today = self.today(connection)
            row = intervention_row(connection, number, for_update=True)
            actor = actor_of(connection, caller)
            present = rows.intervention_of(row)
            if wanted.get("assignee") != present.assignee:
                _check_assignee(connection, wanted.get("assignee"))
            try:
                after, entry = apply_change(present, wanted, actor, self.now(), today)
            except Superseded as error:
                raise error.after(
                    rows.changes_since(connection, number, error.version - error.read)
                ) from None
            if not store.change(connection, number, present.version, rows.columns_of(after)):
                raise Conflict(f"{present.name} vient de changer : relisez-la.")
            self._append(connection, number, entry, actor)
        log.info(
            "intervention changed",
            extra={"intervention": number, "by": actor.name, "action": entry.action.value},
        )

    def _insert(
        self,
        connection: Connection,
        asked: contract.InterventionRequest,
        turbine: int,
        actor: Actor,
        today: date,
    ) -> int:
        run = published.published_run(connection)
        place = None if run is None else published.score_of(connection, run.id, turbine)
        level = None if place is None else RiskLevel(place.level)
        if asked.origin is InterventionOrigin.RECOMMANDATION and level not in ALERTS:
            raise Conflict(
                "Aucune intervention n’est recommandée pour cette turbine : planifiez-en une à la main."
            )
        drawn = drawn_up(asked, place, level)
        state, entry = drawn, None
        if asked.origin is not InterventionOrigin.CONSTAT:
            _check_assignee(connection, asked.assignee)
            state, entry = apply_change(drawn, decision(asked), actor, self.now(), today)
        number = store.add(
            connection,
            drawn.turbine,
            {
                **rows.columns_of(state),
                "turbine": turbine,
                "origin": asked.origin.value,
                "reason": asked.findings or asked.comment,
                "run": None if run is None else run.id,
                "measurement": None if place is None else place.measurement,
                "level": level and level.value,
                "probability": None if place is None else place.probability,
                "dismissed_until": end_of_dismissal(asked, today, policy_in_force(connection)),
                "created_at": self.now(),
                "created_by": actor.name,
            },
        )
        self._append(connection, number, Entry(JournalAction.CREATION, {}, asked.findings), actor)
        if entry is not None:
            self._append(connection, number, entry, actor)
        return number

    def _append(self, connection: Connection, number: int, entry: Entry, actor: Actor) -> None:
        store.append(
            connection,
            number,
            at=self.now(),
            by=actor.name,
            **{**asdict(entry), "action": entry.action.value},
        )


def actor_of(connection: Connection, caller: Principal) -> Actor:
    """Return the account that changes interventions; its name is its pseudonym in assignments.

    Raises:
        NotAuthenticated: the account is gone.
    """
    account = accounts.user_by_id(connection, caller.id) if caller.kind == "user" else None
    if account is None:
        raise NotAuthenticated
    return Actor(caller.name, account.username, Right.PLAN in caller.rights)


def _check_assignee(connection: Connection, pseudonym: str | None) -> None:
    if pseudonym is not None and pseudonym not in (known := _assignees(connection)):
        listed = ", ".join(known[:20]) or "aucun"
        raise InvalidInput.single("assignee", f"technicien inconnu ; au choix : {listed}.", pseudonym)


def _assignees(connection: Connection) -> list[str]:
    known = store.assignees(connection, roles_with(Right.ASSIGNED))
    return sorted(known, key=lambda name: (name.isdigit(), natural_key(name)))


def _check_days(first: date | None, last: date | None) -> None:
    if first is not None and last is not None and last < first:
        raise InvalidInput.single("to", f"le dernier jour précède le premier ({french.date(first)}).", last)


def _taken(living: Row[Any]) -> str:
    day = "" if living.planned_on is None else f" pour le {french.date(living.planned_on)}"
    return (
        f"La turbine {living.turbine_id} a déjà l’intervention n° {living.id}, "
        f"{WORDS[State(living.state)]}{day} : modifiez-la plutôt que d’en ouvrir une seconde."
    )


def intervention_row(connection: Connection, number: int, *, for_update: bool = False) -> Row[Any]:
    """Return one stored intervention.

    Raises:
        NotFound: no such intervention.
    """
    row = store.get(connection, number, for_update=for_update)
    if row is None:
        raise NotFound("Intervention", number, _REMEDY)
    return row


def policy_in_force(connection: Connection) -> RiskPolicy:
    """Return the policy of the published run; the default policy before the first run."""
    run = published.published_run(connection)
    return RiskPolicy() if run is None else policies.version(connection, run.policy_version)
