"""The risk policy: everybody reads it, managers change it."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from api.deps import STALE, CoreDep, OnceDep, need
from api.domain.people import Principal
from api.schemas.policy import Policy, PolicyChange, PolicyPreview, PolicyRestore, PreviewRequest
from api.schemas.vocabulary import Right

router = APIRouter(prefix="/api/v1/policy", tags=["Politique de risque"])
Reader = Annotated[Principal, Depends(need(Right.READ))]
Manager = Annotated[Principal, Depends(need(Right.POLICY, fresh=True))]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("", summary="Politique en vigueur")
def policy(core: CoreDep, principal: Reader) -> Policy:
    """Coûts, bornes, limite d’âge, et toutes les versions : qui, quand, pourquoi."""
    return core.policies.policy(names=principal.kind == "user")


@router.put("", summary="Enregistrer une nouvelle version", responses=STALE)
def change(core: CoreDep, once: OnceDep, principal: Manager, body: PolicyChange) -> Policy:
    """En vigueur aussitôt pour les prédictions ; le classement publié garde la sienne jusqu’au prochain
    calcul. 409 si une autre version est entrée en vigueur depuis base_version."""
    who, why = principal.name, body.reason
    work = partial(core.policies.change, body.base_version, body.parameters, by=who, reason=why)
    return once(body, Policy, work)


@router.post("/preview", summary="Voir l’effet d’une politique sans l’enregistrer")
def preview(core: CoreDep, _principal: Manager, body: PreviewRequest) -> PolicyPreview:
    """Turbines du classement publié qui changeraient de niveau, et ce que chaque seuil aurait annoncé et
    coûté sur des lignes que le modèle n’a jamais vues."""
    return core.policy_preview.preview(body)


@router.post("/{version}/restore", summary="Revenir à une version", responses=STALE)
def restore(
    core: CoreDep, once: OnceDep, principal: Manager, version: Version, body: PolicyRestore
) -> Policy:
    """Enregistre une nouvelle version aux mêmes valeurs ; l’historique n’est jamais réécrit."""
    who, why = principal.name, body.reason
    work = partial(core.policies.restore, version, body.base_version, by=who, reason=why)
    return once(body, Policy, work)
