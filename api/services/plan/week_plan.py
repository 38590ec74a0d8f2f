"""The week's plan: built on the published ranking; accepted visits become interventions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from api.domain.interventions.interventions import State
from api.domain.people import Principal
from api.domain.plan.booked import free_crews
from api.domain.plan.solver import plan_week
from api.domain.plan.week_plan import Choice, Crew
from api.domain.policy.levels import ALERTS
from api.domain.shared.exceptions import CockpitError, Conflict, FieldError, InvalidInput, NotAllowed
from api.schemas import french
from api.schemas import week_plan as contract
from api.schemas.interventions import InterventionRequest
from api.schemas.vocabulary import InterventionOrigin
from api.services.interventions.interventions import Filter, InterventionService
from api.services.park.situations import SituationSource
from api.services.plan.answer import answer
from api.services.plan.notices import Week
from api.services.plan.park import Asked, ParkAtWork, bookings, park_at_work
from api.storage import plan as store
from api.storage.interventions import living as living_interventions
from api.storage.park.ranking import ScoreFilter, page_of_scores
from api.storage.shared import published
from api.storage.shared.database import Database

log = logging.getLogger(__name__)
_REMEMBERED = {"crews", "days", "budget_eur", "hours_each", "place_visits"}
NO_RANKING = "Aucun classement n’est encore publié : lancez d’abord un calcul du parc."


@dataclass(frozen=True)
class WeekPlanService:
    """Plans weeks on the last published ranking.

    Args:
        database: holds the ranking.
        interventions: opens the accepted ones.
        now: the clock.
        situations: of the published ranking.
    """

    database: Database
    interventions: InterventionService
    now: Callable[[], datetime]
    situations: SituationSource

    def inputs(self) -> contract.WeekPlanInputs:
        """Return the inputs of the last plan, whoever made it."""
        with self.database.read() as connection:
            row = store.inputs(connection)
            today = self.situations.today(connection)
        kept = {} if row is None else {**row.inputs, "saved_at": row.saved_at}
        return contract.WeekPlanInputs(**kept, week_start=next_monday(today))

    def plan(self, asked: contract.WeekPlanRequest, caller: Principal | None = None) -> contract.WeekPlan:
        """Compute the best week.

        Args:
            asked: crews, budget, choices.
            caller: who plans; crews and figures are remembered under this name, unless None.

        Raises:
            InvalidInput: a wrong field, or imposed turbines that cannot be placed.
            Conflict: nothing is published, or no plan was found in time.
        """
        with self.database.read() as connection:
            today = self.situations.today(connection)
        start = asked.week_start or next_monday(today)
        if wrong := [*_crew_errors(asked), *_day_errors(start, today)]:
            raise InvalidInput(wrong)
        park = self._park(asked)
        crews = [
            Crew(crew.name, frozenset(crew.skills), tuple(crew.hours), crew.assignee) for crew in asked.crews
        ]
        booked = bookings(park, start, asked.days)
        free = free_crews(booked, crews)
        solved = plan_week(park.candidates, free, asked.budget_eur)
        without_choices = None
        if any(candidate.choice is not Choice.LIBRE for candidate in park.candidates):
            unchosen = [replace(candidate, choice=Choice.LIBRE) for candidate in park.candidates]
            without_choices = plan_week(unchosen, free, asked.budget_eur).net_eur
        if caller is not None:
            with self.database.write() as connection:
                kept = asked.model_dump(mode="json", include=_REMEMBERED)
                store.remember(connection, kept, by=caller.name, now=self.now())
        return answer(park, asked, solved, Week(start, asked.days, crews, booked), without_choices)

    def accept(self, asked: contract.WeekPlanAcceptance, caller: Principal) -> contract.WeekPlanAccepted:
        """Plan the accepted visits; each succeeds or fails alone.

        Raises:
            Conflict: another ranking was published since the plan.
        """
        with self.database.read() as connection:
            run = published.published_run(connection)
            if run is None or run.id != asked.run_id:
                raise Conflict("Un autre classement a été publié depuis ce plan : établissez-le de nouveau.")
            _, alerts = page_of_scores(connection, run.id, ScoreFilter(levels=tuple(ALERTS)))
        recommended = {turbine.turbine_id for turbine in alerts}
        items = [self._planned(visit, recommended, caller) for visit in asked.visits]
        planned = sum(item.intervention_id is not None for item in items)
        self._assign_crews(asked.visits, items)
        log.info("week planned", extra={"planned": planned, "by": caller.name})
        return contract.WeekPlanAccepted(planned=planned, refused=len(items) - planned, items=items)

    def _planned(
        self, visit: contract.AcceptedVisit, recommended: set[str], caller: Principal
    ) -> contract.VisitOutcome:
        proposed = visit.turbine_id in recommended
        request = InterventionRequest(
            turbine_id=visit.turbine_id,
            origin=InterventionOrigin.RECOMMANDATION if proposed else InterventionOrigin.MANUELLE,
            planned_on=visit.day,
            assignee=visit.assignee,
            expected_hours=visit.hours,
            skills=visit.skills,
            comment=_comment(visit),
        )
        try:
            number = self._waiting(visit, caller) or self.interventions.open(request, caller)[0]
        except NotAllowed:
            raise
        except CockpitError as error:
            return contract.VisitOutcome(turbine_id=visit.turbine_id, error=error.detail)
        return contract.VisitOutcome(turbine_id=visit.turbine_id, intervention_id=number)

    def _assign_crews(self, visits: list[contract.AcceptedVisit], items: list[contract.VisitOutcome]) -> None:
        """Store the crew of each planned intervention: the next plan counts its hours."""
        crews = {
            item.intervention_id: visit.crew
            for visit, item in zip(visits, items, strict=True)
            if item.intervention_id is not None
        }
        with self.database.write() as connection:
            living = {row.id for row in living_interventions(connection).values()}
            store.assign(connection, crews, living)

    def _waiting(self, visit: contract.AcceptedVisit, caller: Principal) -> int | None:
        """Plan the intervention already proposed for the turbine, such as a finding; return its number."""
        wanted = Filter((State.PROPOSEE,), turbine_id=visit.turbine_id)
        proposed = self.interventions.page(wanted, 1, 0).items
        if not proposed:
            return None
        changes = {"assignee": visit.assignee, "skills": visit.skills}
        self.interventions.change(
            proposed[0].id,
            {
                "version": proposed[0].version,
                "state": State.PLANIFIEE,
                "planned_on": visit.day,
                "expected_hours": visit.hours,
                "comment": _comment(visit),
                **{name: value for name, value in changes.items() if value is not None},
            },
            caller,
        )
        return proposed[0].id

    def _park(self, asked: contract.WeekPlanRequest) -> ParkAtWork:
        choices = Asked.of(asked)
        with self.database.read() as connection:
            run = published.published_run(connection)
            if run is None:
                raise Conflict(NO_RANKING)
            return park_at_work(connection, run, choices, self.situations)


def _comment(visit: contract.AcceptedVisit) -> str:
    return f"Plan de la semaine, équipe {visit.crew}."


def next_monday(today: date) -> date:
    """Return the next Monday, ``today`` included."""
    return today + timedelta(days=-today.weekday() % 7)


def _crew_errors(asked: contract.WeekPlanRequest) -> list[FieldError]:
    names = [crew.name for crew in asked.crews]
    duplicates = [
        FieldError("crews", f"deux équipes s’appellent « {name} » : donnez-leur des noms différents.", name)
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    return duplicates + [
        FieldError(
            f"crews[{place}].hours",
            f"{crew.name} : {french.days(len(crew.hours))} d’heures pour {french.days(asked.days)} de plan.",
        )
        for place, crew in enumerate(asked.crews)
        if len(crew.hours) != asked.days
    ]


def _day_errors(start: date, today: date) -> list[FieldError]:
    if start >= today:
        return []
    return [FieldError("week_start", f"jour passé ; au plus tôt le {french.date(today)}.", start.isoformat())]
