"""The command ``test``: linter, formatter, types, tests; all of them run, whatever the first ones say.

``--fast`` is for the minute between two edits: the fast tests alone, no linter.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from launcher.console import LauncherError, say
from launcher.environment import TESTS, ensure_environment
from launcher.processes import Family, in_front
from launcher.settings import ROOT, Settings, environment_for_tests

FAST_TESTS = "tests/unit"
PARALLEL_TESTS = "2"
"""Test processes for the whole suite: what the two cores of a small machine carry."""


@dataclass(frozen=True)
class Outcome:
    """How one tool ended."""

    tool: str
    code: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.tool} {'réussi' if self.code == 0 else 'EN ÉCHEC'} ({self.seconds:.0f} s)"


def test(settings: Settings, arguments: Sequence[str]) -> int:
    """Install what the tests need, then run every check; 0 only if all succeed.

    Args:
        settings: where the environment is.
        arguments: ``--all`` adds the long tests, ``--fast`` keeps the fast ones alone; pytest takes the rest.

    Raises:
        LauncherError: ``--all`` and ``--fast`` together.
    """
    if {"--all", "--fast"} <= set(arguments):
        raise LauncherError(
            "« --all » lance tout, « --fast » les plus rapides : choisissez l’un des deux.", 2
        )
    python = ensure_environment(ROOT, settings.venv, TESTS, settings.variables)
    return run_checks(checks(str(python), arguments), tests_environment(settings, python), ROOT)


def tests_environment(settings: Settings, python: Path) -> dict[str, str]:
    """The tests see none of the person's own settings, and find the environment's tools on their path."""
    environment = environment_for_tests(settings.variables)
    environment["PATH"] = os.pathsep.join([str(python.parent), environment.get("PATH", os.defpath)])
    return environment


def checks(python: str, arguments: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Every check as (name, command); the tests come last so that their closing line is near the end."""
    chosen = [argument for argument in arguments if argument not in {"--all", "--fast"}]
    pytest = [python, "-m", "pytest"]
    fast = "--fast" in arguments
    if "--all" not in arguments:
        pytest += ["-m", "fast" if fast else "not long"]
    # A person who selects tests may want pdb and plain output: no parallel processes there.
    pytest += chosen or [*([FAST_TESTS] if fast else []), "-n", PARALLEL_TESTS, "--dist", "loadfile"]
    if fast:
        return [("pytest", pytest)]
    return [
        ("ruff check", [python, "-m", "ruff", "check", "."]),
        ("ruff format", [python, "-m", "ruff", "format", "--check", "."]),
        ("mypy", [python, "-m", "mypy"]),
        ("pytest", pytest),
    ]


def run_checks(wanted: Sequence[tuple[str, list[str]]], environment: Mapping[str, str], cwd: Path) -> int:
    """Run each command in turn with its output on this console, then say in one line how they ended."""
    outcomes = []
    with Family() as family:
        for tool, command in wanted:
            say(f"── {tool}")
            started = time.monotonic()
            code = _run(family, tool, command, environment, cwd)
            outcomes.append(Outcome(tool, code, time.monotonic() - started))
    say("Contrôles : " + ", ".join(map(str, outcomes)) + ".")
    return int(any(outcome.code for outcome in outcomes))


def _run(family: Family, tool: str, command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> int:
    if sys.stdin.isatty():
        # In front of a person: Ctrl-C goes to the tool itself, and a debugger can read the keyboard.
        return in_front(command, environment, cwd)
    child = family.start_here(tool, command, environment, cwd)
    code = child.process.wait()
    family.children.remove(child)
    return code
