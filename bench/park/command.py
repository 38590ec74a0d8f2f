"""``bench park`` and ``bench ui``: large parks and the dashboard beside their targets."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from api.collector import spare_the_collector
from api.commands.console import say
from api.core import Core
from api.domain.shared.exceptions import InvalidInput
from api.schemas import french
from api.settings import ROOT
from bench import report, ui
from bench.park import park


def register(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare both commands."""
    large = kinds.add_parser("park", help="parcs de 50 à 10 000 turbines, historique, reprise d’un an")
    large.add_argument("--sizes", type=int, nargs="+", default=list(park.SIZES), metavar="N")
    large.add_argument(
        "--large",
        action="store_true",
        help=f"ajoute un calcul de {french.counted(park.LARGE, 'turbine')}",
    )
    large.add_argument("--history", type=int, nargs="+", default=list(park.HISTORY), metavar="JOURS")
    large.add_argument(
        "--measured-days", type=int, default=61, metavar="JOURS", help="mesures quotidiennes par turbine"
    )
    large.add_argument(
        "--rounds", type=int, default=60, metavar="N", help="fois que chaque question est posée"
    )
    large.add_argument("--no-replay", action="store_true", help="sans la reprise d’un an")
    large.add_argument("--url", metavar="URL", help="serveur PostgreSQL où créer des bases jetables")
    _add_output_options(large, "bench-park.json")
    large.set_defaults(run=_park)
    pages = kinds.add_parser("ui", help="pages du tableau de bord dans un navigateur")
    pages.add_argument("--large", type=int, default=ui.LARGE, metavar="N", help="turbines du grand parc")
    pages.add_argument("--visits", type=int, default=ui.VISITS, metavar="N", help="visites de chaque page")
    _add_output_options(pages, "bench-ui.json")
    pages.set_defaults(run=_ui)


def _add_output_options(parser: argparse.ArgumentParser, name: str) -> None:
    parser.add_argument("--json", type=Path, default=ROOT / name, metavar="FICHIER")
    parser.add_argument(
        "--markdown", action="store_true", help="écrit le tableau Markdown du dernier fichier, sans mesurer"
    )


def _park(arguments: argparse.Namespace, _core: Core) -> int:
    def measure() -> dict[str, Any]:
        spare_the_collector()  # as in the API: queries run in this process too
        plan = park.Plan(
            sizes=arguments.sizes,
            large=park.LARGE if arguments.large else 0,
            history=sorted(arguments.history),
            measured_days=arguments.measured_days,
            rounds=arguments.rounds,
            replay_days=0 if arguments.no_replay else park.REPLAY_DAYS,
            server=arguments.url,
        )
        return park.measure(plan, say)

    return _measure_or_read(arguments, measure, park.lines)


def _ui(arguments: argparse.Namespace, _core: Core) -> int:
    return _measure_or_read(arguments, lambda: ui.measure(arguments.large, arguments.visits, say), ui.lines)


def _measure_or_read(
    arguments: argparse.Namespace,
    measure: Callable[[], dict[str, Any]],
    lines: Callable[[dict[str, Any]], Sequence[report.Line]],
) -> int:
    """Measure and save the figures, or read the saved ones; then print their table.

    Raises:
        InvalidInput: no figures are saved.
    """
    file: Path = arguments.json
    if arguments.markdown:
        if not file.is_file():
            raise InvalidInput.single("--json", "fichier absent ; mesurez d’abord, sans --markdown.", file)
        print(report.markdown(lines(json.loads(file.read_text(encoding="utf-8")))))
        return 0
    figures = measure()
    file.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(report.text(lines(figures)))
    return 0
