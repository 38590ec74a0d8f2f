"""The outcome of a page's last act: shown until the next act or for half a minute, across redraws."""

from __future__ import annotations

import time
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ui.shared import layout
from ui.shared.entry import drafts

LASTS_S = 30.0


@dataclass(frozen=True)
class _Outcome:
    """A sentence, whether the act was done, and since when it is shown (monotonic clock)."""

    words: str
    done: bool
    since: float


def tell(page: str, words: str, *, done: bool = True) -> None:
    """Keep the outcome of an act.

    Args:
        page: that shows it.
        words: the sentence.
        done: False where the act was refused.
    """
    st.session_state[_key(page)] = _Outcome(words, done, time.monotonic())
    layout.acted()
    if done:
        st.session_state[_count(page)] = st.session_state.get(_count(page), 0) + 1


def menu(page: str, label: str, key: str) -> DeltaGenerator:
    """Draw a menu of acts; it closes once an act is done, so as not to hide its outcome.

    Args:
        page: that shows the outcome.
        label: of its button.
        key: of the menu, unique on its page.
    """
    return st.popover(label, width="content", key=f"{key}_{st.session_state.get(_count(page), 0)}")


def show(page: str) -> None:
    """Show the outcome of the last act.

    The container stays when it is empty: else the rest of the page would move, and Streamlit draws anew what
    moves, so that a click or a letter typed meanwhile would be lost.
    """
    with st.container():
        drafts.sweep(page)
        held: _Outcome | None = st.session_state.get(_key(page))
        if held is None:
            return
        if time.monotonic() - held.since > LASTS_S:
            del st.session_state[_key(page)]
            return
        (st.success if held.done else st.error)(layout.sentence(held.words))


def _key(page: str) -> str:
    return f"_dit_{page}"


def _count(page: str) -> str:
    return f"_faits_{page}"
