"""The dashboard's calls about the week's plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from api.schemas.vocabulary import InterventionState
from api.schemas.week_plan import WeekPlan, WeekPlanAccepted, WeekPlanInputs
from ui.client.transport import Transport

# [s] The solver has ten seconds for the choice, then some more for the days.
PLAN_S = 40.0


@dataclass(frozen=True)
class PlanCalls:
    """One typed method per call."""

    transport: Transport

    def inputs(self) -> WeekPlanInputs:
        """Read the crews, the budget and the length of the last plan, whoever made it."""
        return self.transport.get("/week-plan", WeekPlanInputs)

    def week(self, asked: Mapping[str, Any]) -> WeekPlan:
        """Ask for the best week under the crews, budget and choices of ``asked``.

        Raises:
            ApiError: 422 per wrong field or choice that cannot be kept, 409 where nothing is published.
        """
        return self.transport.ask("POST", "/week-plan", WeekPlan, json=dict(asked), read_s=PLAN_S)

    def file(self, asked: Mapping[str, Any], form: str) -> bytes:
        """Read the same plan as ``csv`` or ``html``."""
        answer = self.transport.call(
            "POST", "/week-plan/export", params={"format": form}, json=dict(asked), read_s=PLAN_S
        )
        return answer.content

    def accept(self, run_id: int, visits: list[Mapping[str, Any]]) -> WeekPlanAccepted:
        """Plan the interventions of a plan; the API takes or refuses each on its own.

        Raises:
            ApiError: 409 where another ranking was published since.
        """
        body = {"run_id": run_id, "visits": [dict(visit) for visit in visits]}
        return self.transport.write("POST", "/week-plan/accept", WeekPlanAccepted, body, read_s=PLAN_S)

    def calendar(self, first: date, last: date) -> bytes:
        """Read the interventions planned between two days, as a calendar file (.ics)."""
        query = {
            "state": InterventionState.PLANIFIEE.value,
            "from": first.isoformat(),
            "to": last.isoformat(),
        }
        return self.transport.call("GET", "/interventions.ics", params=query).content
