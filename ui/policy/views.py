"""The risk policy in words and tables. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from api.schemas import french
from api.schemas.common import FieldProblem, Figure, principal_words
from api.schemas.model_card import ThresholdOutcome
from api.schemas.policy import (
    MAX_DAYS,
    MAX_EUR,
    MAX_FACTOR,
    LevelShift,
    PolicyBounds,
    PolicyParameters,
    PolicyPreview,
    PolicyVersion,
)
from api.schemas.vocabulary import RiskLevel
from ui.shared import labels as fr


@dataclass(frozen=True)
class ParameterField:
    """How one parameter is typed in.

    Args:
        label: with its unit.
        help: what it does.
        step: of the buttons; an integer for whole numbers.
        low: least value.
        high: greatest value.
        digits: number of decimals.
    """

    label: str
    help: str
    step: float
    low: float
    high: float
    digits: int

    @property
    def whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return self.digits == 0 and isinstance(self.step, int)


FIELDS: dict[str, ParameterField] = {
    "cost_intervention_eur": ParameterField(
        "Intervention inutile (€)", "Coût d’une visite qui n’était pas nécessaire.", 100.0, 1.0, MAX_EUR, 0
    ),
    "cost_failure_eur": ParameterField(
        "Panne non évitée (€)", "Coût d’une panne que personne n’a prévenue.", 1_000.0, 1.0, MAX_EUR, 0
    ),
    "critical_factor": ParameterField(
        "Critique à partir de (× le seuil)", "Multiple du seuil où commence « critique »…",
        0.5, 1.0, MAX_FACTOR, 1,
    ),
    "critical_cap": ParameterField(
        "… ou de la probabilité", "… ou cette probabilité (0 à 1), si elle est plus basse.",
        0.05, 0.01, 1.0, 2,
    ),
    "moderate_divisor": ParameterField(
        "Modéré à partir de (seuil ÷)", "Le seuil divisé par ce nombre : où commence « modéré ».",
        0.5, 1.0, MAX_FACTOR, 1,
    ),
    "urgent_days": ParameterField(
        "Délai urgent (jours)", "Un délai avant panne plus court relève le niveau.", 1.0, 0.0, MAX_DAYS, 1
    ),
    "max_age_days": ParameterField(
        "Âge limite d’une mesure (jours)", "Au-delà, la mesure est trop ancienne.", 1, 0, MAX_DAYS, 0
    ),
    "answer_days_high": ParameterField(
        "Répondre à « élevé » sous (jours)",
        "Une intervention plus tardive vient trop tard, là où le modèle ne prouve pas de délai.",
        1, 0, MAX_DAYS, 0,
    ),
    "answer_days_critical": ParameterField(
        "Répondre à « critique » sous (jours)",
        "Une intervention plus tardive vient trop tard, là où le modèle ne prouve pas de délai.",
        1, 0, MAX_DAYS, 0,
    ),
}  # fmt: skip


def value_words(name: str, value: float) -> str:
    """Write one parameter with its unit."""
    if name.endswith("_eur"):
        return french.euros(value)
    if "_days" in name:
        return french.days(value)
    return french.trimmed(value)


def values_of(parameters: PolicyParameters) -> dict[str, float]:
    """Return the parameters by name, in the order of :data:`FIELDS`."""
    return {name: getattr(parameters, name) for name in FIELDS}


def bounds_facts(bounds: PolicyBounds) -> list[tuple[str, str, str]]:
    """List where each level begins, side by side."""
    return [
        (fr.LEVELS[RiskLevel.CRITIQUE].text, f"≥ {french.threshold(bounds.critical_from)}", "de probabilité"),
        (fr.LEVELS[RiskLevel.ELEVE].text, f"≥ {french.threshold(bounds.threshold)}", "seuil de décision"),
        (fr.LEVELS[RiskLevel.MODERE].text, f"≥ {french.threshold(bounds.moderate_from)}", "de probabilité"),
    ]


def author_words(version: PolicyVersion) -> str:
    """Say who saved a version."""
    return version.author or principal_words(version.created_by)


def in_force_words(version: PolicyVersion) -> str:
    """Describe the version in force: who made it, when and why."""
    return (
        f"Version {version.version}, enregistrée le {french.date(version.created_at)} par "
        f"{author_words(version)} : « {version.reason} »."
    )


def effect_words(preview: PolicyPreview) -> str:
    """Say how many turbines change level, in one sentence."""
    if not preview.total:
        return "Aucun classement publié : l’effet sur le parc sera connu au premier calcul."
    if not preview.changed:
        return f"Aucune des {french.counted(preview.total, 'turbine')} ne change de niveau."
    fallen = preview.changed - preview.raised
    many = preview.changed >= 2
    ways = [f"{preview.raised} en hausse"] * bool(preview.raised) + [f"{fallen} en baisse"] * bool(fallen)
    return (
        f"{french.counted(preview.changed, 'turbine')} sur {preview.total} "
        f"{'changent' if many else 'change'} de niveau : {', '.join(ways)}."
    )


def counts_frame(preview: PolicyPreview) -> pd.DataFrame:
    """Tabulate the turbines per level, before and after."""
    rows = []
    for level, words in fr.LEVELS.items():
        before, after = getattr(preview.counts_before, level), getattr(preview.counts_after, level)
        gap = after - before
        rows.append((words.text, str(before), str(after), "=" if not gap else french.signed(gap)))
    return pd.DataFrame(rows, columns=["Niveau", "Aujourd’hui", "Proposé", "Écart"])


def shifts_frame(shifts: list[LevelShift]) -> pd.DataFrame:
    """Tabulate the turbines that change level."""
    return pd.DataFrame(
        [
            (
                shift.turbine_id,
                fr.LEVELS[shift.before].text,
                fr.LEVELS[shift.after].text,
                french.percent(shift.failure_probability),
                french.days(shift.time_to_failure_days),
                fr.DATA_STATUS[shift.data_status_after],
            )
            for shift in shifts
        ],
        columns=["Turbine", "Aujourd’hui", "Proposé", "Probabilité", "Jours restants", "Mesure"],
    )


def threshold_frame(preview: PolicyPreview) -> pd.DataFrame:
    """Tabulate the present and the proposed threshold, at the proposed costs, on unseen rows."""
    chosen = None
    if preview.decision is not None:
        chosen = next((row for row in preview.decision.table if row.chosen), None)
    rows = [("En vigueur", preview.threshold_in_force), ("Proposé", chosen)]
    return pd.DataFrame(
        [_threshold_row(name, row) for name, row in rows if row is not None],
        columns=["Seuil", "Coût", "Pannes annoncées", "Manquées", "Fausses alertes", "Coût, à 95 %"],
    )


def _threshold_row(name: str, row: ThresholdOutcome) -> tuple[str, ...]:
    failures = row.true_positives + row.false_negatives
    return (
        f"{name} : {french.threshold(row.threshold)}",
        french.euros(row.cost_eur.value),
        f"{row.true_positives} sur {failures}",
        str(row.false_negatives),
        str(row.false_positives),
        _euro_span(row.cost_eur),
    )


def _euro_span(cost: Figure) -> str:
    """Write « de 574 500 à 1 291 525 € »: the 95 % interval of a cost."""
    if cost.low is None or cost.high is None:
        return french.NOTHING
    return f"de {french.number(cost.low)} à {french.euros(cost.high)}"


def versions_frame(versions: list[PolicyVersion]) -> pd.DataFrame:
    """Tabulate every version: who, when, why, and its differences from the one before."""
    older: list[PolicyVersion | None] = [*versions[1:], None]
    rows = [
        (
            str(version.version),
            french.date(version.created_at),
            author_words(version),
            version.reason,
            changes_words(version, before),
        )
        for version, before in zip(versions, older, strict=True)
    ]
    return pd.DataFrame(rows, columns=["Version", "Enregistrée le", "Par", "Motif", "Ce qui change"])


def changes_words(version: PolicyVersion, before: PolicyVersion | None) -> str:
    """Say what a version changed: « intervention 3 000 € → 5 000 € »."""
    if before is None:
        return "valeurs de départ"
    old, new = values_of(before.parameters), values_of(version.parameters)
    return ", ".join(change_words(name, old[name], new[name]) for name in FIELDS if old[name] != new[name])


def change_words(name: str, before: float, after: float) -> str:
    """Write one parameter before and after a change."""
    return f"{fr.POLICY_PARAMETERS[name]} {value_words(name, before)} → {value_words(name, after)}"


def by_field(errors: tuple[FieldProblem, ...]) -> Mapping[str, str]:
    """Return what the API says of each parameter, by its short name."""
    return {error.field.rsplit(".", 1)[-1]: error.message for error in errors}
