"""The secret keys of an installation whose settings name none: made once and kept in ``COCKPIT_HOME``.

In demo and test only: elsewhere the settings must name them, and the API and the dashboard refuse to start
without them.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from pathlib import Path

from launcher.console import LauncherError
from launcher.locking import alone
from launcher.settings import Settings

MIN_LENGTH = 32
_FILES = {
    "COCKPIT_SECRET_KEY": "secret_key",
    "COCKPIT_COOKIE_KEY": "ui_cookie_key",
    "COCKPIT_STORE_KEY": "store_key",
}
_MADE_IN = {"", "demo", "test"}  # values of COCKPIT_ENV


def with_kept_secrets(settings: Settings) -> Settings:
    """Return the settings with every key: the kept ones where the settings name none.

    Raises:
        LauncherError: a kept key is damaged.
    """
    variables = settings.variables
    if variables.get("COCKPIT_ENV", "") not in _MADE_IN:
        return settings
    with alone(settings.home / ".secrets-lock", "Un autre démarrage fait les clés : je l’attends."):
        missing = {name: file for name, file in _FILES.items() if not variables.get(name)}
        keys = {name: _key_in(settings.home / file) for name, file in missing.items()}
    return replace(settings, variables={**variables, **keys})


def _key_in(path: Path) -> str:
    if not path.exists():
        fresh = path.with_suffix(".new")  # so that the file is whole, and readable by its owner only
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        fresh.replace(path)
    secret = path.read_text(encoding="ascii").strip()
    if len(secret) < MIN_LENGTH:
        raise LauncherError(
            f"{path} devrait contenir {MIN_LENGTH} caractères au moins ; supprimez ce fichier et relancez.", 2
        )
    return secret
