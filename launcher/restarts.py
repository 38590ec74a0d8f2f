"""Starts a process that ended once more, so that its end never stops the two others."""

from __future__ import annotations

import time
from collections.abc import Callable

from launcher.console import LauncherError, say
from launcher.processes import Child, Family

LIMIT = 5
"""Restarts of one process in ``WINDOW_SECONDS`` before it is left stopped."""
WINDOW_SECONDS = 600.0
LONGEST_WAIT_SECONDS = 30.0


class Restarts:
    """Which processes ended, how often, and when each is started again.

    Args:
        family: the processes; those restarted take the place of those that ended.
        clock: monotonic seconds.
    """

    def __init__(self, family: Family, clock: Callable[[], float] = time.monotonic) -> None:
        self._family, self._clock = family, clock
        self._ends: dict[str, list[float]] = {}
        self._waiting: dict[str, float] = {}
        self._given_up: set[str] = set()

    def look(self) -> None:
        """Start what ended, at once the first time, then after a wait that doubles.

        Raises:
            LauncherError: every process ended too often.
        """
        for child in list(self._family.children):
            if child.process.poll() is None or child.name in self._given_up:
                continue
            if child.name not in self._waiting:
                self._note_end(child)
            if self._clock() >= self._waiting.get(child.name, float("inf")):
                del self._waiting[child.name]
                self._family.restart(child)
        if self._family.children and len(self._given_up) == len(self._family.children):
            raise LauncherError("Aucun processus ne tient : tout est arrêté. Leurs journaux disent pourquoi.")

    def _note_end(self, child: Child) -> None:
        now = self._clock()
        ends = [end for end in self._ends.get(child.name, []) if now - end < WINDOW_SECONDS]
        self._ends[child.name] = [*ends, now]
        minutes = f"{WINDOW_SECONDS / 60:.0f} min"
        if len(ends) >= LIMIT:
            self._given_up.add(child.name)
            say(
                f"{_ended(child)} pour la {len(ends) + 1}ᵉ fois en {minutes} : plus aucune relance, les "
                "autres processus continuent. Corrigez la cause puis relancez le cockpit. "
                f"{last_words(child)}"
            )
            return
        wait = min(LONGEST_WAIT_SECONDS, float(2 ** len(ends) - 1))
        self._waiting[child.name] = now + wait
        say(
            f"{_ended(child)} : relance {len(ends) + 1} sur {LIMIT} en {minutes}, les autres processus "
            f"continuent. {last_words(child)}"
        )


def _ended(child: Child) -> str:
    return f"{child.name} s’est arrêté (code {child.process.returncode})"


def last_words(child: Child) -> str:
    """Return the end of a process's log, with the place of the log."""
    return f"Fin de son journal ({child.log}) :\n{child.tail() or '(vide)'}"
