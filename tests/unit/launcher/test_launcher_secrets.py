"""The keys that the launcher makes for an installation that was given none."""

from __future__ import annotations

import stat
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from launcher.console import LauncherError
from launcher.kept_secrets import with_kept_secrets
from launcher.settings import load_settings

NAMES = ("COCKPIT_SECRET_KEY", "COCKPIT_COOKIE_KEY", "COCKPIT_STORE_KEY")
FILES = ("secret_key", "ui_cookie_key", "store_key")
CALLERS = 8


def keys(root: Path, **given: str) -> list[str | None]:
    settings = with_kept_secrets(load_settings(given, root))
    return [settings.variables.get(name) for name in NAMES]


def test_missing_keys__made_once_whoever_comes_first_and_kept_for_their_owner_only(tmp_path: Path) -> None:
    start = threading.Barrier(CALLERS)

    def caller(_: int) -> tuple[str | None, ...]:
        start.wait()
        return tuple(keys(tmp_path))

    with ThreadPoolExecutor(CALLERS) as pool:
        (made,) = set(pool.map(caller, range(CALLERS)))

    assert made == tuple(keys(tmp_path, COCKPIT_ENV="test"))
    assert len(set(made)) == 3
    for key, name in zip(made, FILES, strict=True):
        path = tmp_path / "var" / name
        assert path.read_text("ascii") == key and len(key or "") >= 32
        if sys.platform != "win32":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {each.name for each in (tmp_path / "var").iterdir()} == {*FILES, ".secrets-lock"}


def test_given_key__kept_nowhere(tmp_path: Path) -> None:
    assert keys(tmp_path, COCKPIT_SECRET_KEY="s" * 40)[0] == "s" * 40

    assert not (tmp_path / "var" / "secret_key").exists()


@pytest.mark.parametrize("env", ["preprod", "production"])
def test_missing_keys__not_made_where_people_work(tmp_path: Path, env: str) -> None:
    assert keys(tmp_path, COCKPIT_ENV=env) == [None, None, None]

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FILES)
def test_kept_key__damaged__refused_with_the_remedy(tmp_path: Path, name: str) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / name).touch()

    with pytest.raises(LauncherError, match=rf"{name} devrait contenir 32 .* supprimez ce fichier"):
        keys(tmp_path)
