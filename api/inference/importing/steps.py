"""The checks of an import, in their order, for whoever follows one."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

STEPS = ".steps"  # ending of the file in which the child process tells them, one a line


class Step(StrEnum):
    """One check; the value names it in what is stored and answered."""

    CONTENU = "contenu"
    ESTIMATEUR = "estimateur"
    MESURES = "mesures"
    SORTIES = "sorties"
    RAPIDE = "rapide"
    QUALITE = "qualite"
    RANGEMENT = "rangement"


Tell = Callable[[Step], object]
"""Called as each check begins; the one before it has then passed."""


def untold(_step: Step) -> None:
    """For whoever does not follow."""
