"""One model's card, as the API describes it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from api.schemas.model_card import Part, State
from api.schemas.models import ModelCard
from ui.shared import layout

_BADGES = {True: ":green-badge[✓ {}]", False: ":red-badge[✕ {}]", None: ":gray-badge[{}]"}


def draw(card: ModelCard) -> None:
    """Draw the card of one version, one tab a section."""
    described = card.description
    st.subheader(layout.plain(described.title), anchor=False)
    states = " ".join(map(_badge, described.states))
    st.markdown(f"{states} {layout.plain(' '.join(described.sentences))}")
    if card.summary.problem:
        st.error(layout.plain(card.summary.problem))
    for tab, section in zip(
        st.tabs([each.title for each in described.sections]), described.sections, strict=True
    ):
        with tab:
            for place, part in enumerate(section.parts):
                _part(part, f"{section.title}_{place}")


def _badge(state: State) -> str:
    return _BADGES[state.good].format(state.words)


def _part(part: Part, key: str) -> None:
    st.subheader(layout.plain(part.title), anchor=False)
    with st.container(border=part.framed):
        for sentence in part.sentences:
            st.markdown(layout.plain(sentence))
        if part.bullets:
            st.markdown("\n".join(f"- {layout.plain(line)}" for line in part.bullets))
        for table in part.tables:
            st.markdown(f"**{layout.plain(table.title)}**")
            layout.table(pd.DataFrame(table.rows, columns=table.header), table.title)
        if part.charts:
            for place, (column, chart) in enumerate(zip(st.columns(2), part.charts, strict=False)):
                with column:
                    st.markdown(f"**{layout.plain(chart.title)}**")
                    layout.chart(chart, f"{key}_{place}")
                    st.caption(layout.plain(chart.note))
