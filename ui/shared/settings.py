"""Settings of the dashboard: read once from ``COCKPIT_*`` variables, then frozen.

The dashboard has its own secret, the cookie key; it never sees the API's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from api.schemas import french

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
    """Read the environment's settings; a secret may also be a file of ``secret_files``, in lower case.

    Raises:
        SettingsError: a value is malformed, or the cookie key is missing.
    """
    variables = os.environ if environ is None else environ
    env = variables.get("COCKPIT_ENV") or "demo"
    if env not in _KNOWN:
        raise SettingsError(
            f"COCKPIT_ENV vaut « {env} » ; valeurs admises : demo, test, preprod, production."
        )
    url = (variables.get("COCKPIT_API_URL") or "http://127.0.0.1:8000").rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise SettingsError(f"COCKPIT_API_URL vaut « {url} » ; donnez une adresse http:// ou https://.")
    return UiSettings(
        api_url=url,
        cookie_key=_cookie_key(variables, secret_files),
        cookie_secure=_flag(variables, "COCKPIT_COOKIE_SECURE", default=env in _STRICT),
        env=env,
        version=variables.get("COCKPIT_VERSION") or "0.0.0",
    )


def _cookie_key(variables: Mapping[str, str], secret_files: Path) -> str:
    file = secret_files / "cockpit_cookie_key"
    key = variables.get("COCKPIT_COOKIE_KEY") or (
        file.read_text(encoding="utf-8").strip() if file.is_file() else ""
    )
    if len(key) < MIN_SECRET:
        raise SettingsError(
            f"COCKPIT_COOKIE_KEY est obligatoire ({french.counted(MIN_SECRET, 'caractère')} au moins) : en "
            f"démonstration,"
            " « python cockpit.py run » la donne ; pour les conteneurs, « python deploy/make_secrets.py »."
        )
    return key


def _flag(variables: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = (variables.get(name) or "").strip().lower()
    if not text:
        return default
    if text in {"1", "true", "oui"}:
        return True
    if text in {"0", "false", "non"}:
        return False
    raise SettingsError(f"{name} vaut « {text} » ; valeurs admises : 1 ou 0.")
