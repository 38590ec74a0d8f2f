"""Why a level changed between two runs: one cause, kept as data, and its French sentence."""

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
    """What a change is put down to."""

    CAPTEUR = "capteur"
    PROBABILITE = "probabilite"
    DELAI = "delai"
    MODELE = "modele"
    POLITIQUE = "politique"
    PERIMEE = "mesure_perimee"
    SANS_SCORE = "sans_score"
    DOUTEUSE = "mesure_douteuse"
    FIABLE = "mesure_fiable"
    RETOUR = "mesures_revenues"
    PREMIERE = "premiere_evaluation"


@dataclass(frozen=True)
class Cause:
    """A cause and its figures; what a code does not need stays None.

    Args:
        code: which sentence to write.
        feature: the sensor's column.
        label: French name of the sensor or of the model, or the finding that says why.
        unit: of ``before`` and ``after``.
        before: figure of the previous run, in ``unit``.
        after: figure of this run.
        marker: the sensor accompanies failures without causing them.
        binary: the sensor says yes or no.
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
        """The cause as JSON keeps it."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @classmethod
    def of_stored(cls, stored: Mapping[str, Any]) -> Self:
        """The cause that :meth:`as_stored` gave."""
        return cls(**{**stored, "code": CauseCode(stored["code"])})


def sensor_cause(before: Sequence[Driver], after: Sequence[Driver], *, rising: bool) -> Cause | None:
    """The sensor whose contribution moved most towards the new level.

    Only sensors whose value changed are named, since « from 2.1 to 2.1 » explains nothing.

    Args:
        before: drivers of the previous run.
        after: the same of this run, by the same model.
        rising: whether the probability rose.
    """
    earlier = {driver.feature: driver for driver in before}
    pairs = [(earlier[now.feature], now) for now in after if now.feature in earlier]
    sign = 1.0 if rising else -1.0
    moved = [
        (sign * (now.contribution - was.contribution), was, now)
        for was, now in pairs
        if was.value is not None and now.value is not None and was.value != now.value
    ]
    best = max(moved, key=lambda one: one[0], default=None)
    if best is None or best[0] <= 0:
        return None
    _, was, now = best
    return Cause(
        CauseCode.CAPTEUR,
        feature=now.feature,
        label=now.label,
        unit=now.unit,
        before=was.value,
        after=now.value,
        marker=now.marker or None,
        binary=now.dtype == "binary" or None,
    )


def replacement(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    policy_before: int | None,
    policy_after: int,
) -> Cause | None:
    """The model or the policy that was replaced between two runs; models first, for they move every score.

    Args:
        before: models of the previous run: task, name, version, sha256.
        after: models of this run.
        policy_before: version of the policy.
        policy_after: version of the policy.
    """
    earlier = {model["task"]: model for model in before}
    for model in after:
        was = earlier.get(model["task"])
        if was is None or was["sha256"] != model["sha256"]:
            told = f"{model['name']} v{model['version']}"
            return Cause(CauseCode.MODELE, label=f"{was['name']} v{was['version']} → {told}" if was else told)
    kept = {model["task"] for model in after}
    gone = next((model for task, model in earlier.items() if task not in kept), None)
    if gone is not None:
        return Cause(CauseCode.MODELE, label=f"{gone['name']} v{gone['version']} → aucun")
    if policy_before != policy_after:
        return Cause(CauseCode.POLITIQUE, before=policy_before, after=policy_after)
    return None


def sentence(cause: Cause) -> str:
    """The cause in one French sentence."""
    return _WRITERS.get(cause.code, _plain)(cause)


def _probability(cause: Cause) -> str:
    if cause.before is None or cause.after is None:
        return _plain(cause)
    return f"Probabilité : passage de {french.percent(cause.before)} à {french.percent(cause.after)}."


def _days_left(cause: Cause) -> str:
    if cause.before is None or cause.after is None:
        return _plain(cause)
    was, *days = _figures(cause.before, cause.after)
    now, change = (french.with_unit(text, "jours") for text in days)
    return f"Temps avant panne estimé : passage de {was} à {now} ({change})."


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
    CauseCode.RETOUR: "Mesures revenues.",
    CauseCode.PREMIERE: "Première évaluation de cette turbine.",
}


def _plain(cause: Cause) -> str:
    opening = _PLAIN[cause.code]
    return f"{opening[:-1]} : {cause.label}" if cause.label else opening


def _sensor(cause: Cause) -> str:
    sign = " (indice, pas une cause)" if cause.marker else ""
    before, after = cause.before or 0.0, cause.after or 0.0
    if cause.binary:
        words = {0.0: "non", 1.0: "oui"}
        return f"{cause.label} : passage de {words.get(before, before)} à {words.get(after, after)}{sign}."
    was, now, change = _figures(before, after)
    now, change = (french.with_unit(text, cause.unit or "") for text in (now, change))
    return f"{cause.label} : passage de {was} à {now} ({change}){sign}."


def _figures(before: float, after: float) -> tuple[str, str, str]:
    """Both figures and their signed difference, with as few decimals as tell them apart."""
    digits = 0 if max(abs(before), abs(after)) >= 100 else 1
    while digits < _MOST_DIGITS and round(before, digits) == round(after, digits):
        digits += 1
    was, now = round(before, digits), round(after, digits)
    return french.number(was, digits), french.number(now, digits), french.signed(now - was, digits)


_WRITERS: Mapping[CauseCode, Callable[[Cause], str]] = {
    CauseCode.CAPTEUR: _sensor,
    CauseCode.PROBABILITE: _probability,
    CauseCode.DELAI: _days_left,
    CauseCode.MODELE: _model,
    CauseCode.POLITIQUE: _policy,
    CauseCode.PERIMEE: _too_old,
    CauseCode.RETOUR: _back,
}
