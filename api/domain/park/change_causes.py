"""Why a level changed between two runs: a cause, kept as data, and its French sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

from api.domain.models.drivers import Driver
from api.schemas import french

_MOST_DIGITS = 3


class CauseCode(StrEnum):
    """The cause of a change."""

    CAPTEUR = "capteur"
    PROBABILITE = "probabilite"
    DELAI = "delai"
    MODELE = "modele"
    POLITIQUE = "politique"
    PERIMEE = "mesure_perimee"
    SANS_SCORE = "sans_score"
    DOUTEUSE = "mesure_douteuse"
    FIABLE = "mesure_fiable"
    EXTRAPOLEE = "modele_hors_domaine"
    APPRISE = "modele_dans_son_domaine"
    RETOUR = "mesures_revenues"
    PREMIERE = "premiere_evaluation"


@dataclass(frozen=True)
class Cause:
    """A cause and its figures; figures that a code does not use are None.

    Args:
        code: of the sentence to write.
        feature: the sensor's column.
        label: French name of the sensor or of the model, or the finding behind the change.
        unit: of ``before`` and ``after``.
        before: figure of the previous run, in ``unit``.
        after: figure of this run.
        marker: whether the sensor accompanies failures without causing them.
        binary: whether the sensor measures yes or no.
        on: day of the measurement that came back.
    """

    code: CauseCode
    feature: str | None = None
    label: str | None = None
    unit: str | None = None
    before: float | None = None
    after: float | None = None
    marker: bool | None = None
    binary: bool | None = None
    on: str | None = None

    def as_stored(self) -> dict[str, Any]:
        """Return the cause as JSON keeps it."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @classmethod
    def of_stored(cls, stored: Mapping[str, Any]) -> Self:
        """Return the cause that :meth:`as_stored` stored."""
        return cls(**{**stored, "code": CauseCode(stored["code"])})


def sensor_cause(before: Sequence[Driver], after: Sequence[Driver], *, rising: bool) -> Cause | None:
    """Return the sensor whose contribution moved most towards the new level; None without any.

    A sensor whose value did not change is never named: « from 2.1 to 2.1 » explains nothing.

    Args:
        before: drivers of the previous run.
        after: the same of this run, by the same model.
        rising: whether the probability rose.
    """
    earlier = {driver.feature: driver for driver in before}
    pairs = [(earlier[current.feature], current) for current in after if current.feature in earlier]
    sign = 1.0 if rising else -1.0
    moved = [
        (sign * (current.contribution - former.contribution), former, current)
        for former, current in pairs
        if former.value is not None and current.value is not None and former.value != current.value
    ]
    best = max(moved, key=lambda move: move[0], default=None)
    if best is None or best[0] <= 0:
        return None
    _, former, current = best
    return Cause(
        CauseCode.CAPTEUR,
        feature=current.feature,
        label=current.label,
        unit=current.unit,
        before=former.value,
        after=current.value,
        marker=current.marker or None,
        binary=current.dtype == "binary" or None,
    )


def replacement(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    policy_before: int | None,
    policy_after: int,
) -> Cause | None:
    """Return the model or the policy replaced between two runs; models first, for they move every score.

    Args:
        before: models of the previous run: task, name, version, sha256.
        after: models of this run.
        policy_before: version of the policy.
        policy_after: version of the policy.
    """
    earlier = {model["task"]: model for model in before}
    for model in after:
        former = earlier.get(model["task"])
        if former is None or former["sha256"] != model["sha256"]:
            label = f"{model['name']} v{model['version']}"
            if former is not None:
                label = f"{former['name']} v{former['version']} → {label}"
            return Cause(CauseCode.MODELE, label=label)
    kept = {model["task"] for model in after}
    gone = next((model for task, model in earlier.items() if task not in kept), None)
    if gone is not None:
        return Cause(CauseCode.MODELE, label=f"{gone['name']} v{gone['version']} → aucun")
    if policy_before != policy_after:
        return Cause(CauseCode.POLITIQUE, before=policy_before, after=policy_after)
    return None


def sentence(cause: Cause) -> str:
    """Write the cause in one French sentence."""
    return _WRITERS.get(cause.code, _plain)(cause)


def _probability(cause: Cause) -> str:
    if cause.before is None or cause.after is None:
        return _plain(cause)
    return f"Probabilité : passage de {french.percent(cause.before)} à {french.percent(cause.after)}."


def _days_left(cause: Cause) -> str:
    if cause.before is None or cause.after is None:
        return _plain(cause)
    before, *days = _figures(cause.before, cause.after)
    after, change = (french.with_unit(text, "jours") for text in days)
    return f"Temps avant panne estimé : passage de {before} à {after} ({change})."


def _model(cause: Cause) -> str:
    return f"Modèle remplacé entre les deux calculs : {cause.label}."


def _policy(cause: Cause) -> str:
    versions = f"v{int(cause.before or 0)} → v{int(cause.after or 0)}"
    return f"Politique de risque modifiée entre les deux calculs : {versions}."


def _too_old(cause: Cause) -> str:
    if cause.after is None or cause.label is not None:
        return _plain(cause)
    limit = f" (limite : {french.days(cause.before)})" if cause.before is not None else ""
    return f"Mesure devenue trop ancienne : {french.days(cause.after)}{limit}."


def _back(cause: Cause) -> str:
    return (
        f"De nouveau mesurée le {french.date(date.fromisoformat(cause.on))}." if cause.on else _plain(cause)
    )


_PLAIN = {
    CauseCode.PROBABILITE: "La probabilité a changé.",
    CauseCode.DELAI: "Le temps avant panne estimé a changé.",
    CauseCode.PERIMEE: "Mesure devenue trop ancienne.",
    CauseCode.SANS_SCORE: "Plus aucun score possible.",
    CauseCode.DOUTEUSE: "Mesure devenue douteuse.",
    CauseCode.FIABLE: "Mesure redevenue fiable.",
    CauseCode.EXTRAPOLEE: "Le modèle répond désormais hors de son domaine.",
    CauseCode.APPRISE: "La mesure est de nouveau de celles que le modèle a apprises.",
    CauseCode.RETOUR: "Mesures revenues.",
    CauseCode.PREMIERE: "Première évaluation de cette turbine.",
}


def _plain(cause: Cause) -> str:
    opening = _PLAIN[cause.code]
    return f"{opening[:-1]} : {cause.label}" if cause.label else opening


def _sensor(cause: Cause) -> str:
    remark = " (indice, pas une cause)" if cause.marker else ""
    before, after = cause.before or 0.0, cause.after or 0.0
    if cause.binary:
        words = {0.0: "non", 1.0: "oui"}
        return f"{cause.label} : passage de {words.get(before, before)} à {words.get(after, after)}{remark}."
    first, *others = _figures(before, after)
    second, change = (french.with_unit(text, cause.unit or "") for text in others)
    return f"{cause.label} : passage de {first} à {second} ({change}){remark}."


def _figures(before: float, after: float) -> tuple[str, str, str]:
    """Write both figures and their signed difference, with just enough decimals to tell them apart."""
    digits = 0 if max(abs(before), abs(after)) >= 100 else 1
    while digits < _MOST_DIGITS and french.rounded(before, digits) == french.rounded(after, digits):
        digits += 1
    before, after = french.rounded(before, digits), french.rounded(after, digits)
    return french.number(before, digits), french.number(after, digits), french.signed(after - before, digits)


_WRITERS: Mapping[CauseCode, Callable[[Cause], str]] = {
    CauseCode.CAPTEUR: _sensor,
    CauseCode.PROBABILITE: _probability,
    CauseCode.DELAI: _days_left,
    CauseCode.MODELE: _model,
    CauseCode.POLITIQUE: _policy,
    CauseCode.PERIMEE: _too_old,
    CauseCode.RETOUR: _back,
}
