"""The spaces of French that do not break: sources write ordinary ones, they are set where a text leaves.

Pages to print pass through :func:`typeset_page`, refusals and notices of the API through :func:`typeset`. The
dashboard's script (``ui/assets/french.js``) receives the same rules and sets what the pages show.
"""

from __future__ import annotations

import re

from api.schemas.french import NBSP, THIN

# Only what Python and JavaScript both read.
RULES = (
    (r" (?=»|:(?:\s|$))|(?<=«) |(?<=\bn°) ", NBSP),
    (r" (?=[;!?](?:\s|[.,)»]|$))|(?<=\d) (?=[%€])|(?<=\d) (?=\d{3}(?!\d))", THIN),
    (
        r"(?<=\d) (?=(?:jours?|heures?|minutes?|secondes?|h|j|s|ms|min|ans?|kW|Mo|Go|m/s|km/h|°C)(?![\w’]))",
        NBSP,
    ),
)
"""Where an ordinary space may not break, and what stands there instead."""

_RULES = tuple((re.compile(pattern), space) for pattern, space in RULES)
_MARKUP = re.compile(r"(<(?:style|script)\b.*?</(?:style|script)>|<[^>]*>)", re.DOTALL)


def typeset(text: str) -> str:
    """Return a sentence with its spaces set."""
    for pattern, space in _RULES:
        text = pattern.sub(space, text)
    return text


def typeset_page(page: str) -> str:
    """Return an HTML page with its texts set; tags, styles and scripts stay as they are."""
    return "".join(part if part.startswith("<") else typeset(part) for part in _MARKUP.split(page))
