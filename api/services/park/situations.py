"""The situations of a published ranking: reads what people decided, asks the domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row

from api.domain.interventions.effect import last_watched_day
from api.domain.interventions.interventions import LIVING, State
from api.domain.park.scored import ScoredTurbine
from api.domain.park.situation import NOTHING_TO_DO, Case, Situation, Work, situation_of
from api.domain.policy.levels import ALERTS
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.exceptions import InvalidInput
from api.schemas.vocabulary import Effect, SituationCode
from api.services.interventions.rows import effects, level_of, names_of
from api.storage import interventions as store
from api.storage.park import scores
from api.storage.park.ranking import ScoreFilter

AnyRow = Row[Any]


_PLACES = {code: place for place, code in enumerate(SituationCode)}


@dataclass(frozen=True)
class Ranking:
    """A published ranking whose situations are asked for.

    Args:
        run: its row.
        policy: that it used.
        today: the park's day.
    """

    run: AnyRow
    policy: RiskPolicy
    today: date


@dataclass(frozen=True)
class ParkSituations:
    """The situations of a whole ranking.

    Args:
        concerned: of the turbines in alert, with work, or with doubtful data, by turbine key; nothing is to
            be done about the others.
        total: number of turbines.
    """

    concerned: Mapping[int, Situation]
    total: int

    def of(self, turbine: int) -> Situation:
        """Return the situation of the turbine of this key."""
        return self.concerned.get(turbine, NOTHING_TO_DO)

    def place(self, turbine: int) -> int:
        """Return the place of a turbine's situation: what is to be decided comes first."""
        return _PLACES[self.of(turbine).code]

    def narrowed(self, keep: ScoreFilter, codes: Sequence[SituationCode]) -> ScoreFilter:
        """Return the filter that keeps, of what ``keep`` keeps, the turbines in one of these situations."""
        if not codes:
            return keep
        if SituationCode.RIEN_A_FAIRE in codes:
            return replace(keep, without=frozenset(self.concerned) - self.keys(codes))
        return replace(keep, only=self.keys(codes))

    def counts(self) -> Counter[SituationCode]:
        """Return the number of turbines per situation."""
        counted = Counter(situation.code for situation in self.concerned.values())
        counted[SituationCode.RIEN_A_FAIRE] += self.total - len(self.concerned)
        return counted

    def keys(self, codes: Sequence[SituationCode]) -> frozenset[int]:
        """Return the concerned turbines whose situation is one of these."""
        return frozenset(key for key, situation in self.concerned.items() if situation.code in codes)


class NoSituations:
    """Those of a former ranking: what people decide today does not apply to it."""

    place = None

    def of(self, _turbine: int) -> None:
        """Return no situation."""

    def narrowed(self, keep: ScoreFilter, codes: Sequence[SituationCode]) -> ScoreFilter:
        """Return the filter as it is.

        Raises:
            InvalidInput: situations are asked for.
        """
        if codes:
            raise InvalidInput.single(
                "situation", "un classement passé n’a pas de situations : retirez ce filtre."
            )
        return keep

    def counts(self) -> dict[SituationCode, int]:
        """Return nothing."""
        return {}


@dataclass
class SituationSource:
    """Gives the situations of the published ranking, kept until a run, an act or a new day changes them.

    Args:
        today: the park's day.
    """

    today: Callable[[Connection], date]
    _kept: tuple[object, ParkSituations] | None = field(default=None, init=False)

    def of(self, connection: Connection, run: AnyRow, policy: RiskPolicy) -> ParkSituations:
        """Return the situations of a ranking by the policy that it used."""
        ranking = Ranking(run, policy, self.today(connection))
        state = run.id, ranking.today, store.revision(connection)
        kept = self._kept
        if kept is None or kept[0] != state:
            kept = self._kept = state, _park_situations(connection, ranking)
        return kept[1]


def _park_situations(connection: Connection, ranking: Ranking) -> ParkSituations:
    """Read only the turbines that there may be something to say about."""
    work = _Work.read(connection, ranking)
    concerned = scores.concerned(connection, ranking.run.id, ALERTS, work.turbines)
    situations = {
        score.turbine: situation_of(work.case(score, ranking), ranking.policy) for score in concerned
    }
    return ParkSituations(situations, ranking.run.total)


@dataclass(frozen=True)
class _Work:
    """The interventions that decide situations, by turbine key."""

    living: Mapping[int, Work]
    done: Mapping[int, Work]
    dismissals: Mapping[int, Work]

    @classmethod
    def read(cls, connection: Connection, ranking: Ranking) -> _Work:
        """Read them: the living ones, and those that ended lately enough to matter still."""
        watched = last_watched_day(ranking.today, ranking.policy) - ranking.today
        rows = store.recent(connection, ranking.today - watched)
        ended = [row for row in rows if row.state not in LIVING]
        done = {row.turbine: row for row in ended if row.state == State.TERMINEE}
        dismissed = {row.turbine: row for row in ended if _dismisses(row, done.get(row.turbine))}
        effect = effects(connection, done.values(), ranking.policy)
        calmed = _calmed(connection, dismissed)
        names = names_of(connection, dismissed.values(), ("closed_by",))
        return cls(
            {row.turbine: _work(row) for row in rows if row.state in LIVING},
            {key: _work(row, effect=effect.get(row.id)) for key, row in done.items()},
            {
                key: _work(row, by=names.get(row.closed_by), calm_since=key in calmed)
                for key, row in dismissed.items()
            },
        )

    @property
    def turbines(self) -> set[int]:
        """The turbines that some work concerns."""
        return {*self.living, *self.done, *self.dismissals}

    def case(self, score: ScoredTurbine, ranking: Ranking) -> Case:
        """Join a score and the work on its turbine."""
        key = score.turbine
        return Case(
            score,
            ranking.run.as_of,
            ranking.today,
            self.living.get(key),
            self.done.get(key),
            self.dismissals.get(key),
        )


def _dismisses(row: AnyRow, done: AnyRow | None) -> bool:
    return row.dismissed_until is not None and (done is None or done.id < row.id)


def _work(
    row: AnyRow, *, effect: Effect | None = None, by: str | None = None, calm_since: bool = False
) -> Work:
    return Work(
        id=row.id,
        state=State(row.state),
        planned_on=row.planned_on,
        done_on=row.done_on,
        opened_at=level_of(row),
        effect=effect,
        dismissed_until=row.dismissed_until,
        dismissed_by=by,
        calm_since=calm_since,
    )


def _calmed(connection: Connection, dismissed: Mapping[int, AnyRow]) -> set[int]:
    """Return the turbines whose alert ended in a run after the day of its dismissal."""
    if not dismissed:
        return set()
    since = {key: row.done_on for key, row in dismissed.items()}
    later = store.scores_since(connection, since.keys(), min(since.values()), None)
    return {
        score.turbine for score in later if score.as_of > since[score.turbine] and score.level not in ALERTS
    }
