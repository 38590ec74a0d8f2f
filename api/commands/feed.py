"""``data feed``: add the simulated park's next days."""

from __future__ import annotations

import argparse

from api.commands.console import say
from api.commands.score import recompute
from api.core import Core
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.services.measurements.demo_feed import MAX_DAYS


def register(data: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the action under ``data``."""
    feed = data.add_parser("feed", help="ajoute le jour suivant de l’échantillon simulé (démonstration)")
    feed.add_argument("--days", type=int, default=1, metavar="N", help="nombre de jours (1 par défaut)")
    feed.add_argument("--no-score", action="store_true", help="sans recalculer le risque")
    feed.set_defaults(run=_feed)


def _feed(arguments: argparse.Namespace, core: Core) -> int:
    if not 1 <= arguments.days <= MAX_DAYS:
        raise InvalidInput.single("--days", f"de 1 à {french.days(MAX_DAYS)}.", arguments.days)
    say("Simulation du parc…")
    days, report = core.demo_feed().feed(arguments.days)
    print(
        f"{french.counted(len(days), 'jour')} {french.plural(len(days), 'ajouté')}, "
        f"du {french.date(days[0])} au {french.date(days[-1])} : "
        f"{french.counted(report.inserted, 'mesure')}, {french.counted(report.labels_added, 'étiquette')} "
        f"{french.plural(report.labels_added, 'devenue')} {french.plural(report.labels_added, 'connue')}."
    )
    return 0 if arguments.no_score else recompute(core, days[0], days[-1])
