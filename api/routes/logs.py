"""The call log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.deps import NamingDep, ServicesDep, need
from api.schemas.supervision import CallLog
from api.schemas.vocabulary import Right

router = APIRouter(
    prefix="/api/v1/logs", tags=["Supervision"], dependencies=[Depends(need(Right.LOGS, fresh=True))]
)


@router.get("", summary="Journal des appels")
def logs(
    services: ServicesDep,
    named: NamingDep,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Appels rendus")] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="Appels sautés")] = 0,
) -> CallLog:
    """Les appels reçus, du plus récent au plus ancien ; les sondes n’y figurent pas."""
    return named(services.calls.newest(limit, offset))
