"""Adds people's names beside the identifiers in an answer: for people, never for machines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import BaseModel
from sqlalchemy import Connection

from api.domain.people import Principal
from api.domain.shared.exceptions import ChangeMade
from api.schemas.common import IS_NAME
from api.storage import people as accounts
from api.storage.shared.database import Database

Named = TypeVar("Named", bound=BaseModel)
_SUFFIX = "_name"
_KEPT = re.compile(r"(compte|cle):\d{1,9}")


@dataclass(frozen=True)
class PeopleService:
    """Looks up the names of accounts and API keys."""

    database: Database

    def named(self, answer: Named, reader: Principal) -> Named:
        """Fill every field declared as :data:`api.schemas.common.Name`, at any depth of the answer.

        The name stays empty for an unknown identifier or a part of the cockpit. One query reads them all.

        Args:
            answer: of a service.
            reader: who asked; a machine gets the answer unchanged.
        """
        if reader.kind != "user":
            return answer
        wanted = {who for who in _identifiers(answer) if _KEPT.fullmatch(who)}
        if not wanted:
            return answer
        with self.database.read() as connection:
            names = accounts.principal_names(connection, wanted)
        filled: Named = _filled(answer, names)
        return filled


def with_names(connection: Connection, changes: Sequence[ChangeMade]) -> list[ChangeMade]:
    """Return the changes with the names of their authors, for a person who reads them."""
    names = accounts.principal_names(connection, {change.by for change in changes})
    return [replace(change, by=names.get(change.by, change.by)) for change in changes]


@cache
def _places(kind: type[BaseModel]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the fields of a model that hold a name, and those that lead to one: no other is visited."""
    own = tuple(name for name, field in kind.model_fields.items() if IS_NAME in field.metadata)
    below = tuple(
        name
        for name, field in kind.model_fields.items()
        if any(isinstance(kind, TypeVar) or any(_places(kind)) for kind in _kinds_in(field.annotation))
    )
    return own, below


def _kinds_in(annotation: Any) -> Iterator[Any]:
    """Yield the models and type variables of an annotation; a type variable may stand for any model."""
    if isinstance(annotation, TypeVar) or (
        isinstance(annotation, type) and issubclass(annotation, BaseModel)
    ):
        yield annotation
    for part in get_args(annotation):
        yield from _kinds_in(part)


def _identifiers(value: Any) -> Iterator[str]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _identifiers(item)
    elif isinstance(value, BaseModel):
        own, below = _places(type(value))
        yield from (who for name in own if (who := getattr(value, name.removesuffix(_SUFFIX))) is not None)
        for name in below:
            yield from _identifiers(getattr(value, name))


def _filled(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_filled(item, names) for item in value)
    if not isinstance(value, BaseModel):
        return value
    own, below = _places(type(value))
    own_names = {name: names.get(getattr(value, name.removesuffix(_SUFFIX))) for name in own}
    return value.model_copy(update=own_names | {name: _filled(getattr(value, name), names) for name in below})
