"""Fixtures that every kind of test shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def client_files() -> Path:
    """EnergiTech's own files; the test is skipped, saying so, where they are absent."""
    folder = Path(os.environ.get("COCKPIT_CLIENT_FILES", ROOT.parent / "shared" / "energitech"))
    if not (folder / "model_classification.pkl").is_file():
        pytest.skip(f"EnergiTech's files are not in {folder}; name their folder in COCKPIT_CLIENT_FILES")
    return folder
