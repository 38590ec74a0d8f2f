"""The command ``run``: starts everything from a bare checkout, and runs until someone stops it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launcher import network
from launcher.console import LauncherError, Progress, disk_error, say
from launcher.environment import APPLICATION, ensure_environment
from launcher.kept_secrets import with_kept_secrets
from launcher.locking import alone
from launcher.processes import Family
from launcher.restarts import Restarts, last_words
from launcher.settings import ROOT, Settings

START_SECONDS = 180.0
"""Longest wait for both addresses [s]: the first start compiles every library, perhaps on a slow disk."""
READY_SECONDS = 3.0
"""How long a living API may be unready before its reason is shown [s]."""
POLL_SECONDS = 0.05
WATCH_SECONDS = 0.25

HOME_REMEDY = "donnez-vous le droit d’y écrire, ou désignez un autre dossier avec COCKPIT_HOME."


@dataclass(frozen=True)
class Service:
    """One of the three processes; ``name`` is French, ``health`` the base and path of its health check."""

    name: str
    log: str
    command: list[str]
    environment: dict[str, str]
    health: tuple[str, str] | None = None


@dataclass
class Prepared:
    """The result of ``api.cli prepare --json``: demo accounts, with passwords on the first start only."""

    accounts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def has_passwords(self) -> bool:
        """True where there are passwords, which can be read now and never again."""
        return any(account.get("password") for account in self.accounts)


def run(settings: Settings) -> int:
    """Prepare what is missing, start the three processes, and keep them running until someone stops us.

    Raises:
        LauncherError: a port is taken, a folder is not writable, a kept key is damaged, or the preparation or
            a process failed.
    """
    require_ports(settings)
    require_writable(settings.home, HOME_REMEDY)
    settings = with_kept_secrets(settings)
    python = str(ensure_environment(ROOT, settings.venv, APPLICATION, settings.variables))
    with Family() as family:
        try:
            prepared = prepare(
                family,
                [python, "-m", "api.cli", "prepare", "--json"],
                settings.for_application(),
                settings.home,
            )
            serve(family, services(settings, python), prepared, settings)
        except KeyboardInterrupt:
            say("\nArrêt du cockpit.")
    return 0


def require_ports(settings: Settings) -> None:
    """Check that both ports differ and are free, before anything starts.

    Raises:
        LauncherError: they are equal, or one is taken.
    """
    if settings.api_port == settings.ui_port:
        raise LauncherError(
            f"L’API et le tableau de bord ont le même port {settings.api_port} : "
            "changez COCKPIT_API_PORT ou COCKPIT_UI_PORT.",
            2,
        )
    network.require_free_port(settings.api_host, settings.api_port, "COCKPIT_API")
    network.require_free_port(settings.ui_host, settings.ui_port, "COCKPIT_UI")


def require_writable(folder: Path, remedy: str) -> None:
    """Make ``folder`` and check that it can be written.

    Raises:
        LauncherError: it cannot; the error names the remedy.
    """
    probe = folder / f".cockpit-write-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"cockpit")
        probe.unlink()
    except OSError as error:
        raise disk_error(error, folder, remedy) from error


def prepare(family: Family, command: list[str], environment: dict[str, str], home: Path) -> Prepared:
    """Run the preparation, one at a time for each ``home``; its progress goes to the console.

    Its last line on stdout is a JSON object; other lines are printed.
    """
    answer: dict[str, Any] = {}
    with alone(home / ".prepare-lock", "Une autre préparation est en cours : j’attends qu’elle se termine."):
        child = family.start_here("préparation", command, environment, ROOT, output=subprocess.PIPE)
        if child.process.stdout is None:
            raise RuntimeError("start_here without its pipe")
        with child.process.stdout as output:
            for raw in output:
                line = raw.decode("utf-8", errors="replace").rstrip()
                try:
                    answer = json.loads(line)
                except ValueError:
                    say(line)
        code = child.process.wait()
    family.children.remove(child)
    if code:
        raise LauncherError(f"La préparation a échoué (code {code}) : la raison est écrite au-dessus.")
    return Prepared(accounts=list(answer.get("accounts", [])))


def services(settings: Settings, python: str) -> list[Service]:
    """Return the API, the worker and the dashboard."""
    api = [python, "-m", "uvicorn", "--factory", "api.main:create_app_from_env", "--no-access-log"]
    api += ["--host", settings.api_host, "--port", str(settings.api_port)]
    # Without the timeout, an open connection would delay every stop.
    api += ["--timeout-graceful-shutdown", "5"]
    if settings.api_workers > 1:
        api += ["--workers", str(settings.api_workers)]
    ui = [python, "-m", "streamlit", "run", str(Path("ui", "serve.py"))]
    ui += ["--server.address", settings.ui_host, "--server.port", str(settings.ui_port)]
    ui += ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
    application = settings.for_application()
    return [
        Service("L’API", "api", api, application, (settings.local_api_url, "/health")),
        Service("Le calculateur", "worker", [python, "-m", "api.worker"], application),
        Service(
            "Le tableau de bord", "ui", ui, settings.for_dashboard(), (settings.ui_url, "/_stcore/health")
        ),
    ]


def serve(family: Family, wanted: list[Service], prepared: Prepared, settings: Settings) -> None:
    """Start the services together, announce them once they answer, and watch; ends by an exception only."""
    logs = settings.home / "logs"
    try:
        for service in wanted:
            family.start(
                service.name, service.command, service.environment, ROOT, logs / f"{service.log}.log"
            )
        wait_for_answers(family, wanted)
        warning = readiness(family, settings.local_api_url)
    except (LauncherError, KeyboardInterrupt):
        if prepared.has_passwords:
            announce_accounts(prepared, settings)
        raise
    announce(prepared, settings, warning)
    watch(family)


def wait_for_answers(family: Family, wanted: list[Service], seconds: float = START_SECONDS) -> None:
    """Wait until every health address answers 200.

    Raises:
        LauncherError: a process ended, or does not answer in time.
    """
    progress, deadline = Progress(), time.monotonic() + seconds
    waiting = [service for service in wanted if service.health]
    while waiting:
        _refuse_dead(family)
        silent = [service for service in waiting if not _answers(service)]
        if silent and time.monotonic() > deadline:
            child = next(child for child in family.children if child.name == silent[0].name)
            raise LauncherError(f"{child.name} ne répond pas après {seconds:.0f} s. {last_words(child)}")
        waiting = silent
        if waiting:
            progress.update("Démarrage : " + ", ".join(service.name for service in waiting) + "…")
            time.sleep(POLL_SECONDS)
    progress.close()


def _answers(service: Service) -> bool:
    if service.health is None:
        return True
    answer = network.get(*service.health)
    return answer is not None and answer[0] == 200


def readiness(family: Family, api: str, seconds: float = READY_SECONDS) -> str:
    """Return an empty text once ``/ready`` answers 200; after ``seconds``, return the API's reason."""
    deadline = time.monotonic() + seconds
    while True:
        _refuse_dead(family)
        answer = network.get(api, "/ready")
        if answer is not None and answer[0] == 200:
            return ""
        if time.monotonic() > deadline:
            return "sans réponse" if answer is None else network.problem_detail(answer[1])
        time.sleep(WATCH_SECONDS)


def watch(family: Family) -> None:
    """Show the errors that the processes log, and start again those that end.

    Raises:
        LauncherError: none of them can be kept running.
    """
    restarts = Restarts(family)
    while True:
        restarts.look()
        for child in family.children:
            for line in child.new_errors():
                say(f"[{child.name}] {line}")
        time.sleep(WATCH_SECONDS)


def _refuse_dead(family: Family) -> None:
    """Stop everything where a process ends before all have answered: it would end again."""
    child = family.dead()
    if child is not None:
        code = child.process.returncode
        raise LauncherError(f"{child.name} s’est arrêté (code {code}) : tout est arrêté. {last_words(child)}")


def announce(prepared: Prepared, settings: Settings, warning: str) -> None:
    """Print the two addresses and the accounts on stdout."""
    print(f"\nTableau de bord : {settings.ui_url}")
    print(f"API (Swagger)   : {settings.local_api_url}/docs")
    if warning:
        print(f"L’API n’est pas prête : {warning}")
    announce_accounts(prepared, settings)
    print("Ctrl-C arrête tout.", flush=True)


def announce_accounts(prepared: Prepared, settings: Settings) -> None:
    """Print the demo accounts, with their passwords if they were just made."""
    if not prepared.accounts:
        return
    if prepared.has_passwords:
        print("Comptes de démonstration (mots de passe affichés cette seule fois) :")
        for account in prepared.accounts:
            print(f"  {account['username']:<12} {account.get('password') or '(inchangé)'}")
    else:
        names = ", ".join(str(account["username"]) for account in prepared.accounts)
        print(f"Comptes de démonstration : {names}")
        if settings.variables.get("COCKPIT_DEMO_PASSWORD"):
            print("  mot de passe : celui de COCKPIT_DEMO_PASSWORD")
        else:
            print("  mots de passe : affichés au premier démarrage seulement")
    sys.stdout.flush()
