"""Fixtures that every kind of test shares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.core import Core
from tests.client import bring_client_in, new_core

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def client_files() -> Path:
    """EnergiTech's own files; the test is skipped, saying so, where they are absent."""
    folder = Path(os.environ.get("COCKPIT_CLIENT_FILES", ROOT.parent / "shared" / "energitech"))
    if not (folder / "model_classification.pkl").is_file():
        pytest.skip(f"EnergiTech's files are not in {folder}; name their folder in COCKPIT_CLIENT_FILES")
    return folder


@pytest.fixture(scope="session")
def client_core(client_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """EnergiTech's models and measurements, scored in an installation of their own: for reading only."""
    core = new_core(tmp_path_factory.mktemp("client"))
    bring_client_in(core, client_files)
    yield core
    core.close()
