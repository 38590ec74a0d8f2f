"""Figures beside their targets, as text columns or as a Markdown table for the documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.commands.console import columns
from api.schemas import french

HEADER = ("mesure", "valeur", "cible", "")


@dataclass(frozen=True)
class Line:
    """One figure.

    Args:
        what: name of the figure, in French.
        value: None where it could not be measured.
        unit: of value and target.
        most: the target, which the value must not exceed; None where there is none.
        decimals: number of decimals to print.
    """

    what: str
    value: float | None
    unit: str
    most: float | None = None
    decimals: int = 2

    @property
    def held(self) -> bool | None:
        """True where the target is met; None without a target or a value."""
        return None if self.value is None or self.most is None else self.value <= self.most

    def cells(self) -> tuple[str, str, str, str]:
        """Return the cells of the line, in French."""
        value = "non mesuré" if self.value is None else self._written(self.value)
        target = "" if self.most is None else f"≤ {self._written(self.most)}"
        return self.what, value, target, {None: "", True: "tenu", False: "non tenu"}[self.held]

    def _written(self, figure: float) -> str:
        return french.with_unit(french.number(figure, self.decimals), self.unit)


def text(lines: Sequence[Line]) -> str:
    """Return the lines as aligned columns."""
    return columns([line.cells() for line in lines], HEADER)


def markdown(lines: Sequence[Line]) -> str:
    """Return the lines as a table for ``docs/performances.md``."""
    rows = [(*HEADER[:3], "tenu ?"), ("---",) * len(HEADER), *(line.cells() for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
