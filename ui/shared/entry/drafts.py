"""Long texts that survive a reload, a cut and an expired session: kept in the browser until they are sent.

Streamlit disables its own fields while it has no connection; this one stays writable.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

from ui.shared import auth
from ui.shared.entry.parts import part

_TURNS, _SENT = "_brouillons", "_brouillons_envoyes"
_UNFIT = re.compile(r"[^A-Za-z0-9_-]")  # in the class that Streamlit makes of a key
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


def short_fields(key: str) -> None:
    """Keep the short fields of the container ``key`` too: texts and choices of Streamlit's own.

    Call it before the container, outside any form.
    """
    _draw(f"champs_{key}", {"kind": "champs", "scope": f"st-key-{_UNFIT.sub('-', key)}"})


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
