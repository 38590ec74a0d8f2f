"""Corrections of measurements: contradictions, withdrawals, undone imports."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query

from api.deps import CoreDep, NamingDep, OnceDep, need
from api.domain.people import Principal
from api.schemas.common import Items, Page
from api.schemas.corrections import (
    ChosenRow,
    Contradiction,
    CorrectionAct,
    CorrectionEffect,
    CorrectionRequest,
    RestoreRequest,
    Withdrawal,
)
from api.schemas.vocabulary import Right

router = APIRouter(prefix="/api/v1/measurements", tags=["Mesures"], dependencies=[Depends(need(Right.READ))])
Corrector = Annotated[Principal, Depends(need(Right.CORRECT, fresh=True))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Numéro du retrait")]
Limit = Annotated[int, Query(ge=1, le=500)]
Offset = Annotated[int, Query(ge=0, le=10_000_000)]
AGAINST: dict[int | str, dict[str, Any]] = {
    409: {"description": "Rien à retirer, ou un acte plus récent en dépend"}
}


@router.get("/contradictions", summary="Mesures qui se contredisent")
def contradictions(core: CoreDep, limit: Limit = 50, offset: Offset = 0) -> Page[Contradiction]:
    """Même turbine, même instant, autre valeur : une personne choisit celle qui vaut."""
    return core.corrections.contradictions(limit, offset)


@router.get("/rows", summary="Lignes d’une turbine, un jour")
def rows(
    core: CoreDep,
    turbine_id: Annotated[str, Query(max_length=64)],
    day: Annotated[date, Query(description="Jour de la mesure")],
) -> Items[ChosenRow]:
    """Avec leur numéro, l’import qui les a apportées et, le cas échéant, le retrait qui les a écartées."""
    return Items(items=core.corrections.rows(turbine_id, day))


@router.get("/withdrawals", summary="Retraits de mesures et imports annulés")
def withdrawals(core: CoreDep, named: NamingDep, limit: Limit = 50, offset: Offset = 0) -> Page[Withdrawal]:
    """Du plus récent au plus ancien."""
    return named(core.corrections.acts(limit, offset))


@router.post("/withdrawals/preview", summary="Aperçu d’une correction, sans rien écrire", responses=AGAINST)
def preview(core: CoreDep, _principal: Corrector, body: CorrectionAct) -> CorrectionEffect:
    """Lignes, turbines et jours touchés, et jours à calculer à nouveau."""
    return core.corrections.preview(body)


@router.post("/withdrawals", summary="Corriger : choisir, retirer, annuler un import", responses=AGAINST)
def correct(
    core: CoreDep, named: NamingDep, once: OnceDep, principal: Corrector, body: CorrectionRequest
) -> Withdrawal:
    """Les lignes retirées sont gardées, marquées ; rien ne s’en sert plus, les jours touchés sont refaits."""
    work = partial(core.corrections.carry_out, body, body.reason, by=principal.name)
    return named(once(body, Withdrawal, work))


@router.post("/withdrawals/{number}/restore", summary="Rétablir des lignes retirées", responses=AGAINST)
def restore(
    core: CoreDep, named: NamingDep, once: OnceDep, principal: Corrector, number: Number, body: RestoreRequest
) -> Withdrawal:
    """Elles valent à nouveau ; un import annulé revient en important son fichier."""
    work = partial(core.corrections.restore, number, body.reason, by=principal.name)
    return named(once(body, Withdrawal, work))
