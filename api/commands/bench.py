"""``bench``: figures of this machine, beside their targets."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median

from api.bench import page, start
from api.commands.console import columns, say
from api.core import Core
from api.settings import ROOT

CHROMIUM_MISSING = "non mesuré : installez chromium (apt install chromium)"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    bench = commands.add_parser("bench", help="mesure vitesse et mémoire sur cette machine")
    bench.set_defaults(run=_start)
    bench.add_argument("--json", type=Path, default=ROOT / "bench-start.json", metavar="FICHIER")


def _start(arguments: argparse.Namespace, _core: Core) -> int:
    """Second start, run of the park, cockpit page, memory, in a throwaway installation."""
    with start.throwaway() as installation:
        say("Premier démarrage (préparation d’une installation jetable)…")
        with start.started(installation) as first:
            pass
        say("Second démarrage…")
        with start.started(installation) as second:
            executable = page.chromium()
            times = page.table_seconds(installation, executable) if executable else []
            memory = start.resident_mb(installation.api)
        runs = start.run_seconds(installation)
    figures = {
        "first_start_s": first,
        "second_start_s": second,
        "run_50_turbines_s": runs,
        "cockpit_page_s": times,
        "api_memory_mb": memory,
    }
    arguments.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    rows = [
        ("second démarrage, deux adresses", f"{second:.1f} s", "≤ 10 s"),
        ("calcul du parc de 50 turbines", f"{median(runs):.2f} s", "≤ 1 s"),
        ("page cockpit, clic → tableau", page.summary(times) if times else CHROMIUM_MISSING, "≤ 2 s"),
        ("mémoire de l’API", "inconnue" if memory is None else f"{memory:.0f} Mo", "≤ 400 Mo"),
    ]
    print(columns(rows, ("mesure", "cette machine", "cible")).replace(".", ","))
    return 0
