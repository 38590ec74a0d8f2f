"""``bench``: figures of this machine beside their targets."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median
from typing import Any

from api.commands.console import columns, say
from api.core import Core
from api.schemas import french
from api.settings import ROOT
from bench import page, start
from bench.inference import batches, inference
from bench.park import command

CHROMIUM_MISSING = "non mesuré : installez chromium (apt install chromium)"


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command."""
    bench = commands.add_parser("bench", help="mesure vitesse et mémoire sur cette machine")
    bench.set_defaults(run=_start, json=ROOT / "bench-start.json")
    kinds = bench.add_subparsers(metavar="MESURE")
    start_parser = kinds.add_parser("start", help="démarrage, calcul du parc, page, mémoire (par défaut)")
    start_parser.add_argument("--json", type=Path, default=ROOT / "bench-start.json", metavar="FICHIER")
    start_parser.set_defaults(run=_start)
    inference_parser = kinds.add_parser(
        "inference", help="une mesure par requête et lots, à côté d’autres services"
    )
    inference_parser.add_argument(
        "--json", type=Path, default=ROOT / "bench-inference.json", metavar="FICHIER"
    )
    inference_parser.add_argument(
        "--seconds", type=float, default=5.0, metavar="S", help="durée de chaque charge"
    )
    inference_parser.add_argument(
        "--rounds", type=int, default=3, metavar="N", help="répétitions, entrelacées"
    )
    inference_parser.add_argument("--connections", type=int, nargs="+", default=[1, 16, 64], metavar="N")
    inference_parser.add_argument(
        "--mlserver",
        type=Path,
        metavar="PYTHON",
        help="interpréteur où MLServer est installé",
    )
    inference_parser.set_defaults(run=_inference)
    command.register(kinds)


def _inference(arguments: argparse.Namespace, core: Core) -> int:
    """Measure the throughput of the service beside its rivals, and print the ratios."""
    connections = tuple(arguments.connections)
    say("Charges entrelacées ; la machine doit être calme.")
    figures = inference.measure(
        core,
        seconds=arguments.seconds,
        rounds=arguments.rounds,
        connections=connections,
        mlserver_python=arguments.mlserver,
    )
    arguments.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    rows = [
        (
            name,
            n,
            french.number(load["requests_per_s"]),
            french.number(load["p50_ms"], 2),
            french.number(load["p99_ms"], 1),
        )
        for name, by in figures["single"].items()
        for n, load in by.items()
    ]
    print(columns(rows, ("service", "connexions", "req/s", "p50 ms", "p99 ms")))
    print()
    _print_targets(figures)
    return 0


def _print_targets(figures: dict[str, Any]) -> None:
    """Print each ratio beside its target, then the batches."""
    ratios = [
        (
            name,
            french.number(ratio, 2),
            f"≥ {french.trimmed(least)}",
            "tenu" if ratio >= least else "non tenu",
        )
        for name, ratio, least in inference.verdicts(figures)
    ]
    if ratios:
        print(columns(ratios, (f"{inference.TARGET_CONNECTIONS} connexions", "rapport", "cible", "")))
        print()
    batch_rows = [
        (size, *(french.number(ms) for ms in by.values()), french.number(by["service"] / by[batches.BARE], 2))
        for size, by in figures["batch_ms"].items()
    ]
    names = next(iter(figures["batch_ms"].values()))
    print(
        columns(
            batch_rows, ("lignes par lot", *(french.with_unit(name, "ms") for name in names), "service ÷ nus")
        )
    )
    print(
        f"Cible : au plus {french.trimmed(batches.TARGET)} fois les modèles nus avec leur JSON, au plus "
        "grand lot."
    )


def _start(arguments: argparse.Namespace, _core: Core) -> int:
    """Measure second start, run, cockpit page and memory in a throwaway installation."""
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
        ("second démarrage, deux adresses", french.with_unit(french.number(second, 1), "s"), "≤ 10 s"),
        ("calcul du parc de 50 turbines", french.with_unit(french.number(median(runs), 2), "s"), "≤ 1 s"),
        ("page cockpit, clic → tableau", page.summary(times) if times else CHROMIUM_MISSING, "≤ 2 s"),
        ("mémoire de l’API", "inconnue" if memory is None else french.quantity(memory, "Mo", 0), "≤ 400 Mo"),
    ]
    print(columns(rows, ("mesure", "cette machine", "cible")))
    return 0
