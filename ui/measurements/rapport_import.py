"""The report of one import: counts, first problems, all of them to download."""

from __future__ import annotations

import streamlit as st

from api.schemas.measurements import ImportReport, RowProblem
from ui.measurements import views
from ui.shared import auth, layout


def draw(report: ImportReport, where: str) -> None:
    """Draw the report; ``where`` makes its keys unique on the page."""
    layout.banner(views.report_words(report), good=not report.rejected)
    layout.facts(views.report_facts(report))
    _columns(report)
    if report.problems:
        problems(report.problems, max(report.problems_total, len(report.problems)))
        _download(report, where)


def problems(listed: list[RowProblem], total: int) -> None:
    """Draw the first problems, with their whole reason."""
    st.markdown(f"**{views.problems_words(len(listed), total)}**")
    layout.table(views.problems_frame(listed), "Problèmes et remarques")


def _columns(report: ImportReport) -> None:
    if report.unknown_columns:
        st.markdown(f"Colonnes laissées de côté : {layout.plain(', '.join(report.unknown_columns))}.")
    if report.missing_columns:
        st.markdown(f"Colonnes absentes : {layout.plain(', '.join(report.missing_columns))}.")


def _download(report: ImportReport, where: str) -> None:
    content = layout.fetched(lambda: _all_problems(report.import_id, report.sha256), f"problemes_{where}")
    if content is not None:
        st.download_button(
            "Télécharger les problèmes (CSV, 10 000 au plus)",
            content,
            file_name=f"import-{report.import_id}.rapport.csv",
            mime="text/csv",
            key=f"telecharger_{where}",
            on_click="ignore",
        )


@st.cache_data(ttl=600, max_entries=4, show_spinner=False, scope="session")
def _all_problems(import_id: int, sha256: str) -> bytes:  # the digest tells installations apart in the cache
    return auth.client().measurements.import_problems(import_id)
