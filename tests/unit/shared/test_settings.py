"""Settings of the API: one signing key kept for an installation that was given none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from api.domain.shared.exceptions import CockpitError
from api.settings import load_settings
from tests.support.kept_secrets import agreed_by_callers_at_once, kept_for_its_owner_only, no_links


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state of a demonstration that nobody gave a key."""
    monkeypatch.setenv("COCKPIT_ENV", "demo")
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path / "var"))
    monkeypatch.delenv("COCKPIT_SECRET_KEY", raising=False)
    return tmp_path / "var"


def secret() -> str:
    return load_settings().secret_key.get_secret_value()


def test_missing_key__made_once_and_kept_for_its_owner_only(home: Path) -> None:
    kept_for_its_owner_only(home / "secret_key", agreed_by_callers_at_once(secret))


def test_missing_key__made_where_a_file_cannot_have_two_names(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_links)

    kept_for_its_owner_only(home / "secret_key", secret())


def test_kept_key__damaged__refused_with_the_remedy(home: Path) -> None:
    home.mkdir()
    (home / "secret_key").touch()

    with pytest.raises(CockpitError, match=r"secret_key devrait contenir 32 .* supprimez ce fichier"):
        secret()
