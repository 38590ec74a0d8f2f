"""Types and answers that several modules share."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.french import NBSP

Item = TypeVar("Item")
# Marks the name of the account or key in the field of the same name without _name.
IS_NAME = "is_name"
MIN_REASON, MAX_REASON = 3, 500  # characters of the reason that an act keeps
Name = Annotated[
    str | None,
    Field(description="Nom affiché du compte, ou nom de la clé d’API ; donné aux personnes seulement"),
    IS_NAME,
]
ReadVersion = Annotated[
    int | None,
    Field(
        ge=1,
        le=2**31 - 1,
        description="Celle que vous avez lue ; une autre est refusée (409). Sans elle, tout est écrasé",
    ),
]
_PARTS = {
    "planification": "calcul quotidien",
    "rattrapage": "rattrapage des jours manqués",
    "historique": "historique du parc",
    "installation": "premier démarrage",
}
Probability = Annotated[float, Field(ge=0, le=1, description="Probabilité, de 0 à 1")]


class Answer(BaseModel):
    """Base of every answer: immutable; an older client ignores the fields that a newer API adds.

    A field that is an answer itself may be given as a domain value that has the same attributes.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True, protected_namespaces=())


class Notice(Answer):
    """A warning about the answer."""

    code: str = Field(description="Code stable, par exemple turbine_inconnue")
    field: str | None = Field(None, description="Champ concerné")
    message: str = Field(description="Phrase en français")


class FieldProblem(Answer):
    """A wrong field of the request."""

    field: str
    message: str
    value: str | None = Field(None, description="Valeur reçue, tronquée")


class FieldChange(Answer):
    """One field before and after a change."""

    field: str
    before: Any
    after: Any


class SavedChange(Answer):
    """A change that somebody else saved since the version that the caller has read."""

    at: datetime
    by: str = Field(description="Nom de la personne")
    fields: list[FieldChange] = Field(
        description="Champs changés ; valeurs nulles si elles ne sont pas gardées"
    )
    comment: str | None = None


class Problem(Answer):
    """An error, in the form ``application/problem+json`` of RFC 9457."""

    type: str = "about:blank"
    title: str = Field(description="Nature de l’erreur")
    status: int
    detail: str = Field(description="Ce qui ne va pas et comment y remédier")
    request_id: str = Field(description="À citer au support : le même que dans les journaux")
    errors: list[FieldProblem] = Field(default_factory=list)
    version: int | None = Field(None, description="409 d’une version dépassée : celle qui est en vigueur")
    changes: list[SavedChange] = Field(
        default_factory=list, description="409 d’une version dépassée : ce que d’autres ont enregistré depuis"
    )


class Page(Answer, Generic[Item]):
    """One page of a list; ``total`` counts the whole list."""

    total: int
    items: list[Item]


class Items(Answer, Generic[Item]):
    """A list, whole or cut at the requested limit."""

    items: list[Item]


class Figure(Answer):
    """A measured figure with its 95 % interval; None where there are too few observations."""

    value: float | None = Field(description="Le chiffre ; absent là où il n’est pas défini")
    low: float | None = Field(None, description="Borne basse à 95 %")
    high: float | None = Field(None, description="Borne haute à 95 %")
    method: str = Field("aucun", description="wilson, bootstrap_turbine (turbines tirées au sort) ou aucun")


def principal_words(principal: str, name: str | None = None) -> str:
    """Name who asked.

    Args:
        principal: identifier, as the histories hold it.
        name: of the account or the key, where the API knows one.
    """
    if name:
        return name
    kind, _, number = principal.partition(":")
    kinds = {"compte": "compte", "cle": "clé"}
    return f"{kinds[kind]} n°{NBSP}{number}" if kind in kinds and number else _PARTS.get(principal, principal)


def version_words(name: str, version: int, admitted_for: str | None = None) -> str:
    """Name a version of a model: « risque v2 », and why it serves where it did not pass the quality gate."""
    return f"{name} v{version}" if admitted_for is None else f"{name} v{version} (admis : {admitted_for})"


class NamedVersion(Answer):
    """A version of a model, with the reason why it serves where it did not pass the quality gate."""

    name: str
    version: int
    admitted_for: str | None = Field(
        None, description="Motif de qui l’a admis sans qu’il passe le contrôle de qualité, le cas échéant"
    )

    @property
    def label(self) -> str:
        """Name and version as people read them, with the reason of an admission against the quality gate."""
        return version_words(self.name, self.version, self.admitted_for)


class ModelRef(NamedVersion):
    """A version of a model, by its file."""

    sha256: str
