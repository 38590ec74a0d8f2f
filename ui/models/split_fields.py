"""Which labelled rows a model has never seen: a choice and its fields, written as the API reads them."""

from __future__ import annotations

import streamlit as st

from api.schemas import french
from ui.shared import layout, park_facts

FROM_DAY, DRAWN, UNKNOWN = "À partir d’un jour", "Tirées au sort", "Je ne sais pas"
WAYS = (FROM_DAY, DRAWN, UNKNOWN)
_WAY, _DAY, _GAP, _SHARE, _SEED, _BY = (
    f"imp_split{name}" for name in ("", "_jour", "_ecart", "_part", "_graine", "_selon")
)


def choose(turn: int) -> None:
    """Draw the choice; it stands before the form, whose fields follow it."""
    st.selectbox(
        "Lignes jamais vues par le modèle",
        WAYS,
        key=f"{_WAY}_{turn}",
        help="Sans cette réponse, le modèle ne peut pas passer le contrôle de qualité.",
    )


def lists(turn: int) -> dict[str, dict[str, str]]:
    """Return the choices of the list, by its key; for :func:`ui.shared.entry.drafts.short_fields`."""
    return {f"{_WAY}_{turn}": {way: way for way in WAYS}}


def days(turn: int) -> list[str]:
    """Return the keys of the fields for a day; likewise."""
    return [f"{_DAY}_{turn}"]


def draw(turn: int) -> str:
    """Draw the fields of the choice; return the split that they describe, empty where it is not known."""
    way = st.session_state.get(f"{_WAY}_{turn}", WAYS[0])
    if way == FROM_DAY:
        return _from_day(turn)
    return _drawn(turn) if way == DRAWN else ""


def _from_day(turn: int) -> str:
    left, right = st.columns(2)
    day = left.date_input(
        "Premier jour jamais vu", None, format=french.STREAMLIT_DATE, key=f"{_DAY}_{turn}",
        max_value=park_facts.last_day(),
    )  # fmt: skip
    with right:
        gap = layout.number_field("Jours laissés de côté avant", f"{_GAP}_{turn}", low=0, placeholder="0")
    return from_day(day.isoformat(), gap) if day else ""


def _drawn(turn: int) -> str:
    left, middle, right = st.columns(3)
    with left:
        share = layout.number_field("Part tirée (0 à 1)", f"{_SHARE}_{turn}", low=0, placeholder="0,3")
    with middle:
        seed = layout.number_field("Graine (random_state)", f"{_SEED}_{turn}", low=0, placeholder="42")
    by = right.text_input("Réparties selon (colonne, facultatif)", key=f"{_BY}_{turn}")
    return drawn(share, seed, by)


def from_day(day: str, gap: float | None) -> str:
    """Write the split that keeps the rows from a day on (ISO), ``gap`` days being in neither part."""
    return f"date:{day},gap={gap:.0f}" if gap else f"date:{day}"


def drawn(share: float | None, seed: float | None, by: str) -> str:
    """Write the split that scikit-learn drew; what is missing is left out, and the API says so."""
    parts = {
        "test_size": "" if share is None else f"{share:g}",
        "random_state": "" if seed is None else f"{seed:.0f}",
        "by": by.strip(),
    }
    return "stratified:" + ",".join(f"{name}={value}" for name, value in parts.items() if value)
