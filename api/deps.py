"""The dependencies of routes: the services, the caller and their rights.

A caller sends ``X-API-Key`` or ``Authorization: Bearer``, never both: who acted must not depend on which
header is read first. No other header identifies a caller.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Annotated, Any, TypeVar

import anyio.to_thread
from fastapi import Depends, Header, Request
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import APIKey, APIKeyIn
from fastapi.security.base import SecurityBase
from pydantic import BaseModel

from api.bootstrap import Services
from api.core import Core
from api.domain.people import Principal
from api.domain.shared.exceptions import NotAllowed, NotAuthenticated
from api.domain.shared.names import check_parameters
from api.openapi_errors import KEY_SCHEME
from api.schemas.vocabulary import Right
from api.services.people.authentication import Authentication
from api.services.shared.once import MAX_KEY, Sender

AnyAnswer = TypeVar("AnyAnswer", bound=BaseModel)
IdempotencyKey = Annotated[
    str | None,
    Header(description="Même clé, même réponse, sans rien refaire ; 30 jours", max_length=MAX_KEY),
]
STALE: dict[int | str, dict[str, Any]] = {
    409: {"description": "Modifié depuis votre lecture : « changes » dit par qui et quoi ; ou état contraire"}
}
"""Declares what a change of an old version answers."""
_BOTH = "Deux identités dans une requête : envoyez X-API-Key ou un jeton, pas les deux."


class Need(SecurityBase):
    """A dependency that demands one right of the caller and returns the :class:`Principal`.

    It reads both kinds of credentials, because each dependency costs FastAPI 10 µs a request;
    :mod:`api.openapi_errors` declares the second kind.
    """

    def __init__(self, right: Right, *, fresh: bool) -> None:
        self.right, self.fresh = right, fresh
        self.scheme_name = KEY_SCHEME
        self.model = APIKey(
            **{"in": APIKeyIn.header},
            name="X-API-Key",
            description="Clé d’API d’une machine, créée par « python cockpit.py keys create ».",
        )

    async def __call__(self, request: Request) -> Principal:
        """Return the caller.

        Raises:
            NotAuthenticated: no credentials, or invalid ones.
            NotAllowed: the caller lacks the right.
        """
        authentication = services_of(request).authentication
        principal = await _identified(request, authentication, fresh=self.fresh)
        request.scope["state"]["principal"] = principal  # for the log, even where the right is missing
        if self.right not in principal.rights:
            raise NotAllowed(self.right.words)
        return principal


@lru_cache
def need(right: Right, fresh: bool = False) -> Need:
    """Return the dependency for one right.

    Args:
        right: what the caller must be allowed to do.
        fresh: for sensitive calls: session, account and role are read from the database again, so that a
            revocation counts at once; else it counts within a second.
    """
    return Need(right, fresh=fresh)


def services_of(request: Request) -> Services:
    """Return the services of the application that took the request."""
    services: Services = request.app.state.services
    return services


async def _services(request: Request) -> Services:
    return services_of(request)


async def _core(request: Request) -> Core:
    return services_of(request).core


async def may_read_metrics(request: Request) -> None:
    """Let anyone read the metrics in demo and test; elsewhere demand the right.

    Raises:
        NotAuthenticated: no credentials, or invalid ones.
        NotAllowed: the caller lacks the right.
    """
    if not services_of(request).settings.env.is_demonstration:
        await need(Right.METRICS)(request)


async def known_names(request: Request) -> None:
    """Let a request pass whose query holds only parameters of its route.

    Raises:
        InvalidInput: another is there.
    """
    if request.scope["query_string"]:
        check_parameters(request.query_params.keys(), set(_parameters(request.scope["route"].dependant)))


def _parameters(dependant: Dependant) -> Iterator[str]:
    yield from (parameter.alias for parameter in dependant.query_params)
    for each in dependant.dependencies:
        yield from _parameters(each)


class Naming:
    """Adds the names of people to an answer, where the caller is a person."""

    def __init__(self, request: Request) -> None:
        self._request = request

    def __call__(self, answer: AnyAnswer) -> AnyAnswer:
        """Return the answer with the names."""
        return services_of(self._request).core.people.named(answer, self._request.state.principal)


async def _naming(request: Request) -> Naming:
    return Naming(request)


class DoneOnce:
    """Does what a request asks once per ``Idempotency-Key``; the same request again gets the same answer."""

    def __init__(self, request: Request, key: str | None) -> None:
        self._request, self._key = request, key

    def __call__(
        self,
        asked: BaseModel | str,
        kind: type[AnyAnswer],
        work: Callable[[], AnyAnswer],
        *,
        secret: bool = False,
    ) -> AnyAnswer:
        """Return the answer of ``work``, or the first one.

        Args:
            asked: the body, or what stands for it.
            kind: of the answer.
            work: does it.
            secret: the answer holds a secret, which is shown once.

        Raises:
            Conflict: the key was used for another request, or the first one is under way.
        """
        services = services_of(self._request)
        body = asked if isinstance(asked, str) else json.dumps(asked.model_dump(mode="json"))
        words = f"{self._request.method} {self._request.url.path}\n{body}"
        # With our key, for a body may hold a password that somebody chose.
        secret_key = services.settings.secret_key.get_secret_value()
        digest = hmac.new(secret_key.encode(), words.encode(), hashlib.sha256).hexdigest()
        sender = Sender(self._request.state.principal.name, self._key)
        return services.core.once.answer(sender, digest, kind, work, secret=secret)


async def _done_once(request: Request, idempotency_key: IdempotencyKey = None) -> DoneOnce:
    return DoneOnce(request, idempotency_key)


NamingDep = Annotated[Naming, Depends(_naming)]
OnceDep = Annotated[DoneOnce, Depends(_done_once)]
ServicesDep = Annotated[Services, Depends(_services)]
CoreDep = Annotated[Core, Depends(_core)]


async def _identified(request: Request, authentication: Authentication, *, fresh: bool) -> Principal:
    key, token = _credentials(request)
    if key is not None:
        known = None if fresh else authentication.remembered(key)
        return await anyio.to_thread.run_sync(authentication.by_key, key) if known is None else known
    if token is not None:
        named = authentication.by_token(token)
        known = None if fresh else authentication.lately(named)
        return await anyio.to_thread.run_sync(authentication.recheck, named) if known is None else known
    raise NotAuthenticated


def _credentials(request: Request) -> tuple[str | None, str | None]:
    """Return the API key or the access token of the request; None for what is missing."""
    keys: list[str] = []
    tokens: list[str] = []
    for name, value in request.scope["headers"]:
        if name == b"x-api-key":
            keys.append(value.decode("latin-1"))
        elif name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() != "bearer":
                raise NotAuthenticated
            tokens.append(token.strip())
    if len(keys) + len(tokens) > 1:
        raise NotAuthenticated(_BOTH)
    return (keys[0] if keys else None), (tokens[0] if tokens else None)
