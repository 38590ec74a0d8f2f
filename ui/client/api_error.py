"""The one error of the dashboard's calls to the API, in words for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from pydantic import ValidationError

from api.schemas.common import FieldProblem, Problem, SavedChange

UNAUTHORIZED = 401


class ApiError(Exception):
    """The API refused, failed or could not be reached; ``detail`` is the French sentence for people."""

    def __init__(
        self,
        title: str,
        detail: str,
        *,
        status: int = 0,
        request_id: str = "",
        errors: Sequence[FieldProblem] = (),
        changes: Sequence[SavedChange] = (),
        unreachable: bool = False,
    ) -> None:
        super().__init__(f"{title} : {detail}")
        self.title, self.detail, self.status = title, detail, status
        self.request_id, self.errors, self.unreachable = request_id, tuple(errors), unreachable
        self.changes = tuple(changes)

    @property
    def superseded(self) -> bool:
        """True when somebody else saved a change since what is sent was read."""
        return bool(self.changes)

    @property
    def session_over(self) -> bool:
        """True when logging in again is the only way on."""
        return self.status == UNAUTHORIZED

    @classmethod
    def of(cls, status: int, content: bytes, request_id: str) -> Self:
        """Build the error that an answer carries, in the API's own words where it has any."""
        try:
            problem = Problem.model_validate_json(content)
        except ValidationError:
            detail = f"Le service a répondu {status} sans explication ; réessayez dans un instant."
            return cls("Réponse inattendue", detail, status=status, request_id=request_id)
        return cls(
            problem.title,
            problem.detail,
            status=status,
            request_id=problem.request_id or request_id,
            errors=problem.errors,
            changes=problem.changes,
        )

    @classmethod
    def unreadable(cls, request_id: str) -> Self:
        """Build the error of an answer that is not what the contract says."""
        detail = (
            "Le tableau de bord et le service ne sont pas de versions compatibles ; prévenez votre support."
        )
        return cls("Réponse inattendue", detail, status=502, request_id=request_id)

    @classmethod
    def unreachable_service(cls) -> Self:
        """Build the error of a service that does not answer, or not in time."""
        detail = "Le service du cockpit ne répond pas. Cette page se rétablira d’elle-même dès son retour."
        return cls("Service injoignable", detail, unreachable=True)

    @classmethod
    def no_session(cls) -> Self:
        """Build the error of a call that nobody signed in for."""
        return cls("Session terminée", "Connectez-vous de nouveau.", status=UNAUTHORIZED)
