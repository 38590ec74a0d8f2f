"""The keys of an installation that was given none: made once and kept in ``COCKPIT_HOME``.

Only in demo and test: elsewhere whoever installs gives them, and API and dashboard refuse to go without.
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
_KEPT = {"COCKPIT_SECRET_KEY": "secret_key", "COCKPIT_COOKIE_KEY": "ui_cookie_key"}
_MADE_IN = {"", "demo", "test"}


def with_kept_secrets(settings: Settings) -> Settings:
    """The same settings with both keys, those that nobody gave being the kept ones.

    Raises:
        LauncherError: a kept key is damaged.
    """
    variables = settings.variables
    if variables.get("COCKPIT_ENV", "") not in _MADE_IN:
        return settings
    with alone(settings.home / ".secrets-lock", "Un autre démarrage fait les clés : je l’attends."):
        kept = {name: _kept(settings.home / file) for name, file in _KEPT.items() if not variables.get(name)}
    return replace(settings, variables={**variables, **kept})


def _kept(path: Path) -> str:
    if not path.exists():
        fresh = path.with_suffix(".new")  # whole or not at all, and nobody else's to read from the start
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
