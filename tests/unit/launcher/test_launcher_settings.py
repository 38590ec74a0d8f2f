"""Settings of the launcher: ``.env``, precedence, and what each child may see."""

from __future__ import annotations

from pathlib import Path

import pytest

from launcher.console import LauncherError
from launcher.settings import environment_for_tests, load_settings, read_env_file


def env_file(folder: Path, text: str) -> Path:
    path = folder / ".env"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=1", "1"),
        ("export A=1", "1"),
        ("  A =  un deux  ", "un deux"),
        ("A=1 # pourquoi", "1"),
        ("A=# rien", ""),
        ("A=http://h/#ancre", "http://h/#ancre"),
        ("A='un # deux'", "un # deux"),
        ('A="un # deux" # trois', "un # deux"),
        (r'A="dit \"oui\"\n"', 'dit "oui"\n'),
        (r"A='brut\n'", r"brut\n"),
        ("A=clé=valeur", "clé=valeur"),
        ("A=", ""),
        ("A=1\r", "1"),
        ("\ufeffA=1", "1"),
    ],
)
def test_read_env_file__each_form_gives_its_value(tmp_path: Path, line: str, value: str) -> None:
    assert read_env_file(env_file(tmp_path, f"{line}\n# A=commentaire\n\n")) == {"A": value}


@pytest.mark.parametrize("line", ["COCKPIT_SECRET_KEY", "1A=1", 'A="ouvert', "A='a' b", "A B=1"])
def test_read_env_file__malformed_line__named_by_number_without_its_content(
    tmp_path: Path, line: str
) -> None:
    with pytest.raises(LauncherError, match="ligne 2") as caught:
        read_env_file(env_file(tmp_path, f"OK=1\n{line}\n"))
    assert line not in caught.value.sentence
    assert caught.value.code == 2


def test_load_settings__nothing_given__documented_defaults(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)
    assert settings.home == tmp_path / "var"
    assert settings.venv == tmp_path / ".venv"
    assert settings.local_api_url == settings.api_url == "http://127.0.0.1:8000"
    assert settings.ui_url == "http://127.0.0.1:8501"
    assert settings.api_workers == 1


def test_load_settings__environment_wins_over_file__empty_counts_as_absent(tmp_path: Path) -> None:
    env_file(tmp_path, "COCKPIT_API_PORT=8100\nCOCKPIT_UI_PORT=8600\nCOCKPIT_HOME=etat\nHTTPS_PROXY=p\n")
    settings = load_settings({"COCKPIT_API_PORT": "8200", "COCKPIT_UI_PORT": ""}, tmp_path)
    assert (settings.api_port, settings.ui_port) == (8200, 8600)
    assert settings.home == tmp_path / "etat"
    assert settings.for_application()["HTTPS_PROXY"] == "p"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COCKPIT_API_PORT", "0"),
        ("COCKPIT_API_PORT", "65536"),
        ("COCKPIT_UI_PORT", "8501,5"),
        ("COCKPIT_API_WORKERS", "-1"),
    ],
)
def test_load_settings__not_a_possible_number__names_the_variable(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(LauncherError, match=f"{name}={value}"):
        load_settings({name: value}, tmp_path)


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:8000"), ("::1", "http://[::1]:8000"), ("::", "http://[::1]:8000")],
)
def test_load_settings__listening_address_is_turned_into_one_that_can_be_called(
    tmp_path: Path, host: str, url: str
) -> None:
    assert load_settings({"COCKPIT_API_HOST": host}, tmp_path).api_url == url


def test_environments__dashboard_gets_no_credential__application_gets_all(tmp_path: Path) -> None:
    given = {
        "COCKPIT_SECRET_KEY": "s" * 40,
        "COCKPIT_DATABASE_URL": "postgresql://u:p@h/d",
        "COCKPIT_DEMO_PASSWORD": "demo",
        "COCKPIT_COOKIE_KEY": "c" * 40,
        "PGPASSWORD": "p",
        "GITHUB_TOKEN": "t",
        "PATH": "/usr/bin",
        "PYTHONPATH": "/elsewhere",
        "NO_PROXY": "interne",
    }
    settings = load_settings(given, tmp_path)
    dashboard, application = settings.for_dashboard(), settings.for_application()
    withheld = {
        "COCKPIT_SECRET_KEY",
        "COCKPIT_DATABASE_URL",
        "COCKPIT_DEMO_PASSWORD",
        "PGPASSWORD",
        "GITHUB_TOKEN",
    }
    assert withheld.isdisjoint(dashboard)
    assert withheld <= application.keys()
    assert dashboard["COCKPIT_COOKIE_KEY"] == "c" * 40
    assert dashboard["COCKPIT_API_URL"] == "http://127.0.0.1:8000"
    assert dashboard["NO_PROXY"].split(",")[:2] == ["interne", "127.0.0.1"]
    assert application["COCKPIT_HOME"] == str(tmp_path / "var")
    assert "PYTHONPATH" not in application | dashboard


def test_environment_for_tests__own_settings_do_not_reach_the_tests() -> None:
    given = {"COCKPIT_ENV": "production", "COCKPIT_CLIENT_FILES": "/f", "PATH": "/usr/bin", "CI": "true"}
    seen = environment_for_tests(given)
    assert "COCKPIT_ENV" not in seen
    assert {"COCKPIT_CLIENT_FILES": "/f", "PATH": "/usr/bin", "CI": "true"}.items() <= seen.items()


def test_environment_for_tests__the_product_is_compiled_once() -> None:
    assert "PYTHONDONTWRITEBYTECODE" not in environment_for_tests({"PYTHONDONTWRITEBYTECODE": "1"})
