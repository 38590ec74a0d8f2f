"""Settings of the dashboard: read once from ``COCKPIT_*`` variables, then frozen.

The dashboard has its own secret, the cookie key; it never sees the API's.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MIN_SECRET = 32
_STRICT = {"preprod", "production"}
_KNOWN = {"demo", "test"} | _STRICT
_SECRET_FILES = Path("/run/secrets")


class SettingsError(ValueError):
    """A setting is missing, malformed or unsafe; the sentence says which and what to do."""


@dataclass(frozen=True)
class UiSettings:
    """Everything that may differ between two installations of the dashboard."""

    api_url: str
    cookie_key: str = field(repr=False)
    cookie_secure: bool = False
    env: str = "demo"
    version: str = "0.0.0"


def load_settings(environ: Mapping[str, str] | None = None, secret_files: Path = _SECRET_FILES) -> UiSettings:
    """Settings from the environment; a secret may also be a file of ``secret_files``, named in lower case.

    In demo and test a missing cookie key is made once and kept in ``COCKPIT_HOME/ui_cookie_key``, so that
    people stay logged in when the dashboard restarts.

    Raises:
        SettingsError: a value is malformed, or missing where the environment requires it.
    """
    given = os.environ if environ is None else environ
    env = given.get("COCKPIT_ENV") or "demo"
    if env not in _KNOWN:
        raise SettingsError(
            f"COCKPIT_ENV vaut « {env} » ; valeurs admises : demo, test, preprod, production."
        )
    url = (given.get("COCKPIT_API_URL") or "http://127.0.0.1:8000").rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"COCKPIT_API_URL vaut « {url} » ; donnez une adresse http:// ou https://.")
    return UiSettings(
        api_url=url,
        cookie_key=_cookie_key(given, env, secret_files),
        cookie_secure=_flag(given, "COCKPIT_COOKIE_SECURE", default=env in _STRICT),
        env=env,
        version=given.get("COCKPIT_VERSION") or "0.0.0",
    )


def _cookie_key(given: Mapping[str, str], env: str, secret_files: Path) -> str:
    file = secret_files / "cockpit_cookie_key"
    key = given.get("COCKPIT_COOKIE_KEY") or (
        file.read_text(encoding="utf-8").strip() if file.is_file() else ""
    )
    if key and len(key) < MIN_SECRET:
        raise SettingsError(f"COCKPIT_COOKIE_KEY : {MIN_SECRET} caractères au moins.")
    if key:
        return key
    if env in _STRICT:
        raise SettingsError(
            f"COCKPIT_COOKIE_KEY est obligatoire quand COCKPIT_ENV={env} ({MIN_SECRET} caractères au moins)."
        )
    return _kept_key(Path(given.get("COCKPIT_HOME") or ROOT / "var") / "ui_cookie_key")


def _flag(given: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = (given.get(name) or "").strip().lower()
    if not text:
        return default
    if text in {"1", "true", "oui"}:
        return True
    if text in {"0", "false", "non"}:
        return False
    raise SettingsError(f"{name} vaut « {text} » ; valeurs admises : 1 ou 0.")


def _kept_key(path: Path) -> str:
    """The key in ``path``, made on first use.

    Raises:
        SettingsError: what the file holds is too short to be one.
    """
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(48))
    key = path.read_text(encoding="ascii").strip()
    if len(key) < MIN_SECRET:
        raise SettingsError(
            f"{path} devrait contenir {MIN_SECRET} caractères au moins ; supprimez ce fichier et relancez."
        )
    return key


def _write_once(path: Path, text: str) -> None:
    """Writes ``text`` to ``path``, readable by its owner only, unless somebody has done so.

    Callers at the same instant agree: each writes a file of its own, one alone can link it to ``path``.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, mine = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        with contextlib.suppress(FileExistsError):
            os.link(mine, path)
    except OSError:  # no hard links there, as on FAT or some network shares
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(text)
    finally:
        Path(mine).unlink()
