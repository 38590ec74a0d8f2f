"""Settings: read once from ``COCKPIT_*`` variables, ``.env`` or ``/run/secrets``, then frozen.

Unsafe values are refused outside ``demo`` and ``test``, so that a mistake shows at start and not in service.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.domain.shared.exceptions import CockpitError

ROOT = Path(__file__).resolve().parent.parent
PARIS = ZoneInfo("Europe/Paris")
MIN_SECRET = 32
_SECRETS = Path("/run/secrets")


class Environment(StrEnum):
    """Where the service runs; decides which shortcuts are refused."""

    DEMO = "demo"
    TEST = "test"
    PREPROD = "preprod"
    PRODUCTION = "production"


class Settings(BaseSettings):
    """Everything that may differ between two installations of the same code."""

    model_config = SettingsConfigDict(
        env_prefix="COCKPIT_",
        env_file=ROOT / ".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        secrets_dir=_SECRETS if _SECRETS.is_dir() else None,
    )

    env: Environment = Field(Environment.DEMO, description="demo, test, preprod ou production")
    home: Path = Field(
        ROOT / "var", description="État : base, secrets, modèles importés, journaux, dépôt de fichiers"
    )
    database_url: SecretStr | None = Field(
        None, description="Base SQLAlchemy ; par défaut SQLite dans COCKPIT_HOME"
    )
    api_host: str = Field("127.0.0.1", description="Adresse d’écoute de l’API")
    api_port: int = Field(8000, ge=1, le=65535, description="Port de l’API")
    api_workers: int = Field(1, ge=1, le=64, description="Processus de l’API ; 1 avec SQLite")
    secret_key: SecretStr = Field(
        SecretStr(""), description="Clé de signature des jetons, 32 caractères ou plus"
    )
    demo_password: SecretStr | None = Field(
        None, description="Mot de passe commun des comptes de démonstration"
    )
    version: str = Field("0.0.0", description="Version ; l’identifiant du commit dans les images")
    clock: datetime | None = Field(
        None, description="« Maintenant » figé, pour les essais ; refusé en production"
    )
    run_hour: int = Field(6, ge=0, le=23, description="Heure (Europe/Paris) du calcul quotidien du parc")
    demo_feed: bool = Field(
        False, description="En démo, le calculateur ajoute chaque jour un jour simulé, à l’heure du calcul"
    )
    dask_scheduler: str | None = Field(
        None, description="Reprises sur Dask : « local » ou l’adresse d’un ordonnanceur ; vide, sans Dask"
    )
    log_level: str = Field("INFO", description="Niveau des journaux JSON : DEBUG, INFO, WARNING, ERROR")

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        secret = self.secret_key.get_secret_value()
        if secret and len(secret) < MIN_SECRET:
            raise ValueError(f"COCKPIT_SECRET_KEY : {MIN_SECRET} caractères au moins.")
        if self.env in {Environment.PREPROD, Environment.PRODUCTION}:
            if not secret:
                raise ValueError(f"COCKPIT_SECRET_KEY est obligatoire quand COCKPIT_ENV={self.env.value}.")
            if self.demo_password is not None:
                raise ValueError("COCKPIT_DEMO_PASSWORD est refusé hors de COCKPIT_ENV=demo et test.")
        if self.env is Environment.PRODUCTION and self.clock is not None:
            raise ValueError("COCKPIT_CLOCK est refusé quand COCKPIT_ENV=production.")
        if self.api_workers > 1 and self.url.startswith("sqlite"):
            raise ValueError(
                "COCKPIT_API_WORKERS doit valoir 1 avec SQLite ; prenez PostgreSQL pour plusieurs."
            )
        return self

    @property
    def url(self) -> str:
        """The SQLAlchemy URL in force."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.home / 'cockpit.db'}"

    @property
    def reference_models(self) -> Path:
        """The models that come with the product (read-only)."""
        return ROOT / "model_store"

    @property
    def imported_models(self) -> Path:
        """Where the importer publishes the models that people bring."""
        return self.home / "model_store"

    def now(self) -> datetime:
        """The present instant, aware, in UTC; the fixed one where ``COCKPIT_CLOCK`` is set."""
        if self.clock is None:
            return datetime.now(UTC)
        aware = self.clock if self.clock.tzinfo else self.clock.replace(tzinfo=PARIS)
        return aware.astimezone(UTC)


def load_settings() -> Settings:
    """Settings from the environment.

    In demo and test a missing secret key is made once and kept in ``COCKPIT_HOME/secret_key``.

    Raises:
        pydantic.ValidationError: a value is malformed or unsafe for the environment.
        CockpitError: the kept secret key is damaged.
    """
    settings = Settings()
    if settings.secret_key.get_secret_value():
        return settings
    return settings.model_copy(update={"secret_key": SecretStr(_kept_secret(settings.home / "secret_key"))})


def _kept_secret(path: Path) -> str:
    """The secret in ``path``, made on first use.

    Raises:
        CockpitError: what the file holds is too short to be one.
    """
    if not path.exists():
        _write_once(path, secrets.token_urlsafe(48))
    secret = path.read_text(encoding="ascii").strip()
    if len(secret) < MIN_SECRET:
        raise CockpitError(
            f"{path} devrait contenir {MIN_SECRET} caractères au moins ; supprimez ce fichier et relancez."
        )
    return secret


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
