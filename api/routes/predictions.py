"""Predictions for one measurement or for a batch, and their replay."""

from __future__ import annotations

import json
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, FastAPI, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.types import Receive, Scope, Send

from api.deps import CoreDep, NamingDep, need, services_of
from api.domain.shared.exceptions import InvalidInput
from api.domain.shared.names import check_parameters
from api.observability.calls import CallRecord
from api.schemas import french
from api.schemas.park import Park
from api.schemas.predictions import BatchPredictions, Prediction
from api.schemas.replay import RecordedPrediction, Replay
from api.schemas.vocabulary import Right
from api.services.park.prediction.prediction import MAX_BATCH, Asked
from api.services.park.view import ParkQuery

router = APIRouter(prefix="/api/v1/predictions", tags=["Prédictions"])
PREDICTING, REREADING = [Depends(need(Right.PREDICT))], [Depends(need(Right.READ_PREDICTIONS))]
Explain = Annotated[bool, Query(description="Donner les facteurs de chaque probabilité (plus lent)")]
RequestId = Annotated[str, Path(max_length=64, description="Identifiant rendu avec la réponse")]


class Ask(BaseModel):
    """Options of the prediction of one measurement."""

    model_config = ConfigDict(frozen=True)

    explain: bool = Field(True, description="Donner les facteurs de la probabilité (plus lent)")
    purpose: Literal["unitaire", "et_si"] = Field(
        "unitaire", description="« et_si » pour un essai de valeurs, distingué au journal"
    )


_PREDICTION = TypeAdapter(Prediction)
_BATCH = TypeAdapter(BatchPredictions)
# The fields of a measurement are those of the active models: api.openapi adds the schema.
ONE = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Measurement"}}}}}  # fmt: skip  # noqa: E501
MANY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/MeasurementBatch"}}}}}  # fmt: skip  # noqa: E501


async def predict(request: Request, ask: Annotated[Ask, Query()]) -> Prediction:
    """Une mesure en entrée ; probabilité, niveau, facteurs et avertissements en sortie."""
    body = await request.body()
    services = services_of(request)
    state = request.scope["state"]
    call: CallRecord = state["call"]
    call.purpose, call.rows, call.inputs, call.must_commit = ask.purpose, 1, body, True
    if ask.explain:
        answer = await run_in_threadpool(
            services.core.prediction.predict, body, state["request_id"], explain=True
        )
    else:  # no thread, which would cost more than the work; simultaneous requests share one model call
        answer = await services.gathering.ask(Asked(body, state["request_id"]))
    call.turbine_id = answer.turbine_id
    return answer


class _DirectRoute(APIRoute):
    """The most called route: documented as all others, but answered without FastAPI's resolution.

    For each request FastAPI resolves dependencies and parameters again and makes a response object: together
    they cost more than the prediction.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; errors reach the same handlers as those of other routes."""
        if scope["method"] != "POST":
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive, send)
        await need(Right.PREDICT)(request)
        answer = await predict(request, _options(scope["query_string"]))
        content = _PREDICTION.dump_json(answer)
        length = str(len(content)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


def add_direct(app: FastAPI) -> None:
    """Put the prediction of one measurement before all other routes."""
    app.router.add_api_route(
        "/api/v1/predictions",
        predict,
        methods=["POST"],
        tags=["Prédictions"],
        summary="Risque d’une turbine",
        response_model=Prediction,
        openapi_extra=ONE,
        dependencies=PREDICTING,
        route_class_override=_DirectRoute,
    )


@lru_cache(maxsize=64)
def _options(query_string: bytes) -> Ask:
    """Return the options in a query string; cached, because few different ones are ever sent.

    Raises:
        RequestValidationError: a parameter has none of its allowed values.
        InvalidInput: a parameter is none of this call.
    """
    asked = dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True))
    check_parameters(asked, Ask.model_fields.keys())
    try:
        return Ask.model_validate(asked)
    except ValidationError as error:
        raise RequestValidationError([{**e, "loc": ("query", *e["loc"])} for e in error.errors()]) from error


@router.post(
    "/batch",
    summary="Risque de plusieurs mesures",
    response_model=BatchPredictions,
    openapi_extra=MANY,
    dependencies=PREDICTING,
)
async def predict_batch(request: Request, core: CoreDep, explain: Explain = False) -> Response:
    """Chaque mesure reçoit un résultat ou ses erreurs, dans l’ordre ; une mauvaise ne gêne pas les autres."""
    body = await request.body()
    rows = await run_in_threadpool(_rows, body)
    call: CallRecord = request.state.call
    call.purpose, call.rows, call.inputs, call.must_commit = "lot", len(rows), body, True
    answer = await run_in_threadpool(core.prediction.batch, rows, request.state.request_id, explain=explain)
    call.failed_rows = answer.failed
    return _json(answer)


@router.get("", summary="Scores publiés d’un jour", dependencies=REREADING)
def published(
    core: CoreDep,
    named: NamingDep,
    day: Annotated[date, Query(alias="date", description="Jour évalué")],
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> Park:
    """Le dernier classement publié pour ce jour."""
    return named(core.view.park(ParkQuery(limit=limit, offset=offset, as_of=day)))


@router.get("/{request_id}", summary="Retrouver une réponse", dependencies=REREADING)
def recorded(core: CoreDep, request_id: RequestId) -> RecordedPrediction:
    """Ce qui fut demandé et répondu, par quels modèles et quelle politique."""
    return core.replay.recorded(request_id)


@router.post("/{request_id}/replay", summary="Recalculer une réponse", dependencies=REREADING)
def replay(core: CoreDep, request_id: RequestId) -> Replay:
    """Les mêmes entrées, les mêmes versions, la même politique : les sorties brutes doivent concorder."""
    return core.replay.replay(request_id)


def _rows(body: bytes) -> list[Any]:
    """Return the measurements of a batch, still unchecked.

    Raises:
        InvalidInput: the body is not an object with a list of measurements.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput.single(
            "", "JSON illisible : vérifiez virgules, guillemets et accolades."
        ) from error
    rows = content.get("measurements") if isinstance(content, dict) else None
    if not isinstance(rows, list) or not rows:
        raise InvalidInput.single(
            "measurements", f"une liste de 1 à {french.counted(MAX_BATCH, 'mesure')} est attendue."
        )
    return rows


def _json(answer: BatchPredictions) -> Response:
    """Write the answer without validating it a second time."""
    return Response(_BATCH.dump_json(answer), media_type="application/json")
