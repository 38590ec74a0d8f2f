"""The risk policy: what is in force, what another one would change, its versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from api.schemas import french
from api.schemas.common import MIN_REASON
from api.schemas.policy import Policy, PolicyPreview, PolicyVersion
from api.schemas.vocabulary import Right
from ui.client.api_error import ApiError
from ui.policy import views
from ui.shared import auth, layout, outcome
from ui.shared.entry import drafts, typed

SHOWN = 200  # turbines that change level, listed
IN_A_ROW = 3  # fields
TO_MEND = "Corrigez la valeur signalée pour voir l’effet."
_PAGE, _ERRORS = "politique", "_politique_erreurs"
_FIELDS = "saisie_politique"
_REASON = "Motif, gardé dans l’historique"


def page() -> None:
    """Draw the page."""
    layout.header("Politique de risque")
    policy = layout.fetched(auth.client().policy.versions, "politique")
    if policy is None:
        return
    _show_outcome(policy)
    st.markdown(layout.plain(views.in_force_words(policy.in_force)))
    layout.facts(views.bounds_facts(policy.in_force.bounds))
    if auth.may(Right.POLICY):
        _editor(policy)
    else:
        _values(policy.in_force)
    _versions(policy)


def _show_outcome(policy: Policy) -> None:
    """Show the outcome of the last act, and that the ranking may come from another version."""
    outcome.show(_PAGE)
    with st.container():  # stays when empty, so that the page does not move
        for notice in policy.notices:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.info(layout.sentence(notice.message), width="stretch")
                if notice.code == "prochain_calcul" and auth.may(Right.POLICY) and auth.may(Right.START_RUN):
                    st.button("Calculer maintenant", key="calculer", on_click=_start_run)


def _values(version: PolicyVersion) -> None:
    values = views.values_of(version.parameters)
    layout.facts(
        [(field.label, views.value_words(name, values[name]), "") for name, field in views.FIELDS.items()]
    )
    st.caption("Le responsable maintenance modifie ces valeurs.")


def _editor(policy: Policy) -> None:
    """Draw the values and their effect at once; keep what was typed whatever the API says."""
    base = policy.in_force
    _fill(base)
    st.subheader("Essayer d’autres valeurs", anchor=False)
    drafts.short_fields(_FIELDS)
    with st.container(key=_FIELDS):
        proposed = _inputs(st.session_state.get(_ERRORS, {}))
    if proposed is None:
        st.warning(TO_MEND)
        return
    if proposed == views.values_of(base.parameters):
        st.session_state.pop(_ERRORS, None)
        st.caption("Changez une valeur pour voir son effet avant de l’enregistrer.")
        return
    try:
        preview = auth.client().policy.preview(proposed, SHOWN)
    except ApiError as error:
        layout.check_session(error)
        _show_refusal(error)
        return
    if st.session_state.pop(_ERRORS, None):
        layout.redraw()  # draw the fields without their old errors
    _effect(preview)
    _saving(policy, proposed)


def _fill(base: PolicyVersion) -> None:
    """Start from the version in force; what somebody typed stays when another comes into force."""
    values = views.values_of(base.parameters)
    for name in values:
        # Streamlit forgets a widget that is not drawn; the copy of its value stays.
        if _key(name) not in st.session_state and _kept(name) in st.session_state:
            st.session_state[_key(name)] = st.session_state[_kept(name)]
    typed.follow(_PAGE, {_key(name): french.typed(value) for name, value in values.items()})


def _inputs(errors: Mapping[str, str]) -> dict[str, float] | None:
    """Return the values typed; None where one is no number, and its field says so."""
    proposed: dict[str, float] = {}
    names = list(views.FIELDS)
    for start in range(0, len(names), IN_A_ROW):
        for column, name in zip(st.columns(IN_A_ROW), names[start : start + IN_A_ROW], strict=False):
            field = views.FIELDS[name]
            with column:
                number = layout.number_field(field.label, _key(name), help=field.help)
                st.session_state[_kept(name)] = st.session_state[_key(name)]
                if number is not None:
                    proposed[name] = int(number) if field.whole and number.is_integer() else number
                elif layout.readable(_key(name)):
                    st.markdown(":red[**↑ Une valeur est attendue.**]")
                if name in errors:
                    st.markdown(f":red[✕ {layout.plain(errors[name])}]")
    return proposed if len(proposed) == len(names) else None


def _show_refusal(error: ApiError) -> None:
    """Show the API's words: at the field it names, else above all."""
    errors = views.by_field(error.errors)
    if set(errors) & set(views.FIELDS):
        if st.session_state.get(_ERRORS) != errors:
            st.session_state[_ERRORS] = errors
            layout.redraw()
        st.warning(TO_MEND)
    else:
        layout.show_error(error, "apercu")


def _effect(preview: PolicyPreview) -> None:
    st.subheader("Effet, avant d’enregistrer", anchor=False)
    st.markdown(f"**{layout.plain(views.effect_words(preview))}**")
    layout.facts(views.bounds_facts(preview.bounds))
    layout.notices(preview.notices)
    left, right = st.columns(2)
    with left:
        layout.table(views.counts_frame(preview), "Turbines par niveau, avant et après")
        if preview.turbines:
            with st.expander(f"Turbines qui changent de niveau ({preview.changed})", expanded=True):
                frame = views.shifts_frame(preview.turbines)
                layout.table(frame, "Turbines dont le niveau changerait", key="changements")
    with right:
        if preview.decision is not None:
            st.markdown(layout.plain(f"Sur les lignes que {preview.model} n’a jamais vues, à ces coûts :"))
            layout.table(views.threshold_frame(preview), "Ce que coûte chaque seuil")
            if preview.cost_chart is not None:
                layout.chart(preview.cost_chart, "cout_par_seuil")
                st.caption(layout.plain(preview.cost_chart.note))


def _saving(policy: Policy, proposed: Mapping[str, float]) -> None:
    with st.container(border=True, key="enregistrer_politique"):
        drafts.long_text(_REASON, "motif_politique", form=False, rows=2, most=500)
        with st.container(horizontal=True):
            st.button(
                f"Enregistrer la version {policy.in_force.version + 1}",
                key="enregistrer",
                type="primary",
                on_click=_save,
                args=(policy.in_force.version, dict(proposed)),
            )
            st.button("Reprendre les valeurs en vigueur", key="reprendre", on_click=_forget)


def _versions(policy: Policy) -> None:
    st.subheader("Versions", anchor=False)
    layout.table(views.versions_frame(policy.versions), "Versions de la politique", key="versions")
    older = [version.version for version in policy.versions[1:]]
    if not older or not auth.may(Right.POLICY):
        return
    with outcome.menu(_PAGE, "Revenir à une version…", "revenir_politique"):
        chosen = st.selectbox("Version", older, key="version_voulue")
        st.markdown("Une nouvelle version reprendra ses valeurs ; rien n’est effacé.")
        drafts.long_text(_REASON, "motif_retour", form=False, rows=2, most=500)
        st.button(
            "Rétablir ces valeurs",
            key="retablir",
            type="primary",
            on_click=_restore,
            args=(int(chosen), policy.in_force.version),
        )


def _save(base: int, proposed: Mapping[str, float]) -> None:
    reason = _reason("motif_politique")
    if reason is not None:
        _act(lambda: auth.client().policy.save(base, proposed, reason), "motif_politique")


def _restore(version: int, base: int) -> None:
    reason = _reason("motif_retour")
    if reason is not None:
        _act(lambda: auth.client().policy.restore(version, base, reason), "motif_retour")


def _reason(key: str) -> str | None:
    reason = drafts.text(key)
    if len(reason) >= MIN_REASON:
        return reason
    outcome.tell(_PAGE, "Un motif est attendu, de trois lettres au moins.", done=False)
    return None


def _act(save: Callable[[], Policy], reason_key: str) -> None:
    """Save; where the API refuses, keep what was typed and show its message at the field."""
    try:
        saved = save()
    except ApiError as error:
        errors = views.by_field(error.errors)
        st.session_state[_ERRORS] = {name: errors[name] for name in errors if name in views.FIELDS}
        outcome.tell(_PAGE, _refusal(error), done=False)
        return
    drafts.sent([reason_key])
    _forget()
    outcome.tell(_PAGE, f"Version {saved.in_force.version} enregistrée, en vigueur.")


def _refusal(error: ApiError) -> str:
    if error.superseded:
        return typed.superseded_words(error, lambda c: views.change_words(c.field, c.before, c.after))
    return f"{error.title}. {error.detail}"


def _forget() -> None:
    for name in views.FIELDS:
        for key in (_key(name), _kept(name)):
            st.session_state.pop(key, None)
    drafts.sent([_FIELDS])
    st.session_state.pop(_ERRORS, None)


def _start_run() -> None:
    try:
        run = auth.client().park.start_run()
    except ApiError as error:
        outcome.tell(_PAGE, f"{error.title}. {error.detail}", done=False)
        return
    outcome.tell(_PAGE, f"Calcul n° {run.run_id} demandé : le cockpit le montrera dès qu’il sera publié.")


def _key(name: str) -> str:
    return f"politique_{name}"


def _kept(name: str) -> str:
    return f"_garde_{name}"
