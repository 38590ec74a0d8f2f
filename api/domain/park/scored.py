"""A scored turbine, from the scoring to the page: one type for every layer in between.

:mod:`api.storage.park.scores` knows how it is stored, :mod:`api.services.park.contract` what the contract
calls its fields. By default both take a field as it is: a new one is declared here, as a column of the
table ``scores``, and as a field of the schema.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from api.domain.models.drivers import Driver
from api.domain.park.changes import Change, State
from api.domain.plausibility.trust import Finding, counts_as_dead
from api.domain.policy.levels import TimeToFailure
from api.schemas.vocabulary import DataStatus, Queue, RiskLevel


class ScoredTurbine(NamedTuple):
    """The result of a run for one turbine: a named tuple, because a run makes ten thousand.

    Args:
        rank: from 1, the most urgent first.
        turbine: key of the turbine.
        measurement: key of the measurement that was scored; None without one.
        measured_on: its day.
        probability: of a failure within 7 days; None where nothing could be scored.
        days: time to failure [days from ``measured_on``], whether or not its model may raise a level.
        level: of risk.
        risk_score: 0 to 1, a quarter for each level.
        data_status: state of the data behind the score.
        main_driver: the driver to name first; only at the top of the ranking.
        planned_visit_on: first visit planned after the day of the run.
        findings: against the measurement and about the score.
        queues: of the turbine, in the order of :class:`Queue`.
    """

    rank: int
    turbine: int
    measurement: int | None
    measured_on: date | None
    probability: float | None
    days: TimeToFailure | None
    level: RiskLevel
    risk_score: float
    data_status: DataStatus
    main_driver: Driver | None
    planned_visit_on: date | None
    findings: tuple[Finding, ...]
    queues: tuple[Queue, ...]

    @property
    def silent(self) -> bool:
        """Whether a machine in service has no usable data."""
        return counts_as_dead(self.data_status, self.findings)

    @property
    def untrusted(self) -> bool:
        """Whether nobody should rely on its measurement: doubtful, too old or absent."""
        return self.data_status is DataStatus.DOUTEUX or self.silent

    @property
    def state(self) -> State:
        """The level and the state of the data, which changes compare."""
        return State(self.level, self.data_status)

    @property
    def days_left(self) -> float | None:
        """The estimate without its interval [days from ``measured_on``]."""
        return None if self.days is None else self.days.days

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval of the days left, where their model publishes one."""
        return None if self.days is None else self.days.interval


class RankedTurbine(NamedTuple):
    """A scored turbine in its ranking, with its present machine and its change since the previous run.

    Args:
        score: its result in the run.
        turbine_id: identifier of the machine.
        site: of the machine.
        farm: of the machine.
        service_state: at present, whatever it was on the day of the run.
        change: None where there is none to show.
    """

    score: ScoredTurbine
    turbine_id: str
    site: str | None
    farm: str | None
    service_state: str
    change: Change | None
