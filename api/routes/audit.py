"""The audit trail: administrators read and verify it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.deps import CoreDep, need
from api.schemas.audit import AuditEntry, AuditVerification
from api.schemas.common import Page
from api.schemas.vocabulary import AuditAction, Right
from api.services.shared.audit import AuditQuery

router = APIRouter(
    prefix="/api/v1/audit", tags=["Audit"], dependencies=[Depends(need(Right.AUDIT, fresh=True))]
)
Word = Annotated[str | None, Query(max_length=120)]


@router.get("", summary="Journal d’audit")
def entries(
    core: CoreDep,
    actor: Annotated[str | None, Query(max_length=80, description="compte:N, cle:N…")] = None,
    action: AuditAction | None = None,
    object_kind: Word = None,
    object_id: Word = None,
    first: Annotated[date | None, Query(alias="from", description="Premier jour")] = None,
    last: Annotated[date | None, Query(alias="to", description="Dernier jour")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Page[AuditEntry]:
    """Qui a fait quoi, quand, sur quoi ; le plus récent d’abord. Des identifiants seulement, aucun nom."""
    query = AuditQuery(actor, action, object_kind, object_id, first, last, limit, offset)
    return core.audit.page(query)


@router.get("/verify", summary="Vérifier la chaîne")
def verify(core: CoreDep) -> AuditVerification:
    """Recalcule toutes les empreintes et nomme la première entrée qui ne suit plus."""
    return core.audit.verify()
