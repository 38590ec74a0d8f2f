"""Every error that the cockpit raises on purpose.

    CockpitError
    ├── InvalidInput            a request or a file that must be corrected (field errors inside)
    │   └── UnclearFile         a file that a person must say how to read
    ├── UnreadForm              a request in a form that this call does not read: binary, compressed
    ├── NotFound                turbine, run, model, prediction, page of history
    ├── NotAuthenticated        no credentials, or wrong ones
    ├── NotAllowed              a known caller without this right
    ├── Conflict                against the present state: a run under way, a name taken
    │   └── Superseded          a change of an old version: what others changed since
    ├── ModelRefused            a file that may not become a model, with the reason
    └── Unavailable             the request was good, the service cannot answer now
        ├── ModelUnavailable    no active model, artefact missing or altered
        └── DatabaseUnavailable locked, read-only, unreachable, or not migrated

Classes take facts and build the French sentence that people read. ``api.errors`` alone knows the HTTP status
of each class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from api.schemas import french

_LISTED = 3  # changes named in a sentence


@dataclass(frozen=True)
class FieldError:
    """A field that is wrong: its name, a French sentence with the remedy, the value received (truncated).

    Half of a surrogate pair, which a request may hold and no answer can carry, is written as a question mark.
    """

    field: str
    message: str
    value: str | None = None

    def __post_init__(self) -> None:
        for name in ("field", "message", "value"):
            text = getattr(self, name)
            if text is not None and not text.isascii():
                object.__setattr__(self, name, text.encode("utf-8", "replace").decode())


class CockpitError(Exception):
    """Base of all expected errors; ``detail`` is the French sentence for people."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidInput(CockpitError):
    """Input that must be corrected; carries one entry per wrong field."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__(
            " ; ".join(f"{e.field} : {e.message}" if e.field else e.message for e in self.errors)
        )

    @classmethod
    def single(cls, field: str, message: str, value: object = None) -> InvalidInput:
        """Return the error of a single field; ``value`` is shown back truncated to 80 characters."""
        text = None if value is None else str(value)[:80]
        return cls([FieldError(field, message, text)])


class UnreadForm(CockpitError):
    """The request comes in a form that this call does not read, whatever its content."""


class UnclearFile(InvalidInput):
    """A file that a person must explain: date format, names or units, or values to confirm.

    Its sentences name what the person must state; how to state it depends on the way in (``remedies``).
    ``confirmable`` tells that a person may also answer that all is right as it stands.
    """

    def __init__(self, errors: Sequence[FieldError], *, confirmable: bool = False) -> None:
        self.confirmable = confirmable
        super().__init__(errors)


class NotFound(CockpitError):
    """The request names an object that does not exist."""

    def __init__(self, what: str, identifier: object, remedy: str = "") -> None:
        self.what, self.identifier = what, str(identifier)[:80]
        super().__init__(f"{what} « {self.identifier} » : introuvable.{' ' + remedy if remedy else ''}")


class NotAuthenticated(CockpitError):
    """No credentials, or credentials that do not hold; the sentence never says which."""

    def __init__(
        self, detail: str = "Authentification requise : clé d’API ou jeton absent, erroné ou expiré."
    ) -> None:
        super().__init__(detail)


class NotAllowed(CockpitError):
    """The caller is known but lacks the right."""

    def __init__(self, right: str) -> None:
        self.right = right
        super().__init__(f"Ce compte n’a pas le droit requis : {right}. Adressez-vous à un administrateur.")


class Conflict(CockpitError):
    """The request contradicts the present state."""


@dataclass(frozen=True)
class ChangeMade:
    """A change that somebody saved.

    Args:
        at: instant.
        by: name of the person, or identifier of a part of the cockpit.
        fields: value before and after, by field; both None where the values are not kept.
        comment: the author's words.
    """

    at: datetime
    by: str
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    comment: str | None = None


class Superseded(Conflict):
    """A change of a version that is no longer the present one; carries the changes saved since.

    Args:
        what: the object, as a sentence begins.
        version: the present one.
        read: the one that the caller has read.
        changes: saved since, oldest first.
    """

    def __init__(self, what: str, version: int, read: int, changes: Sequence[ChangeMade] = ()) -> None:
        self.what, self.version, self.read, self.changes = what, version, read, tuple(changes)
        super().__init__(
            f"{what} a changé depuis votre lecture (version {version}, vous aviez la {read})"
            f"{''.join(_saved(change) for change in self.changes[-_LISTED:])}. "
            "Relisez, puis envoyez de nouveau votre modification."
        )

    def after(self, changes: Sequence[ChangeMade]) -> Self:
        """Return the same error with what was saved since."""
        return type(self)(self.what, self.version, self.read, changes)


def _saved(change: ChangeMade) -> str:
    fields = f" ({', '.join(change.fields)})" if change.fields else ""
    return f" ; {change.by} le {french.date(change.at)}{fields}"


class ModelRefused(CockpitError):
    """A file that may not become a model; nothing was kept of it."""


class Unavailable(CockpitError):
    """The request was good but the service cannot answer now."""


class ModelUnavailable(Unavailable):
    """No admitted model is active, or its artefact is missing or altered."""


class DatabaseUnavailable(Unavailable):
    """The database is locked, read-only, unreachable or not migrated."""
