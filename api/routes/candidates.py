"""Candidates in shadow, and two stored versions side by side."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.deps import CoreDep, NamingDep, OnceDep, need
from api.domain.people import Principal
from api.schemas.candidates import Candidate, CandidateRequest, ModelComparison, ShadowReport, Task
from api.schemas.common import MAX_REASON, MIN_REASON, Items
from api.schemas.vocabulary import Right

router = APIRouter(prefix="/api/v1", tags=["Modèles"])
READER = [Depends(need(Right.FOLLOW_MODELS))]
Engineer = Annotated[Principal, Depends(need(Right.MODELS, fresh=True))]
Reason = Annotated[
    str, Query(min_length=MIN_REASON, max_length=MAX_REASON, description="Motif, conservé avec le candidat")
]
Version = Annotated[str, Query(max_length=80, description="NOM:VERSION, par exemple risque:2")]
RunNumber = Annotated[
    int | None, Query(ge=1, le=2**31 - 1, description="Calcul détaillé ; par défaut le dernier")
]


@router.get("/candidates", summary="Candidats en observation", dependencies=READER)
def candidates(core: CoreDep, named: NamingDep) -> Items[Candidate]:
    """Ceux qui notent chaque calcul sans être montrés, puis les derniers qui l’ont fait."""
    return named(Items(items=core.shadow.candidates()))


@router.get("/candidates/{task}", summary="Candidat d’une tâche", dependencies=READER)
def candidate(core: CoreDep, named: NamingDep, task: Task) -> Candidate:
    """Quelle version, depuis quand, par qui et pourquoi."""
    return named(core.shadow.candidate(task))


@router.put("/candidates/{task}", summary="Mettre une version en observation")
def choose(
    core: CoreDep, named: NamingDep, once: OnceDep, principal: Engineer, task: Task, body: CandidateRequest
) -> Candidate:
    """Elle note le classement publié, puis chaque calcul, sans rien y changer ; elle remplace le candidat
    précédent de la tâche."""
    who, why = principal.name, body.reason
    work = partial(core.shadow.choose, task, body.name, body.version, by=who, reason=why)
    return named(once(body, Candidate, work))


@router.delete("/candidates/{task}", summary="Retirer un candidat")
def withdraw(
    core: CoreDep, named: NamingDep, once: OnceDep, principal: Engineer, task: Task, reason: Reason
) -> Candidate:
    """Il ne note plus rien ; ce qu’il a dit reste consultable dans la base."""
    work = partial(core.shadow.withdraw, task, by=principal.name, reason=reason)
    return named(once(reason, Candidate, work))


@router.get("/candidates/{task}/report", summary="Ce que le candidat aurait changé", dependencies=READER)
def report(
    core: CoreDep,
    named: NamingDep,
    task: Task,
    run_id: RunNumber = None,
    runs: Annotated[int, Query(ge=1, le=100, description="Derniers calculs comparés")] = 10,
    limit: Annotated[int, Query(ge=0, le=10_000, description="Turbines listées au plus")] = 1_000,
) -> ShadowReport:
    """Accord avec ce qui fut publié, sur des mesures identiques : niveaux, classement, plus grands écarts."""
    return named(core.shadow_report.report(task, run_id=run_id, last=runs, limit=limit))


@router.get("/models/compare", summary="Comparer deux versions", dependencies=READER)
def compare(core: CoreDep, task: Task, left: Version, right: Version) -> ModelComparison:
    """Leur qualité mesurée sur les mêmes lignes, qu’aucune des deux n’a vues, et l’intervalle de la
    différence."""
    return core.model_comparison.compare(task, left, right)
