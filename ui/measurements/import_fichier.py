"""Import of a file: choose it, preview it, confirm, follow, read the report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import uuid4

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from api.schemas import french
from api.schemas.measurements import ImportPreview, ImportReport, MapDraft
from ui.client.api_error import ApiError
from ui.client.measure_file import MeasureFile
from ui.measurements import correspondance, rapport_import, views
from ui.shared import auth, layout

FOLLOW_S = 1
TYPES = ["csv", "gz", "tsv", "txt", "xlsx", "parquet"]
ACTIVE = {"en_attente", "en_cours"}
INVALID = 422
_STATE, _JOB = "_import_file", "travail"
_EXAMPLE = '{"columns": {"machine": "turbine_id", "vent": {"sensor": "wind_speed", "unit": "km/h"}}}'
_FOUND = "Reconnu dans le fichier"


@dataclass
class _Import:
    """One file on its way; ``turn`` renews the fields for the next one.

    ``draft`` is the mapping that the service proposed, ``mapped`` what its reader made of it.
    """

    turn: int = 0
    asked: tuple[str, ...] | None = None
    key: str = ""
    draft: MapDraft | None = None
    mapped: str = ""
    preview: ImportPreview | None = None
    failure: ApiError | None = None
    unsent: ApiError | None = None
    job: int | None = None
    ended: str = ""
    report: ImportReport | None = None


def draw() -> None:
    """Draw the current step of the import."""
    state: _Import = st.session_state.setdefault(_STATE, _Import())
    asked = st.query_params.get(_JOB, "")
    if state == _Import() and asked.isascii() and asked.isdigit() and len(asked) < 10:
        state.job = int(asked)
    if state.job is not None:
        layout.live("import", _progress, every_s=FOLLOW_S)
    elif state.report is not None or state.ended:
        _show_ended(state)
    else:
        _form(state)


def _again() -> None:
    """Start again, with empty fields."""
    state: _Import = st.session_state[_STATE]
    _forget_file(state)
    st.session_state[_STATE] = _Import(turn=state.turn + 1)
    st.query_params.pop(_JOB, None)


def _forget_file(state: _Import) -> None:
    forget_file(state.asked[0] if state.asked else "")


def forget_file(file_id: str) -> None:
    """Free a file's memory: Streamlit keeps every file of a person until they leave."""
    context = get_script_run_ctx()
    manager = context.uploaded_file_mgr if context else None
    if context is not None and isinstance(manager, MemoryUploadedFileManager) and file_id:
        manager.remove_file(context.session_id, file_id)


# Choosing


def _form(state: _Import) -> None:
    most = french.quantity(st.get_option("server.maxUploadSize"), "Mo")
    st.markdown(
        "Choisissez un fichier : rien n’est écrit avant votre confirmation. "
        f"CSV (aussi compressé), Excel ou Parquet, **{most} au plus**. "
        "Un fichier plus gros se dépose dans le dossier `inbox` du serveur, ou se découpe par période."
    )
    chosen = st.file_uploader("Fichier de mesures", TYPES, key=f"fichier_{state.turn}")
    refusal, options = st.container(), st.container()
    if chosen is None:
        state.asked = state.preview = state.failure = state.draft = None
        state.mapped = ""
        with options:
            _options(state.turn, opened=False)
        return
    with options:
        day_format, mapping = _options(state.turn, opened=state.failure is not None)
        if state.draft is not None and (text := correspondance.edit(state.draft, state.turn)) is not None:
            state.mapped = text
    asked = (chosen.file_id, day_format, mapping.file_id if mapping else state.mapped)
    file = MeasureFile(
        chosen.name,
        chosen.getvalue(),
        day_format,
        mapping.name if mapping else correspondance.NAME,
        mapping.getvalue() if mapping else state.mapped.encode(),
    )
    if asked != state.asked:
        _look(state, file, asked)
    if state.failure is not None:
        with refusal:
            _show_refusal(state.failure)
            if state.failure.status == INVALID and state.draft is None:
                _offer(state, file)
    elif state.preview is not None:
        _preview(state, state.preview, file)


def _offer(state: _Import, file: MeasureFile) -> None:
    state.draft = correspondance.offer(file)
    if state.draft is not None:
        layout.redraw()


def _options(turn: int, *, opened: bool) -> tuple[str, UploadedFile | None]:
    """Return the date format (empty to let the service find it) and the mapping file, if any."""
    with st.expander("Options de lecture : format des dates, noms de colonnes et unités", expanded=opened):
        date_format = st.selectbox(
            "Format des dates",
            [_FOUND, *views.DATE_FORMATS],
            key=f"dates_{turn}",
            width=300,
            help="À préciser quand jours et mois pourraient être confondus.",
        )
        mapping = st.file_uploader(
            "Correspondance des noms et des unités (JSON ou TOML)",
            ["json", "toml"],
            key=f"correspondance_{turn}",
            max_upload_size=1,
        )
        st.caption(f"Exemple de correspondance : {layout.plain(_EXAMPLE)}")
    return ("" if date_format == _FOUND else date_format), mapping


def _look(state: _Import, file: MeasureFile, asked: tuple[str, ...]) -> None:
    """Ask for the preview of another file, or of the same one read otherwise."""
    state.preview = state.failure = state.unsent = None
    state.key = str(uuid4())
    try:
        with st.spinner("Lecture des premières lignes…"):
            state.preview = auth.client().measurements.preview(file)
        state.asked = asked
    except ApiError as error:
        layout.check_session(error)
        state.failure = error
        state.asked = asked if error.status == INVALID else None  # other errors may pass: ask again
    if state.failure is not None and state.asked is not None:
        layout.redraw()  # so that the options open


def _show_refusal(error: ApiError) -> None:
    """Show why the whole file is refused, beside the field where it was chosen."""
    if error.status != INVALID:
        layout.show_error(error, "apercu")
        return
    reasons = "\n".join(
        f"- **{layout.plain(views.field_name(problem.field))}** : {layout.sentence(problem.message)}"
        if problem.field
        else f"- {layout.sentence(problem.message)}"
        for problem in error.errors
    )
    st.error(f"**Fichier refusé, rien n’a été écrit.**\n\n{reasons or layout.sentence(error.detail)}")


# Previewing and confirming


def _preview(state: _Import, preview: ImportPreview, file: MeasureFile) -> None:
    st.subheader(f"Aperçu de « {layout.plain(preview.filename)} »", anchor=False)
    takes = bool(preview.estimated_new + preview.estimated_known)
    lacking = [column for column in preview.columns if column.state == "absente"]
    good = takes and not lacking and not preview.rejected
    layout.banner(views.preview_words(preview), good=good)
    layout.facts(views.preview_facts(preview))
    st.caption(f"Lu comme : {layout.plain(views.format_words(preview.format))}")
    for notice in preview.notices:
        st.warning(layout.sentence(notice.message))
    for column in lacking:
        st.markdown(f":orange-badge[!] **{layout.plain(column.name)}** : {layout.plain(column.consequence)}")
    _confirm(state, preview, file, takes=takes)
    if preview.problems:
        rapport_import.problems(preview.problems, preview.problems_total)
    st.markdown("**Premières lignes, comme elles sont comprises** (rejetées : telles que reçues)")
    layout.table(views.rows_frame(preview), "Premières lignes du fichier")
    st.markdown("**Colonnes du fichier**")
    layout.table(views.columns_frame(preview.columns), "Colonnes du fichier")


def _confirm(state: _Import, preview: ImportPreview, file: MeasureFile, *, takes: bool) -> None:
    checked = True
    for doubt in preview.doubts:
        st.warning(f"**{layout.plain(doubt.field)}** : {layout.sentence(doubt.message)}")
    if preview.needs_confirmation:
        checked = st.checkbox(
            "J’ai vérifié ces points : le fichier est juste tel quel.", key=f"verifie_{state.turn}"
        )
    with st.container(horizontal=True):
        go = st.button(
            "Importer ce fichier", type="primary", key="importer", disabled=not (takes and checked)
        )
        st.button("Abandonner", key="abandonner", on_click=_again)
    if state.unsent is not None:
        _not_sent(state.unsent)
    if go:
        _send(state, replace(file, confirmed=preview.needs_confirmation and checked))


def _not_sent(error: ApiError) -> None:
    if error.status == INVALID:
        _show_refusal(error)
        return
    words = f"**{layout.plain(error.title)}.** {layout.sentence(error.detail)}"
    st.error(f"{words} Votre fichier est conservé : appuyez à nouveau, rien ne sera doublé.")


def _send(state: _Import, file: MeasureFile) -> None:
    """Import the file; sent twice under the same key, it is imported once."""
    try:
        with st.spinner("Import en cours…"):
            answer = auth.client().measurements.import_file(file, state.key)
    except ApiError as error:
        layout.check_session(error)
        state.unsent = error  # kept across the redraw when the service goes away
        layout.redraw()
    state.unsent = None
    _forget_file(state)
    if isinstance(answer, ImportReport):
        state.report = answer
    else:
        state.job = answer.job_id
        st.query_params[_JOB] = str(answer.job_id)
    layout.redraw()


# Following and reading the report


def _progress() -> bool:
    """Follow a long import until it ends; it goes on if the page is left."""
    state: _Import = st.session_state[_STATE]
    if state.job is None:
        return True
    try:
        job = auth.client().measurements.import_job(state.job)
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error, "import")
        if not error.unreachable:
            st.button("Choisir un fichier", key="autre_fichier", on_click=_again)
        return not error.unreachable
    if job.status not in ACTIVE:
        state.job, state.report = None, job.report
        state.ended = "" if job.report else (job.error or "L’import a été interrompu.")
        st.query_params.pop(_JOB, None)
        layout.redraw()
    st.progress(min(1.0, job.done / max(1, job.total)), text=layout.plain(views.progress_words(job)))
    st.caption(
        "Vous pouvez quitter cette page : l’import continue, son rapport sera dans « Derniers imports »."
    )
    st.button("Importer un autre fichier", key="autre_fichier", on_click=_again)
    return True


def _show_ended(state: _Import) -> None:
    if state.report is not None:
        rapport_import.draw(state.report, "import")
    else:
        st.error(
            f"**Le fichier n’a pas été importé.** {layout.sentence(state.ended)}  \n"
            "Le même fichier peut être envoyé à nouveau : rien ne sera doublé."
        )
    st.button("Importer un autre fichier", key="autre_fichier", on_click=_again)
