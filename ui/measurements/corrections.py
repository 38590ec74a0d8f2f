"""Corrections: which of two contradictory values stands, rows taken out, imports undone, rows restored."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from api.schemas import french
from api.schemas.common import MAX_REASON, MIN_REASON
from api.schemas.corrections import Contradiction
from ui.client.api_error import ApiError
from ui.measurements import correction_views as views
from ui.shared import auth, layout, outcome

PAGE = "corrections"
SHOWN = 50
_ASKED = "_correction_demandee"


def draw() -> bool:
    """Draw the tab."""
    outcome.show(PAGE)
    try:
        calls = auth.client().corrections
        waiting, acts = calls.contradictions(SHOWN), calls.acts(SHOWN)
        imports = views.undoable(auth.client().measurements.imports(SHOWN).items)
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error, PAGE)
        return not error.unreachable
    _contradictions(waiting.items, waiting.total)
    _one_day()
    st.subheader("Annuler un import", anchor=False)
    if imports:
        names = {done.import_id: views.import_words(done) for done in imports}
        number = st.selectbox("Import", list(names), format_func=names.__getitem__, key="corriger_import")
        _act("annuler", {"undo_import": number})
    else:
        st.markdown("Aucun import à annuler.")
    st.subheader("Retraits et imports annulés", anchor=False)
    if not acts.items:
        st.markdown("Rien n’a été retiré.")
        return True
    layout.table(views.acts_frame(acts.items), "Retraits et imports annulés", key="retraits")
    back = {a.withdrawal_id: a for a in acts.items if a.kind != "import" and a.restored_at is None}
    if back:
        with outcome.menu(PAGE, "Rétablir…", "retablir"):
            _restore({key: f"n° {key} : {views.act_words(act)}" for key, act in back.items()})
    return True


def _contradictions(waiting: list[Contradiction], total: int) -> None:
    st.subheader("Mesures qui se contredisent", anchor=False)
    if not waiting:
        st.markdown("Aucune : deux valeurs d’un même capteur au même instant attendraient ici un choix.")
        return
    st.markdown(
        f"**{french.counted(total, 'contradiction')} à trancher.** En attendant, la plus grave compte."
    )
    names = {place: views.contradiction_words(each) for place, each in enumerate(waiting)}
    place = st.selectbox("Contradiction", list(names), format_func=names.__getitem__, key="contradiction")
    rows = {row.measurement_id: views.row_words(row) for row in waiting[place].rows}
    kept = st.radio("La ligne qui vaut", list(rows), format_func=rows.__getitem__, key=f"garder_{place}")
    origins = sorted({row.import_id for row in waiting[place].rows if row.import_id is not None})
    every = "Seulement cette ligne"
    whole = {f"Partout, celles de l’import n° {n}": n for n in origins} if len(origins) > 1 else {}
    chosen = every
    if whole:
        chosen = st.selectbox("Étendue", [every, *whole], key="etendue")
    _act("choisir", {"keep_row": kept} if chosen == every else {"keep_import": whole[chosen]})


def _one_day() -> None:
    st.subheader("Retirer des lignes", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        turbine = st.text_input("Turbine", key="corriger_turbine", width=160)
        day: date | None = st.date_input(
            "Jour", None, key="corriger_jour", format=french.STREAMLIT_DATE, width=180
        )
    if not turbine.strip() or day is None:
        st.caption("Donnez la turbine et le jour : ses lignes s’affichent avec leur numéro.")
        return
    rows = layout.fetched(lambda: auth.client().corrections.rows(turbine.strip(), day), "lignes")
    if rows is None:
        return
    if not rows:
        st.info("Aucune ligne de cette turbine ce jour-là.")
        return
    layout.table(views.rows_frame(rows), "Lignes du jour")
    names = {row.measurement_id: views.row_words(row) for row in rows if row.withdrawal is None}
    chosen = st.multiselect(
        "Lignes à retirer", list(names), format_func=names.__getitem__, key="corriger_lignes"
    )
    if chosen:
        _act("retirer", {"rows": chosen})


def _act(key: str, act: dict[str, Any]) -> None:
    """Ask for the reason, say what would be taken out, and do it once confirmed."""
    with st.form(f"{key}_form", border=False):
        reason = st.text_input("Motif, gardé avec l’acte", key=f"{key}_motif", max_chars=MAX_REASON)
        if st.form_submit_button("Voir ce qui serait retiré…", key=f"{key}_voir"):
            if len(reason.strip()) < MIN_REASON:
                st.error(f"Le motif est attendu : {french.counted(MIN_REASON, 'caractère')} au moins.")
            else:
                st.session_state[_ASKED] = (key, act, reason.strip())
    asked = st.session_state.get(_ASKED)
    if asked is None or asked[:2] != (key, act):
        return
    effect = layout.fetched(lambda: auth.client().corrections.preview(act), f"{key}_effet")
    if effect is None:
        return
    st.warning(layout.plain(effect.sentence))
    with st.container(horizontal=True):
        go = st.button("Confirmer", type="primary", key=f"{key}_confirmer")
        if st.button("Abandonner", key=f"{key}_abandonner"):
            del st.session_state[_ASKED]
            layout.redraw()
    if go:
        done = layout.fetched(lambda: auth.client().corrections.carry_out(act, asked[2]), f"{key}_fait")
        if done is not None:
            del st.session_state[_ASKED]
            outcome.tell(PAGE, views.done_words(done))
            layout.redraw()


def _restore(names: dict[int, str]) -> None:
    with st.form("retablir_form", border=False):
        number = st.selectbox("Retrait", list(names), format_func=names.__getitem__, key="retablir_numero")
        reason = st.text_input("Motif, gardé avec l’acte", key="retablir_motif", max_chars=MAX_REASON)
        asked = st.form_submit_button("Rétablir ces lignes", type="primary")
    if not asked:
        return
    if len(reason.strip()) < MIN_REASON:
        st.error(f"Le motif est attendu : {french.counted(MIN_REASON, 'caractère')} au moins.")
        return
    done = layout.fetched(lambda: auth.client().corrections.restore(number, reason.strip()), "retablir")
    if done is not None:
        outcome.tell(PAGE, f"Retrait n° {number} rétabli : ses lignes valent à nouveau.")
        layout.redraw()
