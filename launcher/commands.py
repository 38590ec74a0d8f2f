"""The command line: help, choice of the command, and every expected error in one French line."""

from __future__ import annotations

import difflib
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from launcher.checks import test
from launcher.console import LauncherError, reason, say, use_utf8
from launcher.environment import APPLICATION, DASK, TESTS, ensure_environment
from launcher.kept_secrets import with_kept_secrets
from launcher.processes import in_front
from launcher.services import run
from launcher.settings import ROOT, Settings, process_settings
from launcher.texts import sentences

INTERRUPTED = 130


@dataclass(frozen=True)
class Command:
    """The help of one command."""

    arguments: str
    summary: str
    example: str


COMMANDS = {
    "run": Command("", "prépare ce qui manque puis démarre l’API, le calcul et le tableau de bord", "run"),
    "test": Command(
        "[--all | --fast] [options de pytest]",
        "vérifie le code et lance les essais ; --fast : les essais les plus rapides, et rien d’autre",
        "test --fast",
    ),
    "data": Command(
        "import FICHIER [--map M] [--date-format F] [--report CSV] [--yes] | draft-map FICHIER"
        " | turbines FICHIER | export … | contradictions | rows | keep | withdraw | undo | restore"
        " | withdrawals | generate | feed",
        "ajoute des mesures (CSV, Excel, Parquet) ou des turbines, les corrige, les exporte, simule un parc",
        "data import mesures.csv --date-format JJ/MM/AAAA",
    ),
    "models": Command(
        "draft|import|list|evaluate|activate|rollback|retire|sign|shadow …",
        "prépare, importe, mesure, active ou met à l’essai des modèles",
        "models activate classification 2",
    ),
    "score": Command(
        "[--as-of DATE | --from DATE --to DATE]",
        "calcule le risque du parc à une date, ou jour après jour",
        "score --as-of 2024-12-30",
    ),
    "history": Command(
        "", "calcule l’année passée du parc par les modèles en service, sans refaire ce qui l’est", "history"
    ),
    "quality": Command(
        "[--from DATE] [--to DATE] [--model NOM] [--csv FICHIER] [--plot FICHIER]",
        "compare les scores publiés à ce qui a été observé depuis",
        "quality --from 2024-10-01 --plot prevu-observe.html",
    ),
    "users": Command("…", "gère les comptes des personnes", "users --help"),
    "keys": Command("…", "gère les clés d’API des machines", "keys --help"),
    "audit": Command(
        "list [--limit N] | verify", "lit le journal d’audit, vérifie sa chaîne", "audit verify"
    ),
    "bench": Command("…", "mesure vitesse et mémoire sur cette machine", "bench"),
    "texts": Command("", "liste chaque phrase que le produit peut montrer, et où", "texts"),
    "captures": Command(
        "[--only PAGE …] [--into DOSSIER]", "photographie chaque page, sur portable et téléphone", "captures"
    ),
}


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 wrong use, 130 interrupted."""
    use_utf8()
    _interrupt_on_signals()
    try:
        return _dispatch(arguments)
    except LauncherError as error:
        say(error.sentence)
        return error.code
    except OSError as error:
        say(f"Le système a refusé « {error.filename} » ({reason(error)}) : corrigez cela puis relancez.")
        return 1
    except KeyboardInterrupt:
        say("\nInterrompu.")
        return INTERRUPTED


def _interrupt_on_signals() -> None:
    """Turn every signal that asks to end into a KeyboardInterrupt, so that there is one way out."""
    names = ["SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"]
    for number in (getattr(signal, name) for name in names if hasattr(signal, name)):
        # Under nohup, SIGHUP stays ignored. SIGINT does not: shells ignore it in background jobs.
        if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT:
            signal.signal(number, signal.default_int_handler)


def _dispatch(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] in {"-h", "--help", "help", "aide"}:
        print(help_text())
        return 0
    name, rest = arguments[0], list(arguments[1:])
    if name not in COMMANDS:
        raise _unknown(name)
    if name in {"run", "test", "texts"} and rest[:1] in (["-h"], ["--help"]):
        print(usage(name))
        return 0
    if rest and name in {"run", "texts"}:
        raise LauncherError(f"La commande « {name} » ne prend pas d’argument : « {rest[0]} » est de trop.", 2)
    if name == "texts":
        print(*sentences(ROOT), sep="\n")
        return 0
    settings = process_settings()
    if name == "test":
        return test(settings, rest)
    if name != "run":
        return application(settings, arguments)
    return run(settings)


def _unknown(name: str) -> LauncherError:
    near = difflib.get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
    hint = f"vouliez-vous dire « {near[0]} » ?" if near else f"choisissez parmi {', '.join(COMMANDS)}."
    return LauncherError(f"Commande inconnue « {name} » : {hint} (aide : python cockpit.py --help)", 2)


def usage(name: str) -> str:
    """Return the syntax of a command, its effect, and an example."""
    command = COMMANDS[name]
    return (
        f"python cockpit.py {name} {command.arguments}".rstrip()
        + f"\n    {command.summary}\n    exemple : python cockpit.py {command.example}"
    )


def help_text() -> str:
    """Return the help of all commands."""
    return "\n".join(
        [
            "Cockpit de maintenance prédictive : quelles éoliennes visiter d’abord, et pourquoi.",
            "",
            *(usage(name) for name in COMMANDS),
            "",
            "Le détail d’une commande : python cockpit.py COMMANDE --help",
            "Réglages : variables COCKPIT_* de l’environnement ou du fichier .env (docs/configuration.md).",
        ]
    )


def application(settings: Settings, arguments: Sequence[str]) -> int:
    """Run the application's command line with ``arguments``, and return its exit code."""
    # These commands are not part of the served application, and need the tests' browser tools.
    in_bench = arguments[0] in {"bench", "captures"}
    sets = TESTS if in_bench else APPLICATION
    if arguments[0] == "score" and settings.variables.get("COCKPIT_DASK_SCHEDULER"):
        sets = (*sets, DASK)
    python = str(ensure_environment(ROOT, settings.venv, sets, settings.variables))
    if arguments[0] == "models":
        settings = with_kept_secrets(settings)  # what a command imports, the service must recognise
    # The person's folder stays the current one, because they name files relative to it. -P and PYTHONPATH
    # keep Python from importing modules there.
    command = [python, "-P", "-m", "bench" if in_bench else "api.cli", *arguments]
    environment = {**settings.for_application(), "PYTHONPATH": str(ROOT)}
    if sys.platform != "win32":
        _become(command, environment)
    return in_front(command, environment)


def _become(command: list[str], environment: dict[str, str]) -> NoReturn:
    """Replace this process by ``command``: same console, same signals, same exit code."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(command[0], command, environment)  # noqa: S606 - our own command
