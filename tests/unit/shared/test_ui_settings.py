"""Settings of the dashboard: defaults that work, unsafe values and a missing key refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ui.shared.settings import SettingsError, load_settings

KEY = "k" * 32


def test_defaults__demo_on_this_machine(tmp_path: Path) -> None:
    settings = load_settings({"COCKPIT_COOKIE_KEY": KEY}, tmp_path)

    assert settings.api_url == "http://127.0.0.1:8000"
    assert settings.env == "demo"
    assert not settings.cookie_secure


@pytest.mark.parametrize("env", ["demo", "test", "preprod", "production"])
def test_missing_key__refused_with_the_remedy(tmp_path: Path, env: str) -> None:
    with pytest.raises(SettingsError, match=r"COCKPIT_COOKIE_KEY est obligatoire .* cockpit\.py run"):
        load_settings({"COCKPIT_ENV": env, "COCKPIT_HOME": str(tmp_path)}, tmp_path)

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("env", ["preprod", "production"])
def test_cookie__secure_where_people_work_unless_told_otherwise(tmp_path: Path, env: str) -> None:
    given = {"COCKPIT_ENV": env, "COCKPIT_COOKIE_KEY": KEY}

    assert load_settings(given, tmp_path).cookie_secure
    assert not load_settings(given | {"COCKPIT_COOKIE_SECURE": "0"}, tmp_path).cookie_secure


def test_key__read_from_a_secret_file(tmp_path: Path) -> None:
    (tmp_path / "cockpit_cookie_key").write_text(KEY + "\n", encoding="ascii")

    assert load_settings({"COCKPIT_ENV": "production"}, tmp_path).cookie_key == KEY


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"COCKPIT_COOKIE_KEY": "trop-court"}, "COCKPIT_COOKIE_KEY"),
        ({"COCKPIT_API_URL": "127.0.0.1:8000"}, "COCKPIT_API_URL"),
        ({"COCKPIT_ENV": "prod"}, "COCKPIT_ENV"),
        ({"COCKPIT_COOKIE_SECURE": "peut-être"}, "COCKPIT_COOKIE_SECURE"),
    ],
)
def test_unsafe_or_unreadable_value__refused_by_name(
    tmp_path: Path, given: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings({"COCKPIT_COOKIE_KEY": KEY} | given, tmp_path)


def test_key__never_in_a_representation(tmp_path: Path) -> None:
    assert KEY not in repr(load_settings({"COCKPIT_COOKIE_KEY": KEY}, tmp_path))
