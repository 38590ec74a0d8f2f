"""Proposals of interventions from the published run: computed at each reading, never stored.

A proposal becomes an intervention when a person confirms it: the same alarm, run after run, can only ever be
one proposal.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.interventions.checklists import checklist_for, priority_for, skills_for
from api.domain.park.scored import RankedTurbine
from api.domain.park.situation import Situation
from api.domain.policy.levels import ALERTS
from api.domain.policy.risk_policy import RiskPolicy
from api.schemas.interventions import AnsweredAlert, CheckLine, Proposal, Proposals
from api.services.park.contract import park_item, turbine_fields
from api.services.park.situations import ParkSituations, SituationSource
from api.storage import interventions as store
from api.storage import policy as policies
from api.storage.park.ranking import ScoreFilter, page_of_scores
from api.storage.shared import published
from api.storage.shared.database import Database

Situated = tuple[RankedTurbine, Situation]


@dataclass(frozen=True)
class InterventionProposals:
    """Reads proposals; confirming one opens an intervention."""

    database: Database
    situations: SituationSource

    def page(self, limit: int, offset: int) -> Proposals:
        """Return one page of the turbines to decide about, in the order of the ranking."""
        with self.database.read() as connection:
            today = self.situations.today(connection)
            run = published.published_run(connection)
            if run is None:
                return Proposals(total=0, items=[], as_of=None, today=today)
            policy = policies.version(connection, run.policy_version)
            turbines = _situated(connection, run, self.situations.of(connection, run, policy))
            living = store.living(connection)
        wanted = [pair for pair in turbines if pair[1].code.to_decide]
        alerts = [pair for pair in turbines if pair[0].score.level in ALERTS]
        answered = [pair for pair in alerts if not pair[1].code.to_decide]
        return Proposals(
            total=len(wanted),
            items=[
                _proposal(turbine, situation, run, policy, living.get(turbine.score.turbine))
                for turbine, situation in wanted[offset : offset + limit]
            ],
            alerts=len(alerts),
            answered_total=len(answered),
            answered=[
                AnsweredAlert(**turbine_fields(turbine), situation=situation)
                for turbine, situation in answered[:limit]
            ],
            as_of=run.as_of,
            today=today,
        )

    def reasons(self) -> dict[str, str]:
        """Return the situation in words of each turbine about which there is something to say, by name."""
        with self.database.read() as connection:
            run = published.published_run(connection)
            if run is None:
                return {}
            policy = policies.version(connection, run.policy_version)
            turbines = _situated(connection, run, self.situations.of(connection, run, policy))
        return {turbine.turbine_id: f"{found.code.words}. {found.reason}" for turbine, found in turbines}


def _situated(connection: Connection, run: Row[Any], situations: ParkSituations) -> list[Situated]:
    """Return the turbines about which there is something to say, with their situation, by rank."""
    keep = ScoreFilter(only=frozenset(situations.concerned))
    _, turbines = page_of_scores(connection, run.id, keep)
    return [(turbine, situations.of(turbine.score.turbine)) for turbine in turbines]


def _proposal(
    turbine: RankedTurbine, situation: Situation, run: Row[Any], policy: RiskPolicy, work: Row[Any] | None
) -> Proposal:
    item = park_item(turbine, run.as_of, policy, situation, work)
    driver = item.main_driver
    feature, label = (None, None) if driver is None else (driver.feature, driver.label)
    return Proposal(
        **dict(item),
        run_id=run.id,
        as_of=run.as_of,
        priority=priority_for(item.risk_level),
        skills=list(skills_for(feature)),
        checklist=[CheckLine(**asdict(line)) for line in checklist_for(feature, label)],
    )
