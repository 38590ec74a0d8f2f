"""Importing a model: the progress of its checks, and their result."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from api.schemas.common import Answer, FieldProblem, Name

Task = Literal["classification", "regression"]


class ModelImportStep(Answer):
    """One check of a model file."""

    key: str
    name: str = Field(description="Ce qui est contrôlé")
    state: Literal["en_attente", "en_cours", "reussi", "refuse", "non_fait"]
    detail: str = Field("", description="Ce que le contrôle a trouvé, ou pourquoi il refuse")


class ModelImport(Answer):
    """The import of a model file by the worker."""

    import_id: int
    filename: str
    name: str
    task: Task
    status: Literal["en_attente", "en_cours", "termine", "refuse", "echoue", "interrompu"]
    steps: list[ModelImportStep]
    requested_by: str
    requested_by_name: Name = None
    reason: str | None
    created_at: datetime
    finished_at: datetime | None
    version: int | None = Field(None, description="Version rangée, une fois l’import terminé")
    created: bool | None = Field(None, description="Faux si ce fichier était déjà rangé sous ce nom")
    admitted: bool | None = Field(None, description="Passe le contrôle de qualité")
    message: str | None = Field(None, description="Ce que l’import a donné, en une phrase")
    refusal: str | None = Field(None, description="Pourquoi le fichier est refusé")
    remedy: str | None = Field(None, description="Ce qu’il faut faire pour qu’il soit accepté")
    errors: list[FieldProblem] = Field(default=[], description="Champs à corriger, un par un")
