"""Realised quality turned into tables and sentences. No Streamlit, no HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from api.schemas import french
from api.schemas.common import Figure
from api.schemas.quality import (
    AlertFigures,
    DaysFigures,
    Failure,
    ObservedScore,
    PeriodFigures,
    RealisedQuality,
)
from ui.shared import labels as fr

FEW = "trop peu de données"
PERIODS = {"month": "Mois", "week": "Semaine du"}
_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc.")


def facts(quality: RealisedQuality) -> list[tuple[str, str, str]]:
    """List the headline figures: name, value, interval or what it is counted on."""
    events, precision = quality.events, _alerts(quality).precision
    lead = french.NOTHING if events.lead_median is None else french.days(events.lead_median)
    return [
        ("Pannes annoncées", f"{events.announced} / {events.total}", interval(events.recall, percent=True)),
        ("Alertes justifiées", share(precision), interval(precision, percent=True)),
        ("Préavis médian", lead, f"sur {french.counted(events.lead_known, 'panne')} au jour connu"),
        ("Erreur sur les jours", days(quality.days.mae), interval(quality.days.mae)),
        ("Intervalles tenus", share(quality.days.coverage), interval(quality.days.coverage, percent=True)),
    ]  # fmt: skip


def _alerts(quality: RealisedQuality) -> AlertFigures:
    """Return the figures of alerts: level high or critical."""
    return next(level.at_or_above for level in quality.levels if level.level == "eleve")


def counts_words(quality: RealisedQuality) -> str:
    """Account for every published score."""
    counts = quality.counts
    parts = [
        f"{french.counted(number, word)}{more}"
        for number, word, more in (
            (counts.counted, "compté", ""),
            (counts.repeated, "écarté", " car la mesure est déjà comptée"),
            (counts.waiting, "en attente", " d’une issue"),
            (counts.seen, "écarté", " car la ligne a servi à l’entraînement"),
            (counts.unproven, "écarté", " car rien ne prouve que la ligne n’y a pas servi"),
            (counts.not_scored, "sans mesure ou sans probabilité", ""),
        )
        if number
    ]
    return f"Sur {french.counted(counts.published, 'score publié')}{french.NBSP}: {', '.join(parts)}."


def units_words(quality: RealisedQuality) -> str:
    """Say what the headline counts and what the tables count: failures are not rows."""
    rows = sum(level.rows for level in quality.levels)
    followed = sum(level.failures for level in quality.levels)
    return (
        f"« Pannes annoncées » compte des pannes, une par turbine et par épisode "
        f"({french.number(quality.events.total)} ici){french.NBSP}; "
        "les tableaux comptent des mesures publiées "
        f"({french.number(rows)}, dont {french.number(followed)} "
        f"{french.plural(followed, 'suivie')} d’une panne sous {french.days(7)}), et plusieurs mesures "
        "précèdent souvent la même panne."
    )


def levels_frame(quality: RealisedQuality) -> pd.DataFrame:
    """Tabulate what each published level was worth, from the most urgent."""
    rows = []
    for level in quality.levels:
        row = {
            "Niveau publié": fr.LEVELS[level.level].text,
            "Mesures": french.number(level.rows),
            "Suivies d’une panne": french.number(level.failures),
        }
        rows.append(row | _shares(level.at_or_above, " à ce niveau ou au-dessus"))
    return pd.DataFrame(rows)


def models_frame(quality: RealisedQuality) -> pd.DataFrame:
    """Tabulate the classifiers at the published threshold."""
    return pd.DataFrame(
        [
            {
                "Modèle": model.label,
                **_confusion(model.at_threshold),
                **_shares(model.at_threshold),
            }
            for model in quality.models
            if model.at_threshold is not None
        ]
    )


def days_frame(quality: RealisedQuality) -> pd.DataFrame:
    """Tabulate the errors on days left: overall, near the failure, and by estimator."""
    near = f"Il restait {french.days(quality.short_horizon_days)} ou moins"
    slices = [("Toutes les mesures", quality.days), (near, quality.days_short)]
    slices += [(m.label, m.days) for m in quality.models if m.days is not None]
    return pd.DataFrame([{"Mesures comptées": name, **_days(figures)} for name, figures in slices])


def periods_frame(quality: RealisedQuality) -> pd.DataFrame:
    """Tabulate the alerts of level high or critical, period after period."""
    return pd.DataFrame(
        [
            {
                PERIODS[quality.period]: _start(period, quality.period),
                **_confusion(period.at_alert),
                **_shares(period.at_alert),
            }
            for period in quality.periods
        ]
    )


def missed_frame(missed: Sequence[Failure]) -> pd.DataFrame:
    """Tabulate the failures that no alert preceded, with the levels published before them."""
    return pd.DataFrame(
        [
            {
                "Turbine": failure.turbine,
                "Panne le": french.date(failure.failed_on),
                "Dernière mesure": french.date(failure.last_on),
                "Niveaux publiés avant la panne": history_words(failure),
            }
            for failure in missed
        ]
    )


def history_words(failure: Failure) -> str:
    """Write the published levels in order; successive days of a level make one entry."""
    spells: list[str] = []
    run: list[str] = []
    for published in [*failure.history, None]:
        word = fr.LEVELS[published.level].word.lower() if published else ""
        if run and word != run[0]:
            spells.append(run[0] if len(run) == 1 else f"{run[0]} {french.counted(len(run), 'jour')}")
            run = []
        run.append(word)
    return ", puis ".join(spells) or "rien n’était publié"


def false_alerts_frame(alerts: Sequence[ObservedScore]) -> pd.DataFrame:
    """Tabulate the alerts that no failure followed within 7 days, newest first."""
    return pd.DataFrame(
        [
            {
                "Jour": french.date(alert.as_of),
                "Turbine": alert.turbine_id,
                "Niveau": fr.LEVELS[alert.risk_level].text,
                "Probabilité": french.percent(alert.failure_probability),
                "Jours annoncés": french.days(alert.time_to_failure_days),
                "Jours observés": french.days(alert.observed_days),
            }
            for alert in alerts
        ]
    )


def share(figure: Figure) -> str:
    """Write a proportion in per cent; « – » where it is not defined."""
    return french.share(figure.value, 0)


def days(figure: Figure) -> str:
    """Write a number of days."""
    return french.days(figure.value)


def interval(figure: Figure, *, percent: bool = False) -> str:
    """Write the 95 % interval in words."""
    if figure.value is None:
        return "non défini"
    if figure.low is None or figure.high is None:
        return FEW
    if percent:
        return f"de {french.share(figure.low, 0)} à {french.share(figure.high, 0)}"
    return f"de {french.trimmed(figure.low, 1)} à {french.days(figure.high)}"


def _start(figures: PeriodFigures, period: str) -> str:
    return (
        french.date(figures.start)
        if period == "week"
        else f"{_MONTHS[figures.start.month - 1]} {figures.start.year}"
    )


def _confusion(figures: AlertFigures) -> dict[str, int]:
    return {
        "Mesures": figures.rows,
        "Annoncées": figures.true_positives,
        "Manquées": figures.false_negatives,
        "Fausses alertes": figures.false_positives,
    }


def _shares(figures: AlertFigures, suffix: str = "") -> dict[str, str]:
    return {
        f"Précision{suffix}": f"{share(figures.precision)} ({interval(figures.precision, percent=True)})",
        f"Rappel{suffix}": f"{share(figures.recall)} ({interval(figures.recall, percent=True)})",
    }


def _days(figures: DaysFigures) -> dict[str, object]:
    late = french.days_difference(figures.bias.value)
    return {
        "Mesures": figures.rows,
        "Erreur moyenne": f"{days(figures.mae)} ({interval(figures.mae)})",
        "Biais (+ : trop tard)": f"{late} ({interval(figures.bias)})",
        "Intervalles tenus": f"{share(figures.coverage)} ({interval(figures.coverage, percent=True)})",
    }
