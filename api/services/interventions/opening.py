"""What an intervention is when it is opened: drawn up from the ranking, then decided by a person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from api.domain.interventions.checklists import checklist_for, priority_for, skills_for
from api.domain.interventions.interventions import Intervention, State
from api.domain.measurements.measurements import canonical_turbine_id
from api.domain.shared.exceptions import InvalidInput
from api.schemas import interventions as shown
from api.schemas.vocabulary import InterventionOrigin, RiskLevel

_PLANNED = ("planned_on", "assignee", "expected_hours", "priority", "skills", "comment")


def drawn_up(
    asked: shown.InterventionRequest, place: Row[Any] | None, level: RiskLevel | None
) -> Intervention:
    """What is opened, before anybody has decided anything of it."""
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


def decision(asked: shown.InterventionRequest) -> dict[str, Any]:
    """What a manager decides when opening, as a change of a proposal."""
    if asked.dismissed:
        return {"version": 1, "state": State.ANNULEE, "comment": asked.comment}
    given = {name: value for name in _PLANNED if (value := getattr(asked, name)) is not None}
    return {"version": 1, "state": State.PLANIFIEE, **given}


def check_form(asked: shown.InterventionRequest) -> None:
    """Refuse what the origin does not allow.

    Raises:
        InvalidInput: naming the field.
    """
    if asked.origin is InterventionOrigin.CONSTAT:
        if asked.findings is None:
            raise InvalidInput.single("findings", "dites ce que vous avez constaté.")
        given = [name for name in _PLANNED[:-1] if getattr(asked, name) is not None]
        if given:
            raise InvalidInput.single(given[0], "un constat ne planifie rien : retirez ce champ.")
    elif asked.findings is not None:
        raise InvalidInput.single("findings", "réservé à un constat, ou à la clôture.")
    if asked.dismissed and asked.origin is not InterventionOrigin.RECOMMANDATION:
        raise InvalidInput.single("dismissed", "seule une recommandation peut être écartée.")
