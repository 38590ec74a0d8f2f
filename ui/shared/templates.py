"""HTML from the templates that stand beside the code that fills them. No Streamlit, no HTTP."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from api.schemas import french
from api.schemas.vocabulary import indicative
from ui.shared import labels
from ui.shared.links import pieces


def template(name: str) -> Template:
    """Load a template by its path under ``ui``; it knows ``french``, ``labels`` and the functions below."""
    return _environment.get_template(name)


# Autoescape: whatever people typed is shown as text. Strict: a name that is missing is an error, not a blank.
_environment = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parents[1]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals.update(french=french, labels=labels, indicative=indicative, pieces=pieces)
