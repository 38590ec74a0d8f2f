"""Links to turbines, also where a sentence names them. No Streamlit, no HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

NAMED = "urbine"
"""What stands in every sentence that names a turbine."""
# An identifier holds a digit, which tells it from a word: « turbine E-3 », not « turbine inconnue ».
_ID = r"(?=[\w./-]*\d)\w(?:[\w./-]*\w)?"
# « turbine 5 », « la turbine « 5 » », « 3 turbines (2, 5, 17…) », « turbines 2 et 5 ».
_NAMED = re.compile(
    rf"\b(?:turbine\s(?:«\s?|\()?{_ID}"
    rf"|turbines\s\(?{_ID}(?:(?:,\s|\set\s){_ID})*)",
    re.IGNORECASE,
)
_EACH = re.compile(_ID)


def turbine_href(turbine_id: str) -> str:
    """Return the address of a turbine's page."""
    return f"turbine?{urlencode({'id': turbine_id})}"


def pieces(sentence: str) -> Iterator[tuple[str, str]]:
    """Cut a sentence at the turbines that it names.

    Yields:
        Each piece with the address that it leads to; "" where it is plain text. Joined, the pieces are the
        sentence.
    """
    end = 0
    if NAMED in sentence:
        for named in _NAMED.finditer(sentence):
            for each in _EACH.finditer(sentence, named.start(), named.end()):
                yield sentence[end : each.start()], ""
                yield each[0], turbine_href(each[0])
                end = each.end()
    yield sentence[end:], ""
