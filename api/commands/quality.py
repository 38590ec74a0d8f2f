"""``quality``: the realised quality of the published scores."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from api.commands.console import columns, say, whole_file
from api.commands.realised_plot import FORMATS, pairs_of, plot
from api.core import Core
from api.domain.shared.exceptions import InvalidInput
from api.domain.shared.wording import LEVEL_WORDS
from api.schemas import french
from api.schemas.common import Figure
from api.schemas.quality import AlertFigures, RealisedQuality
from api.services.quality.realised import RealisedQuery

_NOTHING = "–"
MISSED_SHOWN = 20  # missed failures listed; the others are in the API's answer


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    quality = commands.add_parser("quality", help="compare les scores publiés à ce qui a été observé depuis")
    for flag, name, text in (("--from", "first", "premier jour"), ("--to", "last", "dernier jour")):
        quality.add_argument(flag, dest=name, type=date.fromisoformat, metavar="AAAA-MM-JJ", help=text)
    quality.add_argument("--model", metavar="NOM[:VERSION]", help="un modèle seulement")
    quality.add_argument("--week", action="store_true", help="par semaine plutôt que par mois")
    quality.add_argument("--csv", type=Path, metavar="FICHIER", help="un score par ligne, pour un tableur")
    quality.add_argument(
        "--plot", type=Path, metavar="FICHIER", help="graphique prévu / observé (.svg ou .html)"
    )
    quality.set_defaults(run=_quality)


def _quality(arguments: argparse.Namespace, core: Core) -> int:
    if arguments.plot is not None and arguments.plot.suffix.lower() not in FORMATS:
        expected = " ou ".join(FORMATS)
        raise InvalidInput.single("--plot", f"fichier {expected} attendu.", arguments.plot.name)
    query = RealisedQuery(
        arguments.first, arguments.last, arguments.model, "week" if arguments.week else "month", limit=0
    )
    realised = core.realised.quality(query)
    print(_quality_text(realised))
    if arguments.csv is not None:
        _write("--csv", arguments.csv, core.realised.csv(query))
    if arguments.plot is not None:
        drawn = plot(realised, pairs_of(core.realised.judged(query)), arguments.plot.suffix.lower())
        _write("--plot", arguments.plot, [drawn.encode()])
    return 0


def _write(option: str, target: Path, chunks: Iterable[bytes]) -> None:
    with whole_file(option, target) as file:
        file.writelines(chunks)
    say(f"{target} écrit.")


def _quality_text(realised: RealisedQuality) -> str:
    """Return the figures as text for a terminal."""
    head = [realised.message, *(f"À savoir : {notice.message}" for notice in realised.notices)]
    if not realised.counts.counted:
        return "\n".join(head)
    return "\n".join([*head, *_tables(realised)])


def _tables(realised: RealisedQuality) -> Iterable[str]:
    header = ("", "lignes", "pannes", "annoncées", "manquées", "fausses", "précision", "rappel")
    rows = [_alerts("seuil publié", realised.at_threshold)]
    rows += [
        _alerts(f"niveau {LEVEL_WORDS[level.level]} et plus", level.at_or_above) for level in realised.levels
    ]
    rows += [_alerts(m.label, m.at_threshold) for m in realised.models if m.at_threshold]
    rows += [_alerts(french.date(p.start), p.at_threshold) for p in realised.periods]
    yield "\nAlertes (entre crochets, intervalle à 95 %)\n" + columns(rows, header)
    bins = [
        (f"{french.number(b.low, 2)} à {french.number(b.high, 2)}", b.rows,
         french.number(b.mean_probability, 3), _figure(b.observed, 3))
        for b in realised.calibration
    ]  # fmt: skip
    yield "\nProbabilités montrées\n" + columns(bins, ("tranche", "lignes", "annoncée", "observée"))
    if realised.days.rows:
        short = f"restait {french.days(realised.short_horizon_days)} au plus"
        days = [
            (name, d.rows, _figure(d.mae, 1), _figure(d.bias, 1), _figure(d.coverage, 2))
            for name, d in (("tout", realised.days), (short, realised.days_short))
        ]
        names = ("Jours restants", "lignes", "erreur moyenne", "biais", "couverture")
        yield "\n" + columns(days, names)
    events = realised.events
    yield (
        f"\nPannes : {french.counted(events.announced, 'annoncée')} sur {french.number(events.total)}, "
        f"rappel {_figure(events.recall, 2)} ; "
        f"préavis moyen {french.with_unit(_figure(events.lead_mean, 1), 'jours')}."
    )
    for missed in events.missed[:MISSED_SHOWN]:
        when = french.date(missed.failed_on) if missed.failed_on else "jour inconnu"
        levels = " ".join(LEVEL_WORDS[day.level] for day in missed.history)
        yield f"  manquée : turbine {missed.turbine}, {when} ; niveaux publiés : {levels}"
    if (left := events.total - events.announced - MISSED_SHOWN) > 0:
        yield f"  … et {french.counted(left, 'autre panne manquée')}."


def _alerts(name: str, figures: AlertFigures) -> tuple[object, ...]:
    failures = figures.true_positives + figures.false_negatives
    return (
        name, figures.rows, failures, figures.true_positives, figures.false_negatives,
        figures.false_positives, _figure(figures.precision, 2), _figure(figures.recall, 2),
    )  # fmt: skip


def _figure(figure: Figure, digits: int) -> str:
    if figure.value is None:
        return _NOTHING
    value = french.number(figure.value, digits)
    if figure.low is None or figure.high is None:
        return f"{value} [trop peu de données]"
    return f"{value} [{french.number(figure.low, digits)} ; {french.number(figure.high, digits)}]"
