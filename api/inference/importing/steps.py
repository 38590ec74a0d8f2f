"""The checks of an import, in their order, for a caller that follows them."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

STEPS = ".steps"  # ending of the file in which the child process writes them, one a line


class Step(StrEnum):
    """A check; its value names it in stored jobs and in answers."""

    CONTENU = "contenu"
    ESTIMATEUR = "estimateur"
    MESURES = "mesures"
    SORTIES = "sorties"
    RAPIDE = "rapide"
    QUALITE = "qualite"
    RANGEMENT = "rangement"


ReportStep = Callable[[Step], object]
"""Called as each check begins; the check before it has then passed."""


def ignore_step(_step: Step) -> None:
    """Do nothing: the default of a caller that does not follow the checks."""
