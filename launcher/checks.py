"""The command ``test``: linter, formatter, types, tests, coverage. All run, even after a failure.

``--fast`` is for the minute between two edits: the fast tests alone, without linter.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.console import LauncherError, say
from launcher.environment import TESTS, ensure_environment
from launcher.processes import Family, in_front
from launcher.settings import ROOT, Settings, environment_for_tests

FAST_TESTS = "tests/unit"
FEW_EXAMPLES = ("--hypothesis-profile", "fast")
PARALLEL_TESTS = "2"
"""Test processes for the whole suite: one for each core of a small machine."""
# Whole files, in the order of the folders: those that start servers first, the short ones fill up the end.
SHARED_OUT = ("-n", PARALLEL_TESTS, "--dist", "loadfile", "--no-loadscope-reorder")
BESIDE = "mypy"
"""The check that runs beside the others: most of a minute on one core."""


@dataclass(frozen=True)
class Outcome:
    """Exit code and duration of a tool."""

    tool: str
    code: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.tool} {'réussi' if self.code == 0 else 'EN ÉCHEC'} ({self.seconds:.0f} s)"


def test(settings: Settings, arguments: Sequence[str]) -> int:
    """Install the tests' packages, then run every check; return 0 only if all succeed.

    Args:
        settings: the launcher's settings.
        arguments: ``--all`` adds the long tests, ``--fast`` runs the fast ones only; the rest goes to pytest.

    Raises:
        LauncherError: ``--all`` and ``--fast`` are both present.
    """
    if {"--all", "--fast"} <= set(arguments):
        raise LauncherError(
            "« --all » lance tout, « --fast » les plus rapides : choisissez l’un des deux.", 2
        )
    python = ensure_environment(ROOT, settings.venv, TESTS, settings.variables)
    return run_checks(checks(str(python), arguments), tests_environment(settings, python), ROOT)


def tests_environment(settings: Settings, python: Path) -> dict[str, str]:
    """Return the tests' environment: no settings of the person, and the installed tools on the path."""
    environment = environment_for_tests(settings.variables)
    environment["PATH"] = os.pathsep.join([str(python.parent), environment.get("PATH", os.defpath)])
    return environment


def checks(python: str, arguments: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return every check as (name, command); the tests come late, so that their summary is near the end.

    Coverage is that of the whole, long tests or not: a part of the tests has no floor to reach.
    """
    selection = [argument for argument in arguments if argument not in {"--all", "--fast"}]
    fast = "--fast" in arguments
    whole = not fast and not selection
    pytest = [python, "-m", *(["launcher.coverage", "run"] if whole else ["pytest"])]
    if "--all" not in arguments:
        pytest += ["-m", "fast" if fast else "not long"]
    # No parallel processes for selected tests: the person may want pdb and plain output.
    pytest += selection or [*([FAST_TESTS, *FEW_EXAMPLES] if fast else []), *SHARED_OUT]
    if fast:
        return [("pytest", pytest)]
    return [
        ("ruff check", [python, "-m", "ruff", "check", "."]),
        ("ruff format", [python, "-m", "ruff", "format", "--check", "."]),
        ("mypy", [python, "-m", "mypy"]),
        ("pytest", pytest),
        *([("couverture", [python, "-m", "launcher.coverage", "verdict"])] if whole else []),
    ]


def run_checks(wanted: Sequence[tuple[str, list[str]]], environment: Mapping[str, str], cwd: Path) -> int:
    """Run each command with its output on this console, then print all results in one line.

    The check ``BESIDE`` runs beside the others, and its output follows theirs.
    """
    outcomes = []
    with Family() as family, tempfile.TemporaryDirectory(prefix="cockpit-checks-") as folder:
        log = Path(folder) / "output.log"
        beside = [
            family.start(tool, command, environment, cwd, log) for tool, command in wanted if tool == BESIDE
        ]
        for tool, command in wanted:
            if tool != BESIDE:
                say(f"── {tool}")
                started = time.monotonic()
                code = _run(family, tool, command, environment, cwd)
                outcomes.append(Outcome(tool, code, time.monotonic() - started))
        for child in beside:
            say(f"── {child.name}")
            started = time.monotonic()
            code = child.process.wait()
            family.children.remove(child)
            print(log.read_text(encoding="utf-8", errors="replace"), end="", flush=True)
            outcomes.append(Outcome(child.name, code, time.monotonic() - started))
    say("Contrôles : " + ", ".join(map(str, outcomes)) + ".")
    return int(any(outcome.code for outcome in outcomes))


def _run(family: Family, tool: str, command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> int:
    if sys.stdin.isatty():
        # On a terminal, Ctrl-C goes to the tool itself, and a debugger can read the keyboard.
        return in_front(command, environment, cwd)
    child = family.start_here(tool, command, environment, cwd)
    code = child.process.wait()
    family.children.remove(child)
    return code
