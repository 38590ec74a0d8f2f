"""Supervision: three questions, their answers and their figures."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from api.deps import CoreDep, NamingDep, need
from api.schemas.supervision import Supervision
from api.schemas.vocabulary import Right

router = APIRouter(prefix="/api/v1/supervision", tags=["Supervision"])


@router.get(
    "", summary="Le cockpit tourne-t-il ?", dependencies=[Depends(need(Right.SUPERVISION, fresh=True))]
)
def supervision(core: CoreDep, named: NamingDep) -> Supervision:
    """Trois questions, leurs réponses et les chiffres derrière."""
    return named(core.supervision.state())
