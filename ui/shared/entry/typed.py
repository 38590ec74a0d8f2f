"""Fields that start from what is stored, and what becomes of them when somebody else changes it meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from api.schemas import french
from api.schemas.common import FieldChange
from ui.client.api_error import ApiError

_MISSING = object()
KEPT = "Ce que vous avez saisi est gardé : vérifiez-le, puis envoyez de nouveau."


def follow(form: str, stored: Mapping[str, Any]) -> None:
    """Fill fields from what is stored; where that changes, what somebody typed stays, the rest follows.

    Call it before the fields are drawn.

    Args:
        form: name of the form, unique on its page.
        stored: value of each field, by its key.
    """
    before: Mapping[str, Any] = st.session_state.get(_name(form), {})
    for key, value in stored.items():
        held = st.session_state.get(key, _MISSING)
        # Written again, the value that it has would take away what is typed in a form and not sent yet.
        if held is _MISSING or (held != value and key in before and held == before[key]):
            st.session_state[key] = value
    st.session_state[_name(form)] = dict(stored)


def superseded_words(error: ApiError, describe: Callable[[FieldChange], str]) -> str:
    """Say what others changed since the person read it, and that nothing typed is lost.

    Args:
        error: of a call for which :attr:`ApiError.superseded` is true.
        describe: writes one change of a field.
    """
    lines = []
    for change in error.changes:
        facts = [*map(describe, change.fields), *([f"« {change.comment} »"] if change.comment else [])]
        told = f" ({' ; '.join(facts)})" if facts else ""
        lines.append(f"{change.by}, le {french.date(change.at)}{told}")
    return f"Modifié entre-temps : {' ; '.join(lines)}. {KEPT}"


def _name(form: str) -> str:
    return f"_lu_{form}"
