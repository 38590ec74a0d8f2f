"""Settings of the API: the signing key, given wherever somebody would notice that it changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from api.settings import Settings


@pytest.fixture(autouse=True)
def nobody_gave_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_HOME", str(tmp_path))
    monkeypatch.delenv("COCKPIT_SECRET_KEY", raising=False)
    monkeypatch.delenv("COCKPIT_STORE_KEY", raising=False)


def settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]


def test_missing_key__in_demo_each_process_has_its_own_and_keeps_it_nowhere(tmp_path: Path) -> None:
    first, second = (settings().secret_key.get_secret_value() for _ in range(2))

    assert first != second
    assert min(len(first), len(second)) >= 32
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("env", ["preprod", "production"])
def test_missing_key__refused_where_people_work(env: str) -> None:
    with pytest.raises(ValidationError, match=f"COCKPIT_SECRET_KEY est obligatoire quand COCKPIT_ENV={env}"):
        settings(env=env)
    with pytest.raises(ValidationError, match=f"COCKPIT_STORE_KEY est obligatoire quand COCKPIT_ENV={env}"):
        settings(env=env, secret_key="s" * 32)


def test_missing_key__refused_where_several_processes_would_each_have_their_own() -> None:
    several = {"api_workers": 2, "database_url": "postgresql://u@h/d"}

    with pytest.raises(ValidationError, match="est obligatoire quand COCKPIT_API_WORKERS=2"):
        settings(**several)
    assert settings(**several, secret_key="s" * 32).api_workers == 2


def test_short_key__refused() -> None:
    with pytest.raises(ValidationError, match="COCKPIT_SECRET_KEY : 32 caractères au moins"):
        settings(secret_key="court")
    with pytest.raises(ValidationError, match="COCKPIT_STORE_KEY : 32 caractères au moins"):
        settings(store_key="court")
