"""Long texts that survive a reload, a cut and an expired session: kept in the browser until they are sent.

Streamlit disables its own fields while it has no connection; this one stays writable.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from ui.shared import auth
from ui.shared.entry.parts import part

_TURNS, _SENT = "_brouillons", "_brouillons_envoyes"
_UNFIT = re.compile(r"[^A-Za-z0-9_-]")  # in the class that Streamlit makes of a key
_NONE: Mapping[str, Mapping[str, Any]] = {}
_TOLD = 50  # sent drafts that the browser is told of


def long_text(
    label: str, key: str, *, form: bool, rows: int = 4, most: int = 4_000, placeholder: str = ""
) -> str:
    """Draw a field for a long text, and return it.

    Args:
        label: above the field.
        key: under which :func:`text` reads it, unique for what is written about; see :func:`sent`.
        form: True inside a form, whose button sends it; else it is sent when the field is left.
        rows: height in lines.
        most: characters at most.
        placeholder: shown while it is empty.
    """
    data = {"kind": "texte", "label": label, "rows": rows, "max": most, "placeholder": placeholder}
    _draw(key, {**data, "form": form, "text": text(key)}, on_text_change=lambda: None)
    return text(key)


def text(key: str) -> str:
    """Return what is typed in the field ``key``, without the spaces around it."""
    held = st.session_state.get(_widget(key)) or {}
    return str(held.get("text") or "").strip()


def short_fields(
    key: str,
    lists: Mapping[str, Mapping[str, Any]] = _NONE,
    days: Sequence[str] = (),
    *,
    turn: str = "",
) -> None:
    """Keep the short fields of the container ``key`` too: texts and choices of Streamlit's own.

    Call it before the container, outside any form, and before what fills its fields.

    Args:
        key: of the container.
        lists: the choices of each list to bring back, by its key: the value of each label.
        days: keys of the fields for a day to bring back.
        turn: end of the fields' keys that only tells one filling of the form from the next.
    """
    name = f"champs_{key}"
    decoded: dict[str, tuple[str, Callable[[str], Any]]] = {
        **{_class_of(f.removesuffix(turn)): (f, partial(_chosen, choices)) for f, choices in lists.items()},
        **{_class_of(f.removesuffix(turn)): (f, _day) for f in days},
    }

    def bring_back() -> None:
        held = st.session_state.get(_widget(name)) or {}
        for place, written in json.loads(held.get("asked") or "{}").items():
            if place in decoded:
                field, decode = decoded[place]
                st.session_state[field] = decode(written)

    data = {"kind": "champs", "scope": _class_of(key), "end": turn}
    _draw(name, data, on_asked_change=bring_back)


def _chosen(choices: Mapping[str, Any], written: str) -> Any:
    """Return the value of a label, or the values of a JSON list of them; labels that are gone drop out."""
    if written.startswith("["):
        return [choices[label] for label in json.loads(written) if label in choices]
    return choices.get(written)


def _day(written: str) -> date | None:
    return date.fromisoformat(written) if written else None


def _class_of(key: str) -> str:
    """Return the class that Streamlit gives to what has this key."""
    return f"st-key-{_UNFIT.sub('-', key)}"


def sent(keys: Iterable[str]) -> None:
    """Forget the drafts of these fields: the API has taken them; other keys are let through."""
    turns, gone = st.session_state.setdefault(_TURNS, {}), st.session_state.setdefault(_SENT, [])
    for key in keys:
        for name in (key, f"champs_{key}"):
            if (turn := turns.pop(name, None)) is not None:
                gone.append((_place(name), turn))
    del gone[:-_TOLD]


def sweep(where: str) -> None:
    """Remove the sent drafts from the browser; draw it where the outcome of what was sent is told.

    Args:
        where: name of the page, unique among what one page draws.
    """
    if gone := st.session_state.get(_SENT):
        part("draft")(key=f"balai-{where.replace('_', '-')}", data={"kind": "balai", "sent": gone}, height=1)


def _draw(key: str, data: dict[str, Any], **callbacks: Callable[[], None]) -> None:
    turn = st.session_state.setdefault(_TURNS, {}).setdefault(key, uuid.uuid4().hex)
    gone = [each for _, each in st.session_state.get(_SENT, [])]
    known = {"place": _place(key), "turn": turn, "gone": gone}
    part("draft")(key=_widget(key), data={**data, **known}, **callbacks)


def _widget(key: str) -> str:
    """Name the component: another filling of the form is another one, which begins empty."""
    return f"brouillon-{st.session_state.get(_TURNS, {}).get(key, '')}"


def _place(key: str) -> str:
    user = auth.current_user()
    return f"cockpit:brouillon:{user.username if user else ''}:{key}"
