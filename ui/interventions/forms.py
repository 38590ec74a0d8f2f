"""Parts that the intervention pages share: sending without losing what was typed, and the planning form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from api.schemas import french
from api.schemas.interventions import InterventionDetail
from api.schemas.vocabulary import Priority, Skill
from ui.client.api_error import ApiError
from ui.interventions import views
from ui.shared import auth, layout, outcome, park_facts
from ui.shared.entry import drafts, typed

_REFUSED, _DRAWN = "_interventions_refus", "_interventions_formulaires"
UNREACHABLE = (
    "**Service injoignable.** Rien n’est parti, et rien de ce que vous avez saisi n’est perdu : "
    "réessayez dans un instant."
)


def pseudonym() -> str:
    """Return the name under which work is given to the person logged in."""
    user = auth.current_user()
    return user.username if user else ""


def submit(form: str, call: Callable[[], object], done: str, keys: Sequence[str]) -> None:
    """Send a form; empty its fields only once the API has taken them.

    Args:
        form: its name, under which a refusal is kept until the next try.
        call: the call to the API.
        done: sentence shown once, on success.
        keys: of its fields.
    """
    refusals = _refusals()
    refusals.pop(_on_page(form), None)
    try:
        call()
    except ApiError as error:
        words = next((words for key in keys if (words := drafts.text(key))), "")
        refusals[_on_page(form)] = error, words
        return
    for key in keys:
        st.session_state.pop(key, None)
    park_facts.forget_to_decide()
    drafts.sent(keys)
    outcome.tell(_place(), done)


def change(item: InterventionDetail, form: str, changes: Mapping[str, Any], done: str, *keys: str) -> None:
    """Send changes of an intervention, without the empty ones; other arguments as for :func:`submit`."""
    wanted = {name: value for name, value in changes.items() if value is not None}
    submit(form, lambda: auth.client().interventions.change(item.id, item.version, wanted), done, keys)


def show_outcome() -> None:
    """Show the outcome of the last act, on the page where it was done."""
    st.session_state[_DRAWN] = set()
    outcome.show(_place())


def menu(label: str, key: str) -> DeltaGenerator:
    """Draw a menu of acts on the page's subject; it closes once an act is done."""
    return outcome.menu(_place(), label, key)


def _place() -> str:
    """Name the list, an intervention or a turbine, so that an outcome shows on its own page alone."""
    return f"interventions_{st.query_params.get('n', '')}_{st.query_params.get('id', '')}"


def _on_page(form: str) -> str:
    return f"{_place()}/{form}"


def _refusals() -> dict[str, tuple[ApiError, str]]:
    """Return why each form was refused at its last sending, and the long text that it held."""
    held: dict[str, tuple[ApiError, str]] = st.session_state.setdefault(_REFUSED, {})
    return held


def unsent() -> None:
    """Show the texts of forms that are gone, for somebody else ended or changed the work meanwhile.

    Call it after the forms of the page.
    """
    for name, (error, words) in _refusals().items():
        if name.startswith(_on_page("")) and name not in st.session_state[_DRAWN] and error.superseded:
            st.warning(layout.plain(typed.superseded_words(error, views.change_words)))
            if words:
                st.markdown("Votre texte n’a pas été enregistré. Le voici, à reprendre où il convient :")
                st.code(words, language=None, wrap_lines=True)


def refusal(form: str, fields: Sequence[str] = ()) -> dict[str, str]:
    """Show why a form was refused; return the messages of ``fields``, to be drawn under each."""
    st.session_state.setdefault(_DRAWN, set()).add(_on_page(form))
    error, _ = _refusals().get(_on_page(form), (None, ""))
    if error is None:
        return {}
    layout.check_session(error)
    at_fields = {e.field: e.message for e in error.errors if e.field in fields}
    if error.unreachable or error.superseded:
        if error.superseded:
            st.warning(layout.plain(typed.superseded_words(error, views.change_words)))
        else:
            st.error(UNREACHABLE)
        return {}
    others = [f"{views.FIELDS.get(e.field, e.field)} : {e.message}" for e in error.errors]
    if not at_fields:
        st.error(f"**{layout.plain(error.title)}.** {layout.sentence(' '.join(others) or error.detail)}")
    else:
        left = [words for e, words in zip(error.errors, others, strict=True) if e.field not in fields]
        st.error(" ".join(["Une valeur est refusée ; le motif est sous le champ.", *map(layout.plain, left)]))
    return at_fields


def field_error(messages: Mapping[str, str], field: str) -> None:
    """Show the API's message under its field."""
    if field in messages:
        st.markdown(f":red[**↑ {layout.sentence(messages[field])}**]")


PLAN_FIELDS = ("planned_on", "assignee", "expected_hours", "priority", "skills", "comment", "turbine_id")


def planning(
    form: str,
    *,
    today: date,
    start: Mapping[str, Any],
    send: Callable[[dict[str, Any]], object],
    button: str,
    done: str,
    turbines: Sequence[str] | None = None,
) -> None:
    """Draw the planning form.

    Args:
        form: its name, unique on the page.
        today: the cockpit's day, the first that may be planned.
        start: values that the fields begin with.
        send: call to the API with the filled fields.
        button: its label.
        done: sentence shown on success.
        turbines: to choose among; None where the turbine is known.
    """
    keys = {name: f"{form}_{name}" for name in PLAN_FIELDS}
    first: dict[str, Any] = {
        "planned_on": today,
        "assignee": None,
        "priority": Priority.NORMALE,
        "skills": [],
    }
    stored = {**first, **{name: value for name, value in start.items() if value is not None}}
    hours = stored.pop("expected_hours", None)
    stored["expected_hours"] = "" if hours is None else french.typed(hours)
    try:
        people = auth.client().interventions.assignees()
    except ApiError as error:
        layout.check_session(error)
        people = []
    scope = f"saisie_{form}"
    lists: dict[str, dict[str, Any]] = {
        keys["assignee"]: {name: name for name in people},
        keys["priority"]: {views.PRIORITIES[priority]: priority for priority in Priority},
        keys["skills"]: {skill.words: skill for skill in Skill},
        keys["turbine_id"]: {name: name for name in turbines or ()},
    }
    drafts.short_fields(scope, lists, [keys["planned_on"]])
    typed.follow(form, {keys[name]: value for name, value in stored.items() if name in keys})
    kept = st.session_state.get(keys["assignee"])
    people = (
        sorted({*people, kept}, key=people.index) if kept in people else [*people, *([kept] if kept else [])]
    )
    wrong = refusal(form, PLAN_FIELDS)
    with st.container(key=scope), st.form(form, border=True):
        if turbines is not None:
            st.selectbox("Turbine", turbines, index=None, key=keys["turbine_id"], placeholder="Choisir")
            field_error(wrong, "turbine_id")
        _plan_fields(keys, people, today, wrong)
        st.form_submit_button(
            button, type="primary", key=f"{form}_envoyer", on_click=_send, args=(form, keys, send, done)
        )


def _plan_fields(
    keys: Mapping[str, str], people: Sequence[str], today: date, wrong: Mapping[str, str]
) -> None:
    when, who, length, priority = st.columns([3, 3, 2, 3])
    with when:
        st.date_input("Jour prévu", value=None, format=french.STREAMLIT_DATE, key=keys["planned_on"])
        field_error(wrong, "planned_on")
    with who:
        st.selectbox("Technicien", people, index=None, placeholder="À affecter", key=keys["assignee"])
        field_error(wrong, "assignee")
    with length:
        layout.number_field("Durée (h)", keys["expected_hours"])
        field_error(wrong, "expected_hours")
    with priority:
        st.selectbox(
            "Priorité", list(Priority), format_func=views.PRIORITIES.__getitem__, key=keys["priority"]
        )
    st.multiselect(
        "Compétences",
        list(Skill),
        format_func=lambda skill: skill.words,
        placeholder="Aucune en particulier",
        key=keys["skills"],
    )
    drafts.long_text("Commentaire pour le technicien", keys["comment"], form=True, rows=2)
    field_error(wrong, "comment")


def _send(form: str, keys: Mapping[str, str], send: Callable[[dict[str, Any]], object], done: str) -> None:
    if not layout.readable(keys["expected_hours"]):
        return
    values = {name: st.session_state.get(key) for name, key in keys.items()}
    values["expected_hours"] = layout.number(keys["expected_hours"])
    values["comment"] = drafts.text(keys["comment"])
    body = {name: _plain(value) for name, value in values.items() if value not in (None, "")}
    submit(form, lambda: send(body), done, [*keys.values(), f"saisie_{form}"])


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def reason_button(
    form: str, label: str, words: str, button: str, send: Callable[[str], object], done: str
) -> None:
    """Draw a button that asks for a reason before it acts."""
    key = f"{form}_motif_{st.query_params.get('n', '')}"
    with menu(label, f"{form}_ouvrir"):
        st.markdown(words)
        wrong = refusal(form, ("comment",))
        drafts.long_text("Motif, conservé dans le journal", key, form=False, rows=2, most=500)
        field_error(wrong, "comment")
        st.button(
            button,
            key=form,
            on_click=lambda: submit(form, lambda: send(drafts.text(key)), done, [key]),
        )
