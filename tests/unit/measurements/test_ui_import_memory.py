"""A file that was sent or given up no longer weighs on the dashboard."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from ui.measurements import import_fichier

pytestmark = pytest.mark.slow  # loads Streamlit


def test_forget__frees_the_file_that_was_looked_at_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = MemoryUploadedFileManager("/envoi")
    for name in ("lu", "autre"):
        manager.add_file("personne", UploadedFileRec(name, f"{name}.csv", "text/csv", b"x"))
    context = SimpleNamespace(session_id="personne", uploaded_file_mgr=manager)
    monkeypatch.setattr(import_fichier, "get_script_run_ctx", lambda: context)

    import_fichier._forget_file(import_fichier._Import(asked=("lu", "", "")))
    import_fichier._forget_file(import_fichier._Import())

    assert [kept.file_id for kept in manager.get_files("personne", ["lu", "autre"])] == ["autre"]
