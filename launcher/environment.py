"""The virtual environment next to ``cockpit.py`` and its hashed requirements.

Each requirements file has a stamp with its SHA-256, written after pip succeeds: a second start reads three
small files and does nothing. Every step may be interrupted at any moment and run again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from launcher.console import LauncherError, Progress, disk_error, say
from launcher.locking import alone
from launcher.processes import Family
from launcher.settings import python_environment

APPLICATION = ("api", "ui")
TESTS = ("api", "ui", "dev")
DASK = "dask"
NEEDED_MB = {"api": 600, "ui": 400, "dev": 400, DASK: 50}
"""Free space needed before an installation [MB]; the first three together take 1,200."""

_LOCK, _PIP_LOG = ".cockpit-lock", "cockpit-pip.log"
_VENV_ENTRIES = {"bin", "include", "lib", "lib64", "Scripts", "Lib", "Include", ".gitignore", _LOCK, _PIP_LOG}
_ANSWERS = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))"
_REMEDY = "donnez-vous le droit d’y écrire, ou désignez un autre dossier avec COCKPIT_VENV."
# Variables that would make pip install outside the environment.
_PIP_ELSEWHERE = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER")

_NETWORK = re.compile(
    r"NewConnectionError|ConnectTimeoutError|ReadTimeoutError|Connection (?:refused|reset|aborted)|ProxyError"
    r"|name resolution|getaddrinfo|Network is unreachable|Max retries exceeded|SSLError|RemoteDisconnected"
    r"|Read timed out|IncompleteRead"
    # pip reports a page of the index that it cannot fetch in its debug log only, and then knows no version.
    r"|\(from versions: none\)"
)
_DISK_FULL = re.compile(r"No space left on device|Errno 28|WinError 112|not enough space on the disk")
_FORBIDDEN = re.compile(r"Permission denied|Errno 13|WinError 5\b|Read-only file system|Errno 30")
_HASHES = "DO NOT MATCH THE HASHES"


def interpreter(venv: Path) -> Path:
    """Return the environment's own Python."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure_environment(
    root: Path, venv: Path, sets: Sequence[str], variables: Mapping[str, str] = os.environ
) -> Path:
    """Return the environment's Python, with ``requirements-<set>.txt`` of every set installed.

    Args:
        root: folder of the requirements files.
        venv: the environment; it is made where absent, and made again where its Python no longer runs.
        sets: names of requirements files: ``api``, ``ui``, ``dev`` or ``dask``.
        variables: environment of pip (index, proxies and caches).

    Raises:
        LauncherError: no network, no right to write, full disk, missing ``venv``, or another error of pip.
    """
    if not _stale(root, venv, sets):
        return interpreter(venv)
    try:
        with alone(venv / _LOCK, "Une autre installation est en cours : j’attends qu’elle se termine."):
            stale = _stale(root, venv, sets)
            if stale:
                _refuse_small_disk(venv, stale)
                _ensure_venv(venv)
                _install(root, venv, stale, variables)
    except OSError as error:
        raise disk_error(error, venv, _REMEDY) from error
    return interpreter(venv)


def _requirements(root: Path, name: str) -> Path:
    return root / f"requirements-{name}.txt"


def _stamp(venv: Path, name: str) -> Path:
    return venv / f".cockpit-stamp-{name}.json"


def _wanted(root: Path, venv: Path, name: str) -> dict[str, str]:
    content = _requirements(root, name).read_bytes()
    # An upgrade of the system may replace the Python behind the environment: it then no longer finds the
    # packages, although every file is still there.
    return {
        "sha256": hashlib.sha256(content).hexdigest(),
        "interpreter": str(interpreter(venv).resolve()),
    }


def _stale(root: Path, venv: Path, sets: Sequence[str]) -> list[str]:
    """Return the sets whose installation does not match their requirements file."""
    return [name for name in sets if not _installed(root, venv, name)]


def _installed(root: Path, venv: Path, name: str) -> bool:
    try:
        stamp = json.loads(_stamp(venv, name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return interpreter(venv).exists() and stamp == _wanted(root, venv, name)


def _refuse_small_disk(venv: Path, sets: Sequence[str]) -> None:
    needed = sum(NEEDED_MB.get(name, 0) for name in sets) if not interpreter(venv).exists() else 0
    if shutil.disk_usage(venv).free < needed * 1_000_000:
        raise LauncherError(
            f"Le disque de « {venv} » est trop plein : libérez {needed} Mo pour l’installation puis relancez."
        )


def _ensure_venv(venv: Path) -> None:
    """Make the environment, unless it exists and its Python and pip run."""
    python = interpreter(venv)
    if python.exists() and _run_quietly([str(python), "-c", _ANSWERS]).returncode == 0:
        return
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise LauncherError(
            "Il manque le module « venv » de Python. Sous Debian ou Ubuntu : "
            f"sudo apt install python{version}-venv (ou python3-venv)"
        )
    _empty(venv)
    say(f"Création de l’environnement Python dans « {venv} ».")
    made = _run_quietly([sys.executable, "-m", "venv", str(venv)])
    if made.returncode:
        raise _pip_error(made.stdout, venv, "La création de l’environnement Python a échoué")


def _empty(venv: Path) -> None:
    """Remove the rest of a broken environment; refuse any other folder, which belongs to somebody."""
    entries = list(venv.iterdir())
    if not (venv / "pyvenv.cfg").exists() and any(entry.name not in _VENV_ENTRIES for entry in entries):
        raise LauncherError(
            f"Le dossier « {venv} » existe déjà et n’est pas un environnement Python : "
            "désignez-en un autre avec COCKPIT_VENV.",
            2,
        )
    for entry in entries:
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != _LOCK:
            entry.unlink()


def _run_quietly(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own interpreter and arguments
        command,
        env=python_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _install(root: Path, venv: Path, sets: Sequence[str], variables: Mapping[str, str]) -> None:
    """Install the hashed requirements of ``sets``, showing progress, then write their stamps."""
    for name in sets:
        _stamp(venv, name).unlink(missing_ok=True)
    _drop_half_installed(venv)
    command = [str(interpreter(venv)), "-m", "pip", "install", "--require-hashes", "--no-input"]
    command += ["--disable-pip-version-check", "--no-warn-script-location", "--progress-bar", "off"]
    for name in sets:
        command += ["-r", str(_requirements(root, name))]
    environment = {k: v for k, v in python_environment(variables).items() if k not in _PIP_ELSEWHERE}
    total = len({name for each in sets for name in _packages(_requirements(root, each))})
    log = venv / _PIP_LOG
    log.unlink(missing_ok=True)
    say(f"Installation des dépendances ({total} paquets ; quelques minutes la première fois).")
    started = time.monotonic()
    with Family() as family:
        child = family.start("pip", command, environment, root, log)
        _follow(child.process, log, venv, total)
    if child.process.returncode:
        raise _pip_error(log.read_text(encoding="utf-8", errors="replace"), venv, "L’installation a échoué")
    for name in sets:
        _write_stamp(root, venv, name)
    say(f"Dépendances installées en {time.monotonic() - started:.0f} s.")


def _follow(process: subprocess.Popen[bytes], log: Path, venv: Path, total: int) -> None:
    """Show pip's progress until it ends: packages downloaded, then packages installed."""
    progress = Progress()
    # Packages that are already installed count as done in both phases.
    while process.poll() is None:
        text = log.read_text(encoding="utf-8", errors="replace")
        collected = len(
            set(re.findall(r"^(?:Collecting|Requirement already satisfied:) ([\w.-]+)", text, re.M))
        )
        if "Installing collected packages" in text:
            installed = len(list(_site_packages(venv).glob("*.dist-info")))
            progress.update(f"  mise en place : {min(installed, total)} paquets sur {total}")
        elif collected:
            progress.update(f"  téléchargement : {min(collected, total)} paquets sur {total}")
        time.sleep(0.3)
    progress.close()


def _packages(requirements: Path) -> list[str]:
    """Return the names of the pinned packages, without those that a ``sys_platform`` marker leaves out."""
    pinned = re.findall(r"^([\w.-]+)==([^\\\n]*)", requirements.read_text(encoding="utf-8"), re.M)
    return [name for name, rest in pinned if _for_this_system(rest)]


def _for_this_system(marker: str) -> bool:
    conditions = re.findall(r"sys_platform (==|!=) '(\w+)'", marker)
    return all((sys.platform == system) == (operator == "==") for operator, system in conditions)


def _site_packages(venv: Path) -> Path:
    if os.name == "nt":
        return venv / "Lib" / "site-packages"
    return next(iter(sorted(venv.glob("lib/python3*/site-packages"))), venv)


def _drop_half_installed(venv: Path) -> None:
    """Remove half-installed packages, which pip would take for complete: pip writes INSTALLER last."""
    for folder in _site_packages(venv).glob("*.dist-info"):
        if not (folder / "INSTALLER").exists():
            shutil.rmtree(folder)


def _write_stamp(root: Path, venv: Path, name: str) -> None:
    stamp = _stamp(venv, name)
    partial = stamp.with_suffix(".partial")
    partial.write_text(json.dumps(_wanted(root, venv, name)), encoding="utf-8")
    partial.replace(stamp)


def _pip_error(output: str, venv: Path, what: str) -> LauncherError:
    """Return the error for pip's output: network, disk, rights, altered package, or pip's last error."""
    if _DISK_FULL.search(output):
        return LauncherError(f"{what} : le disque est plein. Libérez de la place puis relancez.")
    if _HASHES in output:
        return LauncherError(
            f"{what} : un paquet téléchargé ne correspond pas à son empreinte, il a été refusé. "
            "Vérifiez le dépôt de paquets (PIP_INDEX_URL), videz le cache (pip cache purge) puis relancez."
        )
    if _NETWORK.search(output):
        return LauncherError(
            f"{what} : le dépôt de paquets ne répond pas. Vérifiez la connexion au réseau "
            "(derrière un mandataire : HTTPS_PROXY ; dépôt interne : PIP_INDEX_URL) puis relancez."
        )
    if _FORBIDDEN.search(output):
        return LauncherError(f"{what} : « {venv} » n’est pas accessible en écriture ; {_REMEDY}")
    errors = [line.strip() for line in output.splitlines() if line.lstrip().lower().startswith("error")]
    last = (errors or output.strip().splitlines() or ["sans message"])[-1]
    return LauncherError(f"{what} : {last[:300]} (détails : {venv / _PIP_LOG})")
