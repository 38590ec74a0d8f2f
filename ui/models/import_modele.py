"""Import of a model on the models page: send the file, follow its checks, open its card."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from api.schemas.common import FieldProblem
from api.schemas.model_imports import ModelImport
from api.schemas.models import TASKS
from api.schemas.vocabulary import Right
from ui.client.api_error import ApiError
from ui.measurements.import_fichier import forget_file
from ui.models import import_model_views as views
from ui.models import split_fields
from ui.shared import auth, layout
from ui.shared.entry import drafts

FOLLOW_S = 1
LAST = 5
INVALID = 422
_STATE, _TYPED = "_import_modele", "saisie_import_modele"
_EXPLAINED = (
    "Un fichier `pickle` ou `joblib` qui contient **un estimateur scikit-learn ajusté**, ou un fichier "
    "`onnx` d’un autre outil. Il est contrôlé sans rien exécuter de ce qui n’est pas autorisé, mesuré, puis "
    "rangé comme nouvelle version : **il ne sert pas tant que personne ne le met en service**. Un refus ne "
    "laisse aucune trace."
)
_COMPANIONS = {
    "reported": ("json", "Chiffres d’un rapport ; ils restent à part de ceux mesurés ici."),
    "golden": ("json", "Pour un fichier écrit par une autre version de scikit-learn."),
    "manifest": ("json", "Libellés, unités et bornes de variables nouvelles (« models draft »)."),
}


@dataclass
class _Import:
    """The import that this person follows; ``turn`` renews the fields, ``kept`` fills them."""

    turn: int = 0
    number: int | None = None
    ended: ModelImport | None = None
    looked: bool = False
    problems: list[FieldProblem] = field(default_factory=list)
    unsent: ApiError | None = None
    kept: dict[str, Any] = field(default_factory=dict)


def draw() -> None:
    """Draw the import for those who may import; nothing for others."""
    if not auth.may(Right.MODELS):
        return
    state: _Import = st.session_state.setdefault(_STATE, _Import())
    last = _look_again(state)
    busy = state.number is not None or state.ended is not None or state.unsent is not None
    opened = busy or bool(state.problems)
    with st.expander("Importer un modèle…", expanded=opened, icon=":material/upload:", key="import_modele"):
        if state.number is not None:
            layout.live("import_modele", _progress, every_s=FOLLOW_S)
        elif state.ended is not None:
            _outcome(state.ended)
            if state.ended.status != "termine":  # to be mended and sent again
                _form(state)
        else:
            _form(state)
        if last:
            st.markdown("**Derniers imports**")
            layout.table(views.imports_frame(last), "Derniers imports de modèles")


def _look_again(state: _Import) -> list[ModelImport]:
    """Return the last imports; take up again one that was left while under way."""
    try:
        last = auth.client().models.imports(LAST)
    except ApiError as error:
        layout.check_session(error)
        return []  # the page itself says that the service is away
    if not state.looked:
        state.looked = True
        state.number = next((item.import_id for item in last if item.status in views.ACTIVE), None)
    return last


def _again() -> None:
    """Start again, with empty fields."""
    state: _Import = st.session_state[_STATE]
    drafts.sent([_TYPED])
    st.session_state[_STATE] = _Import(turn=state.turn + 1, looked=True)


# Sending


def _form(state: _Import) -> None:
    turn = state.turn
    for name, value in state.kept.items():
        st.session_state.setdefault(f"{name}_{turn}", value)
    st.markdown(
        _EXPLAINED
        if state.ended is None
        else "**Corrigez, choisissez de nouveau les fichiers, puis renvoyez :**"
    )
    lists = {f"imp_task_{turn}": {words: task for task, words in TASKS.items()}, **split_fields.lists(turn)}
    drafts.short_fields(_TYPED, lists, split_fields.days(turn), turn=f"_{turn}")
    with st.container(key=_TYPED):
        _fields_to_fill(state)
    _show_refusal(state)


def _fields_to_fill(state: _Import) -> None:
    turn = state.turn
    split_fields.choose(turn)
    with st.form(f"import_modele_{turn}", border=False):
        model = st.file_uploader(
            views.FIELDS["file"], ["pkl", "pickle", "joblib", "gz", "onnx"], key=f"imp_file_{turn}"
        )
        name = st.text_input(
            views.FIELDS["name"],
            key=f"imp_name_{turn}",
            help="Minuscules sans accent, chiffres, - et _. Un nom connu reçoit une version de plus.",
        )
        task = st.selectbox(
            views.FIELDS["task"], list(TASKS), format_func=TASKS.__getitem__, key=f"imp_task_{turn}"
        )
        rows = st.file_uploader(
            views.FIELDS["labelled"],
            ["csv", "txt", "gz", "xlsx", "parquet"],
            key=f"imp_labelled_{turn}",
            help="turbine_id, date_measure, variables, étiquette. Sans lui, ni mesure ni facteurs.",
        )
        split = split_fields.draw(turn)
        texts, files = _options(turn)
        reason = st.text_input("Motif, gardé avec l’import", key=f"imp_reason_{turn}")
        sent = st.form_submit_button("Contrôler et ranger", type="primary")
    if sent:
        fields = {"name": name, "task": task, "split": split, "reason": reason, **texts}
        chosen = {"file": model, "labelled": rows, **files}
        _send(state, fields, {role: f for role, f in chosen.items() if f is not None})


def _options(turn: int) -> tuple[dict[str, str], dict[str, UploadedFile | None]]:
    """Draw the fields that only some files need."""
    with st.expander("Options : classes, variables, fichiers joints"):
        texts = {
            "positive": st.text_input(
                views.FIELDS["positive"],
                key=f"imp_positive_{turn}",
                help="Quand les classes ne sont pas 0 et 1 ; jamais devinée par sa place.",
            ),
            "features": st.text_input(
                views.FIELDS["features"],
                key=f"imp_features_{turn}",
                help="Séparées par des virgules, pour un modèle ajusté sur un tableau sans noms.",
            ),
        }
        files = {
            role: st.file_uploader(views.FIELDS[role], [kind], key=f"imp_{role}_{turn}", help=words)
            for role, (kind, words) in _COMPANIONS.items()
        }
    return texts, files


def _send(state: _Import, fields: dict[str, str], files: dict[str, UploadedFile]) -> None:
    state.problems, state.unsent = [], None
    if "file" not in files:
        state.problems = [FieldProblem(field="file", message="choisissez le fichier du modèle.")]
        return
    try:
        with st.spinner("Envoi du fichier…"):
            contents = {role: (file.name, file.getvalue()) for role, file in files.items()}
            accepted = auth.client().models.import_file(fields, contents)
    except ApiError as error:
        layout.check_session(error)
        if error.status == INVALID and error.errors:
            state.problems = list(error.errors)
        else:
            state.unsent = error
        return
    for file in files.values():
        forget_file(file.file_id)
    kept = _typed(state.turn)
    drafts.sent([_TYPED])
    st.session_state[_STATE] = _Import(turn=state.turn + 1, number=accepted.import_id, looked=True, kept=kept)
    layout.redraw()


def _typed(turn: int) -> dict[str, Any]:
    """Return what was typed in the fields of a turn, files left out, by the field's name."""
    end = f"_{turn}"
    return {
        key.removesuffix(end): value
        for key, value in st.session_state.items()
        if isinstance(key, str) and key.startswith("imp_") and key.endswith(end)
        if isinstance(value, str | date | None)
    }


def _show_refusal(state: _Import) -> None:
    """Show why the API refused the form; keep what was typed."""
    if state.problems:
        _fields(state.problems, "Rien n’a été envoyé au contrôle.")
    if state.unsent is not None:
        words = f"**{layout.plain(state.unsent.title)}.** {layout.plain(state.unsent.detail)}"
        st.error(f"{words} Ce que vous avez saisi est conservé : appuyez à nouveau.")


def _fields(problems: list[FieldProblem], before: str) -> None:
    lines = "\n".join(
        f"- **{layout.plain(name)}** : {layout.plain(words)}" for name, words in views.field_words(problems)
    )
    st.error(f"**{layout.plain(before)}**\n\n{lines}")


# Following


def _progress() -> bool:
    """Draw the checks as they pass; they go on if the page is left."""
    state: _Import = st.session_state[_STATE]
    if state.number is None:
        return True
    try:
        job = auth.client().models.import_state(state.number)
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error, "import_modele")
        return not error.unreachable
    if job.status not in views.ACTIVE:
        state.number, state.ended = None, job
        layout.redraw()
    st.progress(views.passed(job), text=layout.plain(views.progress_words(job)))
    _steps(job)
    st.caption("Vous pouvez quitter cette page : les contrôles continuent, vous les retrouverez ici.")
    return True


def _steps(job: ModelImport) -> None:
    lines = [
        f"- {sign} **{layout.plain(name)}** : {layout.plain(state)}"
        for sign, name, state in map(views.step_words, job.steps)
    ]
    st.markdown("\n".join(lines))


def _outcome(job: ModelImport) -> None:
    if job.status == "termine":
        st.success(layout.plain(views.outcome_words(job)))
    elif job.errors:
        _fields(job.errors, "Fichier refusé, rien n’a été rangé.")
    else:
        st.error(layout.plain(views.outcome_words(job)))
    if job.remedy:
        st.info(f"**Que faire :** {layout.plain(job.remedy)}")
    _steps(job)
    with st.container(horizontal=True):
        if job.status == "termine":
            st.button(
                "Voir sa fiche et la mettre en service",
                key="voir_fiche_importee",
                type="primary",
                on_click=_open_card,
                args=(f"{job.name} v{job.version}",),
            )
        st.button("Importer un autre fichier", key="autre_modele", on_click=_again)


def _open_card(version: str) -> None:
    """Open the card of the imported version, where it is put into service."""
    st.session_state["version_choisie"] = version
    _again()
