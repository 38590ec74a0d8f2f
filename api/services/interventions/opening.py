"""Opens an intervention: a draft from the ranking, then a person's decision."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row

from api.domain.interventions.checklists import checklist_for, priority_for, skills_for
from api.domain.interventions.effect import last_watched_day
from api.domain.interventions.interventions import Intervention, State
from api.domain.measurements.measurements import canonical_turbine_id
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.schemas import interventions as contract
from api.schemas.vocabulary import InterventionOrigin, RiskLevel

_PLANNED = ("planned_on", "assignee", "expected_hours", "priority", "skills", "comment")


def drawn_up(
    asked: contract.InterventionRequest, place: Row[Any] | None, level: RiskLevel | None
) -> Intervention:
    """Draft an intervention from its place in the ranking, before any decision."""
    driver = {} if place is None else place.main_driver or {}
    feature = driver.get("feature")
    return Intervention(
        id=0,
        turbine=canonical_turbine_id(asked.turbine_id),
        state=State.PROPOSEE,
        priority=priority_for(level),
        skills=skills_for(feature),
        checklist=checklist_for(feature, driver.get("label")),
    )


def decision(asked: contract.InterventionRequest) -> dict[str, Any]:
    """Return the manager's decision at opening, as a change of the draft."""
    if asked.dismissed:
        return {"version": 1, "state": State.ANNULEE, "comment": asked.comment}
    planned = {name: value for name in _PLANNED if (value := getattr(asked, name)) is not None}
    return {"version": 1, "state": State.PLANIFIEE, **planned}


def check_form(asked: contract.InterventionRequest) -> None:
    """Refuse what the origin does not allow.

    Raises:
        InvalidInput: a field that the origin excludes or requires.
    """
    if asked.origin is InterventionOrigin.CONSTAT:
        if asked.findings is None:
            raise InvalidInput.single("findings", "dites ce que vous avez constaté.")
        planned = [name for name in _PLANNED[:-1] if getattr(asked, name) is not None]
        if planned:
            raise InvalidInput.single(planned[0], "un constat ne planifie rien : retirez ce champ.")
    elif asked.findings is not None:
        raise InvalidInput.single("findings", "réservé à un constat, ou à la clôture.")
    if asked.dismissed and asked.origin is not InterventionOrigin.RECOMMANDATION:
        raise InvalidInput.single("dismissed", "seule une recommandation peut être écartée.")
    if asked.dismissed_until is not None and not asked.dismissed:
        raise InvalidInput.single("dismissed_until", "réservé à une recommandation écartée.")


def end_of_dismissal(asked: contract.InterventionRequest, today: date, policy: RiskPolicy) -> date | None:
    """Return the last day of a dismissal; None where nothing is dismissed.

    Raises:
        InvalidInput: a day that is past, or beyond the days for which an alert is followed.
    """
    if not asked.dismissed:
        return None
    until = asked.dismissed_until or today + timedelta(days=math.ceil(policy.urgent_days))
    last = last_watched_day(today, policy)
    if not today <= until <= last:
        sentence = f"au plus tôt le {french.date(today)}, au plus tard le {french.date(last)}."
        raise InvalidInput.single("dismissed_until", sentence, until.isoformat())
    return until
