"""What remains to be done about a turbine: one situation, with its reason and the day that decides it.

Every page, list, plan and file that speaks of it asks :func:`situation_of`; nothing recomputes a part of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from api.domain.interventions.effect import last_watched_day
from api.domain.interventions.interventions import State
from api.domain.park.scored import ScoredTurbine
from api.domain.policy.levels import ALERTS, SEVERITY
from api.domain.policy.risk_policy import RiskPolicy
from api.domain.shared.wording import LEVEL_WORDS, recommendation
from api.schemas import french
from api.schemas.vocabulary import Effect, RiskLevel, SituationCode, indicative

Code = SituationCode
BY_VISIT, BY_MEASUREMENT, BY_LEVEL = "visite", "mesure", "niveau"


class Situation(NamedTuple):
    """What remains to be done.

    Args:
        code: of the situation.
        reason: a French sentence.
        decided_by: ``intervention:12``, ``visite``, ``mesure`` or ``niveau``; None where nothing is to do.
        until: the day that decides: the last day to act, the planned day, or the end of the situation.
    """

    code: SituationCode
    reason: str
    decided_by: str | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Work:
    """An intervention of the turbine.

    Args:
        id: its number.
        state: present state.
        planned_on: day of the visit.
        done_on: day on which it ended.
        opened_at: level of risk when it was opened.
        effect: of work that has ended, as later measurements show it.
        dismissed_until: last day of a dismissal; None for any other intervention.
        dismissed_by: name of the person who dismissed the alert.
        calm_since: whether the alert has ended in a run after the dismissal.
    """

    id: int
    state: State
    planned_on: date | None = None
    done_on: date | None = None
    opened_at: RiskLevel | None = None
    effect: Effect | None = None
    dismissed_until: date | None = None
    dismissed_by: str | None = None
    calm_since: bool = False

    @property
    def name(self) -> str:
        """Its name in sentences."""
        return f"l’intervention n°{french.NBSP}{self.id}"

    @property
    def key(self) -> str:
        """Its name in ``decided_by``."""
        return f"intervention:{self.id}"


@dataclass(frozen=True, slots=True)
class Case:
    """A turbine of the published run, with what people have decided about it.

    Args:
        score: its result.
        as_of: day of the run.
        today: the park's day.
        living: its intervention that is proposed, planned or under way.
        done: its intervention that was carried out last.
        dismissal: of its alert, where nothing was carried out since.
    """

    score: ScoredTurbine
    as_of: date
    today: date
    living: Work | None = None
    done: Work | None = None
    dismissal: Work | None = None

    @property
    def alerts(self) -> bool:
        """Whether its level asks for an intervention."""
        return self.score.level in ALERTS


def last_day_in_time(case: Case, policy: RiskPolicy) -> date | None:
    """Return the last day on which an intervention comes in time.

    It is the day before the earliest failure, where the model proves that bound; else the policy's delay for
    the level, counted from the day of the run. Nobody is asked to go before the park's day.

    Returns:
        None where nothing is announced: no proved bound, and no alert.
    """
    days, measured_on = case.score.days, case.score.measured_on
    if days is not None and days.proved and days.low is not None and measured_on is not None:
        return max(measured_on + timedelta(days=math.ceil(days.low) - 1), case.today)
    delays = {RiskLevel.ELEVE: policy.answer_days_high, RiskLevel.CRITIQUE: policy.answer_days_critical}
    if not case.alerts:
        return None
    return max(case.as_of + timedelta(days=delays[case.score.level]), case.today)


def situation_of(case: Case, policy: RiskPolicy) -> Situation:
    """Return the situation of a turbine: the first of these that applies.

    Work planned or under way; a dismissed alert; work that has ended; an alert; data that nobody can trust.
    """
    for rule in (_living, _dismissed, _ended, _alert):
        if (situation := rule(case, policy)) is not None:
            return situation
    if case.score.untrusted:
        return Situation(Code.DONNEES_A_VERIFIER, "Aucune mesure digne de confiance.", BY_MEASUREMENT, None)
    return NOTHING_TO_DO


NOTHING_TO_DO = Situation(
    Code.RIEN_A_FAIRE, "Ni alerte, ni travail en cours, ni doute sur la mesure.", None, None
)


def advice(situation: Situation, score: ScoredTurbine, benefit_eur: float) -> str:
    """Say what to do, in one or two French sentences.

    Args:
        situation: of the turbine.
        score: its result.
        benefit_eur: expected gain of intervening now [€].
    """
    if situation.code in _ADVICE:
        return _ADVICE[situation.code]
    if situation.code is Code.A_DECIDER and score.level not in ALERTS:
        return "Donner un jour à l’intervention, ou l’annuler."
    return recommendation(
        score.level,
        score.data_status,
        score.probability,
        benefit_eur,
        indicative=indicative(score.findings),
    )


_ADVICE = {
    Code.COUVERTE: "Rien d’autre à décider : laisser l’intervention se faire.",
    Code.TROP_TARD: "Replanifier l’intervention, ou envoyer quelqu’un sans attendre.",
    Code.EN_COURS: "Attendre la clôture de l’intervention.",
    Code.MESURE_ATTENDUE: "Attendre la mesure suivante : le risque affiché est celui d’avant l’intervention.",
    Code.EFFET_CONSTATE: "Surveiller : le risque est redescendu après l’intervention.",
    Code.SANS_EFFET: "Reprendre le diagnostic : l’intervention n’a pas fait baisser le risque.",
    Code.RECHUTE: "Intervenir de nouveau : le risque est remonté après l’intervention.",
    Code.ECARTEE: "Rien à faire tant que l’alerte reste écartée.",
}


def _living(case: Case, policy: RiskPolicy) -> Situation | None:
    work = case.living
    if work is None:
        return None
    if work.state is State.EN_COURS:
        return Situation(Code.EN_COURS, f"{_capital(work.name)} a commencé.", work.key, work.planned_on)
    if work.planned_on is None:
        limit = last_day_in_time(case, policy)
        return Situation(Code.A_DECIDER, f"{_capital(work.name)} attend un jour.", work.key, limit)
    planned = f"{_capital(work.name)} est prévue le {french.date(work.planned_on)}"
    if work.planned_on < case.today:
        return Situation(
            Code.TROP_TARD, f"{planned}, jour passé : elle n’a pas commencé.", work.key, case.today
        )
    limit = last_day_in_time(case, policy)
    if limit is None or work.planned_on <= limit:
        return Situation(Code.COUVERTE, f"{planned}, à temps.", work.key, work.planned_on)
    late = f"{planned}, trop tard : au plus tard le {french.date(limit)}{_why(case)}."
    return Situation(Code.TROP_TARD, late, work.key, limit)


def _dismissed(case: Case, _policy: RiskPolicy) -> Situation | None:
    work = case.dismissal
    if work is None or work.dismissed_until is None or not case.alerts or case.today > work.dismissed_until:
        return None
    if work.calm_since or work.opened_at is None or SEVERITY[case.score.level] > SEVERITY[work.opened_at]:
        return None
    by = f" par {work.dismissed_by}" if work.dismissed_by else ""
    sentence = (
        f"Alerte écartée{by} jusqu’au {french.date(work.dismissed_until)}, ou jusqu’à ce qu’elle s’aggrave."
    )
    return Situation(Code.ECARTEE, sentence, work.key, work.dismissed_until)


def _ended(case: Case, policy: RiskPolicy) -> Situation | None:
    work, measured_on = case.done, case.score.measured_on
    if work is None or work.done_on is None:
        return None
    watched = last_watched_day(work.done_on, policy)
    if case.today > watched:
        return None
    ended = f"{_capital(work.name)} s’est terminée le {french.date(work.done_on)}"
    if measured_on is None or measured_on <= work.done_on:
        return Situation(Code.MESURE_ATTENDUE, f"{ended} ; rien n’a été mesuré depuis.", work.key, watched)
    if case.alerts and work.effect in _STILL:
        code, words = _STILL[work.effect]
        return Situation(code, f"{ended} ; {words}.", work.key, last_day_in_time(case, policy))
    if case.alerts or work.effect is None or case.score.untrusted:
        return None
    confirmed = work.effect is Effect.EFFET_CONSTATE
    on = work.done_on + timedelta(days=math.ceil(policy.urgent_days))
    rest = "" if confirmed else f", à confirmer jusqu’au {french.date(on)}"
    return Situation(Code.EFFET_CONSTATE, f"{ended} ; mesurée calme depuis{rest}.", work.key, watched)


_STILL = {
    Effect.SANS_EFFET: (Code.SANS_EFFET, "mesurée depuis, la turbine est toujours en alerte"),
    Effect.RECHUTE: (Code.RECHUTE, "redevenue calme, la turbine est de nouveau en alerte"),
}


def _alert(case: Case, policy: RiskPolicy) -> Situation | None:
    if not case.alerts:
        return None
    limit, visit = last_day_in_time(case, policy), case.score.planned_visit_on
    sentence = f"Niveau {LEVEL_WORDS[case.score.level]}"
    if limit is not None:
        sentence += f", à traiter au plus tard le {french.date(limit)}{_why(case)}"
    if visit is None:
        return Situation(Code.A_DECIDER, f"{sentence} ; rien n’est prévu.", BY_LEVEL, limit)
    late = limit is not None and visit > limit
    fit = "trop tard" if late else "à confirmer par une personne"
    return Situation(
        Code.A_DECIDER, f"{sentence} ; visite du fichier le {french.date(visit)}, {fit}.", BY_VISIT, limit
    )


def _why(case: Case) -> str:
    """Name the bound that the last day rests on, where a model proves it."""
    days = case.score.days
    return ", avant la panne la plus proche que le modèle prouve" if days is not None and days.proved else ""


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]
