"""« Et si… » : the models' answer to values that nobody measured, beside the current one."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import streamlit as st

from api.schemas import french
from api.schemas.park import TurbineDetail
from api.schemas.predictions import FeatureInfo, Prediction
from api.schemas.turbine_story import PowerLink
from ui.client.api_error import ApiError
from ui.park import turbine_views as views
from ui.shared import auth, layout
from ui.shared.french_numbers import NotANumber

_STATE = "_what_if"
DIGITS = 2  # decimals of a prefilled field


def draw(detail: TurbineDetail) -> None:
    """Draw the form, and the last answers about this turbine."""
    measured = views.scored_values(detail.current, detail.drivers, detail.last_measurements)
    if not measured:
        st.info("Cette turbine n’a pas encore de mesure : il n’y a rien à faire varier.")
        return
    st.markdown(
        "Changez une valeur et comparez. La réponse est une **corrélation** apprise sur des mesures passées, "
        "pas l’effet d’une réparation."
    )
    state = st.session_state.get(_STATE)
    if state is None or state["turbine"] != detail.turbine.turbine_id:
        state = st.session_state[_STATE] = {"turbine": detail.turbine.turbine_id}
    form, answer = st.columns([2, 3], gap="medium")
    with form:
        tied = _tie(detail, measured)
        _form(detail, measured, state, tied)
    with answer:
        _answer(state)


def _tie(detail: TurbineDetail, measured: dict[str, Any]) -> PowerLink | None:
    """Return the link by which power follows the wind, unless the person unties them."""
    link = detail.power_link
    if link is None or measured.get(link.wind) is None or measured.get(link.power) is None:
        return None
    tied = st.toggle(
        "La puissance suit le vent",
        value=True,
        key=f"et_si_{detail.turbine.turbine_id}_lien",
        persist_state="page",
        help=(
            "Selon la courbe de puissance de cette turbine "
            f"({french.counted(link.rows, 'mesure')} en marche) : "
            "changer le vent seul décrirait une machine qui n’existe pas. "
            "Déliez-les pour essayer une perte de rendement."
        ),
    )
    return link if tied else None


def _form(
    detail: TurbineDetail, measured: dict[str, Any], state: dict[str, Any], tied: PowerLink | None
) -> None:
    messages = {problem.field: problem.message for problem in state.get("errors", ())}
    present, absent = views.by_presence(detail.features, [measured])
    with st.form("et_si", border=True):
        _fields(detail, present, measured, messages, tied)
        if absent:
            st.caption(layout.plain(views.absent_words(absent)))
            _fields(detail, absent, measured, messages, tied)
        for field, message in messages.items():
            st.markdown(f":red[**{layout.plain(field)} : {layout.plain(message)}**]")
        st.form_submit_button("Comparer", type="primary", on_click=_ask, args=(detail, measured, tied))


def _fields(
    detail: TurbineDetail,
    features: list[FeatureInfo],
    measured: dict[str, Any],
    messages: dict[str, str],
    tied: PowerLink | None,
) -> None:
    """Draw the fields to try, each with its error, then the markers, which are only shown."""
    levers = [feature for feature in features if not feature.marker]
    for pair in zip_longest(levers[::2], levers[1::2]):  # row by row: a phone stacks the columns of a row
        for column, feature in zip(st.columns(2, vertical_alignment="bottom"), pair, strict=True):
            if feature is not None:
                with column:
                    follows = tied is not None and feature.name == tied.power
                    _field(feature, measured.get(feature.name), detail.turbine.turbine_id, follows)
                    if feature.name in messages:
                        st.markdown(f":red[**↑ {layout.plain(messages.pop(feature.name))}**]")
    for feature in features:
        if feature.marker:
            _fixed_field(feature, measured.get(feature.name))


def _field(feature: FeatureInfo, value: Any, turbine_id: str, follows: bool) -> None:
    """Draw one field, prefilled; the API checks its bounds and words the error."""
    key, title = _key(feature, turbine_id), views.feature_title(feature)
    binary = feature.dtype == "binary"
    start = None if value is None and binary else bool(value) if binary else french.typed(value, DIGITS)
    st.session_state.setdefault(key, start)
    if binary and value is None:  # a checkbox would answer « non » for an unknown value
        words = {1: "oui", 0: "non"}
        st.selectbox(
            title,
            words,
            index=None,
            format_func=words.__getitem__,
            placeholder="non mesuré",
            key=key,
            persist_state="page",
        )
    elif binary:
        st.checkbox(title, key=key, persist_state="page")
    else:
        label = f"{title}, suit le vent" if follows else title
        layout.number_field(label, key, persist_state="page", disabled=follows)


def _fixed_field(feature: FeatureInfo, value: Any) -> None:
    """Draw a marker with its measured value: to change it would not act on the machine."""
    text = "non mesuré" if value is None else layout.plain(views.feature_value(feature, value))
    kept = "" if value is None else " (valeur mesurée, conservée)"
    note = feature.note or "Cette donnée accompagne les pannes sans en être la cause."
    st.markdown(f"**{layout.plain(feature.label)} : {text}**{kept}")
    st.caption(layout.plain(note))


def _key(feature: FeatureInfo, turbine_id: str) -> str:
    return f"et_si_{turbine_id}_{feature.name}"


def _ask(detail: TurbineDetail, measured: dict[str, Any], tied: PowerLink | None) -> None:
    """Ask for both answers together, so that the same models and policy give them."""
    turbine_id = detail.turbine.turbine_id
    names = {feature.name for feature in detail.features}
    state: dict[str, Any] = {"turbine": turbine_id}
    st.session_state[_STATE] = state
    try:
        tried = {f.name: _value_to_try(f, turbine_id, measured) for f in detail.features if not f.marker}
    except NotANumber:
        state["unread"] = True
        return
    day = detail.current.measured_on if detail.current else detail.turbine.last_measured_on
    identity = {"turbine_id": turbine_id, "measured_at": day.isoformat() if day else None}
    current = {name: value for name, value in measured.items() if name in names and value is not None}
    other = {**current, **{name: int(v) if isinstance(v, bool) else v for name, v in tried.items()}}
    other = {name: value for name, value in other.items() if value is not None}
    try:
        if tied is not None and tried.get(tied.wind) is not None:
            power = _power(turbine_id, tried[tied.wind], measured, tied)
            other[tied.power] = power
            st.session_state[f"et_si_{turbine_id}_{tied.power}"] = french.typed(power, DIGITS)
        state["answers"] = (
            auth.client().park.what_if({**identity, **current}),
            auth.client().park.what_if({**identity, **other}),
        )
    except ApiError as error:
        state["errors"], state["failure"] = error.errors, error


def _value_to_try(feature: FeatureInfo, turbine_id: str, measured: dict[str, Any]) -> Any:
    """Return the value to try; the measured one, to its last decimal, where the field is unchanged.

    Raises:
        NotANumber: what was typed cannot be read.
    """
    key, value = _key(feature, turbine_id), measured.get(feature.name)
    if feature.dtype == "binary":
        return st.session_state[key]
    if value is not None and st.session_state[key] == french.typed(value, DIGITS):
        return value
    number = layout.number(key)
    return int(number) if feature.dtype == "int" and number is not None and number.is_integer() else number


def _power(turbine_id: str, wind: float, measured: dict[str, Any], tied: PowerLink) -> float:
    """Return the power that goes with the wind tried; the API knows the turbine's curve.

    A negative wind is left to the API's refusal of the prediction, which is shown at its field.
    """
    from_wind, from_power = float(measured[tied.wind]), float(measured[tied.power])
    if wind < 0:
        return from_power
    return auth.client().turbines.power_at(turbine_id, wind, from_wind, from_power).power_output


def _answer(state: dict[str, Any]) -> None:
    failure: ApiError | None = state.get("failure")
    if failure is not None:
        layout.check_session(failure)
    if state.get("unread") or (failure is not None and failure.errors):
        st.error("Une valeur est refusée ; le motif est écrit sous le champ. Rien n’a été perdu.")
        return
    if failure is not None:
        words = f"**{layout.plain(failure.title)}.** {layout.sentence(failure.detail)}"
        st.error(f"{words} Vos valeurs sont conservées.")
        return
    if "answers" not in state:
        st.info(
            "Le formulaire est rempli avec la mesure du score actuel. Changez une valeur, puis « Comparer »."
        )
        return
    current, other = state["answers"]
    _show_comparison(current, other)


def _show_comparison(current: Prediction, other: Prediction) -> None:
    layout.verdict([current.risk_level, other.risk_level], views.what_if_words(current, other))
    caption = "La réponse du modèle aux valeurs essayées, à côté de la réponse actuelle"
    layout.table(views.comparison_frame(current, other), caption)
    effects = views.driver_changes(current, other)
    if len(effects):
        st.markdown("D’où vient l’écart")
        layout.table(effects, "Écart de l’effet de chaque mesure")
    layout.notices(other.warnings)
