"""Names that somebody misspelt: the closest that is known. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Set

from api.domain.shared.exceptions import FieldError, InvalidInput


def check_parameters(asked: Iterable[str], known: Set[str]) -> None:
    """Refuse the query parameters that a call does not have: a misspelt filter must not pass for none.

    Raises:
        InvalidInput: one entry for each of them, with the closest name.
    """
    wrong = sorted(set(asked) - known)
    if wrong:
        raise InvalidInput([FieldError(name[:80], _remedy(name, known), name[:80]) for name in wrong])


def _remedy(name: str, known: Set[str]) -> str:
    if not known:
        return "paramètre inconnu : cet appel n’en prend aucun."
    near = difflib.get_close_matches(name.casefold(), sorted(known), n=1, cutoff=0.5)
    if near:
        return f"paramètre inconnu de cet appel ; le plus proche est « {near[0]} »."
    return f"paramètre inconnu de cet appel, qui prend : {', '.join(sorted(known))}."
