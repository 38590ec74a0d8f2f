"""How far a measurement can be trusted, judged before any model answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from api.domain.measurements.rhythm import age_days, too_old
from api.domain.plausibility.limits import Implausible
from api.schemas import french
from api.schemas.vocabulary import LOST, DataStatus


@dataclass(frozen=True)
class Finding:
    """A named remark about a measurement or a score: stable code, field, French sentence."""

    code: str
    field: str | None
    message: str


@dataclass(frozen=True)
class KnownRange:
    """The range of a feature in the training of a model."""

    label: str
    unit: str
    low: float
    high: float

    @property
    def reach(self) -> float:
        """How far beyond either end a value is still a hair away: :data:`HAIR` of the range."""
        rounding = _ROUNDING * max(1.0, abs(self.low), abs(self.high))  # where the training had one value
        return max(HAIR * (self.high - self.low), rounding)


OUTSIDE_MODEL = "hors_domaine"
"""Code of the finding that the model answers outside its domain; it puts no sensor in doubt."""

HAIR = 0.05
"""Share of a learned range within which a value beyond its end is a hair away.

The highest of n independent rows is passed by the next one once in n + 1, so sound rows pass an end every
year; those of EnergiTech's file that its model never saw, by 0.6 % of the range. A stopped machine draws some
kilowatts, with its heating some tens: under 5 % of its rated power, which a model fitted on power from zero
has never seen. The zeros and the units that this finding must catch lie much further.
"""
_ROUNDING = 1e-6
_MOST_DIGITS = 9


def outside_training(values: Mapping[str, float | None], ranges: Mapping[str, KnownRange]) -> list[Finding]:
    """Return one finding per value far outside the range of the training rows.

    It speaks of the model's answer, not of the measurement: a tree repeats its nearest leaf.
    """
    findings = []
    for name, known in ranges.items():
        value = values.get(name)
        if value is not None and not known.low - known.reach <= value <= known.high + known.reach:
            digits = _telling_digits(value, known)
            low, high, number = (french.number(figure, digits) for figure in (known.low, known.high, value))
            span = french.with_unit(f"{low} à {high}", known.unit)
            findings.append(
                Finding(
                    OUTSIDE_MODEL,
                    name,
                    f"Modèle hors de son domaine ({known.label} : {number}, appris de {span}) : sa réponse "
                    "est une extrapolation.",
                )
            )
    return findings


def _telling_digits(value: float, known: KnownRange) -> int:
    """Return the decimals with which ``value`` still lies outside once rounded.

    « 84,0 hors de … à 84,0 » misleads.
    """
    low, high = known.low, known.high
    read = french.rounded
    return next(
        (d for d in range(1, _MOST_DIGITS) if not read(low, d) <= read(value, d) <= read(high, d)),
        _MOST_DIGITS,
    )


def age_finding(measured_on: date, as_of: date, max_age_days: int) -> Finding | None:
    """Return the finding on a measurement older than the policy allows, on the day of the run; else None."""
    age = age_days(measured_on, as_of)
    if not too_old(age, max_age_days):
        return None
    return Finding(
        "mesure_perimee",
        "measured_at",
        f"La dernière mesure a {french.days(age)} ; la limite est de {french.days(max_age_days)}.",
    )


_STATUS_OF = {
    "mesure_perimee": DataStatus.PERIME,
    "mesure_incomplete": DataStatus.NON_EVALUE,
    "sans_mesure": DataStatus.NON_EVALUE,
    **{code.value: DataStatus.DOUTEUX for code in Implausible},
}
_GRAVITY = [DataStatus.NON_EVALUE, DataStatus.PERIME, DataStatus.DOUTEUX, DataStatus.OK]


IN_SERVICE = "en_service"
_STOPPED = {
    "arret_programme": ("arret_programme", "Arrêt programmé"),
    "hors_service": ("hors_service", "Hors service"),
}
_SILENCE = frozenset({"sans_mesure", "mesure_perimee", Implausible.SILENT.value})


def of_a_stopped_machine(service_state: str, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Explain the silence of a machine stopped on purpose.

    A stopped machine sends nothing: its sensors are not dead. A single finding replaces those of silence; all
    others stay, and so do all those of a machine in service.
    """
    everything = tuple(findings)
    silent = [finding for finding in everything if finding.code in _SILENCE]
    if service_state not in _STOPPED or not silent:
        return everything
    code, words = _STOPPED[service_state]
    since = " ".join(finding.message for finding in silent)
    stop = Finding(code, None, f"{words} : ce silence n’est pas une panne de capteur. {since}")
    return (stop, *(finding for finding in everything if finding.code not in _SILENCE))


def counts_as_dead(status: DataStatus, findings: Iterable[Finding]) -> bool:
    """Tell whether a score without usable data counts among a run's failed or stale turbines.

    Args:
        status: of the score's data.
        findings: of the score, from :func:`of_a_stopped_machine`.
    """
    return status in LOST and not any(finding.code in _STOPPED for finding in findings)


def data_status(findings: Iterable[Finding]) -> DataStatus:
    """Return the gravest status among the findings; ``ok`` where none of them bears on the data."""
    statuses = {_STATUS_OF[finding.code] for finding in findings if finding.code in _STATUS_OF}
    if not statuses:  # nearly always
        return DataStatus.OK
    return next((status for status in _GRAVITY if status in statuses), DataStatus.OK)


def extrapolated(findings: Iterable[Finding]) -> bool:
    """Tell whether a model answered outside its domain."""
    return any(finding.code == OUTSIDE_MODEL for finding in findings)
