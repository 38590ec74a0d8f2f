"""The park: runs, ranking, history."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, status

from api.deps import CoreDep, NamingDep, OnceDep, need
from api.domain.people import Principal
from api.schemas.changes import ParkEvents
from api.schemas.common import Items
from api.schemas.park import Park, ParkDay, ParkState, Run, RunRequest, ServiceState
from api.schemas.vocabulary import DataStatus, Queue, Right, RiskLevel, SituationCode
from api.services.park.view import SORTS, ParkQuery, ScoreFilter

router = APIRouter(prefix="/api/v1/park", tags=["Parc"], dependencies=[Depends(need(Right.READ))])
Starter = Annotated[Principal, Depends(need(Right.START_RUN, fresh=True))]
First = Annotated[date | None, Query(alias="from", description="Premier jour")]
Last = Annotated[date | None, Query(alias="to", description="Dernier jour")]
RunId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Numéro du calcul")]


MAX_DAYS = (
    "Jours avant panne : garde les turbines dont l’intervalle commence à X jours ou moins, donc celles dont "
    "une panne sous X jours ne peut être écartée à la couverture de cet intervalle (days_coverage dans la "
    "réponse). Sans intervalle, l’estimation compte."
)
SORT = f"{', '.join(SORTS)} ; « - » inverse. À égalité, le rang ; ce qui est inconnu vient en dernier."


@router.get("", summary="Classement publié du parc")
def park(
    core: CoreDep,
    named: NamingDep,
    risk_level: Annotated[list[RiskLevel], Query(description="Niveaux gardés ; tous par défaut")] = [],  # noqa: B006
    data_status: Annotated[list[DataStatus], Query(description="Qualités de mesure gardées")] = [],  # noqa: B006
    max_days: Annotated[float | None, Query(ge=0, le=10_000, description=MAX_DAYS)] = None,
    sort: Annotated[str, Query(max_length=20, description=SORT)] = "rank",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
    as_of: Annotated[date | None, Query(description="Classement de ce jour ; par défaut le dernier")] = None,
    site: Annotated[str | None, Query(max_length=120, description="Site, exactement")] = None,
    farm: Annotated[str | None, Query(max_length=120, description="Parc éolien, exactement")] = None,
    service_state: Annotated[ServiceState | None, Query(description="État présent de la machine")] = None,
    text: Annotated[
        str,
        Query(
            max_length=80,
            description="Mots cherchés dans l’identifiant, le site, le parc éolien, le niveau et le facteur "
            "principal, sans égard aux accents ni aux majuscules",
        ),
    ] = "",
    queue: Annotated[list[Queue], Query(description="Files ; la turbine est dans l’une au moins")] = [],  # noqa: B006
    situation: Annotated[
        list[SituationCode], Query(description="Situations gardées ; pour le dernier classement seulement")
    ] = [],  # noqa: B006
    driver: Annotated[
        str | None,
        Query(max_length=80, description="Facteur principal, par son nom de colonne (tête du classement)"),
    ] = None,
) -> Park:
    """Toutes les turbines du dernier calcul publié, de la plus à la moins urgente."""
    keep = ScoreFilter(
        levels=tuple(risk_level),
        data_status=tuple(data_status),
        max_days=max_days,
        queues=tuple(queue),
        driver=driver,
        site=site,
        farm=farm,
        service_state=service_state,
        text=text,
    )
    return named(core.view.park(ParkQuery(keep, sort, limit, offset, as_of, tuple(situation))))


@router.get("/state", summary="Ce qui est vrai du parc sur toutes les pages")
def park_state(core: CoreDep) -> ParkState:
    """Données simulées ou réelles, prochain calcul, historique en cours de calcul."""
    return core.view.state()


@router.get("/history", summary="Turbines par niveau, jour après jour")
def history(core: CoreDep, first: First = None, last: Last = None) -> Items[ParkDay]:
    """Une entrée par jour évalué, la plus ancienne d’abord."""
    return Items(items=core.view.history(first, last))


@router.get("/changes", summary="Ce qui a changé d’un jour à l’autre")
def park_changes(
    core: CoreDep,
    first: First = None,
    last: Last = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 500,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> ParkEvents:
    """Entrées et sorties du niveau critique, hausses et baisses, mesures perdues ou revenues.

    Chaque jour est comparé au jour publié qui le précède. Une turbine qui oscille autour d’une borne fait un
    seul événement : une baisse n’est annoncée qu’une fois la marge franchie (moitié de la borne, ou 3 jours
    de plus).
    """
    return core.view.events(first, last, limit, offset)


@router.post("/runs", status_code=status.HTTP_202_ACCEPTED, summary="Lancer un calcul du parc")
def start_run(
    core: CoreDep, named: NamingDep, once: OnceDep, principal: Starter, body: RunRequest | None = None
) -> Run:
    """Le calculateur s’en charge ; suivez-le par son numéro."""
    asked = body or RunRequest()

    def work() -> Run:
        return core.view.run(core.runner.request(asked.as_of, kind="manuel", by=principal.name))

    return named(once(asked, Run, work))


@router.get("/runs", summary="Derniers calculs")
def list_runs(core: CoreDep, named: NamingDep, limit: Annotated[int, Query(ge=1, le=500)] = 20) -> Items[Run]:
    """Les calculs les plus récents, quel que soit leur sort."""
    return named(Items(items=core.view.recent_runs(limit)))


@router.get("/runs/{run_id}", summary="Suivre un calcul")
def one_run(core: CoreDep, named: NamingDep, run_id: RunId) -> Run:
    """État, avancement et raison d’un échec éventuel."""
    return named(core.view.run(run_id))


@router.post("/runs/{run_id}/cancel", summary="Annuler un calcul")
def cancel_run(core: CoreDep, named: NamingDep, once: OnceDep, principal: Starter, run_id: RunId) -> Run:
    """Arrêté aussitôt s’il attend, à sa prochaine étape s’il est en cours ; le classement publié reste.

    Un calcul qui n’est plus en cours ne peut pas être annulé : 409.
    """

    def work() -> Run:
        core.runner.cancel(run_id, by=principal.name)
        return core.view.run(run_id)

    return named(once("", Run, work))
