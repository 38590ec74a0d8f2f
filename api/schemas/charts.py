"""Charts as data: what is drawn, in words and figures, whoever draws it."""

from __future__ import annotations

from pydantic import Field

from api.schemas.common import Answer


class Tick(Answer):
    """One graduation of an axis."""

    at: float
    words: str


class Axis(Answer):
    """One axis: its title, its ends and its graduations."""

    title: str
    low: float
    high: float
    ticks: list[Tick]
    logarithmic: bool = False


class Point(Answer):
    """One point, with its 95 % interval where it has one."""

    x: float
    y: float
    low: float | None = Field(None, description="Borne basse de y, à 95 %")
    high: float | None = Field(None, description="Borne haute de y, à 95 %")
    words: str = Field("", description="Ce que le point veut dire")


class Chart(Answer):
    """A curve with the band of its intervals, or points each with its bar; a dashed line to compare with."""

    title: str
    note: str = Field(description="Comment la lire")
    across: Axis
    upward: Axis
    joined: bool = Field(description="Une courbe, et sa bande ; sinon des points, et leurs barres")
    points: list[Point]
    marks: list[Point] = Field(default_factory=list, description="Points mis en avant, en losange")
    reference: list[tuple[float, float]] = Field(default_factory=list, description="Ligne en tirets")
    reference_words: str = ""
