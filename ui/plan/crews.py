"""The crews of a week's plan: a table, and the fields of the crew that is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from api.schemas import french
from api.schemas.vocabulary import Skill
from api.schemas.week_plan import WeekPlanInputs
from ui.client.api_error import ApiError
from ui.plan import crew_views as views
from ui.plan.crew_views import CrewLine
from ui.shared import auth, layout

_LINES, _OPEN = "_plan_equipes", "equipe"  # the second is a parameter of the address
_HOURS_PX = 112


def draw(inputs: WeekPlanInputs, start: date, days: int) -> None:
    """Draw the crews; they start with those of the last plan."""
    lines: list[CrewLine] = st.session_state.setdefault(_LINES, views.first_lines(inputs))
    st.markdown(
        "**Équipes** : une ligne ouvre son équipe, qui se modifie dessous ; sans nom, elle ne compte pas. Le "
        "plan retire de ces heures les interventions déjà planifiées."
    )
    above = st.container()
    place = _place(lines)
    lines[place] = _edited(lines[place], inputs, start, days)
    with above:
        layout.table(
            views.crews_frame(lines, start, days),
            "Équipes : compétences, technicien et heures de chaque jour",
            opens=[f"?{_OPEN}={n}" for n in range(1, len(lines) + 1)],
        )


def requested(days: int) -> list[dict[str, Any]]:
    """Return the crews as the API takes them."""
    return views.requested(st.session_state.get(_LINES, []), days)


def readable(days: int) -> bool:
    """Tell whether the hours of the open crew can be read; nothing is sent before."""
    lines: list[CrewLine] = st.session_state.get(_LINES, [])
    return not lines or layout.readable(*(_key(lines[_place(lines)], day) for day in range(days)))


def _place(lines: list[CrewLine]) -> int:
    """Return the place of the open crew: that of the address, else the first."""
    asked = st.query_params.get(_OPEN, "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 1
    return min(max(number, 1), len(lines)) - 1


def _key(line: CrewLine, part: object) -> str:
    return f"plan_equipe_{line.key}_{part}"


def _edited(line: CrewLine, inputs: WeekPlanInputs, start: date, days: int) -> CrewLine:
    """Draw the fields of a crew, and return it as they say."""
    people = _people(inputs)
    if line.assignee is not None and line.assignee not in people:
        people.append(line.assignee)
    state = st.session_state
    state.setdefault(_key(line, "nom"), line.name)
    state.setdefault(_key(line, "competences"), list(line.skills))
    state.setdefault(_key(line, "technicien"), line.assignee)
    with st.container(border=True, key="plan_equipe"):
        name, skills, who = st.columns([2, 4, 2])
        name.text_input("Équipe", key=_key(line, "nom"), max_chars=80, autocomplete="off")
        skills.multiselect(
            "Compétences",
            list(Skill),
            format_func=lambda skill: skill.words,
            key=_key(line, "competences"),
            placeholder="Aucune",
        )
        who.selectbox("Affecter à", people, key=_key(line, "technicien"), placeholder="Personne")
        hours = list(line.hours)
        with st.container(horizontal=True):
            for day in range(days):
                hours[day] = _hours(line, day, f"{french.short_date(start + timedelta(days=day))} (h)")
        _buttons(line)
    return replace(
        line,
        name=state[_key(line, "nom")],
        skills=tuple(state[_key(line, "competences")]),
        assignee=state[_key(line, "technicien")],
        hours=tuple(hours),
    )


def _hours(line: CrewLine, day: int, label: str) -> float:
    """Draw the hours of a day; what cannot be read leaves them as they were."""
    key = _key(line, day)
    st.session_state.setdefault(key, french.typed(line.hours[day]))
    typed = layout.number_field(label, key, low=0, width=_HOURS_PX)
    return (typed or 0.0) if layout.readable(key) else line.hours[day]


def _buttons(line: CrewLine) -> None:
    lines: list[CrewLine] = st.session_state[_LINES]
    with st.container(horizontal=True):
        st.button("Ajouter une équipe", key="plan_equipe_ajouter", on_click=_add)
        if len(lines) > 1:
            label = f"Retirer « {layout.plain(line.name)} »"
            st.button(label, key="plan_equipe_retirer", on_click=_remove, args=(line.key,))


def _add() -> None:
    lines: list[CrewLine] = st.session_state[_LINES]
    lines.append(views.one_more(lines))
    st.query_params[_OPEN] = str(len(lines))


def _remove(key: int) -> None:
    st.session_state[_LINES] = [line for line in st.session_state[_LINES] if line.key != key]
    st.query_params.pop(_OPEN, None)


def _people(inputs: WeekPlanInputs) -> list[str]:
    """Return the people to whom work can be given; those of the last plan where the API is away."""
    try:
        return auth.client().interventions.assignees()
    except ApiError as error:
        layout.check_session(error)
        return [crew.assignee for crew in inputs.crews if crew.assignee]
