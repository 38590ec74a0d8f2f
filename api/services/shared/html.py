"""Renders pages to print or to file; each template is beside the code that fills it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from api.schemas import french
from api.schemas.charts import Axis


def template(name: str) -> Template:
    """Load a template by its path under ``api``; French formats are at hand as ``french``."""
    return _environment.get_template(name)


def scaled(axis: Axis, start: float, end: float) -> Callable[[float], str]:
    """Return a function that places a value of the axis between ``start`` and ``end``, as SVG text."""
    read = math.log if axis.logarithmic else float
    low, high = read(axis.low), read(axis.high)
    return lambda value: f"{start + (read(value) - low) / (high - low) * (end - start):.1f}"


# Autoescape: typed text never becomes markup. Strict: a missing name is an error, not a blank.
_environment = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parents[2]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals.update(french=french, scaled=scaled)
