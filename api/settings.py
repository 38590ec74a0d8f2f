"""Settings, read once from ``COCKPIT_*`` variables, ``.env`` or ``/run/secrets``, then frozen.

Outside ``demo`` and ``test`` unsafe values are refused, so that a mistake shows at start and not in service.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.schemas import french

ROOT = Path(__file__).resolve().parent.parent
MIN_SECRET = 32
_SECRETS = Path("/run/secrets")


class Environment(StrEnum):
    """Where the service runs; decides which shortcuts are refused."""

    DEMO = "demo"
    TEST = "test"
    PREPROD = "preprod"
    PRODUCTION = "production"

    @property
    def is_demonstration(self) -> bool:
        """Whether the park may be simulated, and the shortcuts of a demonstration are allowed."""
        return self in {Environment.DEMO, Environment.TEST}


class Settings(BaseSettings):
    """The differences between two installations of the same code."""

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
        default_factory=lambda: SecretStr(secrets.token_urlsafe(48)),
        description="Clé de signature des jetons, 32 caractères ou plus ; en démo, par défaut une clé du"
        " processus, et personne ne reste connecté après lui",
    )
    store_key: SecretStr | None = Field(
        None,
        description="Clé qui signe les modèles importés, 32 caractères ou plus ; obligatoire hors démo",
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
        True, description="En démo, le calculateur ajoute chaque jour un jour simulé, à l’heure du calcul"
    )
    dask_scheduler: str | None = Field(
        None, description="Reprises sur Dask : « local » ou l’adresse d’un ordonnanceur ; vide, sans Dask"
    )
    log_level: str = Field("INFO", description="Niveau des journaux JSON : DEBUG, INFO, WARNING, ERROR")

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        if len(self.secret_key.get_secret_value()) < MIN_SECRET:
            raise ValueError(f"COCKPIT_SECRET_KEY : {MIN_SECRET} caractères au moins.")
        if self.store_key is not None and len(self.store_key.get_secret_value()) < MIN_SECRET:
            raise ValueError(f"COCKPIT_STORE_KEY : {MIN_SECRET} caractères au moins.")
        key_is_set = "secret_key" in self.model_fields_set
        if not key_is_set and self.api_workers > 1:
            raise ValueError(
                f"COCKPIT_SECRET_KEY est obligatoire quand COCKPIT_API_WORKERS={self.api_workers}."
            )
        if not self.env.is_demonstration:
            if not key_is_set:
                raise ValueError(f"COCKPIT_SECRET_KEY est obligatoire quand COCKPIT_ENV={self.env.value}.")
            if self.store_key is None:
                raise ValueError(f"COCKPIT_STORE_KEY est obligatoire quand COCKPIT_ENV={self.env.value}.")
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
    def feeds_demonstration(self) -> bool:
        """Whether the worker adds the simulated park's next days."""
        return self.demo_feed and self.env.is_demonstration

    @property
    def store_signing_key(self) -> bytes | None:
        """The key that signs imported models; None in a demonstration without one."""
        return None if self.store_key is None else self.store_key.get_secret_value().encode()

    @property
    def reference_models(self) -> Path:
        """The folder of the models that come with the product (read-only)."""
        return ROOT / "model_store"

    @property
    def imported_models(self) -> Path:
        """The folder of imported models."""
        return self.home / "model_store"

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC; with ``COCKPIT_CLOCK``, that fixed instant."""
        if self.clock is None:
            return datetime.now(UTC)
        aware = self.clock if self.clock.tzinfo else self.clock.replace(tzinfo=french.PARIS)
        return aware.astimezone(UTC)
