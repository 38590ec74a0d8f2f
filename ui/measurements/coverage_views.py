"""Coverage, freshness and findings turned into tables and sentences. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from api.schemas import french
from api.schemas.findings import finding_label
from api.schemas.measurements import Coverage, FindingCount, TurbineCoverage
from api.schemas.vocabulary import Freshness
from ui.shared import labels as fr
from ui.shared.table import Column


def coverage_facts(coverage: Coverage) -> list[tuple[str, str, str]]:
    """List the park's state in figures."""
    measured = coverage.measured_per_day[-1] if coverage.measured_per_day else 0
    states = [turbine.freshness for turbine in coverage.turbines]
    late, old = states.count(Freshness.EN_RETARD), states.count(Freshness.TROP_ANCIENNE)
    whose = "leur" if late > 1 else "son"
    doubtful = sum(bool(turbine.findings) for turbine in coverage.turbines)
    return [
        ("Turbines suivies", french.number(len(coverage.turbines)), ""),
        ("Mesurées ce jour-là", french.number(measured), f"le {french.date(coverage.last)}"),
        ("En retard", french.number(late), f"sur {whose} rythme habituel"),
        ("Trop anciennes", french.number(old), f"plus de {french.days(coverage.max_age_days)}"),
        _findings_fact(coverage, doubtful),
    ]


def _findings_fact(coverage: Coverage, doubtful: int) -> tuple[str, str, str]:
    if coverage.run_as_of is None:
        return "Avec un constat", french.NOTHING, "aucun calcul publié"
    return "Avec un constat", french.number(doubtful), f"au calcul du {french.date(coverage.run_as_of)}"


def no_findings_words(coverage: Coverage) -> str:
    """Say what the absence of findings means: nothing was found, or nobody looked yet."""
    if coverage.run_as_of is None:
        return (
            f"Aucun calcul publié sur ce parc : les constats viendront avec le prochain. {coverage.next_run}"
        )
    return "Aucun constat : aucune mesure n’est mise en doute."


_SIGNS = {
    Freshness.JAMAIS_MESUREE: "✕",
    Freshness.TROP_ANCIENNE: "✕",
    Freshness.EN_RETARD: "!",
    Freshness.A_JOUR: "✓",
    Freshness.A_L_ARRET: "○",
}
_PLACES = {state: place for place, state in enumerate(Freshness)}
FRESHNESS_COLUMNS = {
    "Turbine": Column(narrow="first"),
    "Fraîcheur": Column(narrow="first"),
    "Âge": Column(fr.age_words),
    "Écart habituel": Column(french.days),
}


def freshness_frame(turbines: Sequence[TurbineCoverage]) -> pd.DataFrame:
    """Tabulate how old each turbine's last measurement is: what is overdue first, then the oldest."""
    ordered = sorted(turbines, key=lambda turbine: (_PLACES[turbine.freshness], -(turbine.age_days or 0)))
    return pd.DataFrame(
        [
            {
                "Turbine": turbine.turbine_id,
                "Fraîcheur": f"{_SIGNS[turbine.freshness]} {turbine.freshness.words}",
                "Dernière mesure": french.date(turbine.last_measured_on),
                "Âge": turbine.age_days,
                "Écart habituel": turbine.usual_gap_days,
                "Constats": ", ".join(finding_label(code) for code in turbine.findings) or french.NOTHING,
                "Service": fr.SERVICE_STATES[turbine.service_state],
            }
            for turbine in ordered
        ],
        dtype=object,
    )


def findings_frame(findings: Sequence[FindingCount]) -> pd.DataFrame:
    """Tabulate the findings of the last published run, in the API's order (most frequent first)."""
    return pd.DataFrame(
        [
            {"Constat": finding_label(f.code), "Turbines": str(f.turbines), "Exemple": f.example}
            for f in findings
        ]
    )


def coverage_words(coverage: Coverage, turbines: Sequence[TurbineCoverage]) -> str:
    """Say what the map of measurements shows, for those who do not see it."""
    days = (coverage.last - coverage.first).days + 1
    filled = sum(count > 0 for turbine in turbines for count in turbine.counts)
    share = filled / (days * len(turbines)) if turbines else 0.0
    return (
        f"Mesures reçues par turbine et par jour, du {french.date(coverage.first)} "
        f"au {french.date(coverage.last)} : "
        f"{french.counted(len(turbines), 'turbine')}, {french.share(share, 0)} des jours ont une mesure ; "
        f"mesure attendue : {', '.join(t.turbine_id for t in turbines if t.late) or 'aucune turbine'}."
    )
