"""Runs and logged calls turned into the tables of the supervision page. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from api.schemas import french
from api.schemas.common import principal_words
from api.schemas.park import Run
from api.schemas.supervision import (
    AlertDay,
    CallLogItem,
    CallStats,
    FindingTrend,
    FindingTrends,
    Supervision,
)
from ui.shared import labels as fr

LOCAL = "0.0.0"  # the service's version outside an image


def state_words(state: Supervision) -> str:
    """Say when the state was read, of which version, and when the next scoring is due."""
    version = "version locale" if state.version == LOCAL else f"version {state.version}"
    return f"Vu le {french.date(state.checked_at)}, {version}. {state.next_run}"


def runs_frame(runs: Sequence[Run]) -> pd.DataFrame:
    """Tabulate the scorings of the park, in the API's order (newest first)."""
    rows = [
        {
            "N°": str(run.run_id),
            "Jour évalué": french.date(run.as_of),
            "État": fr.RUN_STATUS[run.status],
            "Origine": fr.RUN_KIND[run.kind],
            "Demandé par": principal_words(run.requested_by, run.requested_by_name),
            "Terminé le": french.date(run.finished_at),
            "Durée": french.duration(run.duration_s),
            "Turbines": f"{french.number(run.done)} / {french.number(run.total)}",
            "Échecs": run.failed,
            "Erreur": run.error or french.NOTHING,
        }
        for run in runs
    ]
    frame = pd.DataFrame(rows)
    return frame.drop(columns="Erreur") if rows and not any(run.error for run in runs) else frame


def calls_frame(calls: Sequence[CallLogItem]) -> pd.DataFrame:
    """Tabulate the logged calls, in the API's order (newest first)."""
    return pd.DataFrame(
        [
            {
                "Heure": french.date(call.at),
                "Appel": f"{call.method} {call.endpoint}",
                "Réponse": call.status,
                "Durée": french.duration(call.duration_ms / 1000),
                "Par": principal_words(call.principal, call.principal_name),
                "Objet": fr.PURPOSES.get(call.purpose or "", call.purpose or french.NOTHING),
                "Turbine": call.turbine_id or french.NOTHING,
                "Lignes": french.NOTHING if call.rows is None else french.number(call.rows),
                "Erreur": call.error or french.NOTHING,
                "Référence": call.request_id,
            }
            for call in calls
        ]
    )


def call_facts(calls: CallStats) -> list[tuple[str, str, str]]:
    """List the figures of the calls: name, value, what it is compared with."""
    share = french.share(calls.errors / calls.calls) if calls.calls else french.NOTHING
    return [
        ("Appels", french.number(calls.calls), f"depuis le {french.date(calls.since)}"),
        ("Erreurs du service", french.number(calls.errors), f"{share} des appels"),
        ("Demandes refusées", french.number(calls.refused), "droits, saisies, adresses"),
        ("Temps moyen", _milliseconds(calls.mean_ms), "par appel"),
        ("19 appels sur 20 en moins de", _milliseconds(calls.p95_ms), "95ᵉ centile"),
    ]


def findings_frame(trends: FindingTrends) -> pd.DataFrame:
    """Tabulate the turbines per finding, most frequent first, beside the run before where there is one."""
    rows = [
        {
            "Constat": trend.label,
            f"Turbines au {french.date(trends.as_of)}": french.number(trend.turbines),
            _before_words(trends): french.number(trend.before),
            "Évolution": trend_words(trend),
        }
        for trend in trends.items
    ]
    frame = pd.DataFrame(rows)
    return frame if trends.previous_run_id is not None or not rows else frame.iloc[:, :2]


def _before_words(trends: FindingTrends) -> str:
    return f"au {french.date(trends.previous_as_of)}"


def trend_words(trend: FindingTrend) -> str:
    """Say how a finding changed since the run before, by a sign and a number, never by colour alone."""
    if trend.before is None:
        return french.NOTHING
    change = trend.turbines - trend.before
    if change == 0:
        return "= stable"
    if trend.turbines == 0:
        return "▼ disparu"
    if trend.before == 0:
        return f"▲ nouveau ({french.signed(change)})"
    return f"{'▲' if change > 0 else '▼'} {french.signed(change)}"


def findings_words(trends: FindingTrends | None) -> str:
    """Say what the table of findings shows, or why there is none."""
    if trends is None:
        return "Les constats sur les capteurs se comptent à partir du premier calcul publié."
    if not trends.items:
        return f"Aucun constat au calcul du {french.date(trends.as_of)} : aucune mesure n’est mise en doute."
    if trends.previous_as_of is None:
        return f"Turbines par constat au calcul du {french.date(trends.as_of)}, le premier qui soit publié."
    rising = [
        trend.label for trend in trends.items if trend.before is not None and trend.turbines > trend.before
    ]
    rises = f"en hausse : {', '.join(rising)}" if rising else "aucun n’est en hausse"
    return (
        f"Turbines par constat au calcul du {french.date(trends.as_of)}, à côté de celui du "
        f"{french.date(trends.previous_as_of)} ; {rises}."
    )


def alert_words(days: Sequence[AlertDay]) -> str:
    """Say what the history of alerts shows, for those who do not see it."""
    last = days[-1]
    return (
        f"Turbines en alerte sur {french.counted(len(days), 'calcul')} ; au {french.date(last.as_of)} : "
        f"{last.counts.critique} au niveau critique, {last.counts.eleve} au niveau élevé"
    )


def _milliseconds(value: float | None) -> str:
    return french.duration(None if value is None else value / 1000)
