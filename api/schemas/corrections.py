"""Corrections of measurements: contradictions, what an act would take out, and the acts themselves."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.schemas.common import MAX_REASON, MIN_REASON, Answer, Name

Key = Annotated[int, Field(ge=1, le=2**31 - 1)]
Reason = Annotated[
    str,
    Field(
        min_length=MIN_REASON,
        max_length=MAX_REASON,
        pattern=r"\S.*\S.*\S",
        description="Motif, conservé avec l’acte ; sans nom de personne",
    ),
]
WITHDRAWALS = ("lignes", "choix", "import")


class ChosenRow(Answer):
    """A stored row, as a person chooses it."""

    measurement_id: int
    turbine_id: str
    measured_on: date
    measured_at: datetime | None
    values: dict[str, float]
    labels: dict[str, str] = Field(description="Libellé et unité de chaque capteur, par nom")
    import_id: int | None = Field(description="Import qui l’a apportée")
    withdrawal: int | None = Field(None, description="Retrait qui l’a écartée ; null : elle vaut")


class Contradiction(Answer):
    """An instant at which rows of one turbine say different things."""

    turbine_id: str
    measured_at: datetime
    sensors: list[str] = Field(description="Capteurs dont les valeurs diffèrent, par leur nom")
    rows: list[ChosenRow] = Field(description="Dans l’ordre d’arrivée")


class CorrectionAct(BaseModel):
    """What to take out: exactly one of the four."""

    model_config = ConfigDict(extra="forbid")

    rows: list[Key] | None = Field(
        None, min_length=1, max_length=1_000, description="Retirer ces lignes (measurement_id)"
    )
    keep_row: Key | None = Field(None, description="Garder cette ligne, retirer les autres du même instant")
    keep_import: Key | None = Field(
        None, description="Garder les lignes de cet import partout où elles en contredisent d’autres"
    )
    undo_import: Key | None = Field(None, description="Annuler cet import en entier")

    @model_validator(mode="after")
    def _one(self) -> Self:
        named = [value for value in (self.rows, self.keep_row, self.keep_import, self.undo_import) if value]
        if len(named) != 1:
            raise ValueError("donnez exactement un de : rows, keep_row, keep_import, undo_import.")
        return self


class CorrectionRequest(CorrectionAct):
    """An act and its reason."""

    reason: Reason


class RestoreRequest(BaseModel):
    """The reason of bringing withdrawn rows back."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class CorrectionEffect(Answer):
    """What an act would take out; nothing is written."""

    kind: Literal["lignes", "choix", "import"]
    rows: int = Field(description="Lignes qui seraient retirées")
    turbines: int
    first_day: date | None = Field(description="Premier jour touché")
    last_day: date | None
    days_to_score: int = Field(description="Jours publiés qui seraient calculés à nouveau")
    sentence: str


class Withdrawal(Answer):
    """An act that took rows out. The rows are kept, marked; nothing reads them any more."""

    withdrawal_id: int
    kind: Literal["lignes", "choix", "import"]
    import_id: int | None = Field(None, description="Import annulé, ou gardé dans un choix")
    reason: str
    withdrawn_by: str
    withdrawn_by_name: Name = None
    withdrawn_at: datetime
    effect: dict[str, Any] = Field(
        description="`rows`, `turbines`, `first_day`, `last_day` ; et pour un import : `labels`, "
        "`completed`, `visits`, `turbines_archived`"
    )
    restored_at: datetime | None = None
    restored_by: str | None = None
    restored_by_name: Name = None
    restored_reason: str | None = None
