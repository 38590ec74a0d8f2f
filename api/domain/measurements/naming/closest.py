"""The closest known name of a text that differs by case, accents, spaces, look-alike letters or a slip."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

# Cyrillic and Greek letters that look like Latin ones: a keyboard or a copied text brings them unseen.
_ALIKE = str.maketrans("авекмнорстухіјѕԁ" + "αβεηικνορτυχμ", "abekmhopctyxijsd" + "abenikvoptuxm")
_MARKS = re.compile(r"[^a-z0-9]+")
_SHORTEST = 4  # letters that two names must share at their start
_NEAR = 0.8


def folded(name: str) -> str:
    """Return a name without case, accents, spaces, marks and look-alike letters: only what is read aloud."""
    letters = unicodedata.normalize("NFKD", name).casefold().translate(_ALIKE)
    return _MARKS.sub("", "".join(c for c in letters if not unicodedata.combining(c)))


def closest(wanted: str, names: Iterable[str]) -> str | None:
    """Return the name that is most likely meant to be ``wanted``; None where none comes near."""
    by_folded = {folded(name): name for name in names if folded(name)}
    target = folded(wanted)
    if target in by_folded:
        return by_folded[target]
    near = difflib.get_close_matches(target, by_folded, n=1, cutoff=_NEAR)
    if near:
        return by_folded[near[0]]
    begun = [
        key
        for key in by_folded
        if len(key) >= _SHORTEST and (target.startswith(key) or key.startswith(target))
    ]
    return by_folded[max(begun, key=len)] if begun else None
