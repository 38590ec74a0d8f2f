"""Names of turbines that may be one machine: spellings of one number, names apart by case or spaces."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from api.domain.measurements.measurements import canonical_turbine_id, natural_key
from api.domain.measurements.readings import is_missing, printable
from api.domain.shared.exceptions import InvalidInput

_NAMED = 5  # groups that a sentence lists


def spellings(texts: Iterable[str]) -> dict[str, list[str]]:
    """Group a file's texts by the turbine that they are read as; unreadable ones are left out."""
    groups: dict[str, set[str]] = {}
    for text in texts:
        if is_missing(text):
            continue
        try:
            groups.setdefault(canonical_turbine_id(text), set()).add(text.strip())
        except InvalidInput:
            continue
    return {name: sorted(group) for name, group in groups.items()}


def joined(groups: Mapping[str, list[str]]) -> list[str]:
    """Return, for each turbine that the file writes in several ways, the sentence that says so."""
    return [
        f"{_listed(texts)} : lus comme une seule turbine, « {name} »." for name, texts in _several(groups)
    ]


def lookalikes(names: Iterable[str], known: Iterable[str] = ()) -> list[list[str]]:
    """Return the groups of different turbines whose names differ by case, spaces or look of a letter only.

    Args:
        names: of a file's turbines, canonical.
        known: of the park's; a group of the park's turbines alone is none of the file's business.
    """
    groups: dict[str, set[str]] = {}
    own = set(names)
    for name in own | set(known):
        groups.setdefault(_heard(name), set()).add(name)
    alike = [sorted(group, key=lambda n: (natural_key(n), n)) for group in groups.values() if len(group) > 1]
    return sorted(group for group in alike if own & set(group))


def likely_one(groups: Sequence[list[str]]) -> str:
    """Say which names are probably those of one turbine, and how to answer."""
    listed = [" et ".join(f"« {printable(name)} »" for name in group) for group in groups]
    mapping = f"[turbines] « {groups[0][1]} » = « {groups[0][0]} »"
    more = " ; …" if len(listed) > _NAMED else ""
    return (
        f"{' ; '.join(listed[:_NAMED])}{more} : sans doute la même turbine, écrite de plusieurs façons."
        f" Écrivez un seul nom, ou reliez-les dans une correspondance ({mapping}) ; si ce sont des machines"
        " différentes, confirmez-le."
    )


def side_by_side(groups: Mapping[str, list[str]]) -> str:
    """Say which spellings of one number have measurements at the same time, and how to answer."""
    listed = [f"{_listed(texts)} (lus « {name} »)" for name, texts in _several(groups)]
    more = " ; …" if len(listed) > _NAMED else ""
    return (
        f"{' ; '.join(listed[:_NAMED])}{more} : ces écritures d’un même numéro ont des mesures à la même"
        " date, comme deux machines différentes. Si elles sont deux, donnez-leur des noms qui diffèrent ; si"
        " c’est la même, confirmez-le."
    )


def _several(groups: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
    return [(name, groups[name]) for name in sorted(groups, key=natural_key) if len(groups[name]) > 1]


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(f"« {printable(text)} »" for text in texts)


def _heard(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
