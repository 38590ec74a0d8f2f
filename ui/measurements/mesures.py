"""Measurements: what is missing, how fresh they are, file imports and their reports."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from api.schemas import french
from api.schemas.measurements import Coverage, TurbineCoverage
from api.schemas.vocabulary import Right
from ui.client.api_error import ApiError
from ui.measurements import corrections, import_fichier, rapport_import
from ui.measurements import coverage_views as views
from ui.measurements import views as imported
from ui.shared import auth, figures, layout

REFRESH_S = 60
IMPORTS_SHOWN = 50
PERIODS = {30: "30 jours", 90: "90 jours", 365: "1 an"}
MAP_TURBINES = 60  # a larger map cannot be read
IMPORT, FRESHNESS, HISTORY = "Importer un fichier", "Fraîcheur et couverture", "Derniers imports"
CORRECTIONS = "Corrections"
_AS_OF = "_coverage_as_of"


def page() -> None:
    """Draw the page."""
    layout.header("Mesures")
    may_import = auth.may(Right.INGEST)
    may_correct = auth.may(Right.CORRECT)
    names = [*[IMPORT] * may_import, FRESHNESS, HISTORY, *[CORRECTIONS] * may_correct]
    tabs = dict(zip(names, st.tabs(names, default=HISTORY if _asked_import() else names[0]), strict=True))
    if may_import:
        with tabs[IMPORT]:
            import_fichier.draw()
    with tabs[FRESHNESS]:
        layout.live("couverture", _coverage, every_s=REFRESH_S)
    with tabs[HISTORY]:
        layout.live("imports", _history, every_s=REFRESH_S)
    if may_correct:
        with tabs[CORRECTIONS]:
            layout.live("corrections", corrections.draw)


# Freshness and coverage


def _coverage() -> bool:
    days = st.session_state.get("periode") or min(PERIODS)
    known = st.session_state.get(_AS_OF)
    first = known - timedelta(days=days - 1) if known and days != min(PERIODS) else None
    try:
        coverage = auth.client().measurements.coverage(first)
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error, "couverture")
        return not error.unreachable
    st.session_state[_AS_OF] = coverage.as_of
    _missing(coverage)
    if not coverage.turbines:
        return True
    layout.facts(views.coverage_facts(coverage))
    _findings(coverage)
    _freshness(coverage)
    _map(coverage)
    return True


def _missing(coverage: Coverage) -> None:
    """Show first what the next run lacks."""
    lacks = "Il manque :" if coverage.missing else "Rien ne manque."
    layout.banner(f"{coverage.next_run} {lacks}", good=not coverage.missing, notices=coverage.missing)


def _findings(coverage: Coverage) -> None:
    st.subheader("Constats du dernier calcul", anchor=False)
    if coverage.findings:
        layout.table(views.findings_frame(coverage.findings), "Constats du dernier calcul")
    else:
        st.markdown(views.no_findings_words(coverage))


def _freshness(coverage: Coverage) -> None:
    st.subheader("Fraîcheur par turbine", anchor=False)
    count = french.counted(len(coverage.turbines), "turbine")
    layout.table(
        views.freshness_frame(coverage.turbines),
        f"Fraîcheur de {count}, ce qui manque d’abord",
        key="fraicheur",
        columns=views.FRESHNESS_COLUMNS,
    )
    st.caption(
        f"Âges comptés au {french.date(coverage.as_of)}, jour évalué. Trop ancienne : plus de "
        f"{french.days(coverage.max_age_days)}, l’âge limite de la politique ; aucun risque ne s’en déduit. "
        "En retard : plus que l’écart habituel, rarement dépassé (95ᵉ centile) entre deux jours mesurés. Une "
        "machine à l’arrêt ne doit aucune mesure."
    )


def _map(coverage: Coverage) -> None:
    st.subheader("Mesures par turbine et par jour", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Période",
            list(PERIODS),
            format_func=PERIODS.__getitem__,
            default=min(PERIODS),
            key="periode",
            required=True,
        )
        turbines = _turbines_to_map(coverage.turbines)
    layout.plot(
        figures.coverage_map(coverage, turbines, layout.colours()),
        "carte",
        views.coverage_words(coverage, turbines),
    )
    st.caption(
        "Case grise : aucune mesure. Plus la case est soutenue, plus il y a de mesures. ⚠ : mesure attendue."
    )


def _turbines_to_map(turbines: list[TurbineCoverage]) -> list[TurbineCoverage]:
    """Return the turbines to map: all of them, or a group that the person chooses in a large park."""
    if len(turbines) <= MAP_TURBINES:
        return turbines
    starts = range(0, len(turbines), MAP_TURBINES)
    start = st.selectbox(
        "Turbines",
        starts,
        format_func=lambda n: (
            f"de {turbines[n].turbine_id} à {turbines[min(n + MAP_TURBINES, len(turbines)) - 1].turbine_id}"
        ),
        key="carte_turbines",
        width=240,
    )
    return turbines[start : start + MAP_TURBINES]


# Last imports


def _asked_import() -> int | None:
    """Return the import that the page's address names."""
    asked = st.query_params.get("import", "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None


def _history() -> bool:
    try:
        known = auth.client().measurements.imports(IMPORTS_SHOWN)
    except ApiError as error:
        layout.check_session(error)
        layout.show_error(error, "imports")
        return not error.unreachable
    if not known.items:
        st.info("Aucun fichier n’a encore été importé.")
        return True
    listed = f"{french.counted(len(known.items), 'import')} sur {french.number(known.total)}"
    layout.table(
        imported.imports_frame(known.items),
        f"Derniers imports : {listed}",
        key="imports",
        opens=[f"?import={done.import_id}" for done in known.items],
    )
    st.caption(f"{listed}. Une ligne ouvre son rapport.")
    _report()
    return True


def _report() -> None:
    asked = _asked_import()
    if asked is not None:
        report = layout.fetched(lambda: auth.client().measurements.import_report(asked), "rapport")
        if report is not None:
            st.subheader(f"Rapport de l’import n° {asked} : {layout.plain(report.filename)}", anchor=False)
            rapport_import.draw(report, "historique")
